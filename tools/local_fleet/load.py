"""Shoppers for a fleet on one machine: they look at products and fill carts through the edge, and note every request that fails."""
import http.client
import itertools
import json
import random
import threading
import time


class Load(threading.Thread):
    """One shopper after another, each from an address of its own (all of 127/8 is this machine) and on a new connection for each
    request, so that the edge's hashing spreads them and no client's own connection can be the reason of a failure."""

    addresses = itertools.count()

    def __init__(self, port, pause=0.02):
        super().__init__(daemon=True)
        self.port, self.pause = port, pause
        self.over = threading.Event()
        self.done, self.refused, self.failures, self.slowest = 0, 0, [], 0.0
        self.random = random.Random(next(self.addresses))

    def run(self):
        while not self.over.is_set():
            number = next(self.addresses)
            self.address = f"127.{20 + number // 40000 % 100}.{number // 200 % 200}.{number % 200 + 2}"
            try:
                self.shop()
            except Refused:
                continue

    def shop(self):
        products = self.ask("GET", "/api/v1/products?limit=20")["data"]
        chosen = self.ask("GET", f"/api/v1/products/{self.random.choice(products)['handle']}")
        cart = self.ask("POST", "/api/v1/carts", {})
        proof = {"X-Cart-Token": cart["token"]}
        self.ask("POST", f"/api/v1/carts/{cart['id']}/lines", {"variant_id": chosen["variants"][0]["id"], "quantity": 1}, proof)
        self.ask("GET", f"/api/v1/carts/{cart['id']}", None, proof)

    def ask(self, method, path, body=None, headers=None):
        """The answer of a request that succeeded. A refusal for good reason (4xx) and a failure end this shopper's visit."""
        if self.over.is_set():
            raise Refused
        time.sleep(self.pause)
        began = time.monotonic()
        status, text = self.send(method, path, body, headers or {})
        self.slowest = max(self.slowest, time.monotonic() - began)
        if 200 <= status < 300:
            self.done += 1
            return json.loads(text)
        if 400 <= status < 500:
            self.refused += 1   # sold out, or the limits
        else:
            self.failures.append((method, path, status, text[:200]))
        raise Refused

    def send(self, method, path, body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(self.address, 0))
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json", "Connection": "close", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as fault:
            return 0, repr(fault)
        finally:
            connection.close()


class Refused(Exception):
    """This visit ends."""


class Crowd:
    def __init__(self, port, number, pause=0.02):
        self.shoppers = [Load(port, pause) for _ in range(number)]

    def start(self):
        for each in self.shoppers:
            each.start()
        return self

    def stop(self):
        for each in self.shoppers:
            each.over.set()
        for each in self.shoppers:
            each.join()

    @property
    def done(self):
        return sum(each.done for each in self.shoppers)

    @property
    def refused(self):
        return sum(each.refused for each in self.shoppers)

    @property
    def failures(self):
        return [failure for each in self.shoppers for failure in each.failures]

    @property
    def slowest(self):
        return max((each.slowest for each in self.shoppers), default=0.0)
