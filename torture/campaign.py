"""One campaign: a fleet, shoppers, a nemesis, and the checker's verdict. `make torture`, or

    python3 -m torture.campaign [--minutes 1] [--seed N] [--topology one|redis-cluster|galera|galera-and-redis-cluster]
                                [--faults processes,restarts,network,disk,clocks] [--rolling N]
"""
import argparse
import queue
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from torture import ground
from torture.checker import check
from torture.clients import Customer, Shopper, Staff
from torture.explain import story
from torture.history import History
from torture.nemesis import GROUPS, SKEW_S, Nemesis, plan
from torture.receiver import Receiver
from torture.standing import START, TOPOLOGIES, TortureFleet

KEPT = Path(__file__).resolve().parent.parent / "build" / "torture"


def drained(fleet, seconds=90 + SKEW_S):
    """How many events and webhooks are still due after a while of quiet; none, in a sound fleet. What a pod wrote whose clock was fast
    is due only when the other clocks have come that far."""
    limit = time.monotonic() + seconds
    while True:
        now = int(time.time() * 1_000_000)
        left = sum(int(row[0]) for row in fleet.query(
            f"SELECT COUNT(*) FROM outbox_events WHERE status <> 'done' AND due_at <= {now} "
            "UNION ALL SELECT COUNT(*) FROM webhook_deliveries WHERE status <> 'delivered'"))
        if left == 0 or time.monotonic() > limit:
            return left
        time.sleep(0.2)


def found_in(fleet):
    undelivered = drained(fleet)
    fleet.stop()
    orders = fleet.query("SELECT number, cart_id, total_minor, status FROM orders")
    payments = fleet.query("SELECT o.number, p.status FROM payments p JOIN orders o ON o.id = p.order_id")
    on_hand, reserved = fleet.query("SELECT SUM(on_hand), SUM(reserved) FROM stock_levels")[0]
    counted = fleet.query("SELECT reason, quantity FROM stock_movements WHERE reason LIKE '________-____-____-____-____________'")
    refunds = fleet.query("SELECT o.number, r.amount_minor FROM refunds r JOIN orders o ON o.id = r.order_id WHERE r.status <> 'failed'")
    due = fleet.query("SELECT aggregate, sequence FROM outbox_events WHERE type LIKE 'orders.%'")
    audit = fleet.pods[0].run("audit", check=False)
    return {"orders": [{"number": number, "cart": cart, "total_minor": int(total), "status": status} for number, cart, total, status in orders],
            "payments": [{"number": number, "status": status} for number, status in payments],
            "stock": {"on_hand": int(on_hand), "reserved": int(reserved)}, "start": START, "undelivered": undelivered,
            "adjustments": [{"key": reason, "delta": int(quantity)} for reason, quantity in counted],
            "refunds": [{"number": number, "amount_minor": int(amount)} for number, amount in refunds],
            "due": [{"aggregate": aggregate, "sequence": int(sequence)} for aggregate, sequence in due],
            "audit": audit.stdout + audit.stderr if audit.returncode else ""}


def people(fleet, history, stop, shoppers, hook):
    """Who comes to the shop, one member of staff among them; its webhooks go to `hook`."""
    proof, paid = fleet.pods[0].admin(), queue.Queue()
    answer = fleet.pods[0].post("/admin/webhooks", {"url": hook.url, "events": ["orders.*"]}, headers=proof)
    assert answer.status_code == 201, answer.text
    hook.secret = answer.json()["secret"]
    return [Staff("staff", fleet, history, stop, paid, proof), Customer("customer", fleet, history, stop),
            *[Shopper(f"shopper{number}", fleet, history, stop, paid) for number in range(shoppers)]]


def fire(fleet, nemesis, faults, seconds, rolling):
    begun = time.monotonic()
    for turn in range(rolling):
        nemesis.roll(turn)
    nemesis.carry_out(faults)
    if not rolling:
        time.sleep(max(0.0, begun + seconds - time.monotonic()))


@contextmanager
def sold_under_fire(seconds, seed, shoppers, folder, topology="one", groups=("processes",), rolling=0):
    """The fleet when the last fault is over and the last shopper has gone, the history, and what the shoppers could not bear."""
    faults = [] if rolling else plan(seed, seconds, groups)
    print(f"topology {topology}, seed {seed}, {seconds:.0f} s, {shoppers} shoppers, {len(faults)} faults:", *faults, sep="\n  ", flush=True)
    history, stop = History(folder / "history.jsonl"), threading.Event()
    database, redis = TOPOLOGIES[topology]("disk" in groups)
    try:
        with redis, Receiver(history) as hook, tempfile.TemporaryDirectory(prefix="caddy-torture-") as where:
            database.start()
            pods_on_ground = ground.PodsOnGround(where, "clocks" in groups) if {"network", "clocks"} & set(groups) else None
            with TortureFleet(where, database, redis, pods_on_ground) as fleet:
                fleet.prepare().wait_for_redis("ok")
                crowd = people(fleet, history, stop, shoppers, hook)
                for each in crowd:
                    each.start()
                try:
                    fire(fleet, Nemesis(fleet, database, redis, history, pods_on_ground), faults, seconds, rolling)
                finally:
                    stop.set()
                    for each in crowd:
                        each.join()
                yield fleet, history.events, [each.fault for each in crowd if each.fault]
    finally:
        database.remove()
        history.close()


def run(given, folder):
    """History and findings of one campaign, and what the shoppers themselves could not bear."""
    with sold_under_fire(given.minutes * 60, given.seed, given.shoppers, folder, given.topology, given.faults, given.rolling) as (fleet, events, broken):
        found = found_in(fleet)
        findings = check(events, found)
        if findings:
            fleet.database.dump(fleet.settings["DB_NAME"], folder / "database.sql")
    return events, found, findings, broken


def failed(events):
    """Requests without a good end: no answer, or one that is the shop's fault."""
    return [each for each in events if each["what"] == "unknown" or (each["what"] == "answer" and each["status"] >= 500)]


def chosen(text):
    groups = text.split(",") if text else []
    if set(groups) - set(GROUPS):
        raise argparse.ArgumentTypeError(f"of {', '.join(GROUPS)}")
    return groups


def main():
    parser = argparse.ArgumentParser(prog="torture", description="Breaks a fleet while it sells, and checks that nothing was lost.")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--shoppers", type=int, default=8)
    parser.add_argument("--topology", choices=TOPOLOGIES, default="one")
    parser.add_argument("--faults", type=chosen, default=list(GROUPS), help="groups of faults: " + ",".join(GROUPS))
    parser.add_argument("--rolling", type=int, default=0, help="instead of faults, so many rolling restarts, none of which may fail a request")
    given = parser.parse_args()
    given.faults = [] if given.rolling else given.faults
    ground.enter()
    for what, why in (lacks := ground.refusals(given.faults)).items():
        print(f"this machine cannot do the faults of {what}: {why}; choose others with --faults", file=sys.stderr)
    if lacks:
        return 2
    folder = KEPT / (str(given.seed) if given.topology == "one" else f"{given.topology}-{given.seed}")
    folder.mkdir(parents=True, exist_ok=True)
    events, found, findings, broken = run(given, folder)
    ends = Counter(str(each.get("status", "unknown")) for each in events if each["what"] in ("answer", "unknown"))
    print(f"answers: {', '.join(f'{status} × {count}' for status, count in sorted(ends.items()))}")
    print(f"orders: {dict(Counter(row['status'] for row in found['orders']))}, stock: {found['stock']}")
    for finding in findings[:20]:
        print(*story(finding, events), sep="\n")
    for fault in broken:
        print(f"a shopper could not go on: {fault!r}")
    lost = failed(events) if given.rolling else []
    if given.rolling:
        asked = sum(1 for each in events if each["what"] == "invoke")
        print(f"{given.rolling} rolling restarts, {asked} requests, {len(lost)} failed", *lost[:5], sep="\n  ")
    sound = not findings and not broken and not lost and found["orders"]
    length = f"--rolling {given.rolling}" if given.rolling else f"--minutes {given.minutes:g} --faults {','.join(given.faults)}"
    same = f"--topology {given.topology} --seed {given.seed} {length}"
    print(f"{'nothing lost' if sound else f'NOT SOUND: {len(findings)} findings'}; history (and, of what is not sound, the database): {folder}; again: {same}")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
