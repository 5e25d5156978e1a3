"""The settings of the Ingress in a real nginx, made from its annotations as its controller makes them: where requests go.

The configuration is that of the fleet on one machine."""
import collections
import http.server
import socket
import threading
import time

import pytest

from tools.local_fleet.edge import Edge as LocalEdge
from tools.local_fleet.manifests import edge as annotations
from tools.local_fleet.process import children, free_port

PODS = 5
CLIENTS = [f"127.0.{i // 200}.{i % 200 + 2}" for i in range(400)]   # all of 127/8 is this machine


class Pod:
    """Answers with its name, or as it is told."""

    def __init__(self, name):
        pod = self
        self.name, self.status, self.seen = name, 200, []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                pod.seen.append((self.command, self.headers.get("X-Forwarded-For")))
                body = pod.name.encode()
                self.send_response(pod.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Edge(LocalEdge):
    def __init__(self, folder, pods, settings, limits=False):
        super().__init__(folder, free_port(), settings, [pod.address for pod in pods], limits)
        self.start()

    def reload(self, pods):
        self.follow([pod.address for pod in pods])
        deadline = time.monotonic() + 60
        while len(children(self.process.pid)) > 1:   # a worker of before
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def ask(self, client="127.0.0.1", method="GET"):
        with socket.create_connection(("127.0.0.1", self.port), 60, (client, 0)) as connection:
            connection.sendall(f"{method} / HTTP/1.1\r\nHost: api\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            reply = b""
            while part := connection.recv(65536):
                reply += part
        head, _, body = reply.partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()


@pytest.fixture
def pods():
    running = [Pod(f"pod-{i}") for i in range(PODS)]
    yield running
    for pod in running:
        pod.stop()


@pytest.fixture
def edge(tmp_path, pods):
    running = Edge(tmp_path, pods, annotations())
    yield running
    running.stop()


def places(edge):
    return {client: edge.ask(client)[1] for client in CLIENTS}


def test_an_address_keeps_its_pod_and_pods_share_the_addresses(edge):
    first, second = places(edge), places(edge)
    assert first == second
    shares = collections.Counter(first.values())
    assert len(shares) == PODS
    assert max(shares.values()) < 0.45 * len(CLIENTS)   # an empty key would send everybody to one


def test_most_addresses_keep_their_pod_when_one_comes_or_goes(edge, pods):
    before = places(edge)
    gone = pods[2]
    edge.reload([pod for pod in pods if pod is not gone])
    after = places(edge)
    moved = [client for client in CLIENTS if before[client] != after[client]]
    assert all(before[client] == gone.name for client in moved)   # nobody else has moved
    assert 0 < len(moved) < 0.45 * len(CLIENTS)
    edge.reload(pods)
    assert places(edge) == before


def test_a_read_is_asked_again_at_another_pod_and_a_write_never(edge, pods):
    client = next(client for client in CLIENTS if edge.ask(client)[1] == pods[0].name)
    pods[0].status = 503
    status, name = edge.ask(client)
    assert (status, name != pods[0].name) == (200, True)
    for pod in pods:
        pod.seen.clear()
    assert edge.ask(client, "POST")[0] == 503
    assert sum(len(pod.seen) for pod in pods) == 1


def test_no_more_pods_than_the_limit_are_tried(edge, pods):
    for pod in pods:
        pod.status = 503
        pod.seen.clear()
    assert edge.ask()[0] == 503
    assert sum(len(pod.seen) for pod in pods) == int(annotations()["proxy-next-upstream-tries"])


def test_the_pod_sees_who_asked(edge, pods):
    for pod in pods:
        pod.seen.clear()
    edge.ask("127.0.1.77")
    assert [who for pod in pods for _, who in pod.seen] == ["127.0.1.77"]


def test_the_edge_refuses_a_flood_of_one_address_with_429_and_nobody_elses(tmp_path, pods):
    settings = {**annotations(), "limit-rps": "2", "limit-burst-multiplier": "5"}   # the same rules, small enough to reach
    edge = Edge(tmp_path, pods, settings, limits=True)
    try:
        since = time.monotonic()
        statuses = collections.Counter(edge.ask("127.0.0.9")[0] for _ in range(200))
        given_back = 2 * (time.monotonic() - since)
        assert set(statuses) == {200, 429}
        assert 11 <= statuses[200] <= 12 + given_back   # one, and a burst of ten, and what time gave back meanwhile
        assert edge.ask("127.0.0.10")[0] == 200
    finally:
        edge.stop()


def test_the_shield_of_the_edge_is_above_what_the_shop_admits():
    settings = annotations()
    assert int(settings["limit-rps"]) * 60 >= int(settings["limit-rpm"]) == 10000
