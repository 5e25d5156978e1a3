"""A storm on a flash sale: exactly what there was is sold, to nobody more than his share, whatever is killed meanwhile.

In full size (10 000 buyers, 500 units, five processes, best with a release build):

    FLASH_BUYERS=10000 FLASH_UNITS=500 FLASH_WORKERS=5 /usr/bin/python3 -m pytest tests/system/test_flash_sale.py -q -s -k "storm and redis"
"""
import collections
import http.client
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests import flash
from tests.fleet import HEADER
from tests.redis_server import RedisServer
from tests.shop import Shop

ROOT = Path(__file__).resolve().parent.parent.parent
BUYERS = int(os.environ.get("FLASH_BUYERS", "600"))
UNITS = int(os.environ.get("FLASH_UNITS", "50"))
WORKERS = int(os.environ.get("FLASH_WORKERS", "3"))
CONNECTIONS = int(os.environ.get("FLASH_CONNECTIONS", "32"))


@pytest.fixture
def redis():
    with RedisServer() as server:
        yield server


@pytest.fixture
def storm(tmp_path, request):
    """A shop with a sale that runs, and buyers who are signed in."""
    shops = []

    def open_shop(buyers, units, workers, server=None, quota=1, **settings):
        shop = Shop(tmp_path, ARGON2_MEMORY_KIB="1024", **(server.settings() if server else {}), **settings)
        shops.append(shop)
        (tmp_path / "stock.csv").write_text(HEADER + f"moon,Moon cakes,true,Title,Default Title,shopify,{units + 100},deny,25.00\n")
        shop.import_csv(tmp_path / "stock.csv")
        shop.start("--workers", str(workers))
        cart, _ = shop.cart(("moon", 1))
        shop.keeper = shop.staff("catalog_write")
        shop.sale = flash.armed(shop, shop.keeper, cart["lines"][0]["variant_id"], stock=units, quota=quota)
        shop.body = json.dumps(flash.request(cart["shipping_method_id"]))
        with ThreadPoolExecutor(8) as pool:
            shop.buyers = list(pool.map(lambda _: register(shop), range(buyers)))
        return shop

    yield open_shop
    for shop in shops:
        shop.kill()


def register(shop):
    door = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=60)
    body = json.dumps({"email": f"{os.urandom(8).hex()}@example.com", "password": "correct horse battery"})
    door.request("POST", "/api/v1/auth/register", body, {"Content-Type": "application/json"})
    answer = door.getresponse()
    text = answer.read()
    assert answer.status == 201, text
    door.close()
    return json.loads(text)["access_token"]


class Rush:
    """Each buyer asks once, and again with the same key while he is told to come back. Of those that are not let in yet, none asks."""

    def __init__(self, shop, keyed=False, connections=CONNECTIONS, let_in=None):
        self.shop, self.keyed, self.connections, self.let_in = shop, keyed, connections, let_in
        self.lock, self.answers, self.spent = threading.Lock(), [], collections.defaultdict(list)

    def run(self):
        waiting = iter(list(enumerate(self.shop.buyers)))
        with ThreadPoolExecutor(self.connections) as pool:
            for done in [pool.submit(self.serve, waiting) for _ in range(self.connections)]:
                done.result()
        return self

    def serve(self, waiting):
        door = http.client.HTTPConnection("127.0.0.1", self.shop.port, timeout=60)
        while True:
            with self.lock:
                number, token = next(waiting, (None, None))
            if token is None:
                return
            while self.let_in is not None and number >= self.let_in:
                time.sleep(0.002)
            self.ask(door, number, token, f"attempt-of-{number}")

    def ask(self, door, number, token, key):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        if self.keyed:
            headers["Idempotency-Key"] = key
        limit = time.monotonic() + 120
        while True:
            since = time.monotonic()
            try:
                door.request("POST", f"/api/v1/flash-sales/{self.shop.sale['id']}/tickets", self.shop.body, headers)
                answer = door.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                door.close()
                text = None
            spent = time.monotonic() - since
            if text is not None and answer.status != 503:
                break
            assert time.monotonic() < limit, "the shop does not come back"
            time.sleep(0.2)
        told = json.loads(text)
        with self.lock:
            self.answers.append((number, token, answer.status, told))
            self.spent[told.get("code", "ticket")].append(spent)

    def wait_for(self, answers):
        limit = time.monotonic() + 60
        while len(self.answers) < answers:
            assert time.monotonic() < limit, "nobody is answered"
            time.sleep(0.001)

    def tickets(self):
        return [(number, token, told) for number, token, status, told in self.answers if status == 202]

    def report(self):
        for code, spent in sorted(self.spent.items()):
            spent.sort()
            figures = (spent[len(spent) // 2], spent[min(len(spent) - 1, len(spent) * 99 // 100)], spent[-1])
            print(f"{code}: {len(spent)} answers, " + ", ".join(f"{name} {1000 * value:.1f} ms" for name, value in zip(("p50", "p99", "most"), figures)))


def settled(shop, seconds=120):
    """The sale once none of its tickets waits."""
    limit = time.monotonic() + seconds
    before = None
    while True:
        sale = shop.get(f"/admin/flash-sales/{shop.sale['id']}", headers=shop.keeper).json()
        if sale["tickets"]["waiting"] == 0 and sale == before:
            return sale
        before = sale
        assert time.monotonic() < limit, sale
        time.sleep(1)


def orders_by_customer(shop):
    rows = shop.query("SELECT customer, COUNT(*) FROM orders WHERE cart_id LIKE 'tkt_%' GROUP BY customer")
    return dict(rows)


@pytest.mark.parametrize("with_redis", [False, True], ids=["embedded", "redis"])
def test_a_storm_sells_exactly_what_there_was(storm, with_redis, request):
    shop = storm(BUYERS, UNITS, WORKERS, request.getfixturevalue("redis") if with_redis else None)
    since = time.monotonic()
    rush = Rush(shop).run()
    took = time.monotonic() - since
    sale = settled(shop)
    print(f"\n{BUYERS} buyers, {UNITS} units, {WORKERS} processes: answered in {took:.1f} s, ordered after {time.monotonic() - since:.1f} s")
    rush.report()
    assert len(rush.answers) == BUYERS and len(rush.tickets()) == UNITS
    assert {told["code"] for _, _, status, told in rush.answers if status != 202} == {"flash_sale.sold_out"}
    bought = orders_by_customer(shop)
    assert sale["tickets"]["ordered"] == UNITS == sum(bought.values()) and sale["remaining"] == 0
    assert set(bought.values()) == {1} and len(bought) == UNITS
    for _, token, ticket in rush.tickets()[:3]:
        assert flash.follow(shop, ticket, {"Authorization": f"Bearer {token}"})["status"] == "ordered"
    shop.audit()
    # All is sold and known to be: a few connections show what an answer takes, not what a queue for the processors does.
    late = Rush(shop, connections=2).run()
    print("afterwards, over two connections:")
    late.report()
    assert late.tickets() == [] and len(late.answers) == BUYERS
    shop.stop()
    shop.audit()


def test_redis_lost_in_the_middle_never_oversells_and_sells_the_rest(storm, redis):
    shop = storm(90, 40, 2, redis)
    rush = Rush(shop, keyed=True, let_in=40)
    crowd = threading.Thread(target=rush.run)
    crowd.start()
    rush.wait_for(10)
    redis.kill()
    rush.let_in = None
    time.sleep(1)
    (redis.folder / "appendonly.aof").unlink(missing_ok=True)
    for each in redis.folder.glob("appendonlydir/*"):
        each.unlink()
    redis.start()   # empty
    crowd.join()
    sale = settled(shop)
    assert sale["tickets"]["ordered"] <= 40
    assert set(orders_by_customer(shop).values()) <= {1}
    # What was lost with it is sold to those who ask again.
    limit = time.monotonic() + 180
    while sale["remaining"] > 0:
        shop.buyers = [register(shop) for _ in range(10)]
        Rush(shop).run()
        sale = settled(shop)
        assert time.monotonic() < limit, sale
    assert sale["tickets"]["ordered"] == 40 == sum(orders_by_customer(shop).values())
    shop.audit()
    shop.stop()


def test_redis_away_is_told_and_nothing_is_lost(storm, redis):
    shop = storm(4, 4, 2, redis)
    buyer = {"Authorization": f"Bearer {shop.buyers[0]}"}
    redis.kill()
    limit = time.monotonic() + 60
    answer = None
    while answer is None or answer.status_code != 503:
        assert time.monotonic() < limit, answer.text
        answer = flash.take(shop, shop.sale, buyer, json.loads(shop.body), "my-own-key")
    assert int(answer.headers["Retry-After"]) >= 1 and shop.get("/flash-sales").status_code == 200
    redis.start()
    rush = Rush(shop, keyed=True).run()
    assert len(rush.tickets()) == 4, rush.answers
    assert settled(shop)["tickets"]["ordered"] == 4
    shop.audit()
    shop.stop()


@pytest.mark.parametrize("with_redis", [False, True], ids=["embedded", "redis"])
def test_a_worker_killed_in_the_middle_changes_nothing(storm, with_redis, request):
    server = request.getfixturevalue("redis") if with_redis else None
    shop = storm(60, 30, 3, server, FLASH_SALE_BATCH="5", FLASH_SALE_LEASE_S="2")
    rush = Rush(shop, keyed=True, let_in=20)
    crowd = threading.Thread(target=rush.run)
    crowd.start()
    for answers, let_in in ((5, 35), (15, 50), (25, None)):
        rush.wait_for(answers)
        with suppress(ProcessLookupError):   # the one that was killed before, and is buried just now
            os.kill(workers_of(shop)[-1], signal.SIGKILL)
        rush.let_in = let_in
    crowd.join()
    # What it had claimed on Redis is taken up when its lease is over.
    limit = time.monotonic() + 120
    while settled(shop)["tickets"]["ordered"] < 30:
        assert time.monotonic() < limit, "some of it is not taken up"
    time.sleep(3)
    assert settled(shop)["tickets"]["ordered"] == 30
    bought = orders_by_customer(shop)
    assert sum(bought.values()) == 30 and set(bought.values()) == {1}
    shop.audit()
    shop.stop()


def workers_of(shop):
    parent = shop.process.pid
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(each) for each in text.split()]
