"""The shop at a database server: what it refuses to start on, how it lives through the server's absence, encryption."""
import os
import re
import signal
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import mariadb
from tests.shop import ROOT, Shop, engine, key, program
from tests.system.test_concurrency import stocked

pytestmark = pytest.mark.skipif(engine() != "mysql", reason="CADDY_TEST_ENGINE=mysql asks for a server")


@pytest.fixture
def server(tmp_path):
    """A server of the test's own, to be stopped and changed."""
    own = mariadb.MariaDb(mariadb.fast_folder("caddy-mariadb-")).install().start().create_user()
    yield own
    own.remove()


def shop_at(server, directory, **settings):
    shop = Shop(directory, **settings)
    shop.server = server
    shop.settings.update(server.create_database(f"caddy_{uuid.uuid4().hex}"))
    return shop


def serve(shop, **settings):
    """The program's end, where it is expected to end by itself."""
    return subprocess.run(
        [program(), "serve", "--data-dir", str(shop.data), "--port", "0", "--admin-port", "0"], capture_output=True, text=True,
        timeout=120, env={**os.environ, **shop.settings, **settings})


def test_serve_does_not_start_on_a_schema_that_it_does_not_know(fresh_shop):
    empty = serve(fresh_shop)
    assert empty.returncode == 69 and "run 'caddy-shopping migrate' first" in empty.stderr, empty.stderr
    fresh_shop.migrate()
    fresh_shop.query("INSERT INTO schema_migrations VALUES (9999, '9999_future', 'x', 0)")
    newer = serve(fresh_shop)
    assert newer.returncode == 69 and "newer program" in newer.stderr, newer.stderr


def test_eight_that_migrate_at_once_apply_each_migration_once(fresh_shop):
    fresh_shop.migrated = True
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: fresh_shop.run("migrate"), range(8)))
    applied = [line for each in done for line in each.stdout.splitlines() if line.startswith("applied ")]
    names = {path.name.removesuffix(".mysql.sql") for path in (ROOT / "migrations").glob("*.mysql.sql")}
    assert len(applied) == len(set(applied)) == fresh_shop.query("SELECT COUNT(*) FROM schema_migrations")[0][0]
    assert {line.removeprefix("applied ") for line in applied} <= names


def test_secrets_must_be_given_since_every_process_needs_the_same(fresh_shop):
    fresh_shop.migrate()
    refused = serve(fresh_shop, JWT_SECRET="")
    assert refused.returncode == 78 and "JWT_SECRET" in refused.stderr, refused.stderr
    assert not (fresh_shop.data / "secrets").exists()


def test_a_user_who_may_only_read_and_write_rows_serves(fresh_shop):
    fresh_shop.migrate()
    name = fresh_shop.settings["DB_NAME"]
    user = f"rows_{uuid.uuid4().hex[:8]}"
    fresh_shop.server.client(f"CREATE USER '{user}'@'127.0.0.1' IDENTIFIED BY 'rows'; "
                             f"GRANT SELECT, INSERT, UPDATE, DELETE ON `{name}`.* TO '{user}'@'127.0.0.1'")
    fresh_shop.settings.update(DB_USERNAME=user, DB_PASSWORD="rows")
    stocked(fresh_shop, 5)
    order, _ = fresh_shop.order(("ticket", 1))
    assert order["status"] == "pending_payment"
    fresh_shop.stop()


def test_the_server_goes_away_and_comes_back(server, tmp_path):
    shop = shop_at(server, tmp_path)
    stocked(shop, 1000)
    cart, proof = shop.cart(("ticket", 1))
    server.kill()
    took = []
    for _ in range(30):
        since = time.monotonic()
        answer = shop.checkout(cart, proof, idempotency_key=key())
        took.append(time.monotonic() - since)
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1, answer.text
    assert sorted(took)[-3] < 2, "requests waited for a server that is known to be away"
    assert shop.http.get(shop.admin_base + "/livez", timeout=30).status_code == 200
    assert shop.http.get(shop.base + "/health", timeout=30).status_code == 503

    server.start()
    back = time.monotonic()
    while shop.checkout(cart, proof, idempotency_key=key()).status_code != 201:
        assert time.monotonic() - back < 30, "not back within seconds"
        time.sleep(0.05)
    for _ in range(20):
        order, _ = shop.order(("ticket", 1))
    assert shop.http.get(shop.base + "/health", timeout=30).status_code == 200
    shop.stop()
    assert shop.audit().returncode == 0


def test_a_server_that_hangs_costs_the_deadline_and_not_the_shop(server, tmp_path):
    shop = shop_at(server, tmp_path, HTTP_REQUEST_LIMIT_MS="1500")
    stocked(shop, 10)
    cart, proof = shop.cart(("ticket", 1))
    attempt = key()
    server.process.send_signal(signal.SIGSTOP)
    try:
        since = time.monotonic()
        answer = shop.checkout(cart, proof, idempotency_key=attempt)
        assert answer.status_code == 503 and time.monotonic() - since < 10, answer.text
    finally:
        server.process.send_signal(signal.SIGCONT)
    limit = time.monotonic() + 60
    while (answer := shop.checkout(cart, proof, idempotency_key=attempt)).status_code != 201:
        assert time.monotonic() < limit, answer.text
        time.sleep(0.1)
    assert shop.query("SELECT COUNT(*) FROM orders") == [(1,)]
    shop.stop()
    assert shop.audit().returncode == 0


def make_certificates(folder):
    """An authority, and a certificate of it for `localhost`."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2", "-subj", f"/CN={name}")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem")


def test_encryption_is_had_and_proven_as_asked(tmp_path):
    make_certificates(tmp_path)
    server = mariadb.MariaDb(mariadb.fast_folder("caddy-mariadb-"), f"--ssl-cert={tmp_path}/server.pem",
                             f"--ssl-key={tmp_path}/server.key", f"--ssl-ca={tmp_path}/ca.pem").install()
    try:
        server.start().create_user()
        shop = shop_at(server, tmp_path / "shop", DB_SSL_CA=str(tmp_path / "ca.pem"))
        (tmp_path / "shop").mkdir()

        def migrates(**settings):
            done = subprocess.run([program(), "migrate"], capture_output=True, text=True, timeout=120, env={**os.environ, **shop.settings, **settings})
            return done.returncode == 0, done.stderr

        assert migrates(DB_SSL_MODE="verify_ca")[0]
        assert migrates(DB_SSL_MODE="verify_full", DB_HOST="localhost")[0]
        assert migrates(DB_SSL_MODE="verify_full", DB_HOST="localhost", DB_SSL_CA=(tmp_path / "ca.pem").read_text())[0]
        assert not migrates(DB_SSL_MODE="verify_full")[0], "the certificate is not made out to 127.0.0.1"
        worked, said = migrates(DB_SSL_MODE="verify_ca", DB_SSL_CA=str(tmp_path / "other.pem"))
        assert not worked and "certificate verify failed" in said, said
        assert migrates(DB_SSL_MODE="required", DB_SSL_CA="")[0]

        server.client("ALTER USER 'caddy'@'127.0.0.1' REQUIRE SSL")
        assert migrates(DB_SSL_MODE="preferred")[0]
        worked, said = migrates(DB_SSL_MODE="disabled")
        assert not worked and "Access denied" in said, said
    finally:
        server.remove()


def test_too_few_connections_for_the_fleet_are_said_at_the_start(fresh_shop):
    fresh_shop.start(DB_POOL_SIZE="50", DB_FLEET_PODS="15")
    warned = fresh_shop.wait_for_log("db.too_few_connections")
    assert warned["wanted"] == 750 and warned["max_connections"] == 400
    fresh_shop.stop()
    assert re.search(r'"event":"db.server"', (fresh_shop.directory / "serve.log").read_text())


def test_check_database_tells_how_it_stands(fresh_shop):
    fresh_shop.migrated = True
    empty = fresh_shop.run("check", "database", check=False)
    assert empty.returncode == 78 and "MariaDB" in empty.stdout and "caddy-shopping migrate" in empty.stderr
    fresh_shop.run("migrate")
    assert "of 400 open" in fresh_shop.run("check", "database").stdout
    away = fresh_shop.settings["DB_PORT"]
    fresh_shop.settings["DB_PORT"] = "1"
    gone = fresh_shop.run("check", "database", check=False)
    assert gone.returncode == 69 and "127.0.0.1:1" in gone.stderr and away not in gone.stderr
