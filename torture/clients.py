"""Shoppers that write down each request before it leaves and each answer when it comes."""
import itertools
import threading
import time

from tests.fleet import LOST
from tests.shop import key


class Shopper(threading.Thread):
    """Fills carts and orders, at another pod each time, repeating under the same key until the answer is clear.

    Of three orders one is cancelled, one paid for, one left.
    """

    def __init__(self, name, fleet, history, stop):
        super().__init__(name=name, daemon=True)
        self.fleet, self.history, self.stop, self.fault = fleet, history, stop, None

    def run(self):
        try:
            for turn in itertools.count():
                if self.stop.is_set():
                    return
                self.shop(turn)
        except Exception as fault:   # the campaign reports it
            self.fault = fault

    def ask(self, act, call, **more):
        """The first answer that is neither lost nor `unavailable`; None when the campaign ends before."""
        while not self.stop.is_set():
            request = self.history.invoke(self.name, act, **more)
            answer = self.once(request, call)
            if answer is not None and answer.status_code not in (503, 504):
                return answer
            time.sleep(0.1)
        return None

    def once(self, request, call):
        pod, broken = self.fleet.pod(), None
        try:
            answer = call(pod)
        except LOST as fault:
            self.history.note("unknown", request=request, reason=type(fault).__name__)
            return None
        body = answer.json() if "json" in answer.headers.get("Content-Type", "") else {}
        try:
            pod.contract.check(answer.request.method, answer.request.path_url.split("?")[0], answer)
        except AssertionError as fault:
            broken = str(fault)
        told = {"number": body["number"], "total_minor": body["totals"]["total"]["amount_minor"]} if "number" in body else {}
        self.history.note("answer", request=request, status=answer.status_code, code=body.get("code"), broken=broken, **told)
        return answer

    def post(self, path, body=None, headers=None, method="POST"):
        """Without the contract's check, which `once` makes so that its verdict stands in the history."""
        return lambda pod: pod.http.request(method, f"{pod.base}/api/v1{path}", json=body or {}, headers=headers, timeout=30)

    def shop(self, turn):
        made = self.ask("create cart", self.post("/carts"))
        if made is None or made.status_code != 201:
            return
        cart, proof = made.json()["id"], {"X-Cart-Token": made.json()["token"]}
        for act, call in (("add line", self.post(f"/carts/{cart}/lines", {"variant_id": self.fleet.variant, "quantity": 1}, proof)),
                          ("give address", self.post(f"/carts/{cart}", self.fleet.address, proof, "PATCH"))):
            if (answer := self.ask(act, call)) is None or answer.status_code not in (200, 201):
                return
        mine = key()
        checkout = self.post(f"/carts/{cart}/checkout", {"payment_provider": "sandbox"}, {**proof, "Idempotency-Key": mine})
        answer = self.ask("checkout", checkout, key=mine, cart=cart)
        if answer is None or answer.status_code != 201:
            return
        order = answer.json()
        if turn % 3 == 0:
            self.ask("cancel", self.post(f"/orders/{order['id']}/cancel", headers={"X-Order-Token": order["token"]}), key=mine)
        elif turn % 3 == 1:
            self.ask("approve", self.post(f"/sandbox/payments/{order['payment']['id']}/approve"), key=mine, number=order["number"])
