"""Two regions behind one edge that asks each whether it is ready: each with its pod and Redis, one primary database for both, a copy of it in
the second. The first is cut off; the second is looked at meanwhile, becomes the writer, and the first cannot write when it is back."""
import uuid
from contextlib import ExitStack, suppress

import pytest
import requests

from tests import mariadb
from tests.behind_edge import Balancer, Shopper, is_ready
from tests.fleet import LOST, Link, furnish, shop_at
from tests.redis_server import RedisServer
from tests.waiting import until
from tools.local_fleet import manifests
from tools.local_fleet.edge import Edge


class Region:
    """A pod with its Redis. What others reach of it, and what it reaches of others, goes through paths that can be cut."""

    def __init__(self, folder, name, redis, **settings):
        self.mount = folder / f"{name}-settings"
        self.mount.mkdir(parents=True)
        self.pod = shop_at(folder / name, **settings, **redis.settings())
        self.door = None

    def set(self, **settings):
        """As an operator's runtime map: files that the program watches."""
        for name, value in settings.items():
            new = self.mount / f".{name}"
            new.write_text(value)
            new.rename(self.mount / name)

    def start(self):
        self.pod.start("--workers", "1", "--runtime-dir", str(self.mount))
        self.door = Link(self.pod.port)
        return self

    def address(self):
        return f"127.0.0.1:{self.door.port}"

    def is_ready(self):
        return is_ready("http://" + self.address())

    def call(self, method, path, **given):
        """From within the region, past the edge."""
        return requests.request(method, f"{self.pod.base}/api/v1{path}", timeout=20, **given)

    def close(self):
        self.pod.kill()
        if self.door:
            self.door.close()


def refuses_to_change(base):
    """Callers that are still with the region that is gone hear nothing."""
    with suppress(*LOST):
        answer = requests.post(base + "/carts", json={}, timeout=3)
        return answer.status_code == 503 and "Retry-After" in answer.headers and answer.json().get("code") == "request.read_only"


@pytest.fixture
def servers():
    """The primary of the first region, its copy in the second, and the path between them. A commit is acknowledged once the copy has it
    (semi-synchronous replication), so that a primary that is alone acknowledges none."""
    primary = mariadb.MariaDb(mariadb.fast_folder("caddy-mariadb-"), "--log-bin=changes", "--server-id=1")
    copy = mariadb.MariaDb(mariadb.fast_folder("caddy-mariadb-"), "--log-bin=changes", "--server-id=2", "--log-slave-updates")
    path = None
    try:
        primary.install().start().create_user()
        primary.client("CREATE USER 'copy'@'127.0.0.1' IDENTIFIED BY 'copy'; GRANT REPLICATION SLAVE ON *.* TO 'copy'@'127.0.0.1'")
        path = Link(primary.port)
        copy.install().start("--read-only", "--rpl-semi-sync-slave-enabled=ON")
        copy.client(f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={path.port}, MASTER_USER='copy', MASTER_PASSWORD='copy', "
                    "MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1; START SLAVE")
        primary.client("SET GLOBAL rpl_semi_sync_master_timeout=86400000; SET GLOBAL rpl_semi_sync_master_enabled=ON")
        yield primary, copy, path
    finally:
        primary.remove()
        copy.remove()
        if path:
            path.close()


def can_be_looked_at(base):
    with suppress(*LOST):
        return requests.get(base + "/products", timeout=5).status_code == 200
    return False


@pytest.fixture
def regions(tmp_path, servers):
    primary, copy, _ = servers
    common = {**primary.create_database(f"caddy_{uuid.uuid4().hex}"), "JWT_SECRET": uuid.uuid4().hex, "SANDBOX_SECRET": uuid.uuid4().hex,
              "DB_POOL_SIZE": "8", "DRAIN_LIMIT": "3", "DB_CONNECT_LIMIT_MS": "1000"}
    with ExitStack() as stack:
        across = Link(primary.port)
        stack.callback(across.close)
        made = []
        for name, more in (("first", {}), ("second", {"DB_READ_HOST": f"127.0.0.1:{copy.port}"})):
            made.append(Region(tmp_path, name, stack.enter_context(RedisServer()), **common, **more))
            stack.callback(made[-1].close)
        made[1].across = across
        made[1].set(DB_PORT=str(across.port))
        furnish(made[0].pod, 1000)
        yield [region.start() for region in made]


def test_a_region_that_is_cut_off_is_replaced_and_cannot_write_when_it_is_back(tmp_path, servers, regions):
    primary, copy, replication = servers
    first, second = regions
    database = first.pod.settings["DB_NAME"]
    edge = Edge(tmp_path / "edge", mariadb.free_port(), manifests.edge(), limits=False)
    balancer = Balancer(edge, regions, every_s=0.5, failures=1, most=1)
    shopper = Shopper(edge.port)
    try:
        edge.start()
        balancer.start()
        shopper.start()
        until(lambda: len(shopper.orders) >= 3 or shopper.fault)

        for path in (first.door, second.across, replication):
            path.cut()
        second.set(READ_ONLY_MODE="true")
        until(lambda: edge.pods == [second.address()])
        through_edge = f"http://127.0.0.1:{edge.port}/api/v1"
        until(lambda: refuses_to_change(through_edge))
        until(lambda: can_be_looked_at(through_edge) and second.is_ready())
        acknowledged = dict(shopper.orders)

        # The first region lives on by itself: what it is asked from within, it does not acknowledge, since no copy has it.
        with pytest.raises(requests.Timeout):
            requests.post(first.pod.base + "/api/v1/carts", json={}, timeout=2)

        primary.kill()                                                   # fenced, before anything else is promoted
        copy.client("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only=0")
        second.set(READ_ONLY_MODE="false", DB_PORT=str(copy.port))
        until(lambda: len(shopper.orders) >= len(acknowledged) + 3 or shopper.fault, 120)

        primary.start("--read-only")                                     # it comes back, as it was configured: it takes no writes
        first.door.mend()
        balancer.members = [second, first]
        back = first.call("POST", "/carts", json={})
        assert back.status_code == 503 and int(back.headers["Retry-After"]) > 0, back.text
        first.set(DB_PORT=str(copy.port))                                # and becomes a region of the new primary
        until(lambda: first.call("POST", "/carts", json={}).status_code == 201, 180)   # by a new worker
    finally:
        shopper.ended.set()
        shopper.join(120)
        balancer.ended.set()
        balancer.join(30)
        edge.stop()
    assert shopper.fault is None, shopper.fault
    stored = {row[0]: int(row[1]) for row in copy.query("SELECT number, total_minor FROM orders", database)}
    assert stored == shopper.orders, "every order that was acknowledged is there once, and none that was not asked for"
    second.pod.settings["DB_PORT"] = str(copy.port)
    assert second.pod.audit().returncode == 0
