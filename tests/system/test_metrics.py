"""What /metrics says is true: N requests make the counter N, over all workers and across the end of one."""
import re
import signal
import os
import time
import uuid

import requests

from tests import mariadb
from tests.shop import engine
from tests.waiting import until

ROUTE = "/api/v1/products"


def scrape(shop, **headers):
    answer = requests.get(shop.admin_base + "/metrics", headers=headers, timeout=30)
    assert answer.status_code == 200
    return answer


def value(text, name, **labels):
    """The sum of a family's samples that carry these labels."""
    total = 0.0
    for line in text.splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if not found or found[1] != name:
            continue
        has = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2] or ""))
        if all(has.get(label) == wanted for label, wanted in labels.items()):
            total += float(found[3])
    return total


def counted(shop, **labels):
    return value(scrape(shop).text, "http_server_request_duration_seconds_count", **labels)


def comes_to(shop, count, **labels):
    """A request is counted after its answer has left; none is counted twice, and so no more than these come."""
    until(lambda: counted(shop, **labels) >= count)
    assert counted(shop, **labels) == count


def fetch(shop, path, times):
    for _ in range(times):
        # A connection each, so that every worker gets its share.
        requests.get(shop.base + path, timeout=30).close()


def test_requests_are_counted_over_all_workers_and_across_the_end_of_one(fresh_shop):
    fresh_shop.start("--workers", "3")
    fetch(fresh_shop, ROUTE, 40)
    fetch(fresh_shop, "/api/v1/products/nothing-of-that-name", 3)
    fetch(fresh_shop, "/nowhere/at/all", 2)
    comes_to(fresh_shop, 40, http_route=ROUTE, http_response_status_code="200")
    comes_to(fresh_shop, 3, http_route="/api/v1/products/{product}", http_response_status_code="404")
    text = scrape(fresh_shop).text
    assert "/nowhere" not in text, "a path that nobody serves is no label"
    assert value(text, "caddy_worker_up") == 3

    workers = [int(pid) for pid in open(f"/proc/{fresh_shop.process.pid}/task/{fresh_shop.process.pid}/children").read().split()]
    os.kill(workers[-1], signal.SIGKILL)
    limit = time.monotonic() + 90
    while value(scrape(fresh_shop).text, "caddy_worker_restarts_total") < 1:
        assert time.monotonic() < limit, "the worker was not started again"
        time.sleep(0.1)
    fetch(fresh_shop, ROUTE, 20)
    comes_to(fresh_shop, 60, http_route=ROUTE, http_response_status_code="200")
    fresh_shop.stop()


def test_both_text_formats_by_accept(fresh_shop):
    fresh_shop.start()
    plain = scrape(fresh_shop)
    assert plain.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    opened = scrape(fresh_shop, Accept="application/openmetrics-text; version=1.0.0")
    assert opened.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert opened.text.endswith("# EOF\n") and "# EOF" not in plain.text
    assert requests.get(fresh_shop.base + "/metrics", timeout=30).status_code == 404, "not on the public port"
    names = [line.split()[2] for line in plain.text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))
    assert value(plain.text, "process_resident_memory_bytes") > 1_000_000


def test_jobs_are_counted_and_the_outbox_is_looked_at_by_one_worker(fresh_shop):
    fresh_shop.start("--workers", "2")
    for _ in range(5):
        fresh_shop.register()
    limit = time.monotonic() + 90
    while True:
        text = scrape(fresh_shop).text
        done = value(text, "caddy_jobs_total", type="identity.registered", result="done")
        timed = value(text, "caddy_job_duration_seconds_count", type="identity.registered")
        if done == timed == 10 and value(text, "caddy_jobs_total", type="jobs.sample", result="done") >= 1:
            break
        assert time.monotonic() < limit, "five events with two subscriptions each, whichever worker runs them"
        time.sleep(0.2)
    assert value(text, "caddy_outbox_parked") == 0 and "caddy_outbox_lag_seconds" in text

    # Parked by hand: the gauge says one, not one for each worker.
    [[event]] = fresh_shop.query("SELECT MIN(id) FROM outbox_events")
    fresh_shop.query(f"UPDATE outbox_events SET status = 'parked' WHERE id = {event}")
    limit = time.monotonic() + 90
    while value(scrape(fresh_shop).text, "caddy_outbox_parked") != 1:
        assert time.monotonic() < limit, "the gauge stands still"
        time.sleep(0.2)
    fresh_shop.stop()


def test_connections_to_read_only_copies_have_a_gauge_of_their_own(fresh_shop):
    if engine() == "sqlite":
        server = mariadb.shared()
        fresh_shop.settings.update(server.create_database(f"caddy_{uuid.uuid4().hex}"), JWT_SECRET=uuid.uuid4().hex,
                                   SANDBOX_SECRET=uuid.uuid4().hex, DB_POOL_SIZE="5")
    fresh_shop.settings["DB_READ_HOST"] = fresh_shop.settings["DB_HOST"]   # a copy that is never behind
    fresh_shop.run("migrate")
    fresh_shop.start()
    pool = "db_client_connection_pool_name"
    fetch(fresh_shop, ROUTE, 3)
    limit = time.monotonic() + 90
    while value(scrape(fresh_shop).text, "db_client_connection_count", **{pool: "mysql_replica"}) < 1:
        assert time.monotonic() < limit, "the copies' connections are not counted"
        time.sleep(0.2)
    assert value(scrape(fresh_shop).text, "db_client_connection_count", **{pool: "mysql"}) >= 1
    fresh_shop.stop()
