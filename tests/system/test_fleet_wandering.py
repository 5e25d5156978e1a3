"""Stickiness makes a fleet quicker and is never needed: whoever comes to another pod with each request is served as if there were one."""
import collections
import copy
import itertools
import re

import requests
from requests.adapters import HTTPAdapter

from tests.fleet import Fleet
from tests.mariadb import free_port, shared
from tests.redis_server import RedisServer
from tests.shop import ADDRESS, Shop, key
from tests.waiting import until
from tools.local_fleet import manifests
from tools.local_fleet.edge import Edge
from tools.local_fleet.process import children


class Wanderer(Shop):
    """Asks the pods in turn."""

    def __init__(self, pods):   # a visitor of shops that stand, not one more of them
        self.__dict__ = copy.copy(pods[0].__dict__)
        self.turn, self.bases = itertools.cycle(pods), []

    def call(self, method, path, **options):
        self.base = next(self.turn).base
        self.bases.append(self.base)
        return super().call(method, path, **options)


def test_a_purchase_with_each_request_at_another_pod(tmp_path):
    with RedisServer() as redis, Fleet(tmp_path, shared(), redis, pods=3, workers=1, stock=5) as fleet:
        visitor = Wanderer(fleet.pods)
        order, proof = visitor.order(("ticket", 2))
        assert visitor.post(f"/sandbox/payments/{order['payment']['id']}/approve").status_code == 202
        visitor.wait_for_order(order, proof, "paid")

        account = {"email": f"{key()}@example.com", "password": "quiet teapot on the shelf"}
        assert visitor.post("/auth/register", account).status_code == 201
        signed_in = visitor.post("/auth/login", account).json()
        mine = {"Authorization": "Bearer " + signed_in["access_token"]}
        cart, _ = visitor.cart(("ticket", 1), headers=mine)
        for quantity in (3, 2, 1):   # what one pod has just changed, the next one knows
            line = f"/carts/{cart['id']}/lines/{cart['lines'][0]['id']}"
            assert visitor.patch(line, {"quantity": quantity}, headers=mine).json()["lines"][0]["quantity"] == quantity
            assert visitor.get(f"/carts/{cart['id']}", headers=mine).json()["lines"][0]["quantity"] == quantity
        assert visitor.post("/me/addresses", ADDRESS, headers=mine).status_code == 201
        assert len(visitor.get("/me/addresses", headers=mine).json()["data"]) == 1
        used = key()
        first = visitor.checkout(cart, mine, idempotency_key=used)
        again = visitor.checkout(cart, mine, idempotency_key=used)
        assert (first.status_code, again.status_code) == (201, 201) and again.json()["id"] == first.json()["id"], "the ledger is one"
        assert visitor.get(f"/orders/{first.json()['id']}", headers=mine).status_code == 200
        renewed = visitor.post("/auth/refresh", {"refresh_token": signed_in["refresh_token"]}).json()
        assert visitor.post("/auth/logout", {"refresh_token": renewed["refresh_token"]}, headers={"Authorization": "Bearer " + renewed["access_token"]}).status_code == 204
        assert visitor.post("/auth/refresh", {"refresh_token": renewed["refresh_token"]}).status_code == 401
        assert fleet.query("SELECT on_hand, reserved FROM stock_levels") == [("5", "3")]
        assert all(here != before for before, here in zip(visitor.bases, visitor.bases[1:])) and len(set(visitor.bases)) == 3
        fleet.stop()
        assert fleet.audit().returncode == 0


class From(HTTPAdapter):
    """Requests that leave from one address; all of 127/8 is this machine."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *words, **options):
        super().init_poolmanager(*words, source_address=(self.address, 0), **options)


VISITORS = [f"127.0.{number // 100 + 1}.{number % 100 + 2}" for number in range(120)]


def places(edge, fleet):
    """Which pod each visitor comes to through the edge, by what the pods have logged."""
    asked = {f"visit-{key()}": visitor for visitor in VISITORS}
    for name, visitor in asked.items():
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", From(visitor))
            assert session.get(f"http://127.0.0.1:{edge.port}/health", headers={"X-Request-Id": name}, timeout=30).status_code == 200

    def found():
        return {asked[name]: number for number, pod in enumerate(fleet.pods)
                for name in re.findall(r'"request_id":"(visit-[^"]+)"', (pod.directory / "serve.log").read_text()) if name in asked}
    until(lambda: len(found()) == len(VISITORS))
    return found()


def follow(edge, pods):
    edge.follow([f"127.0.0.1:{pod.port}" for pod in pods])
    until(lambda: len(children(edge.process.pid)) == 1)   # none that knew others


def test_when_a_pod_comes_or_goes_its_share_of_the_visitors_moves_and_nobody_else(tmp_path):
    with RedisServer() as redis, Fleet(tmp_path, shared(), redis, pods=4, workers=1) as fleet:
        fleet.wait_until(lambda pod: pod.get("/health").json()["status"] == "ok")
        edge = Edge(tmp_path / "edge", free_port(), manifests.edge(), [f"127.0.0.1:{pod.port}" for pod in fleet.pods[:3]], limits=False).start()
        try:
            three = places(edge, fleet)
            assert set(three.values()) == {0, 1, 2}
            follow(edge, fleet.pods)
            four = places(edge, fleet)
            moved = [visitor for visitor in VISITORS if three[visitor] != four[visitor]]
            assert {four[visitor] for visitor in moved} == {3}, "a visitor moves to the pod that came, or not at all"
            assert 0.05 < len(moved) / len(VISITORS) < 0.5, "about a fourth"

            gone = fleet.pods[1]
            follow(edge, [pod for pod in fleet.pods if pod is not gone])
            gone.stop()
            left = places(edge, fleet)
            assert {visitor for visitor in VISITORS if four[visitor] != left[visitor]} == {visitor for visitor in VISITORS if four[visitor] == 1}
            heirs = collections.Counter(left[visitor] for visitor in VISITORS if four[visitor] == 1)
            assert len(heirs) > 1, "what it had is shared among the others"
        finally:
            edge.stop()
