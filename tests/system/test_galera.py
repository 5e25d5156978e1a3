"""Three nodes of a Galera cluster on one machine: one is killed under orders, and orders go on."""
import threading
import time
import uuid

import pytest
import requests

from tests.galera import GaleraCluster, is_installed
from tests.shop import Shop, engine, key
from tests.system.test_concurrency import stocked

pytestmark = pytest.mark.skipif(engine() != "mysql" or not is_installed(), reason="a cluster wants CADDY_TEST_ENGINE=mysql, galera-4 and rsync")


@pytest.fixture
def cluster():
    own = GaleraCluster()
    try:
        yield own.start()
    finally:
        own.remove()


class Buyer(threading.Thread):
    """Buys, repeating each attempt under its key until it has an answer."""

    def __init__(self, shop, stop):
        super().__init__()
        self.shop, self.stop, self.orders, self.longest, self.fault = shop, stop, [], 0.0, None

    def run(self):
        try:
            while not self.stop.is_set():
                cart, proof = self.insist(lambda: self.shop.cart(("ticket", 1)))
                attempt, since = key(), time.monotonic()
                while True:
                    answer = self.shop.checkout(cart, proof, idempotency_key=attempt)
                    if answer.status_code == 201:
                        break
                    assert answer.status_code == 503 and time.monotonic() - since < 30, answer.text
                    time.sleep(0.05)
                self.longest = max(self.longest, time.monotonic() - since)
                self.orders.append((time.monotonic(), answer.json()["id"]))
        except Exception as fault:
            self.fault = fault

    @staticmethod
    def insist(call):
        limit = time.monotonic() + 30
        while True:
            try:
                return call()
            except (AssertionError, KeyError, requests.RequestException):
                if time.monotonic() > limit:
                    raise
                time.sleep(0.05)


def test_orders_go_on_when_the_node_that_takes_them_is_killed(cluster, tmp_path):
    shop = Shop(tmp_path)
    first = cluster.nodes[0]
    shop.server = cluster.nodes[1]   # what the test itself asks
    shop.settings.update(cluster.create_database(f"caddy_{uuid.uuid4().hex}"))
    stocked(shop, 100_000)
    stop = threading.Event()
    buyers = [Buyer(shop, stop) for _ in range(6)]
    for buyer in buyers:
        buyer.start()
    time.sleep(4)
    first.kill()
    killed = time.monotonic()
    time.sleep(12)
    stop.set()
    for buyer in buyers:
        buyer.join()
        assert buyer.fault is None, buyer.fault
    bought = [each for buyer in buyers for each in buyer.orders]
    before, after = [at for at, _ in bought if at < killed], [at for at, _ in bought if at > killed + 1]
    assert before and after
    print(f"{len(before)} orders before, {len(after)} after; the longest wait was {max(buyer.longest for buyer in buyers):.1f} s")
    assert shop.query("SELECT COUNT(*), COUNT(DISTINCT cart_id) FROM orders")[0] == (len(bought), len(bought))
    assert len({order for _, order in bought}) == len(bought)
    cluster.wait_for_size(2)
    shop.stop()
    assert shop.audit().returncode == 0
