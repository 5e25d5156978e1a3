"""`doctor`: what is wrong is found on real servers, with its gravity, what it means and what to do; and it never hangs."""
import json
import shutil
import socket
import ssl
import subprocess
import time
import uuid

import pytest
from aiosmtpd.controller import Controller

from tests import mariadb
from tests.redis_server import RedisServer
from tests.shop import Shop, engine, program

EXIT = {"critical": 2, "warning": 1, "note": 0, "ok": 0}


def doctor(shop):
    """The findings by their check; every finding is whole, and the exit code is that of the gravest."""
    done = shop.run("doctor", "--json", check=False)
    report = json.loads(done.stdout)
    assert done.returncode == EXIT[report["verdict"]], done.stdout
    order = [list(EXIT).index(each["gravity"]) for each in report["findings"]]
    assert order == sorted(order) and list(EXIT)[order[0]] == report["verdict"]
    found = {}
    for each in report["findings"]:
        assert set(each) == {"gravity", "check", "found", "means", "next"} and each["found"]
        assert each["gravity"] == "ok" or (each["means"] and each["next"]), each
        found.setdefault(each["check"], each)
    return found


@pytest.fixture
def on_server(tmp_path):
    """A shop on the run's MariaDB, whatever engine the run is for; what a test sets at the server is taken back."""
    server = mariadb.shared()
    names = ("max_connections", "innodb_flush_log_at_trx_commit", "max_allowed_packet")
    before = {name: server.query(f"SELECT @@GLOBAL.{name}")[0][0] for name in names}
    shop = Shop(tmp_path)
    database = server.create_database(f"caddy_{uuid.uuid4().hex}")
    shop.settings.update({**database, "JWT_SECRET": uuid.uuid4().hex, "SANDBOX_SECRET": uuid.uuid4().hex})
    yield shop, server
    for name, value in before.items():
        server.client(f"SET GLOBAL {name} = {value}")
    server.drop_database(database["DB_NAME"])


def test_a_shop_that_is_well_is_told_so_in_words_and_for_machines(fresh_shop):
    fresh_shop.run("migrate")
    found = doctor(fresh_shop)
    for check in ("settings.faults", "database.answers", "database.schema", "jobs.lag", "mail.waiting", "settings.admin_port"):
        assert found[check]["gravity"] == "ok", found
    assert found["redis.answers"]["gravity"] == "ok" and found["settings.sandbox_payments"]["gravity"] in ("note", "warning")
    text = fresh_shop.run("doctor", check=False).stdout
    assert "ok        database.schema: " in text and text.rstrip().endswith(" ok") and " critical, " in text


def test_the_manual_says_what_it_looks_at_and_what_the_exit_codes_mean(cli):
    told = cli("doctor", "--help").stdout
    assert "--json" in told and "--data-dir" in told and "--config" in told
    assert all(word in told for word in ("Redis", "certificates", "1: warnings", "2: something"))


def test_bad_settings_are_findings_and_nothing_is_asked_with_a_default_in_their_place(fresh_shop):
    fresh_shop.settings.update(DB_POOL_SIZE="many", PORT="70000")
    done = fresh_shop.run("doctor", "--json", check=False) if engine() == "sqlite" else None
    if done is None:
        pytest.skip("migrate refuses these settings first")
    report = json.loads(done.stdout)
    faults = [each["found"] for each in report["findings"] if each["check"] == "settings.faults"]
    assert done.returncode == 2 and len(faults) == 2 and any("PORT" in each for each in faults)
    assert not any(each["check"].startswith("database.") for each in report["findings"])


def test_secrets_that_others_know_and_an_admin_port_for_everybody_are_found(fresh_shop):
    fresh_shop.run("migrate")
    fresh_shop.settings.update(JWT_SECRET="change-me-change-me-change-me-change-me", ADMIN_HOST="0.0.0.0")
    found = doctor(fresh_shop)
    assert found["settings.jwt_secret"]["gravity"] == "critical" and found["settings.admin_port"]["gravity"] == "warning"
    assert "change-me-change-me" not in json.dumps(found)
    fresh_shop.settings.update(JWT_SECRET="y" * 40, ADMIN_TOKEN=uuid.uuid4().hex)
    found = doctor(fresh_shop)
    assert found["settings.jwt_secret"]["gravity"] == "warning" and found["settings.admin_port"]["gravity"] == "note"


def test_a_schema_that_is_behind_or_ahead_is_critical(fresh_shop):
    fresh_shop.run("migrate")
    [[last, name]] = fresh_shop.query("SELECT version, name FROM schema_migrations ORDER BY version DESC LIMIT 1")
    fresh_shop.query(f"UPDATE schema_migrations SET version = 9999 WHERE version = {last}")
    assert "newer" in doctor(fresh_shop)["database.schema"]["means"]
    fresh_shop.query("DELETE FROM schema_migrations WHERE version = 9999")
    behind = doctor(fresh_shop)["database.schema"]
    assert behind["gravity"] == "critical" and "caddy-shopping migrate" in behind["next"], name


def test_a_program_that_was_installed_without_its_parts_is_found_and_serves_all_the_same(fresh_shop, tmp_path, monkeypatch):
    fresh_shop.run("migrate")
    assert doctor(fresh_shop)["machine.program"]["gravity"] == "ok"
    alone = tmp_path / "alone" / "bin" / "caddy-shopping"
    alone.parent.mkdir(parents=True)
    shutil.copy(program(), alone)
    monkeypatch.setenv("CADDY_PROGRAM", str(alone))
    found = doctor(fresh_shop)["machine.program"]
    assert found["gravity"] == "warning" and "lib/caddy-shopping/picture.so" in found["found"]
    fresh_shop.start()
    fresh_shop.wait_for_log("picture.missing")
    assert fresh_shop.get("/health").status_code == 200
    fresh_shop.stop()


def test_a_shop_that_is_not_there_yet_is_not_made(tmp_path):
    done = subprocess.run([program(), "doctor", "--data-dir", str(tmp_path / "none")], capture_output=True, text=True, timeout=60)
    assert "there is no shop in" in done.stdout and not (tmp_path / "none").exists()


def test_work_that_waits_hangs_or_was_given_up_is_counted(fresh_shop):
    fresh_shop.run("migrate")
    now = int(time.time() * 1_000_000)
    row = ("INSERT INTO outbox_events (id, type, aggregate, sequence, payload, occurred_at, due_at, try_at, status, attempts, "
           "lease_owner, lease_until) VALUES ({}, '{}', 'x', {}, '{{}}', {}, {}, {}, '{}', 1, '{}', {})")
    long_ago = now - 1_000 * 1_000_000
    for number, (type_, status, owner) in enumerate([
            ("orders.paid", "waiting", ""), ("orders.paid", "parked", ""), ("orders.paid", "waiting", "gone"),
            ("order_mails.due", "parked", "")], start=1):
        fresh_shop.query(row.format(number, type_, number, long_ago, long_ago, long_ago, status, owner, 1 if owner else 0))
    found = doctor(fresh_shop)
    assert found["jobs.lag"]["gravity"] == "critical" and "2 events are due" in found["jobs.lag"]["found"]
    assert found["jobs.parked"]["gravity"] == "warning" and "orders.paid (1)" in found["jobs.parked"]["found"]
    assert found["jobs.stuck"]["found"].startswith("1 ") and found["mail.parked"]["found"].startswith("1 ")


def test_webhooks_that_are_broken_and_deliveries_that_are_late_are_counted(fresh_shop):
    fresh_shop.run("migrate")
    endpoint = ("INSERT INTO webhook_endpoints (id, url, events, description, status, secret, failures, open_until, lease_owner, "
                "lease_until, created_at, updated_at, version) VALUES ({}, 'https://x.example', '*', '', '{}', 's', 0, 0, '', 0, 1, 1, 1)")
    fresh_shop.query(endpoint.format(1, "active"))
    fresh_shop.query(endpoint.format(2, "broken"))
    fresh_shop.query("INSERT INTO webhook_deliveries (id, endpoint_id, event_id, type, aggregate, sequence, body, status, attempts, "
                     "try_at, created_at) VALUES (1, 1, 1, 'orders.paid', 'x', 1, '{}', 'waiting', 0, 1, 1)")
    found = doctor(fresh_shop)
    assert found["webhooks.broken"]["found"].startswith("1 ") and found["webhooks.late"]["found"].startswith("1 ")


def test_a_server_that_grants_less_than_the_fleet_wants_or_is_not_durable_is_found(on_server):
    shop, server = on_server
    shop.run("migrate")
    server.client("SET GLOBAL innodb_flush_log_at_trx_commit = 1; SET GLOBAL max_allowed_packet = 16777216")
    shop.settings.update(DB_POOL_SIZE="50", DB_FLEET_PODS="5")
    found = doctor(shop)
    for check in ("database.connections", "database.session", "database.durability", "database.packets", "database.clock"):
        assert found[check]["gravity"] == "ok", found[check]

    server.client("SET GLOBAL max_connections = 249; SET GLOBAL innodb_flush_log_at_trx_commit = 0; "
                  "SET GLOBAL max_allowed_packet = 1048576")
    found = doctor(shop)
    assert found["database.connections"]["gravity"] == "critical"
    assert "5 pods x 50 connections = 250" in found["database.connections"]["found"]
    assert found["database.durability"]["gravity"] == "critical" and found["database.packets"]["gravity"] == "warning"


def test_a_missing_key_a_password_that_is_the_name_and_copies_that_are_away_are_found(on_server):
    shop, _ = on_server
    shop.run("migrate")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        shop.settings.update(DB_READ_HOST=f"127.0.0.1:{nobody.getsockname()[1]}")
        assert doctor(shop)["database.copies"]["gravity"] == "warning"
    shop.settings.pop("DB_READ_HOST")
    shop.settings.update(JWT_SECRET="", DB_PASSWORD=shop.settings["DB_USERNAME"])
    found = doctor(shop)
    assert found["settings.jwt_secret"]["gravity"] == "critical" and found["settings.db_password"]["gravity"] == "critical"
    assert found["database.answers"]["gravity"] == "critical", "and it does not let us in"


def test_servers_that_are_away_or_take_calls_and_never_answer_are_the_finding(tmp_path):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(16)
        shop = Shop(tmp_path)
        port = str(mute.getsockname()[1])
        shop.migrated = True
        shop.settings.update({"DB_HOST": "127.0.0.1", "DB_PORT": port, "DB_NAME": "x", "DB_USERNAME": "caddy",
                              "DB_PASSWORD": uuid.uuid4().hex, "JWT_SECRET": uuid.uuid4().hex, "SANDBOX_SECRET": uuid.uuid4().hex,
                              "REDIS_HOST": "127.0.0.1", "REDIS_PORT": port})
        found = doctor(shop)   # the time limit of run() is that of the test
        assert found["database.answers"]["gravity"] == "critical" and found["redis.answers"]["gravity"] == "critical"
    found = doctor(shop)
    assert found["database.answers"]["gravity"] == "critical" and found["redis.answers"]["gravity"] == "critical"


def test_a_redis_that_evicts_is_found_and_one_that_is_set_well_is_not(fresh_shop):
    fresh_shop.run("migrate")
    with RedisServer("--maxmemory", "256mb", "--maxmemory-policy", "noeviction") as redis:
        fresh_shop.settings.update(redis.settings(), EVENTS_STREAM="shop")
        found = doctor(fresh_shop)
        assert found["redis.node"]["gravity"] == "ok" and found["redis.clock"]["gravity"] == "ok"
        assert not {"redis.eviction", "redis.memory", "redis.persistence", "redis.connections"} & set(found)
        redis.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        redis.cli("CONFIG", "SET", "maxmemory", "0")
        redis.cli("CONFIG", "SET", "maxclients", "50")
        redis.cli("CONFIG", "SET", "appendonly", "no")
        found = doctor(fresh_shop)
        assert found["redis.eviction"]["gravity"] == "warning" and "allkeys-lru" in found["redis.eviction"]["found"]
        assert found["redis.memory"]["gravity"] == "note" and found["redis.connections"]["gravity"] == "warning"
        assert found["redis.persistence"]["gravity"] == "warning", "a stream that others read should outlive a restart"


def test_a_cluster_that_serves_no_slots_is_found(fresh_shop):
    fresh_shop.run("migrate")
    with RedisServer("--cluster-enabled", "yes") as alone:
        alone.cli("CLUSTER", "ADDSLOTSRANGE", 0, 100)
        fresh_shop.settings.update(REDIS_CLUSTER_NODES=f"127.0.0.1:{alone.port}")
        found = doctor(fresh_shop)
        assert found["redis.cluster"]["gravity"] == "critical" or found["redis.answers"]["gravity"] == "critical", found


def certificate(folder, days, name="server"):
    """A key and a certificate of its own that lasts so many days, readable by a server of any user."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(cert), "-days",
                    str(days), "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    key.chmod(0o644)
    return key, cert


def test_certificates_that_end_soon_are_found_at_redis_and_in_files(fresh_shop, tmp_path):
    fresh_shop.run("migrate")
    key, cert = certificate(tmp_path, 5)
    with RedisServer("--tls-cert-file", str(cert), "--tls-key-file", str(key), "--tls-auth-clients", "no") as redis:
        port = mariadb.free_port()
        redis.cli("CONFIG", "SET", "tls-port", port)
        fresh_shop.settings.update(redis.settings(), REDIS_PORT=str(port), REDIS_TLS="verify_identity", REDIS_CA=str(cert))
        found = doctor(fresh_shop)
        assert found["redis.node"]["gravity"] == "ok"
        assert found["redis.certificate"]["gravity"] == "warning" and "redis" in found["redis.certificate"]["found"].lower()
        assert found["certificate.redis_ca"]["gravity"] == "warning"


def test_a_database_servers_certificate_that_ends_soon_is_found(tmp_path):
    folder = mariadb.fast_folder("caddy-mariadb-tls-")
    server = mariadb.MariaDb(folder)
    folder.chmod(0o755)
    try:
        key, cert = certificate(folder, 20)
        server.install().start(f"--ssl-cert={cert}", f"--ssl-key={key}").create_user()
        shop = Shop(tmp_path)
        shop.settings.update(server.create_database("caddy_tls"), JWT_SECRET=uuid.uuid4().hex, SANDBOX_SECRET=uuid.uuid4().hex,
                             DB_SSL_MODE="verify_ca", DB_SSL_CA=cert.read_text())
        shop.migrated = True
        found = doctor(shop)
        assert found["database.answers"]["gravity"] == "ok"
        assert found["database.certificate"]["gravity"] == "note" and " days" in found["database.certificate"]["found"]
        assert found["certificate.db_ssl_ca"]["gravity"] == "note"
    finally:
        server.remove()


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_mail_servers_certificate_that_ends_soon_is_found_and_so_is_a_server_that_is_away(fresh_shop, tmp_path, tls):
    fresh_shop.run("migrate")
    key, cert = certificate(tmp_path, 5)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    offered = {"tls_context": context, "require_starttls": True} if tls == "starttls" else {"ssl_context": context}
    server = Controller(object(), hostname="127.0.0.1", port=mariadb.free_port(), ready_timeout=60, **offered)
    server.start()
    try:
        fresh_shop.settings.update(SMTP_HOST="127.0.0.1", SMTP_PORT=str(server.port), SMTP_TLS=tls, MAIL_FROM="shop@example.com")
        found = doctor(fresh_shop)
        assert found["mail.server"]["gravity"] == "ok" and found["mail.certificate"]["gravity"] == "warning"
    finally:
        server.stop()
    found = doctor(fresh_shop)
    assert found["mail.server"]["gravity"] == "warning" and "mail.certificate" not in found
