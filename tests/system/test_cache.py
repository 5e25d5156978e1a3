"""Caches of a fleet: how soon every process shows a change, one read however many ask, what is shown without the database."""
import re
import threading
import time
import uuid

import pytest
import requests

from tests.fleet import Fleet, Link, durable_server
from tests.redis_server import RedisServer

BOUND_S = 2.0
PRODUCT = "/products/ticket"
COLD = ((PRODUCT, "catalog.product"), ("/products", "catalog.products"), ("/categories", "catalog.categories"))


@pytest.fixture(scope="module")
def database():
    server = durable_server()
    yield server
    server.remove()


@pytest.fixture
def redis():
    with RedisServer() as server:
        yield server


@pytest.fixture
def link(database):
    link = Link(database.port)
    yield link
    link.close()


def staff_of(pod):
    return pod.staff("catalog_write")


def shown(pod, path=PRODUCT):
    """On a connection of its own, so that any worker of the pod may answer."""
    return requests.get(f"{pod.base}/api/v1{path}", timeout=30)


def rename(pod, staff, title):
    product = shown(pod).json()
    there = pod.get(f"/admin/products/{product['id']}", headers=staff).json()
    changed = pod.patch(f"/admin/products/{product['id']}", {"title": title}, headers={**staff, "If-Match": f'"v{there["version"]}"'})
    assert changed.status_code == 200, changed.text


def until_all_show(fleet, path, title_of, title, times=12):
    """When the last one asked who got the old answer, before `times` of each pod in a row got the new one."""
    return last_of(fleet, lambda pod: title_of(shown(pod, path).json()) != title, times)


def last_of(fleet, is_old, times=12):
    """How long after now the last question was asked that was answered as before."""
    since, last_old = time.monotonic(), 0.0
    while True:
        old = []
        for pod in fleet.pods * times:
            asked = time.monotonic() - since
            if is_old(pod):
                old.append(asked)
        if not old:
            return last_old
        last_old = old[-1]
        assert last_old < 30, "the change does not come to be shown"


def counted(pod, name):
    text = requests.get(pod.admin_base + "/metrics", timeout=30).text
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


def reads_of_a_crowd(fleet, path, cache):
    begin, statuses = threading.Barrier(100), []

    def ask(number):
        begin.wait()
        pod = fleet.pods[number % 2]
        statuses.extend(shown(pod, path).status_code for _ in range(10))

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(100)]
    for each in askers:
        each.start()
    for each in askers:
        each.join()
    assert statuses == [200] * 1000
    return sum(counted(pod, f'caddy_cache_fills_total{{cache="{cache}"}}') for pod in fleet.pods)


@pytest.mark.parametrize("with_redis", [True, False])
def test_a_change_is_shown_by_every_process_within_the_bound(tmp_path, database, redis, with_redis):
    with Fleet(tmp_path, database, redis if with_redis else None, pods=2, workers=2) as fleet:
        if with_redis:
            fleet.wait_for_redis("ok")
        staff = staff_of(fleet.pods[0])
        worst = {}
        for path, title_of in ((PRODUCT, lambda body: body["title"]), ("/products", lambda body: body["data"][0]["title"]),
                               ("/search?q=ticket", lambda body: body["data"][0]["title"])):
            worst[path] = 0.0
            for turn in range(5):
                for pod in fleet.pods:
                    for _ in range(12):
                        assert shown(pod, path).status_code == 200   # so that every worker keeps the old one
                title = f"Ticket {uuid.uuid4().hex}"
                rename(fleet.pods[turn % 2], staff, title)
                own = shown(fleet.pods[turn % 2], path)
                while "Warning" in own.headers:   # it says that it is old: the machine took half a second for a new one
                    own = shown(fleet.pods[turn % 2], path)
                assert title_of(own.json()) == title, "the writer's own pod shows it at once"
                worst[path] = max(worst[path], until_all_show(fleet, path, title_of, title))
        print(f"{'with' if with_redis else 'without'} Redis, the last old answer came this long after the change: "
              + ", ".join(f"{path} {seconds * 1000:.0f} ms" for path, seconds in worst.items()))
        assert all(seconds < BOUND_S for seconds in worst.values())
        assert sum(counted(pod, "caddy_cache_requests_total{cache=\"catalog.product\",result=\"hit_l1\"") for pod in fleet.pods) > 0
        fleet.stop()


def test_a_thousand_who_ask_for_a_cold_answer_cost_one_read(tmp_path, database, redis):
    with Fleet(tmp_path, database, redis, pods=2, workers=2) as fleet:
        fleet.wait_for_redis("ok")
        time.sleep(1.5)   # until the import is a while ago
        reads = {cache: reads_of_a_crowd(fleet, path, cache) for path, cache in COLD}
        for size in range(1, 10):   # more of them where the machine was out of breath each time
            if 1 in reads.values():
                break
            before = sum(counted(pod, 'caddy_cache_fills_total{cache="catalog.products"}') for pod in fleet.pods)
            reads[f"list of {size}"] = reads_of_a_crowd(fleet, f"/products?limit={size}", "catalog.products") - before
        print("1,000 requests of 100 clients at 4 processes, for each answer: " + ", ".join(
            f"{cache} {count:.0f} reads of the database" for cache, count in reads.items()))
        # A process that Redis does not answer within 150 ms reads by itself: on a machine that is out of breath one may.
        assert min(reads.values()) == 1 and max(reads.values()) <= 4
        fleet.stop()


def test_without_the_database_what_was_read_is_shown_and_says_how_old_it_is(tmp_path, database, redis, link):
    with Fleet(tmp_path, database, redis, pods=1, workers=1, DB_PORT=str(link.port), HTTP_REQUEST_LIMIT_MS="1500") as fleet:
        fleet.wait_for_redis("ok")
        staff = staff_of(fleet.pods[0])
        rename(fleet.pods[0], staff, "Ticket")
        fresh = shown(fleet.pods[0])
        assert fresh.status_code == 200 and "Age" not in fresh.headers and "Warning" not in fresh.headers
        link.cut()
        redis.kill()   # now nobody can say whether it still holds
        time.sleep(2)
        slowest = 0.0
        for _ in range(20):
            since = time.monotonic()
            old = shown(fleet.pods[0])
            slowest = max(slowest, time.monotonic() - since)
            assert old.status_code == 200 and old.json() == fresh.json()
            assert re.match(r"110 ", old.headers["Warning"]) and int(old.headers["Age"]) >= 1 and old.headers["Cache-Control"] == "no-cache"
            assert old.headers["ETag"] == fresh.headers["ETag"]
        same = requests.get(fleet.pods[0].base + "/api/v1" + PRODUCT, headers={"If-None-Match": old.headers["ETag"]}, timeout=30)
        assert same.status_code == 304
        assert shown(fleet.pods[0], "/categories").status_code == 503, "what nobody has asked for is not made up"
        link.mend()
        back = fleet.wait_until(lambda pod: "Warning" not in shown(pod).headers)
        print(f"the database cut off: the slowest old answer took {slowest * 1000:.0f} ms; fresh ones {back * 1000:.0f} ms after its return")
        assert slowest < 2 and back < 6
        fleet.stop()


def test_a_revoked_session_is_refused_by_every_process_within_the_bound(tmp_path, database, redis):
    with Fleet(tmp_path, database, redis, pods=2, workers=2) as fleet:
        fleet.wait_for_redis("ok")
        worst = 0.0
        for _ in range(3):
            owner = fleet.pods[0].signed_in()
            ask = lambda pod: requests.get(f"{pod.base}/api/v1/me", headers=owner, timeout=30).status_code
            for pod in fleet.pods:
                assert [ask(pod) for _ in range(12)] == [200] * 12
            assert fleet.pods[1].post("/auth/logout", headers=owner).status_code in (200, 204)
            worst = max(worst, last_of(fleet, lambda pod: ask(pod) == 200))
        print(f"a revoked session was last admitted {worst * 1000:.0f} ms after its end")
        assert worst < BOUND_S
        fleet.stop()
