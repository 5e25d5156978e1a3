"""Three zones, each a network of its own behind one edge. One is cut off while shoppers buy: they lose nothing, the pods that are cut off
leave the rotation, and come back with their network."""
import os
import re
import shlex
import signal
import stat
import subprocess
import uuid
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests import mariadb
from tests.behind_edge import Balancer, Shopper, is_ready
from tests.fleet import Link, furnish, shop_at
from tests.redis_server import RedisServer
from tests.shop import program
from tests.waiting import until
from tools.local_fleet import manifests
from tools.local_fleet.edge import Edge

ZONES = 3


def ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)


def can_have_networks():
    name = f"caddy{os.getpid():x}"
    if os.geteuid() != 0 or ip("netns", "add", name, check=False).returncode != 0:
        return False
    ip("netns", "del", name)
    return True


pytestmark = pytest.mark.skipif(not can_have_networks(), reason="networks of its own are root's to make (CAP_NET_ADMIN, CAP_SYS_ADMIN)")


def remove_left_over():
    """The networks of runs that were killed, with what still runs in them. A network's name tells the process that made it."""
    for line in ip("netns", "list").stdout.splitlines():
        name = line.split()[0]
        made_by = re.fullmatch(r"caddy([0-9a-f]+)z\d+", name)
        if made_by and not Path(f"/proc/{int(made_by[1], 16)}").exists():
            for inside in ip("netns", "pids", name, check=False).stdout.split():
                with suppress(ProcessLookupError):
                    os.kill(int(inside), signal.SIGKILL)
            ip("netns", "del", name, check=False)   # and the cable with it


class Zone:
    """A network with one pod. Between it and everything else there is one cable."""

    def __init__(self, folder, number):
        maker = os.getpid()
        self.name, self.cable = f"caddy{maker:x}z{number}", f"c{maker:x}z{number}"
        self.here, self.there = (f"10.{200 + number}.{maker % 256}.{last}" for last in (1, 2))
        self.program = folder / f"in-{self.name}"
        self.program.write_text(f"#!/bin/sh\nexec ip netns exec {self.name} {shlex.quote(str(program()))} \"$@\"\n")
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        self.pod, self.paths = None, []

    def connect(self):
        ip("netns", "add", self.name)
        ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("addr", "add", f"{self.here}/30", "dev", self.cable)
        ip("link", "set", self.cable, "up")
        for words in (("addr", "add", f"{self.there}/30", "dev", "eth0"), ("link", "set", "eth0", "up"), ("link", "set", "lo", "up")):
            ip("-n", self.name, *words)

    def start(self, folder, database, redis, settings, monkeypatch):
        self.paths = [Link(port, self.here) for port in (database.port, redis.port)]
        ways = {"DB_HOST": self.here, "DB_PORT": str(self.paths[0].port), "REDIS_HOST": self.here, "REDIS_PORT": str(self.paths[1].port)}
        self.pod = shop_at(folder, **{**settings, **ways, "HOST": self.there})
        self.pod.host = self.there
        with monkeypatch.context() as patch:
            patch.setenv("CADDY_PROGRAM", str(self.program))
            self.pod.start("--workers", "1")
        return self

    def address(self):
        return f"{self.there}:{self.pod.port}"

    def cut(self):
        ip("link", "set", self.cable, "down")

    def mend(self):
        ip("link", "set", self.cable, "up")

    def is_ready(self):
        return is_ready(self.pod.base)

    def close(self):
        if self.pod:
            self.pod.kill()
        for path in self.paths:
            path.close()
        ip("netns", "del", self.name, check=False)   # and the cable with it


@pytest.fixture
def servers():
    database = mariadb.MariaDb(mariadb.fast_folder("caddy-mariadb-"))
    try:
        with RedisServer() as redis:
            yield database.install().start().create_user(), redis
    finally:
        database.remove()


@pytest.fixture
def zones(tmp_path, servers, monkeypatch):
    database, redis = servers
    settings = {**database.create_database(f"caddy_{uuid.uuid4().hex}"), **redis.settings(), "JWT_SECRET": uuid.uuid4().hex,
                "SANDBOX_SECRET": uuid.uuid4().hex, "DB_POOL_SIZE": "8", "DB_FLEET_PODS": str(ZONES)}
    keeper = furnish(shop_at(tmp_path, **settings), 1000)
    made = []
    remove_left_over()
    try:
        for number in range(ZONES):
            made.append(Zone(tmp_path, number))
            made[-1].connect()
        yield keeper, [zone.start(tmp_path / zone.name, database, redis, settings, monkeypatch) for zone in made]
    finally:
        for zone in made:
            zone.close()


def test_networks_of_a_run_that_was_killed_are_removed_and_those_of_others_stay():
    gone = subprocess.Popen(["true"])
    gone.wait(60)
    stale, living = f"caddy{gone.pid:x}z0", f"caddy{os.getppid():x}z9"
    inside = None
    try:
        for name in (stale, living):
            ip("netns", "add", name)
        inside = subprocess.Popen(["ip", "netns", "exec", stale, "sleep", "300"])
        until(lambda: str(inside.pid) in ip("netns", "pids", stale).stdout.split())
        remove_left_over()
        names = [line.split()[0] for line in ip("netns", "list").stdout.splitlines()]
        assert stale not in names and living in names
        assert inside.wait(60) == -signal.SIGKILL
    finally:
        if inside is not None and inside.poll() is None:
            inside.kill()
            inside.wait()
        for name in (stale, living):
            ip("netns", "del", name, check=False)


def test_a_zone_is_cut_off_while_shoppers_buy(tmp_path, servers, zones):
    keeper, zones = zones
    edge = Edge(tmp_path / "edge", mariadb.free_port(), manifests.edge(), [zone.address() for zone in zones], limits=False)
    balancer, shoppers = Balancer(edge, zones, every_s=0.3, failures=2), [Shopper(edge.port) for _ in range(3)]
    orders = lambda: sum(len(each.orders) for each in shoppers)   # noqa: E731
    faults = lambda: [each.fault for each in shoppers if each.fault]   # noqa: E731
    try:
        edge.start()
        for thread in (balancer, *shoppers):
            thread.start()
        until(lambda: orders() >= 6 or faults())

        lost = zones[1]
        lost.cut()
        until(lambda: lost.address() not in edge.pods)
        before = orders()
        until(lambda: orders() >= before + 9 or faults(), 120)
        assert len(edge.pods) == ZONES - 1, "the other zones are not drawn into it"

        lost.mend()
        until(lambda: len(edge.pods) == ZONES)
        answered = requests.get(lost.pod.base + "/health", timeout=30).json()
        until(lambda: requests.get(lost.pod.base + "/health", timeout=30).json()["status"] == "ok")
        assert answered["status"] in ("ok", "degraded")
        before = orders()
        until(lambda: orders() >= before + 6 or faults(), 120)
    finally:
        for each in shoppers:
            each.ended.set()
        for each in shoppers:
            each.join(120)
        balancer.ended.set()
        balancer.join(30)
        edge.stop()
    assert not faults()
    told = {number: total for each in shoppers for number, total in each.orders.items()}
    stored = {row[0]: int(row[1]) for row in servers[0].query("SELECT number, total_minor FROM orders", keeper.settings["DB_NAME"])}
    assert len(told) == orders() and stored == told, "every order once, with the total that was told, and none besides"
    assert keeper.audit().returncode == 0
