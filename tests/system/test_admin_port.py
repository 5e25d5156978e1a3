"""What may be changed on the admin port, and which part of the shop a process serves."""
import json
import os
import signal
import subprocess
import threading
import time

import pytest
import requests

from tests.shop import Shop, program
from tests.system.test_metrics import scrape, value
from tests.system.test_supervisor import until

TOKEN = "a token of the operators"
OWNER = {"Authorization": f"Bearer {TOKEN}"}
ROUTE = "/api/v1/products"


def order(shop, method, path, body=None, headers=OWNER, **options):
    return requests.request(method, shop.admin_base + path, json=body, headers=headers, timeout=90, **options)


def test_without_a_token_nothing_is_changed(fresh_shop):
    fresh_shop.start()
    for method, path in (("GET", "/faults"), ("PUT", "/faults"), ("DELETE", "/faults"), ("PUT", "/log-level"), ("POST", "/profile")):
        refused = order(fresh_shop, method, path, {} if method == "PUT" else None)
        assert (refused.status_code, refused.json()["code"]) == (403, "admin.no_token"), path
        assert requests.request(method, fresh_shop.base + path, timeout=30).status_code == 404, "never on the public port"
    fresh_shop.stop()
    fresh_shop.start(ADMIN_TOKEN=TOKEN)
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        refused = order(fresh_shop, "GET", "/faults", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "admin.wrong_token")
    fresh_shop.stop()


def codes_of(shop, path, times=20):
    return [requests.get(shop.base + path, timeout=30).status_code for _ in range(times)]


def slow(shop, times):
    """Of so many requests each: whether it took as long as the latency that was ordered."""
    return [requests.get(shop.base + ROUTE, timeout=30).elapsed.total_seconds() > 0.29 for _ in range(times)]


def test_faults_come_to_all_workers_and_end_by_themselves(fresh_shop):
    fresh_shop.start("--workers", "2", ADMIN_TOKEN=TOKEN)
    since = time.monotonic()
    put = order(fresh_shop, "PUT", "/faults", {"faults": [{"route": ROUTE, "method": "GET", "status": 503, "seconds": 20}]})
    assert put.status_code == 200 and put.json()["faults"][0]["share_per_mille"] == 1000, put.text
    until(lambda: set(codes_of(fresh_shop, ROUTE, 12)) == {503}, 15)
    refused = requests.get(fresh_shop.base + ROUTE, timeout=30)
    assert refused.json()["code"] == "request.fault_injected" and int(refused.headers["Retry-After"]) >= 1
    assert set(codes_of(fresh_shop, "/api/v1/categories", 6) + codes_of(fresh_shop, "/health", 6) + codes_of(fresh_shop, "/readyz", 6)) == {200}
    until(lambda: set(codes_of(fresh_shop, ROUTE, 12)) == {200})
    assert time.monotonic() - since > 19
    assert order(fresh_shop, "GET", "/faults").json() == {"faults": []}
    fresh_shop.stop()


def test_a_share_of_requests_is_slow_until_it_is_ended(fresh_shop):
    fresh_shop.start(ADMIN_TOKEN=TOKEN)
    order(fresh_shop, "PUT", "/faults", {"faults": [{"route": "*", "latency_ms": 300, "share_per_mille": 500, "seconds": 600}]})
    until(lambda: any(slow(fresh_shop, 10)))
    assert 8 <= sum(slow(fresh_shop, 40)) <= 32
    assert order(fresh_shop, "DELETE", "/faults").json() == {"faults": []}
    until(lambda: not any(slow(fresh_shop, 20)))
    fresh_shop.stop()


@pytest.mark.parametrize("fault", [
    {"route": ROUTE, "seconds": 5}, {"route": ROUTE, "status": 200, "seconds": 5}, {"route": ROUTE, "status": 503, "seconds": 0},
    {"route": ROUTE, "status": 503, "seconds": 3601}, {"route": "", "status": 503, "seconds": 5}, {"route": "/" * 200, "status": 503, "seconds": 5},
    {"route": ROUTE, "status": 503, "share_per_mille": 1001, "seconds": 5}, {"route": ROUTE, "latency_ms": 60001, "seconds": 5}])
def test_a_fault_that_makes_no_sense_is_refused_and_changes_nothing(fault_shop, fault):
    refused = order(fault_shop, "PUT", "/faults", {"faults": [fault]})
    assert (refused.status_code, refused.json()["code"]) == (422, "admin.fault_invalid"), refused.text
    assert order(fault_shop, "GET", "/faults").json() == {"faults": []}


@pytest.fixture(scope="module")
def fault_shop(tmp_path_factory):
    own = Shop(tmp_path_factory.mktemp("faults"), ADMIN_TOKEN=TOKEN)
    own.start()
    try:
        yield own
        own.stop()
    finally:
        own.kill()


def lines(shop):
    return (shop.directory / "serve.log").read_text().count('"event":"http.request"')


def speaks(shop):
    """Whether requests get their lines; they are written beside the answers."""
    before = lines(shop)
    codes_of(shop, ROUTE, 5)
    time.sleep(0.3)
    return lines(shop) > before


def test_the_level_of_the_log_is_changed_while_it_runs(fresh_shop):
    fresh_shop.start(ADMIN_TOKEN=TOKEN)
    assert order(fresh_shop, "PUT", "/log-level", {"level": "error"}).status_code == 200
    until(lambda: not speaks(fresh_shop))
    assert order(fresh_shop, "PUT", "/log-level", {"level": None}).status_code == 200
    until(lambda: speaks(fresh_shop))
    assert order(fresh_shop, "PUT", "/log-level", {"level": "loud"}).status_code == 422
    fresh_shop.stop()


def test_a_cpu_profile_of_a_worker_is_downloaded(fresh_shop, tmp_path):
    if subprocess.run("ldconfig -p | grep -q libprofiler.so.0", shell=True).returncode != 0:
        fresh_shop.start(ADMIN_TOKEN=TOKEN)
        assert order(fresh_shop, "POST", "/profile?seconds=1").json()["code"] == "admin.no_profiler"
        fresh_shop.stop()
        return
    fresh_shop.start("--workers", "2", ADMIN_TOKEN=TOKEN)
    stop = threading.Event()

    def visit():
        while not stop.is_set():
            requests.get(fresh_shop.base + "/health", timeout=30)

    visitors = [threading.Thread(target=visit) for _ in range(4)]
    for each in visitors:
        each.start()
    taken = order(fresh_shop, "POST", "/profile?worker=1&seconds=2")
    stop.set()
    for each in visitors:
        each.join()
    assert taken.status_code == 200 and taken.headers["Content-Type"] == "application/octet-stream", taken.text
    # gperftools' format: words of 0, 3, 0, the period in microseconds, 0; then samples; then the mapped files as text.
    words = [int.from_bytes(taken.content[at:at + 8], "little") for at in range(0, 40, 8)]
    assert words == [0, 3, 0, 10_000, 0] and b"caddy-shopping" in taken.content and len(taken.content) > 1_000
    assert order(fresh_shop, "POST", "/profile?worker=2&seconds=2").status_code in (400, 422)
    fresh_shop.stop()


def test_a_process_may_serve_the_catalogue_alone(fresh_shop):
    fresh_shop.start("--routes", "catalogue")
    assert requests.get(fresh_shop.base + ROUTE, timeout=30).status_code == 200
    assert requests.get(fresh_shop.base + "/api/v1/search?q=x", timeout=30).status_code == 200
    assert requests.post(fresh_shop.base + "/api/v1/carts", json={}, timeout=30).status_code == 404
    assert requests.get(fresh_shop.base + "/api/v1/admin/orders", timeout=30).status_code == 404
    assert requests.get(fresh_shop.base + "/api/v1/me", timeout=30).status_code == 401, "accounts are everybody's"
    fresh_shop.stop()
    fresh_shop.start("--routes", "buying,back_office")
    assert requests.get(fresh_shop.base + ROUTE, timeout=30).status_code == 404
    assert requests.post(fresh_shop.base + "/api/v1/carts", json={}, timeout=30).status_code == 201
    assert requests.get(fresh_shop.base + "/api/v1/admin/orders", timeout=30).status_code == 401
    fresh_shop.stop()


def test_jobs_run_where_jobs_are_and_the_api_where_the_api_is(fresh_shop):
    """Two processes on one database: one takes the requests, the other does the work that they leave."""
    fresh_shop.start("--role", "api")
    fresh_shop.register()
    time.sleep(1.5)
    assert value(scrape(fresh_shop).text, "caddy_jobs_total", type="identity.registered") == 0
    log = open(fresh_shop.directory / "jobs.log", "ab+")
    worker = subprocess.Popen([program(), "serve", "--data-dir", str(fresh_shop.data), "--port", "0", "--admin-port", "0", "--role", "jobs"],
                              stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **fresh_shop.settings})
    try:
        def listening():
            lines = (fresh_shop.directory / "jobs.log").read_text().splitlines(keepends=True)
            return [json.loads(line) for line in lines if '"event":"serve.listening"' in line and line.endswith("\n")]

        until(listening)
        [said] = listening()
        base = f"http://127.0.0.1:{said['port']}"
        assert requests.get(base + "/readyz", timeout=30).status_code == 200
        assert requests.get(base + ROUTE, timeout=30).status_code == 404

        def done():
            text = requests.get(f"http://127.0.0.1:{said['admin_port']}/metrics", timeout=30).text
            return value(text, "caddy_jobs_total", type="identity.registered", result="done") >= 1

        until(done)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=60) == 0
    finally:
        worker.kill()
        worker.wait()
    fresh_shop.stop()


def test_an_unknown_group_is_refused(cli, tmp_path):
    done = cli("serve", "--data-dir", tmp_path / "data", "--routes", "catalogue,bying")
    assert done.returncode == 78 and "SERVE_ROUTES: 'bying'" in done.stderr
    assert cli("serve", "--data-dir", tmp_path / "data", "--role", "none").returncode == 78
