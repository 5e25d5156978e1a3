"""A fleet of the tests' own: pods of several processes each, on one MariaDB server and one Redis, with paths that can be cut."""
import http.client
import itertools
import os
import select
import signal
import socket
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import requests

from tests import mariadb
from tests.shop import ADDRESS, Shop, is_under_way, key

HEADER = "Handle,Title,Published,Option1 Name,Option1 Value,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price\n"
LOST = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class Link:
    """A path to a server on this machine. While it is cut nothing passes and nobody is told, as with a pulled cable."""

    def __init__(self, port, host="127.0.0.1"):
        self.target, self.whole = port, threading.Event()
        self.whole.set()
        self.door = socket.create_server((host, 0), backlog=256)
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.door.accept()
            except OSError:
                return   # closed
            threading.Thread(target=self.carry, args=(near,), daemon=True).start()

    def carry(self, near):
        self.whole.wait()
        with near:
            try:
                with socket.create_connection(("127.0.0.1", self.target)) as far:
                    for each in (near, far):
                        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    while True:
                        for ready in select.select([near, far], [], [])[0]:
                            data = ready.recv(65536)
                            self.whole.wait()
                            if not data:
                                return
                            (far if ready is near else near).sendall(data)
            except OSError:
                return

    def cut(self):
        self.whole.clear()

    def mend(self):
        self.whole.set()

    def close(self):
        self.mend()
        self.door.close()


def durable_server():
    """What it has acknowledged outlives kill -9 of the server."""
    return mariadb.MariaDb(mariadb.fast_folder("caddy-mariadb-"), "--innodb-flush-log-at-trx-commit=2").install().start().create_user()


def shop_at(folder, **settings):
    """A shop on the database server that its settings name."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    shop = Shop(folder, **settings)
    shop.migrated = True   # by furnish(), once for all that share the database
    return shop


def sell_tickets(shop, stock):
    """One product of one variant, of which there are so many."""
    path = Path(shop.directory) / "stock.csv"
    path.write_text(HEADER + f"ticket,Ticket,true,Title,Default Title,shopify,{stock},deny,25.00\n")
    shop.import_csv(path)
    return shop


def furnish(shop, stock):
    shop.run("migrate")
    return sell_tickets(shop, stock)


class Fleet:
    """`pods` pods of `workers` processes. A context manager; the servers that it stands on are the caller's."""

    def __init__(self, directory, database, redis=None, pods=5, workers=4, stock=100_000, **settings):
        self.database, self.workers = database, workers
        self.settings = {**database.create_database(f"caddy_{uuid.uuid4().hex}"), **(redis.settings() if redis else {}),
                         "JWT_SECRET": uuid.uuid4().hex, "SANDBOX_SECRET": uuid.uuid4().hex,
                         "DB_POOL_SIZE": str(3 * workers), "DB_FLEET_PODS": str(pods), **settings}
        self.pods = []
        for number in range(pods):
            self.pods.append(shop_at(Path(directory) / f"pod{number}", **self.settings))
        self.turn = itertools.count()
        furnish(self.pods[0], stock)

    def __enter__(self):
        try:
            with ThreadPoolExecutor(len(self.pods)) as pool:
                list(pool.map(lambda pod: pod.start("--workers", str(self.workers)), self.pods))
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *unused):
        self.kill()

    def prepare(self):
        """What buyers need to know: the variant they buy and where it goes."""
        cart, _ = self.pods[0].cart(("ticket", 1))
        self.variant = cart["lines"][0]["variant_id"]
        self.address = {"email": "guest@example.com", "shipping_address": ADDRESS, "shipping_method_id": cart["shipping_method_id"]}
        return self

    def kill(self):
        for pod in self.pods:
            self.kill_pod(pod)

    @staticmethod
    def kill_pod(pod):
        """With all its workers, which would else end in their own time."""
        pod.kill()

    def stop(self):
        """As an orchestrator would; the sanitizers' verdict is in the exit codes."""
        with ThreadPoolExecutor(len(self.pods)) as pool:
            list(pool.map(lambda pod: pod.stop(), self.pods))

    def pod(self):
        """The next in turn."""
        return self.pods[next(self.turn) % len(self.pods)]

    def query(self, text):
        return [tuple(row) for row in self.database.query(text, self.settings["DB_NAME"])]

    def audit(self):
        return self.pods[0].audit()

    def wait_until(self, what, seconds=60):
        """How long it took until `what` held for every pod, in seconds."""
        since = time.monotonic()
        while not all(self.holds(what, pod) for pod in self.pods):
            assert time.monotonic() - since < seconds, "it does not come to hold for all pods"
            time.sleep(0.02)
        return time.monotonic() - since

    @staticmethod
    def holds(what, pod):
        try:
            return what(pod)
        except LOST:
            return False

    def wait_for_redis(self, status, seconds=60):
        return self.wait_until(lambda pod: (pod.get("/health").json()["checks"]["redis"] or {}).get("status") == status, seconds)


class Buyer(threading.Thread):
    """Fills carts and buys, each request at another pod, and remembers each attempt with all that it was told.

    What has no clear answer is asked again with its key, as clients are told to: a line whose answer was lost would
    stand twice in the cart without one. A third of the orders is cancelled, a third paid for, a third left.
    """

    def __init__(self, fleet, stop):
        super().__init__()
        self.fleet, self.stop, self.attempts, self.fault = fleet, stop, [], None
        self.unavailable = 0

    def run(self):
        try:
            for turn in itertools.count():
                if self.stop.is_set():
                    return
                self.buy(turn)
        except Exception as fault:   # for the test to see
            self.fault = fault

    def insist(self, ask, seconds=60):
        """Asks pods in turn until one answers otherwise than "not now"; None when the storm ends before."""
        limit = time.monotonic() + seconds
        while not self.stop.is_set():
            try:
                answer = ask(self.fleet.pod())
                if answer.status_code not in (503, 504) and not is_under_way(answer):
                    return answer
                assert int(answer.headers["Retry-After"]) >= 1, answer.text
            except LOST:
                pass
            self.unavailable += 1
            assert time.monotonic() < limit, "no pod is available"
            time.sleep(0.05)
        return None

    def cart(self):
        opened, added = {"Idempotency-Key": key()}, {"Idempotency-Key": key()}
        made = self.insist(lambda pod: pod.post("/carts", headers=opened))
        if made is None:
            return None
        assert made.status_code == 201, made.text
        cart = made.json()
        proof = {"X-Cart-Token": cart["token"]}
        one_of_it = {"variant_id": self.fleet.variant, "quantity": 1}
        for ask in (lambda pod: pod.post(f"/carts/{cart['id']}/lines", one_of_it, headers={**proof, **added}),
                    lambda pod: pod.patch(f"/carts/{cart['id']}", self.fleet.address, headers=proof)):
            answer = self.insist(ask)
            if answer is None:
                return None
            assert answer.status_code in (200, 201), answer.text
        return cart["id"], proof

    def buy(self, turn):
        made = self.cart()
        if made is None:
            return
        cart, proof = made
        attempt = {"cart": cart, "proof": proof, "key": key(), "order": None, "total": None}
        self.attempts.append(attempt)
        answer = self.insist(lambda pod: pod.checkout({"id": cart}, proof, idempotency_key=attempt["key"]))
        if answer is None:
            return
        assert answer.status_code == 201, answer.text
        order = answer.json()
        attempt["order"], attempt["total"] = order["id"], order["totals"]["total"]["amount_minor"]
        owner = {"X-Order-Token": order["token"]}
        if turn % 3 == 0:
            done = self.insist(lambda pod: pod.post(f"/orders/{order['id']}/cancel", headers=owner))
            assert done is None or done.status_code in (200, 409), done.text   # 409: an earlier try did it
        elif turn % 3 == 1:
            done = self.insist(lambda pod: pod.post(f"/sandbox/payments/{order['payment']['id']}/approve"))
            assert done is None or done.status_code == 202, done.text


class Asker(threading.Thread):
    """Asks for `path` at a steady pace from an address of its own, and notes (sent, answered, status) of each request."""

    def __init__(self, pods, path, address, per_second, seconds):
        super().__init__()
        self.pods, self.path, self.address = pods, path, address
        self.per_second, self.seconds, self.seen, self.lost = per_second, seconds, [], 0

    def run(self):
        begun = time.monotonic()
        connections = {}
        for number in range(int(self.per_second * self.seconds)):
            wait = begun + number / self.per_second - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            if time.monotonic() - begun > self.seconds:
                break
            if number % (10 * len(self.pods)) == 0:   # others of the pods' workers
                self.close(connections)
            pod = self.pods[number % len(self.pods)]
            if pod not in connections:
                connections[pod] = http.client.HTTPConnection("127.0.0.1", pod.port, timeout=30, source_address=(self.address, 0))
            sent = time.monotonic()
            try:
                connections[pod].request("GET", self.path)
                answer = connections[pod].getresponse()
                answer.read()
                self.seen.append((sent, time.monotonic(), answer.status))
            except (OSError, http.client.HTTPException):
                self.lost += 1
                connections.pop(pod).close()
        self.close(connections)

    @staticmethod
    def close(connections):
        for each in connections.values():
            each.close()
        connections.clear()


def most_admitted(seen, window_s):
    """The most requests that were surely admitted within one window: sent after its begin, answered before its end."""
    admitted = sorted((sent, answered) for sent, answered, status in seen if status not in (429, 503))
    most = 0
    for first, (begin, _) in enumerate(admitted):
        most = max(most, sum(1 for _, answered in admitted[first:] if answered <= begin + window_s))
    return most
