"""`make fleet`: pods behind a real nginx with the settings of the Ingress, replaced, killed, limited and watched. Two pods of two workers;
CADDY_FLEET_FULL=1 takes five of four."""
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import requests
import yaml

from tests.mariadb import fast_folder
from tests.shop import program
from tests.waiting import until
from tools.local_fleet import manifests
from tools.local_fleet.figures import Sample
from tools.local_fleet.fleet import clear
from tools.local_fleet.load import Crowd
from tools.local_fleet.process import children, get, started_at

ROOT = Path(__file__).resolve().parent.parent.parent
FULL = os.environ.get("CADDY_FLEET_FULL") == "1"
PODS, WORKERS = (5, 4) if FULL else (2, 2)
RELEASE = ROOT / "build/release/bin/caddy-shopping"   # what `make fleet` runs, and much quicker than a sanitized one
PROGRAM = RELEASE if RELEASE.is_file() and "CADDY_PROGRAM" not in os.environ else program()
LIMIT = 300   # requests to the API from one address in a minute: reached in a test, far above what one shopper under load asks


class Running:
    """The tool as a person starts it, and what it says."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "said.txt"
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "tools/fleet", "--dir", folder, "--program", PROGRAM, "--pods", str(PODS), "--workers", str(WORKERS),
             "--set", f"THROTTLER_LIMIT={LIMIT}", "--set", "DRAIN_DELAY=2", "--set", "OTEL_TRACES_SAMPLER_ARG=1",
             "--set", "OTEL_BSP_SCHEDULE_DELAY=60000"],
            stdout=self.log.open("w"), stderr=subprocess.STDOUT)
        self.wait_for("ready$")

    def wait_for(self, pattern, since=0, seconds=180):
        limit = time.monotonic() + seconds
        while not re.search(pattern, self.log.read_text()[since:], re.M):
            assert self.process.poll() is None and time.monotonic() < limit, f"no {pattern}:\n{self.log.read_text()}"
            time.sleep(0.1)

    def said(self):
        return len(self.log.read_text())

    def state(self):
        return json.loads((self.folder / "fleet.json").read_text())

    def address(self, what):
        return self.state()["addresses"][what]

    def port(self):
        return int(self.address("edge").rpartition(":")[2])

    def samples(self):
        return [Sample(get(pod["admin_port"], "/metrics")[1]) for pod in self.state()["pods"]]


@pytest.fixture(scope="module")
def fleet():
    folder = fast_folder("caddy-fleet-")
    running = None
    try:
        running = Running(folder)
        yield running
    finally:
        if running is not None and running.process.poll() is None:
            running.process.send_signal(signal.SIGINT)
            try:
                running.process.wait(120)
            except subprocess.TimeoutExpired:
                running.process.kill()
                running.process.wait()
        clear(folder)
        subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture
def crowd(fleet):
    shoppers = Crowd(fleet.port(), 4 if not FULL else 16).start()
    try:
        yield shoppers
    finally:
        shoppers.stop()


def grows(crowd, by):
    before, limit = crowd.done, time.monotonic() + 120
    while crowd.done < before + by:
        assert time.monotonic() < limit, "nobody is served"
        time.sleep(0.05)


def test_a_calm_output_tells_the_addresses_and_everything_answers_there(fleet):
    text = fleet.log.read_text()
    assert "\x1b" not in text
    for what in ("edge", "prometheus", "traces", "mariadb", "redis"):
        assert fleet.address(what) in text
    limit, health, workers = time.monotonic() + 90, {}, []
    while health.get("status") != "ok" or workers != [WORKERS] * PODS:   # what begins may be behind with something for a moment
        assert time.monotonic() < limit, (health, workers)
        health = requests.get(fleet.address("edge") + "/health", timeout=30).json()
        workers = [sample.workers for sample in fleet.samples()]


def test_every_pod_is_replaced_under_load_and_no_request_fails(fleet, crowd):
    before = {pod["name"]: pod["pid"] for pod in fleet.state()["pods"]}
    grows(crowd, 50)
    since = fleet.said()
    fleet.process.send_signal(signal.SIGHUP)
    fleet.wait_for("all pods were replaced", since)
    grows(crowd, 50)
    crowd.stop()
    assert crowd.failures == []
    after = {pod["name"]: pod["pid"] for pod in fleet.state()["pods"]}
    assert after.keys() == before.keys() and not set(after.values()) & set(before.values())
    assert not any(started_at(pid) for pid in before.values())
    print(f"\n{crowd.done} requests while {PODS} pods were replaced, 0 failed, the slowest took {crowd.slowest:.2f} s")


def test_a_pod_that_is_killed_costs_no_read_and_is_started_anew(fleet, crowd):
    grows(crowd, 50)
    victim = fleet.state()["pods"][0]
    since = fleet.said()
    for pid in [victim["pid"], *children(victim["pid"])]:   # all at once, as a power cut would
        with suppress(ProcessLookupError):   # a worker that saw its supervisor's end is quicker
            os.kill(pid, signal.SIGKILL)
    fleet.wait_for(f"{victim['name']} is ready", since)
    grows(crowd, 50)
    crowd.stop()
    # What was under way there and may not be repeated is lost, at most one request of each shopper.
    assert len(crowd.failures) <= len(crowd.shoppers), crowd.failures
    assert [failure for failure in crowd.failures if failure[0] == "GET"] == []
    assert fleet.state()["pods"][0]["pid"] != victim["pid"]


def test_a_limit_holds_for_an_address_whichever_way_it_comes(fleet):
    """Through the edge, which says whose request it is, and past it to each of the pods."""
    address = "127.199.1.1"
    targets = [fleet.address("edge"), *[f"http://127.0.0.1:{pod['port']}" for pod in fleet.state()["pods"]]]

    def ask(number):
        with requests.Session() as session:
            session.mount("http://", From(address))
            answer = session.get(f"{targets[number % len(targets)]}/api/v1/products?limit=1", timeout=60)
            return answer.status_code, answer.headers.get("Retry-After")

    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(2 * LIMIT)))
    took = time.monotonic() - began
    statuses = [status for status, _ in answers]
    assert set(statuses) == {200, 429}
    windows = 1 + int(took // 60)   # on a slow machine the window slides on meanwhile
    assert 0.98 * LIMIT <= statuses.count(200) <= LIMIT * windows
    assert all(int(later) >= 1 for status, later in answers if status == 429)
    other = requests.get(fleet.address("edge") + "/api/v1/products?limit=1", timeout=30)
    assert other.status_code == 200   # nobody else pays for it


class From(requests.adapters.HTTPAdapter):
    """Requests from an address of this machine."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *words, **options):
        super().init_poolmanager(*words, source_address=(self.address, 0), **options)


def test_prometheus_has_every_pod_and_every_rule(fleet):
    base = fleet.address("prometheus")
    names = {pod["name"] for pod in fleet.state()["pods"]}

    def scraped():
        targets = requests.get(base + "/api/v1/targets", timeout=30).json()["data"]["activeTargets"]
        return {each["labels"]["pod"] for each in targets if each["health"] == "up"} == names

    until(scraped, 120, every=0.2)
    groups = requests.get(base + "/api/v1/rules", timeout=30).json()["data"]["groups"]
    shipped = [rule.get("alert") or rule["record"] for group in yaml.safe_load(manifests.rules())["groups"] for rule in group["rules"]]
    loaded = [rule for group in groups for rule in group["rules"]]
    assert sorted(rule["name"] for rule in loaded) == sorted(shipped)
    assert [rule["name"] for rule in loaded if rule["health"] == "err"] == []


def test_the_spans_of_a_pod_that_leaves_arrive_with_the_last_one(fleet):
    """They are sent once a minute here: what is there after the end came with the end."""
    trace = os.urandom(16).hex()
    asked = requests.get(fleet.address("edge") + "/api/v1/products?limit=1", timeout=30,
                         headers={"traceparent": f"00-{trace}-{os.urandom(8).hex()}-01"})
    assert asked.status_code == 200
    since = fleet.said()
    fleet.process.send_signal(signal.SIGHUP)
    fleet.wait_for("all pods were replaced", since)
    told = requests.get(f"{fleet.address('traces')}/{trace}", timeout=30)
    assert told.status_code == 200 and "/api/v1/products" in told.text


@pytest.mark.skipif(PROGRAM != RELEASE, reason="the memory of another build says nothing")
def test_after_the_load_the_memory_of_a_pod_lets_the_autoscaler_go_down(fleet):
    """Half a GiB for four workers: with more, a fleet that was once large could not become small again."""

    def memory(pid):
        """Shared pages count in part, as in a container."""
        return int(re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1]) * 1024

    for pod in fleet.state()["pods"]:
        used = sum(memory(pid) for pid in [pod["pid"], *children(pod["pid"])])
        assert used < 512 * 2**20 * max(WORKERS, 2) / 4, f"{pod['name']} has {used / 2**20:.0f} MiB"


def test_ctrl_c_ends_everything_and_leaves_nothing_running(fleet):
    """The last one: nothing is left for others."""
    left = [each["pid"] for each in fleet.state()["processes"]]
    family = left + [child for pid in left for child in children(pid)]
    fleet.process.send_signal(signal.SIGINT)
    assert fleet.process.wait(120) == 0, fleet.log.read_text()
    assert not any(started_at(pid) for pid in family)
    assert not (fleet.folder / "fleet.json").exists()
