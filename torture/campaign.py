"""One campaign: a fleet, shoppers, a nemesis, and the checker's verdict. `make torture`, or

    python3 -m torture.campaign [--minutes 1] [--seed N] [--topology one|redis-cluster|galera|galera-and-redis-cluster]
"""
import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from tests.fleet import Fleet, durable_server
from tests.galera import GaleraCluster
from tests.redis_server import RedisCluster, RedisServer
from torture.checker import check
from torture.clients import Shopper
from torture.explain import story
from torture.history import History
from torture.nemesis import Nemesis, plan

START = 100_000
TOPOLOGIES = {   # the database and the Redis that the fleet stands on
    "one": (durable_server, RedisServer), "redis-cluster": (durable_server, RedisCluster),
    "galera": (lambda: GaleraCluster().start(), RedisServer), "galera-and-redis-cluster": (lambda: GaleraCluster().start(), RedisCluster)}
KEPT = Path(__file__).resolve().parent.parent / "build" / "torture"


def drained(fleet, seconds=90):
    """How many events of the outbox are still due after a while of quiet; none, in a sound fleet."""
    limit = time.monotonic() + seconds
    while True:
        now = int(time.time() * 1_000_000)
        left = int(fleet.query(f"SELECT COUNT(*) FROM outbox_events WHERE status <> 'done' AND due_at <= {now}")[0][0])
        if left == 0 or time.monotonic() > limit:
            return left
        time.sleep(0.2)


def found_in(fleet):
    undelivered = drained(fleet)
    fleet.stop()
    orders = fleet.query("SELECT number, cart_id, total_minor, status FROM orders")
    payments = fleet.query("SELECT o.number, p.status FROM payments p JOIN orders o ON o.id = p.order_id")
    on_hand, reserved = fleet.query("SELECT SUM(on_hand), SUM(reserved) FROM stock_levels")[0]
    audit = fleet.pods[0].run("audit", check=False)
    return {"orders": [{"number": number, "cart": cart, "total_minor": int(total), "status": status} for number, cart, total, status in orders],
            "payments": [{"number": number, "status": status} for number, status in payments],
            "stock": {"on_hand": int(on_hand), "reserved": int(reserved)}, "start": START, "undelivered": undelivered,
            "audit": audit.stdout + audit.stderr if audit.returncode else ""}


@contextmanager
def sold_under_fire(seconds, seed, shoppers, folder, topology="one"):
    """The fleet when the last fault is over and the last shopper has gone, the history, and what the shoppers could not bear."""
    faults = plan(seed, seconds)
    print(f"topology {topology}, seed {seed}, {seconds:.0f} s, {shoppers} shoppers, {len(faults)} faults:", *faults, sep="\n  ", flush=True)
    history = History(folder / "history.jsonl")
    make_database, make_redis = TOPOLOGIES[topology]
    database = make_database()
    try:
        with make_redis() as redis, tempfile.TemporaryDirectory(prefix="caddy-torture-") as where, \
                Fleet(where, database, redis, pods=3, workers=2, stock=START) as fleet:
            fleet.prepare().wait_for_redis("ok")
            stop = threading.Event()
            crowd = [Shopper(f"shopper{number}", fleet, history, stop) for number in range(shoppers)]
            for each in crowd:
                each.start()
            begun = time.monotonic()
            try:
                Nemesis(fleet, database, redis, history).carry_out(faults)
                time.sleep(max(0.0, begun + seconds - time.monotonic()))
            finally:
                stop.set()
                for each in crowd:
                    each.join()
            yield fleet, history.events, [each.fault for each in crowd if each.fault]
    finally:
        database.remove()
        history.close()


def run(seconds, seed, shoppers, folder, topology="one"):
    """History and findings of one campaign, and what the shoppers themselves could not bear."""
    with sold_under_fire(seconds, seed, shoppers, folder, topology) as (fleet, events, broken):
        found = found_in(fleet)
        findings = check(events, found)
        if findings:
            fleet.database.dump(fleet.settings["DB_NAME"], folder / "database.sql")
    return events, found, findings, broken


def main():
    parser = argparse.ArgumentParser(prog="torture", description="Breaks a fleet while it sells, and checks that nothing was lost.")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--shoppers", type=int, default=8)
    parser.add_argument("--topology", choices=TOPOLOGIES, default="one")
    given = parser.parse_args()
    folder = KEPT / (str(given.seed) if given.topology == "one" else f"{given.topology}-{given.seed}")
    folder.mkdir(parents=True, exist_ok=True)
    events, found, findings, broken = run(given.minutes * 60, given.seed, given.shoppers, folder, given.topology)
    ends = Counter(str(each.get("status", "unknown")) for each in events if each["what"] in ("answer", "unknown"))
    print(f"answers: {', '.join(f'{status} × {count}' for status, count in sorted(ends.items()))}")
    print(f"orders: {dict(Counter(row['status'] for row in found['orders']))}, stock: {found['stock']}")
    for finding in findings[:20]:
        print(*story(finding, events), sep="\n")
    for fault in broken:
        print(f"a shopper could not go on: {fault!r}")
    sound = not findings and not broken and found["orders"]
    print(f"{'nothing lost' if sound else f'NOT SOUND: {len(findings)} findings'}; history (and, of what is not sound, the database): {folder}; again: --topology {given.topology} --seed {given.seed}")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
