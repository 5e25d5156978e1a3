"""The shop and a real Redis: found, lost, found again; and what is kept there stands in the table."""
import time
from pathlib import Path

import pytest

from tests.redis_server import RedisCluster, RedisServer, stray_keys

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def redis():
    with RedisServer() as server:
        yield server


def wait_for_redis(shop, status, seconds=60):
    limit = time.monotonic() + seconds
    while True:
        health = shop.get("/health").json()
        if health["checks"]["redis"]["status"] == status:
            return health
        assert time.monotonic() < limit, health
        time.sleep(0.02)


def test_a_shop_without_redis_says_nothing_of_it(fresh_shop):
    health = fresh_shop.start().get("/health").json()
    assert health["status"] == "ok" and health["checks"]["redis"] is None
    fresh_shop.stop()


def test_health_follows_redis_and_the_shop_goes_on(fresh_shop, redis):
    fresh_shop.settings.update(redis.settings())
    fresh_shop.start()
    assert wait_for_redis(fresh_shop, "ok")["status"] == "ok"
    redis.kill()
    answer = fresh_shop.get("/health")
    assert wait_for_redis(fresh_shop, "unreachable")["status"] == "degraded" and answer.status_code == 200
    assert fresh_shop.get("/readyz").status_code == 200 and fresh_shop.get("/products").status_code == 200
    redis.start()
    begun = time.monotonic()
    wait_for_redis(fresh_shop, "ok")
    took = time.monotonic() - begun
    print(f"redis is back after {took * 1000:.0f} ms")
    assert took < 15
    fresh_shop.stop()


def test_a_shop_starts_while_redis_is_away(fresh_shop, redis):
    redis.stop()
    fresh_shop.settings.update(redis.settings())
    fresh_shop.start("--workers", "2")
    assert fresh_shop.get("/products").status_code == 200
    wait_for_redis(fresh_shop, "unreachable")
    redis.start()
    wait_for_redis(fresh_shop, "ok")
    fresh_shop.stop()


def test_check_redis_tells_whether_it_can_be_had(cli, redis):
    good = cli("check", "redis", env=redis.settings())
    assert good.returncode == 0 and "round trip" in good.stdout, good.stderr
    assert redis.cli("DBSIZE") == "0"
    redis.stop()
    away = cli("check", "redis", env=redis.settings())
    assert away.returncode == 69 and "redis" in away.stderr
    assert cli("check", "redis").returncode == 78


def test_check_redis_names_a_wrong_password(cli):
    with RedisServer(password="open sesame") as server:
        assert cli("check", "redis", env=server.settings()).returncode == 0
        wrong = cli("check", "redis", env={**server.settings(), "REDIS_PASSWORD": "wrong"})
        assert wrong.returncode == 69 and "WRONGPASS" in wrong.stderr and "wrong\n" not in wrong.stderr


def test_check_redis_knows_clusters(cli):
    with RedisCluster() as cluster:
        done = cli("check", "redis", env=cluster.settings())
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name, value", [
    ("REDIS_PORT", "0"), ("REDIS_KEY_PREFIX", "{x}"), ("REDIS_CLUSTER_NODES", "host-without-port"), ("REDIS_TLS", "maybe")])
def test_bad_settings_stop_the_start(cli, name, value):
    refused = cli("config", "check", env={name: value})
    assert refused.returncode == 78 and name in refused.stderr


def test_what_a_run_leaves_in_redis_stands_in_the_table(fresh_shop, cli, redis):
    fresh_shop.settings.update(redis.settings())
    fresh_shop.import_csv(ROOT / "tests" / "fixtures" / "catalogue.csv")
    fresh_shop.start()
    wait_for_redis(fresh_shop, "ok")
    for product in fresh_shop.get("/products").json()["data"]:
        assert fresh_shop.get(f"/products/{product['handle']}").status_code == 200
    table = cli("redis-keys", "--json").stdout
    assert stray_keys([redis], table) == []
    # The check sees what it is for.
    redis.cli("SET", "caddy:nobodys:key", "x", "PX", 600_000)
    redis.cli("SET", "caddy:check:1", "x")
    redis.cli("SET", "caddy:check:2", "x", "PX", 5000)
    assert sorted(each.split()[0] for each in stray_keys([redis], table)) == ["caddy:check:1", "caddy:nobodys:key"]
    fresh_shop.stop()


def test_the_document_of_keys_is_the_programs(cli):
    assert (ROOT / "docs" / "redis_keys.md").read_text() == cli("redis-keys").stdout
