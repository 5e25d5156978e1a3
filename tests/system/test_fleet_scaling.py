"""The autoscaler's algorithm with the shipped numbers, told by the pods' own /metrics how busy they are, and what it says done: pods begin and
end behind the edge while requests come. From 3 to 15 and back; nobody notices."""
import os
import re
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests import mariadb
from tests.deploy.manifests import one, read
from tests.deploy.test_autoscaler import SYNC_S, Autoscaler
from tests.fleet import furnish, shop_at
from tests.shop import program
from tests.system.test_metrics import value
from tools.local_fleet import manifests
from tools.local_fleet.edge import Edge

RELEASE = Path(__file__).resolve().parents[2] / "build/release/bin/caddy-shopping"   # fifteen sanitized pods are too much for two processors
TICK_S = 0.25          # of this machine's time for 15 s of the autoscaler's
SCRAPE_S = 1           # being asked costs a pod, too
WINDOW = 3             # answers over which use is taken, as the cluster's metrics are means over some time
REQUEST_CPU = 0.04     # of a processor for each pod, at most: small, so that two processors are a peak for fifteen
REQUEST_BYTES = 512 * 1024 * 1024


class Pods:
    """As many as wanted, each known to the edge while it is ready."""

    def __init__(self, folder, settings, edge):
        self.folder, self.settings, self.edge, self.live, self.made = folder, settings, edge, [], 0
        self.pool = ThreadPoolExecutor(4)
        self.leaving, self.told, self.told_at, self.request_cpu = [], None, 0, REQUEST_CPU

    def begin(self):
        self.made += 1
        pod = shop_at(self.folder / f"pod{self.made}", **self.settings)
        pod.seen = []
        self.live.append(pod)   # before it lives, so that it ends with the rest whatever becomes of it
        pod.start("--workers", "1")

    def follow(self, wanted):
        if wanted > len(self.live):
            list(self.pool.map(lambda _: self.begin(), range(wanted - len(self.live))))
        gone, self.live = self.live[wanted:], self.live[:wanted]
        self.edge.follow([f"127.0.0.1:{pod.port}" for pod in self.live])
        self.leaving += [self.pool.submit(pod.stop) for pod in gone]   # SIGTERM; its exit code is looked at

    def use(self):
        """In percent of what they ask for, the mean of all pods, as the autoscaler is told."""
        if time.monotonic() - self.told_at < SCRAPE_S:
            return self.told
        self.told_at = time.monotonic()
        cpu, memory = [], []
        for pod in self.live:
            text = requests.get(pod.admin_base + "/metrics", timeout=30).text
            pod.seen = [*pod.seen, (time.monotonic(), value(text, "process_cpu_seconds_total"))][-WINDOW:]
            (first, before), (last, now) = pod.seen[0], pod.seen[-1]
            if last > first:
                cpu.append(100 * (now - before) / (last - first) / self.request_cpu)
            memory.append(100 * value(text, "process_resident_memory_bytes") / REQUEST_BYTES)
        self.told = {"cpu": sum(cpu) / len(cpu) if cpu else 0, "memory": sum(memory) / len(memory)}
        return self.told

    def ask_for_less(self, pods, target):
        """Under load: on a machine that others use as well, what it has left is to be a peak for so many pods."""
        def spent():
            return sum(value(requests.get(pod.admin_base + "/metrics", timeout=30).text, "process_cpu_seconds_total") for pod in self.live)

        time.sleep(1)
        before, since = spent(), time.monotonic()
        time.sleep(4)
        peak = (spent() - before) / (time.monotonic() - since)
        self.request_cpu = min(REQUEST_CPU, 100 * peak / target / pods / 1.5)

    def end(self):
        for pod in self.live:
            pod.kill()
        self.pool.shutdown()


@pytest.fixture
def pods(tmp_path, monkeypatch):
    monkeypatch.setenv("CADDY_PROGRAM", str(RELEASE if RELEASE.is_file() and "CADDY_PROGRAM" not in os.environ else program()))
    server = mariadb.shared()
    settings = {**server.create_database(f"caddy_{uuid.uuid4().hex}"), "JWT_SECRET": uuid.uuid4().hex, "SANDBOX_SECRET": uuid.uuid4().hex,
                "DB_POOL_SIZE": "4", "DB_FLEET_PODS": "15"}
    furnish(shop_at(tmp_path, **settings), 1000)
    made = Pods(tmp_path, settings, Edge(tmp_path / "edge", mariadb.free_port(), manifests.edge(), limits=False))
    try:
        made.follow(3)
        made.edge.start()
        yield made
    finally:
        made.edge.stop()
        made.end()
        server.drop_database(settings["DB_NAME"])


def step(scaler, pods, ticks):
    begun = time.monotonic()
    scaler.step(ticks * SYNC_S, pods.use())
    pods.follow(scaler.pods)
    time.sleep(max(0, TICK_S - (time.monotonic() - begun)))


def test_the_fleet_grows_to_fifteen_under_load_and_shrinks_to_three_and_nobody_notices(tmp_path, pods):
    scaler, sizes = Autoscaler(one(read("hpa.yaml"), "HorizontalPodAutoscaler")["spec"], 3), []

    def until(size, ticks_max):
        for _ in range(ticks_max):
            step(scaler, pods, len(sizes))
            sizes.append(scaler.pods)
            if scaler.pods == size:
                return
        raise AssertionError(f"not {size} pods: {sizes}")

    # A connection for each request: an edge that is told of other pods closes those that rest, whoever is about to use them.
    load = subprocess.Popen(["wrk", "-t1", "-c8", "-d600", "--timeout", "30s", "-H", "Connection: close", f"http://127.0.0.1:{pods.edge.port}/api/v1/products/ticket"],
                            stdout=(tmp_path / "wrk.txt").open("w"), stderr=subprocess.STDOUT)
    try:
        pods.ask_for_less(15, scaler.targets["cpu"])
        until(15, 80)
        while scaler.pods == 15 and len(sizes) < 90:   # it stays while the load does
            step(scaler, pods, len(sizes))
            sizes.append(scaler.pods)
            if sizes.count(15) >= 6:
                break
        assert scaler.pods == 15
    finally:
        load.send_signal(2)   # it then tells what it saw
        load.wait(120)
    asked_for, pods.request_cpu = pods.request_cpu, REQUEST_CPU   # of less, a pod that rests would be busy
    until(3, 300)
    said = (tmp_path / "wrk.txt").read_text()
    asked = int(re.search(r"(\d+) requests in", said)[1])
    assert asked > 1000 and "Socket errors" not in said and "Non-2xx" not in said, said
    assert max(sizes) == 15 and min(sizes) == 3, sizes
    assert sizes == sorted(sizes[:sizes.index(15)]) + sizes[sizes.index(15):] and sizes[sizes.index(15):] == sorted(sizes[sizes.index(15):], reverse=True), \
        f"it flaps: {sizes}"
    for each in pods.leaving:
        each.result(120)
    print(f"{asked} requests, {asked_for:.3f} of a processor for each pod, {len(sizes)} steps: {sizes}")
