"""What zones and regions of a fleet share: pods of their own making on one database, a balancer before them, and shoppers who come through it."""
import threading
import time
from contextlib import suppress

import requests

from tests.fleet import LOST
from tests.shop import ADDRESS, is_under_way, key


def is_ready(base):
    """Asked from outside, over whatever way leads there."""
    with suppress(requests.RequestException):
        return requests.get(base + "/readyz", timeout=1).status_code == 200
    return False


class Balancer(threading.Thread):
    """Asks each member whether it is ready, and has the edge send callers to those that are: to the first `most` of them.

    Out after so many failures in a row, in after one answer, as a pod's manifest says to its cluster.
    """

    def __init__(self, edge, members, every_s, failures, most=None):
        super().__init__(daemon=True)
        self.edge, self.members, self.every_s, self.most = edge, members, every_s, most
        self.ended, self.failures, self.failed = threading.Event(), failures, {}

    def probe(self, member):
        self.failed[member] = 0 if member.is_ready() else self.failed.get(member, 0) + 1

    def run(self):
        while not self.ended.wait(self.every_s):
            probes = [threading.Thread(target=self.probe, args=(member,)) for member in self.members]
            for each in probes:
                each.start()
            for each in probes:
                each.join()
            self.edge.follow([member.address() for member in self.members if self.failed.get(member, 0) < self.failures][:self.most])


class Shopper(threading.Thread):
    """Buys through the edge, and asks again with the same key until there is an answer, as clients are told to."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.base, self.orders, self.fault, self.ended = f"http://127.0.0.1:{port}/api/v1", {}, None, threading.Event()

    def run(self):
        try:
            while not self.ended.is_set():
                self.buy()
        except Exception as fault:   # for the test to see
            self.fault = fault

    def ask(self, method, path, *statuses, proof=None, body=None, patience=90):
        limit, headers = time.monotonic() + patience, {**(proof or {}), "Idempotency-Key": key()}
        while True:
            with suppress(*LOST):
                answer = requests.request(method, self.base + path, json=body, headers=headers, timeout=5)
                if answer.status_code not in (502, 503, 504) and not is_under_way(answer):   # at the first try's pod
                    assert answer.status_code in statuses, (path, answer.text)
                    return answer.json()
            assert time.monotonic() < limit, f"{method} {path} has no answer"
            time.sleep(0.1)

    def buy(self):
        cart = self.ask("POST", "/carts", 201, body={})
        proof = {"X-Cart-Token": cart["token"]}
        variant = self.ask("GET", "/products/ticket", 200)["variants"][0]["id"]
        self.ask("POST", f"/carts/{cart['id']}/lines", 200, 201, proof=proof, body={"variant_id": variant, "quantity": 1})
        method = self.ask("GET", f"/shipping-methods?cart={cart['id']}", 200, proof=proof)["data"][0]["id"]
        self.ask("PATCH", f"/carts/{cart['id']}", 200, proof=proof,
                 body={"email": "guest@example.com", "shipping_address": ADDRESS, "shipping_method_id": method})
        order = self.ask("POST", f"/carts/{cart['id']}/checkout", 201, proof=proof, body={"payment_provider": "sandbox"})
        self.orders[order["number"]] = order["totals"]["total"]["amount_minor"]
