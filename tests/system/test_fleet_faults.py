"""A fleet whose servers are killed, frozen and cut off: what it says of itself, what it still does, how soon it is back."""
import os
import signal
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from tests.fleet import Buyer, Fleet, Link, durable_server
from tests.redis_server import RedisCluster, RedisServer
from tests.shop import key
from tests.waiting import until

STORM_S = float(os.environ.get("CADDY_STORM_SECONDS", "10"))


@pytest.fixture
def redis():
    with RedisServer() as server:
        yield server


@pytest.fixture
def database():
    server = durable_server()
    yield server
    server.remove()


@contextmanager
def link_to(port):
    link = Link(port)
    try:
        yield link
    finally:
        link.close()


def faults_of(server, link):
    """How a server is lost, and how it is had again."""
    return {"killed": (server.kill, server.start),
            "frozen": (lambda: server.process.send_signal(signal.SIGSTOP), lambda: server.process.send_signal(signal.SIGCONT)),
            "cut off": (link.cut, link.mend)}


def attempt(fleet, made):
    return fleet.pod().checkout({"id": made[0]}, made[1], idempotency_key=key())


@pytest.mark.parametrize("fault", ["killed", "frozen", "cut off"])
def test_without_redis_the_fleet_goes_on_and_says_so(tmp_path, database, redis, fault):
    with link_to(redis.port) as link, Fleet(tmp_path, database, redis, pods=3, workers=2, REDIS_PORT=str(link.port)) as fleet:
        buyer = Buyer(fleet.prepare(), threading.Event())
        fleet.wait_for_redis("ok")
        carts = [buyer.cart() for _ in range(8)]
        lose, have = faults_of(redis, link)[fault]
        lose()
        slowest = 0.0
        for made in carts:
            since = time.monotonic()
            assert attempt(fleet, made).status_code == 201
            slowest = max(slowest, time.monotonic() - since)
        fleet.wait_for_redis("unreachable")
        for pod in fleet.pods:
            health = pod.get("/health")
            assert health.status_code == 200 and health.json()["status"] == "degraded"
            assert pod.get("/readyz").status_code == 200
        have()
        back = fleet.wait_for_redis("ok")
        print(f"Redis {fault}: the slowest order took {slowest * 1000:.0f} ms, the fleet has Redis again after {back * 1000:.0f} ms")
        assert slowest < 8 and back < 10
        assert attempt(fleet, buyer.cart()).status_code == 201
        fleet.stop()
        assert fleet.audit().returncode == 0


@pytest.mark.parametrize("fault", ["killed", "frozen", "cut off"])
def test_without_the_database_nothing_is_acknowledged_and_nothing_is_lost(tmp_path, database, redis, fault):
    with link_to(database.port) as link, Fleet(tmp_path, database, redis, pods=3, workers=2, DB_PORT=str(link.port),
                                               HTTP_REQUEST_LIMIT_MS="1500") as fleet:
        buyer = Buyer(fleet.prepare(), threading.Event())
        fleet.wait_for_redis("ok")
        before = attempt(fleet, buyer.cart())
        assert before.status_code == 201
        made, again = buyer.cart(), key()
        lose, have = faults_of(database, link)[fault]
        lose()
        slowest = 0.0
        for pod in fleet.pods * 2:
            since = time.monotonic()
            answer = pod.checkout({"id": made[0]}, made[1], idempotency_key=again)
            slowest = max(slowest, time.monotonic() - since)
            assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1, answer.text
        for pod in fleet.pods:
            assert pod.get("/health").status_code == 503 and pod.get("/health").json()["status"] == "unavailable"
            assert pod.http.get(pod.admin_base + "/livez", timeout=30).status_code == 200
        assert slowest < 8
        have()
        back = fleet.wait_until(lambda pod: pod.get("/health").status_code == 200 and pod.get("/readyz").status_code == 200)
        since = time.monotonic()
        while (answer := fleet.pod().checkout({"id": made[0]}, made[1], idempotency_key=again)).status_code != 201:
            assert answer.status_code in (409, 503) and time.monotonic() - since < 60, answer.text   # 409: an earlier try is under way
            time.sleep(0.05)
        ordered = back + time.monotonic() - since
        print(f"database {fault}: refused within {slowest * 1000:.0f} ms, all pods healthy again after {back * 1000:.0f} ms, order after {ordered * 1000:.0f} ms")
        assert back < 10
        assert sorted(fleet.query("SELECT COUNT(*), COUNT(DISTINCT cart_id) FROM orders")) == [("2", "2")]
        fleet.stop()
        assert fleet.audit().returncode == 0


def test_the_fleet_follows_a_redis_cluster_that_lost_a_primary(tmp_path, database):
    with RedisCluster() as cluster, Fleet(tmp_path, database, cluster, pods=3, workers=2) as fleet:
        buyer = Buyer(fleet.prepare(), threading.Event())
        fleet.wait_for_redis("ok")
        carts = [buyer.cart() for _ in range(6)]
        cluster.nodes[0].kill()
        since = time.monotonic()
        for made in carts:
            assert attempt(fleet, made).status_code == 201
        limit = time.monotonic() + 60
        while "cluster_state:ok" not in cluster.nodes[1].cli("CLUSTER", "INFO"):
            assert time.monotonic() < limit
            time.sleep(0.02)
        moved = time.monotonic() - since
        fleet.wait_for_redis("ok")
        print(f"a primary killed: its replica took over after {moved * 1000:.0f} ms, the fleet has it after {(time.monotonic() - since) * 1000:.0f} ms")
        fleet.stop()
        assert fleet.audit().returncode == 0


def in_the_middle(server):
    server.kill()
    time.sleep(0.5)
    server.start()


def settle(fleet, buyers):
    """Every attempt is repeated with its key: what was acknowledged is told again, what was not is placed now, once."""
    attempts = [one for buyer in buyers for one in buyer.attempts]
    for one in attempts:
        answer = buyers[0].insist(lambda pod, one=one: pod.checkout({"id": one["cart"]}, one["proof"], idempotency_key=one["key"]))
        assert answer.status_code == 201, answer.text
        order = answer.json()
        assert one["order"] in (None, order["id"]) and one["total"] in (None, order["totals"]["total"]["amount_minor"])
        one["order"], one["total"] = order["id"], order["totals"]["total"]["amount_minor"]
    return attempts


def test_nothing_is_lost_or_doubled_while_servers_and_pods_are_killed(tmp_path, database, redis):
    """For as long as you like: CADDY_STORM_SECONDS=60."""
    with Fleet(tmp_path, database, redis) as fleet:
        fleet.prepare().wait_for_redis("ok")
        stop = threading.Event()
        buyers = [Buyer(fleet, stop) for _ in range(20)]
        for buyer in buyers:
            buyer.start()
        begun = time.monotonic()
        time.sleep(STORM_S * 0.25)
        in_the_middle(database)
        time.sleep(STORM_S * 0.15)
        in_the_middle(redis)
        time.sleep(STORM_S * 0.15)
        fleet.kill_pod(fleet.pods[4])
        fleet.pods[4].start("--workers", str(fleet.workers))
        time.sleep(max(0.0, begun + STORM_S - time.monotonic()))
        with suppress(AssertionError):   # told below, with the figures
            until(lambda: sum(1 for buyer in buyers for one in buyer.attempts if one["order"]) > 20, 120)
        stop.set()
        for buyer in buyers:
            buyer.join()
        assert [buyer.fault for buyer in buyers if buyer.fault] == []
        acknowledged = [one["order"] for buyer in buyers for one in buyer.attempts if one["order"]]
        stop.clear()
        attempts = settle(fleet, buyers)
        unclear = sum(buyer.unavailable for buyer in buyers)
        print(f"{len(acknowledged)} orders acknowledged of {len(attempts)} tried, {unclear} answers lost or 503")
        assert len(acknowledged) > 20 and unclear > 0, "the storm did not reach both sides of the faults"
        assert len(set(acknowledged)) == len(acknowledged)
        totals = sorted({one["total"] for one in attempts})
        found = fleet.query("SELECT COUNT(*), COUNT(DISTINCT cart_id), COUNT(DISTINCT id) FROM orders")
        assert found == [(str(len(attempts)),) * 3] and len(totals) == 1, (found, len(attempts), totals)
        assert fleet.query(f"SELECT COUNT(*) FROM orders WHERE total_minor = {totals[0]}") == [(str(len(attempts)),)]
        fleet.stop()
        assert fleet.audit().returncode == 0


def says(pod):
    answer = pod.http.get(pod.base + "/readyz", timeout=30)
    assert answer.status_code == 200 or answer.json() == {"status": "unavailable", "reason": "other pods reach the database"}, answer.text
    return answer.status_code


def test_only_a_pod_that_alone_lost_the_database_leaves_the_rotation(tmp_path, database, redis):
    with link_to(database.port) as link, Fleet(tmp_path, database, redis, pods=4, workers=2) as fleet:
        cut_off, others = fleet.pods[0], fleet.pods[1:]
        fleet.kill_pod(cut_off)
        cut_off.settings["DB_PORT"] = str(link.port)
        cut_off.start("--workers", "2")
        fleet.wait_for_redis("ok")
        fleet.wait_until(lambda pod: says(pod) == 200)

        link.cut()
        since = time.monotonic()
        while says(cut_off) != 503:
            assert {says(pod) for pod in others} == {200} and time.monotonic() - since < 60
        left = time.monotonic() - since
        assert {says(pod) for pod in others} == {200}
        link.mend()
        back = fleet.wait_until(lambda pod: says(pod) == 200)
        print(f"a pod that is cut off leaves after {left * 1000:.0f} ms of probes, and is back {back * 1000:.0f} ms after its path")
        assert back < 10

        database.kill()   # for all: no pod is better than another, and each keeps answering
        limit = time.monotonic() + 3
        while time.monotonic() < limit:
            assert {says(pod) for pod in fleet.pods} == {200}
        assert {pod.get("/health").status_code for pod in fleet.pods} == {503}
        database.start()
        fleet.wait_until(lambda pod: pod.get("/health").status_code == 200)

        redis.kill()      # nobody knows how the others do
        fleet.wait_for_redis("unreachable")
        link.cut()
        for _ in range(3):
            assert says(cut_off) == 200
        link.mend()
        redis.start()
        fleet.wait_for_redis("ok")
        fleet.stop()
