"""Settings and secrets that change while the shop runs: swapped as a kubelet swaps them, broken ones, rotated ones."""
import base64
import json
import os
import threading
import time
import uuid

import pytest
import requests

from tests.conftest import ROOT
from tests.mariadb import shared
from tests.redis_server import RedisServer
from tests.shop import Shop
from tests.system.test_metrics import scrape, value
from tests.waiting import until

CATALOGUE = ROOT / "tests" / "fixtures" / "catalogue.csv"
LIST = "/api/v1/products"


class Mount:
    """A mounted directory: files are links through `..data`, which a rename swaps, as a kubelet does it."""

    def __init__(self, folder, **files):
        self.folder, self.count = folder, 0
        folder.mkdir()
        self.files = {}
        self.put(**files)

    def put(self, **files):
        self.files = {name: text for name, text in {**self.files, **files}.items() if text is not None}
        self.count += 1
        generation = self.folder / f"..{self.count}"
        generation.mkdir()
        for name, text in self.files.items():
            (generation / self.name(name)).write_text(text)
            if not (self.folder / self.name(name)).is_symlink():
                (self.folder / self.name(name)).symlink_to(f"..data/{self.name(name)}")
        (self.folder / "..data_tmp").symlink_to(generation.name)
        os.rename(self.folder / "..data_tmp", self.folder / "..data")
        for each in self.folder.iterdir():   # what is gone behind the link
            if each.is_symlink() and not each.exists():
                each.unlink()
        return time.monotonic()

    @staticmethod
    def name(setting):
        return setting.lower().replace("_", "-") if setting.endswith(("password", "secret", "previous")) else setting


@pytest.fixture
def start(tmp_path):
    shops = []

    def start(mount, workers=4, **settings):
        shop = Shop(tmp_path, **settings)
        shop.import_csv(CATALOGUE)
        shops.append(shop.start("--workers", str(workers), "--runtime-dir", str(mount.folder)))
        return shop

    yield start
    for shop in shops:
        shop.stop()


def policies(shop, tries=40):
    """What the workers say of their limits; each new connection meets another one."""
    return {requests.get(shop.base + LIST, headers={"Connection": "close"}, timeout=30).headers["RateLimit-Policy"] for _ in range(tries)}


def reload_is_good(shop):
    return value(scrape(shop).text, "caddy_config_last_reload_successful") == 1


def settings_hash(shop):
    """As /version has it; the metric must say the same."""
    told = requests.get(shop.admin_base + "/version", timeout=30).json()["config_hash"]
    assert f'caddy_config_info{{config_hash="{told}"}} 1' in scrape(shop).text
    return told


def reloads(shop, result):
    return value(scrape(shop).text, "caddy_config_reloads_total", result=result)


def log_of(shop):
    return (shop.directory / "serve.log").read_text()


def test_a_swapped_directory_takes_effect_in_all_workers_and_a_broken_one_changes_nothing(start, tmp_path):
    mount = Mount(tmp_path / "mounted", THROTTLER_LIMIT="777", LOG_LEVEL="info")
    shop = start(mount)
    before = shop.workers()
    assert all(";q=777;" in each for each in policies(shop)) and reload_is_good(shop)
    first = settings_hash(shop)

    mount.put(THROTTLER_LIMIT="888")
    took = until(lambda: all(";q=888;" in each for each in policies(shop)))
    print(f"in all four workers after {took * 1000:.0f} ms")
    assert took < 8, "the look every ten seconds is a backstop, not the way"
    until(lambda: reloads(shop, "done") == 1)
    good = settings_hash(shop)
    assert good != first
    mount.put(THROTTLER_LIMIT="many", GLOBAL_RATE_LIMIT="999999")
    until(lambda: not reload_is_good(shop))
    assert all(";q=888;" in each for each in policies(shop))
    assert settings_hash(shop) == good and (reloads(shop, "done"), reloads(shop, "failed")) == (1, 1)
    shop.wait_for_log("config.reload_failed")
    assert log_of(shop).count('"event":"config.reload_failed"') == 1 and "THROTTLER_LIMIT" in log_of(shop).split("config.reload_failed")[1]
    mount.put(THROTTLER_LIMIT=None, TROTTLER_LIMIT="999")
    until(lambda: "did you mean THROTTLER_LIMIT?" in log_of(shop))
    assert all(";q=888;" in each for each in policies(shop)) and not reload_is_good(shop)
    mount.put(TROTTLER_LIMIT=None, THROTTLER_LIMIT="999")
    until(lambda: all(";q=999;" in each for each in policies(shop)))
    until(lambda: reload_is_good(shop))
    assert shop.workers() == before and '"event":"reload.started"' not in log_of(shop), "nobody had to be replaced"


def test_a_worker_that_dies_while_the_files_are_broken_comes_back_with_the_last_good_ones(start, tmp_path):
    mount = Mount(tmp_path / "mounted", THROTTLER_LIMIT="777")
    shop = start(mount, workers=1)
    mount.put(THROTTLER_LIMIT="888")
    until(lambda: all(";q=888;" in each for each in policies(shop, 1)))
    mount.put(THROTTLER_LIMIT="many")
    until(lambda: not reload_is_good(shop))
    [worker] = shop.workers()
    where = (shop.directory / "serve.log").stat().st_size
    os.kill(worker, 9)
    shop.wait_for_log("worker.serving", where)
    assert all(";q=888;" in each for each in policies(shop, 1))


def test_what_cannot_change_in_place_comes_with_new_workers_and_what_the_supervisor_holds_is_told(start, tmp_path):
    mount = Mount(tmp_path / "mounted", CART_LINES_MAX="50")
    shop = start(mount, workers=2, DRAIN_LIMIT="3")   # for connections that stay idle
    before = set(shop.workers())
    mount.put(CART_LINES_MAX="1", PORT="3999")
    until(lambda: '"event":"reload.done"' in log_of(shop), 60)
    until(lambda: len(shop.workers()) == 2 and not before & set(shop.workers()), 60)
    cart, proof = shop.cart(("plain-mug", 1))
    more = shop.post(f"/carts/{cart['id']}/lines", {"variant_id": shop.variant("notebook-06")["id"], "quantity": 1}, headers=proof)
    assert more.json()["code"] == "cart.line_limit", more.text
    shop.wait_for_log("config.wants_restart")
    assert "PORT" in log_of(shop).split("config.wants_restart")[1].splitlines()[0]


def test_keys_of_tokens_are_exchanged_without_a_signed_in_person_noticing(start, tmp_path):
    first, second, third = (uuid.uuid4().hex for _ in range(3))
    mount = Mount(tmp_path / "mounted", jwt_secret=first)
    shop = start(mount, workers=2)

    def token():
        answer = shop.call("POST", "/auth/login", json={"email": email, "password": "correct horse battery"})
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def key_of(text):
        return json.loads(base64.urlsafe_b64decode(text.split(".")[0] + "=="))["kid"]

    def answers(text):
        return {requests.get(shop.base + "/api/v1/me", timeout=30,
                             headers={"Authorization": f"Bearer {text}", "Connection": "close"}).status_code for _ in range(12)}

    email = f"{uuid.uuid4().hex}@example.com"
    assert shop.call("POST", "/auth/register", json={"email": email, "password": "correct horse battery", "name": "Lin"}).status_code == 201
    old = token()
    mount.put(jwt_secret=second, jwt_secret_previous=first)
    until(lambda: key_of(token()) != key_of(old))
    until(lambda: {key_of(token()) for _ in range(6)} == {key_of(token())})
    new = token()
    until(lambda: answers(new) == {200})   # by the other worker, too, as soon as it has read the files
    assert answers(old) == {200}
    mount.put(jwt_secret=third, jwt_secret_previous=second)
    until(lambda: answers(old) == {401})
    assert answers(new) == {200}


def test_read_only_mode_refuses_changes_and_rests_jobs_until_it_is_switched_off(start, tmp_path):
    mount = Mount(tmp_path / "mounted", READ_ONLY_MODE="false")
    shop = start(mount, workers=2)
    cart, proof = shop.cart(("plain-mug", 1))

    def health():
        return [requests.get(shop.base + "/health", headers={"Connection": "close"}, timeout=30).json() for _ in range(24)]

    mount.put(READ_ONLY_MODE="true")
    until(lambda: all(each["read_only"] for each in health()))
    assert {each["status"] for each in health()} == {"ok"}
    assert shop.get(f"/carts/{cart['id']}", headers=proof).status_code == 200 and shop.get("/products").status_code == 200
    for method, path, body in (("POST", "/carts", {}), ("DELETE", f"/carts/{cart['id']}/lines/{cart['lines'][0]['id']}", None),
                               ("POST", "/auth/login", {"email": "a@example.com", "password": "some password"})):
        refused = shop.call(method, path, json=body, headers=proof)
        assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (503, "request.read_only", "30")
    assert requests.get(shop.base + "/readyz", timeout=30).status_code == 200
    mount.put(READ_ONLY_MODE="false")
    until(lambda: not any(each["read_only"] for each in health()))
    order, own = shop.order(("plain-mug", 1))
    assert shop.post(f"/sandbox/payments/{order['payment']['id']}/approve").status_code == 202
    shop.wait_for_order(order, own, "paid")   # by a job


class Callers:
    """They write, on and on; what they were answered."""

    def __init__(self, shop):
        self.shop, self.stop, self.statuses = shop, threading.Event(), []
        self.threads = [threading.Thread(target=self.run) for _ in range(4)]
        for each in self.threads:
            each.start()

    def run(self):
        while not self.stop.is_set():
            try:
                answer = requests.post(self.shop.base + "/api/v1/carts", json={}, timeout=30)
                self.statuses.append(answer.status_code)
            except requests.RequestException as fault:
                self.statuses.append(repr(fault))

    def end(self):
        self.stop.set()
        for each in self.threads:
            each.join()
        return self.statuses


def test_a_rotated_password_of_the_database_costs_no_request(start, tmp_path, monkeypatch):
    """The server accepts both for a while, as one should have it do; what is old is then gone."""
    monkeypatch.setenv("CADDY_TEST_ENGINE", "mysql")
    server, user, first, second = shared(), f"u{uuid.uuid4().hex[:12]}", uuid.uuid4().hex, uuid.uuid4().hex

    def accept(*passwords):
        either = " OR ".join(f"mysql_native_password USING PASSWORD('{each}')" for each in passwords)
        server.query(f"ALTER USER '{user}'@'127.0.0.1' IDENTIFIED VIA {either}")

    server.query(f"CREATE USER '{user}'@'127.0.0.1' IDENTIFIED BY '{first}'; GRANT ALL ON *.* TO '{user}'@'127.0.0.1'")
    mount = Mount(tmp_path / "mounted", db_password=first, DB_USERNAME=user)
    shop = start(mount, workers=2)
    buyers = Callers(shop)
    until(lambda: len(buyers.statuses) > 20)
    accept(first, second)
    mount.put(db_password=second, THROTTLER_LIMIT="777777")
    until(lambda: all(";q=777777;" in each for each in policies(shop)))   # all workers have read it
    time.sleep(1)   # for those that signed in with the old one, whom nobody would hear otherwise
    accept(second)
    seen = len(buyers.statuses)
    until(lambda: len(buyers.statuses) > seen + 100)
    statuses = buyers.end()
    assert set(statuses) == {201}, {each: statuses.count(each) for each in set(statuses)}


def test_a_rotated_password_of_redis_is_used_by_the_next_connection(start, tmp_path):
    first, second = uuid.uuid4().hex, uuid.uuid4().hex
    with RedisServer(password=first) as redis:
        mount = Mount(tmp_path / "mounted", redis_password=first)
        shop = start(mount, workers=1, **redis.settings())

        def state():
            return requests.get(shop.base + "/health", timeout=30).json()["checks"]["redis"]["status"]

        until(lambda: state() == "ok")
        redis.cli("CONFIG", "SET", "requirepass", second)
        redis.password = second
        mount.put(redis_password=second)
        until(lambda: '"event":"config.reloaded"' in log_of(shop))
        redis.cli("CLIENT", "KILL", "TYPE", "normal")
        until(lambda: state() == "ok")


def test_a_second_password_of_a_redis_user_replaces_the_first_without_a_failed_request(start, tmp_path):
    first, second = uuid.uuid4().hex, uuid.uuid4().hex
    with RedisServer() as redis:
        redis.cli("ACL", "SETUSER", "shop", "on", f">{first}", "~*", "&*", "+@all")
        mount = Mount(tmp_path / "mounted", redis_password=first, REDIS_USERNAME="shop")
        shop = start(mount, workers=2, **redis.settings())

        def state():
            return requests.get(shop.base + "/health", headers={"Connection": "close"}, timeout=30).json()["checks"]["redis"]["status"]

        def settled():
            return all(state() == "ok" for _ in range(6))

        until(settled)
        buyers = Callers(shop)
        until(lambda: len(buyers.statuses) > 20)
        redis.cli("ACL", "SETUSER", "shop", f">{second}")
        mount.put(redis_password=second)
        until(lambda: '"event":"config.reloaded"' in log_of(shop))
        redis.cli("ACL", "SETUSER", "shop", f"<{first}")
        redis.cli("CLIENT", "KILL", "USER", "shop")   # whoever comes back signs in anew
        seen = len(buyers.statuses)
        until(lambda: len(buyers.statuses) > seen + 50)
        until(settled)
        statuses = buyers.end()
    assert set(statuses) == {201}, {each: statuses.count(each) for each in set(statuses)}
