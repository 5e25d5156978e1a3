"""One machine, several processes on one database file: some of them are killed while orders are placed, cancelled and expire."""
import os
import random
import signal
import threading
import time
from contextlib import suppress

from tests.fleet import Buyer
from tests.shop import ADDRESS
from tests.system.test_concurrency import stocked
from tests.system.test_fleet_faults import settle

WORKERS, BUYERS, KILLS = 4, 10, 6


class OnePod:
    """The shop as buyers of a fleet see it."""

    def __init__(self, shop):
        self.shop = shop
        cart, _ = shop.cart(("ticket", 1))
        self.variant = cart["lines"][0]["variant_id"]
        self.address = {"email": "guest@example.com", "shipping_address": ADDRESS, "shipping_method_id": cart["shipping_method_id"]}

    def pod(self):
        return self.shop


def let_some_expire(shop):
    """Every third unpaid order is made older than the time it may wait."""
    shop.query("UPDATE orders SET expires_at = expires_at - 7200000000 WHERE status = 'pending_payment' AND id % 3 = 0")


def test_workers_are_killed_while_orders_are_placed_cancelled_and_expire(fresh_shop):
    stocked(fresh_shop, 100_000, "--workers", str(WORKERS))
    stop = threading.Event()
    buyers = [Buyer(OnePod(fresh_shop), stop) for _ in range(BUYERS)]
    for buyer in buyers:
        buyer.start()
    kills = 0
    while kills < KILLS or not any(buyer.unavailable for buyer in buyers):   # a kill may find nobody waiting for an answer
        assert kills < 10 * KILLS, "no kill came between a request and its answer"
        time.sleep(1.5 if kills < KILLS else 4)   # twenty in a minute are too many for a supervisor
        victims = fresh_shop.workers()
        assert victims, "no worker is left"
        with suppress(ProcessLookupError):   # it was killed before, and is buried just now
            os.kill(random.choice(victims), signal.SIGKILL)
        kills += 1
        let_some_expire(fresh_shop)
    time.sleep(1.5)
    stop.set()
    for buyer in buyers:
        buyer.join()
    assert [buyer.fault for buyer in buyers if buyer.fault] == []
    acknowledged = [one["order"] for buyer in buyers for one in buyer.attempts if one["order"]]
    lost = sum(buyer.unavailable for buyer in buyers)
    stop.clear()
    attempts = settle(buyers[0].fleet, buyers)
    assert len(acknowledged) > 20, "hardly anybody bought anything"
    assert len(set(acknowledged)) == len(acknowledged)
    found = [tuple(map(int, row)) for row in fresh_shop.query("SELECT COUNT(*), COUNT(DISTINCT cart_id) FROM orders")]
    assert found == [(len(attempts),) * 2]

    limit = time.monotonic() + 180   # expiry comes by every fifteen seconds
    overdue = f"SELECT COUNT(*) FROM orders WHERE status = 'pending_payment' AND expires_at < {int(time.time() * 1e6)}"
    while int(fresh_shop.query(overdue)[0][0]):
        assert time.monotonic() < limit, "unpaid orders stay beyond their time"
        time.sleep(0.1)
    ends = {status: int(count) for status, count in fresh_shop.query("SELECT status, COUNT(*) FROM orders GROUP BY status")}
    print(f"{len(acknowledged)} orders acknowledged of {len(attempts)} tried, {lost} answers lost to {kills} kills; they ended as {ends}")
    assert min(ends.get("cancelled", 0), ends.get("expired", 0), ends.get("paid", 0)) > 0, ends
    fresh_shop.stop()
    assert fresh_shop.audit().returncode == 0
