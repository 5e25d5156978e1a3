"""Shoppers, customers and staff, who write down each request before it leaves and each answer when it comes."""
import itertools
import queue
import threading
import time
import uuid

from tests.fleet import LOST
from tests.shop import key


class Client(threading.Thread):
    """Asks another pod each time, and again until the answer is clear."""

    def __init__(self, name, fleet, history, stop):
        super().__init__(name=name, daemon=True)
        self.fleet, self.history, self.stop, self.fault = fleet, history, stop, None

    def run(self):
        try:
            for turn in itertools.count():
                if self.stop.is_set():
                    return
                self.act(turn)
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
        broken = None
        try:
            with self.fleet.used() as pod:
                answer = call(pod)
        except LOST as fault:
            self.history.note("unknown", request=request, reason=type(fault).__name__)
            return None
        body = answer.json() if "json" in answer.headers.get("Content-Type", "") else {}
        try:
            pod.contract.check(answer.request.method, answer.request.path_url.split("?")[0], answer)
        except AssertionError as fault:
            broken = str(fault)
        told = {"number": body["number"], "total_minor": body["totals"]["total"]["amount_minor"]} if {"number", "totals"} <= set(body) else {}
        self.history.note("answer", request=request, status=answer.status_code, code=body.get("code"), broken=broken, **told)
        return answer

    def post(self, path, body=None, headers=None, method="POST"):
        """Without the contract's check, which `once` makes so that its verdict stands in the history."""
        return lambda pod: pod.http.request(method, f"{pod.base}/api/v1{path}", json=body or {}, headers=headers, timeout=30)

    def get(self, path, headers):
        return lambda pod: pod.http.get(f"{pod.base}/api/v1{path}", headers=headers, timeout=30)


class Shopper(Client):
    """Fills carts and orders. Of three orders one is cancelled, one paid for, whose notice comes twice, one left."""

    def __init__(self, name, fleet, history, stop, paid=None):
        super().__init__(name, fleet, history, stop)
        self.paid = paid   # where staff find what they may send

    def act(self, turn):
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
            self.ask("approve", self.post(f"/sandbox/payments/{order['payment']['id']}/approve", {"copies": 2}), key=mine, number=order["number"])
            if self.paid:
                self.paid.put((mine, order))


class Customer(Client):
    """Opens an account, signs in, renews the sign-in and signs out; then nothing that it was given may open anything."""

    LATER_S = 3.0   # once more when every worker must know

    def act(self, turn):
        email, password, session = f"{uuid.uuid4().hex}@example.com", "correct horse battery", key()
        made = self.ask("register", self.post("/auth/register", {"email": email, "password": password}))
        if made is None or (made.status_code != 201 and made.json().get("code") != "identity.email_taken"):
            return
        signed_in = self.ask("login", self.post("/auth/login", {"email": email, "password": password}), key=session)
        if signed_in is None or signed_in.status_code != 200:
            return
        tokens = signed_in.json()
        if (answer := self.once_more("refresh", session, tokens)) is not None and answer.status_code == 200:
            tokens = answer.json()
        else:   # its answer was lost: the token may be used, as documented
            return
        proof = {"Authorization": f"Bearer {tokens['access_token']}"}
        if (answer := self.ask("me", self.get("/me", proof), key=session)) is None or answer.status_code != 200:
            return
        answer = self.ask("logout", self.post("/auth/logout", {"refresh_token": tokens["refresh_token"]}, proof), key=session)
        if answer is None or answer.status_code not in (204, 401):   # 401: an earlier try did it
            return
        self.once_more("refresh after logout", session, tokens)
        if not self.stop.wait(self.LATER_S):
            self.ask("me after logout", self.get("/me", proof), key=session)

    def once_more(self, act, session, tokens):
        """A refresh is asked once: a repetition may end the session, as documented."""
        call = self.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
        return self.once(self.history.invoke(self.name, act, key=session), call)


class Staff(Client):
    """Counts stock in, and sends or refunds what was paid for."""

    def __init__(self, name, fleet, history, stop, paid, proof):
        super().__init__(name, fleet, history, stop)
        self.paid, self.proof = paid, proof

    def act(self, turn):
        mine = key()
        count = self.post(f"/admin/inventory/{self.fleet.variant}/adjust", {"delta": 1 + turn % 3, "reason": mine}, {**self.proof, "Idempotency-Key": mine})
        self.ask("adjust", count, key=mine, delta=1 + turn % 3)
        try:
            story, order = self.paid.get(timeout=1)
        except queue.Empty:
            return
        while (seen := self.ask("look", self.get(f"/admin/orders/{order['id']}", self.proof), key=story)) is not None:
            if seen.status_code == 200 and seen.json()["status"] == "paid":
                return self.finish(turn, story, order)
            if self.stop.wait(0.2):
                return

    def finish(self, turn, story, order):
        lines = [{"line_id": each["id"], "quantity": each["quantity"]} for each in order["lines"]]
        proof = {**self.proof, "Idempotency-Key": key()}
        if turn % 2:
            self.ask("fulfil", self.post(f"/admin/orders/{order['id']}/fulfil", {"lines": lines}, proof), key=story, number=order["number"])
        else:
            body = {"lines": lines, "reason": "torture", "restock": True}
            self.ask("refund", self.post(f"/admin/orders/{order['id']}/refund", body, proof), key=story, number=order["number"])
