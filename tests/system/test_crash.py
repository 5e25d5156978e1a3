"""kill -9 in the middle of a storm of checkouts: nothing acknowledged is lost, nothing is doubled, nothing leaks."""
import threading
import time

import requests

from tests.shop import key
from tests.system.test_concurrency import stocked


class Buyer(threading.Thread):
    """Buys until the shop is gone, and remembers each key with what it was told."""

    def __init__(self, shop, stop):
        super().__init__()
        self.shop, self.stop, self.history, self.fault = shop, stop, [], None

    def run(self):
        try:
            while not self.stop.is_set():
                cart, proof = self.shop.cart(("ticket", 1))
                attempt = {"cart": cart, "proof": proof, "key": key(), "order": None}
                self.history.append(attempt)
                answer = self.shop.checkout(cart, proof, idempotency_key=attempt["key"])
                if answer.status_code == 201:
                    attempt["order"] = answer.json()["id"]
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            pass   # the shop was killed
        except Exception as fault:   # anything else is for the test to see
            self.fault = fault


def orders_in(shop):
    return shop.query("SELECT COUNT(*), COUNT(DISTINCT cart_id) FROM orders")[0]


def storm(shop):
    """What twelve buyers tried until the shop was killed among them."""
    stop = threading.Event()
    buyers = [Buyer(shop, stop) for _ in range(12)]
    for buyer in buyers:
        buyer.start()
    time.sleep(2)
    shop.kill()
    stop.set()
    for buyer in buyers:
        buyer.join()
        assert buyer.fault is None, buyer.fault
    return [attempt for buyer in buyers for attempt in buyer.history]


def test_a_storm_survives_kills(fresh_shop):
    stocked(fresh_shop, 100_000)
    history, kills = [], 0
    # A kill may find nobody waiting for an order's answer; what is asked for is what becomes of those who do.
    while kills < 3 or all(attempt["order"] for attempt in history):
        assert kills < 30, "no kill came between an order and its answer"
        history += storm(fresh_shop)
        kills += 1
        assert fresh_shop.audit().returncode == 0
        fresh_shop.start()

    acknowledged = [attempt for attempt in history if attempt["order"]]
    unanswered = [attempt for attempt in history if not attempt["order"]]
    assert acknowledged, "nobody bought anything"

    # Every attempt is repeated with its key: what was acknowledged is replayed, what was not is placed now, once.
    for attempt in acknowledged + unanswered:
        answer = fresh_shop.checkout(attempt["cart"], attempt["proof"], idempotency_key=attempt["key"])
        assert answer.status_code == 201, answer.text
        assert attempt["order"] in (None, answer.json()["id"])
        attempt["order"] = answer.json()["id"]

    total, carts = orders_in(fresh_shop)
    assert total == carts == len({attempt["order"] for attempt in history}) == len(history)
    fresh_shop.stop()
    assert fresh_shop.audit().returncode == 0


def test_events_of_a_killed_shop_are_delivered_by_the_next(fresh_shop):
    stocked(fresh_shop, 50)
    orders = [fresh_shop.order(("ticket", 1)) for _ in range(5)]
    for order, _ in orders:
        assert fresh_shop.post(f"/sandbox/payments/{order['payment']['id']}/approve", {"delay_ms": 400}).status_code == 202
    fresh_shop.kill()
    fresh_shop.start(JOBS_LEASE_S="5")
    for order, proof in orders:
        fresh_shop.wait_for_order(order, proof, "paid", seconds=60)
    fresh_shop.stop()
    assert fresh_shop.audit().returncode == 0
