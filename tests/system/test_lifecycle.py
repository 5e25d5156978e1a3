"""Start, stop, and what the program says of itself."""
import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest
import requests

from tests.shop import program
from tests.waiting import until


def test_health_and_probes(fresh_shop):
    fresh_shop.start()
    until(lambda: fresh_shop.get("/health").json()["status"] == "ok")
    health = fresh_shop.get("/health").json()
    assert health["status"] == "ok" and health["checks"]["database"]["status"] == "ok" and health["version"]
    assert health["checks"]["workers"]["status"] == "ok" and health["uptime_s"] >= 0
    for path in ("/livez", "/readyz", "/startupz", "/version", "/metrics"):
        assert fresh_shop.http.get(fresh_shop.admin_base + path).status_code == 200, path
    assert fresh_shop.get("/readyz").status_code == 200
    assert fresh_shop.http.get(fresh_shop.base + "/livez").status_code == 404
    fresh_shop.stop()


def test_requests_in_flight_are_answered_while_the_shop_drains(fresh_shop):
    fresh_shop.start(DRAIN_DELAY="6")
    codes, stop = [], threading.Event()

    def visit():
        while not stop.is_set():
            try:
                codes.append(requests.get(fresh_shop.base + "/api/v1/products", timeout=30).status_code)
            except requests.ConnectionError:
                return

    visitors = [threading.Thread(target=visit) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    until(lambda: len(codes) > 10)
    process = fresh_shop.process
    process.send_signal(signal.SIGTERM)

    def drains():
        answer = fresh_shop.http.get(fresh_shop.admin_base + "/readyz")
        return (answer.status_code, answer.json().get("reason")) == (503, "draining")

    until(drains)
    assert process.wait(timeout=60) == 0
    stop.set()
    for visitor in visitors:
        visitor.join()
    fresh_shop.process = None
    assert set(codes) == {200} and len(codes) > 20


def test_a_second_signal_ends_at_once(fresh_shop):
    fresh_shop.start(DRAIN_DELAY="60")
    process = fresh_shop.process
    process.send_signal(signal.SIGTERM)
    fresh_shop.wait_for_log("serve.draining")
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 1
    fresh_shop.process = None


def test_a_worker_that_is_killed_is_replaced_and_the_others_serve_on(fresh_shop):
    fresh_shop.start("--workers", "3")
    supervisor = fresh_shop.process.pid
    for _ in range(3):
        workers = [int(pid) for pid in subprocess.run(["pgrep", "-P", str(supervisor)], capture_output=True, text=True).stdout.split()]
        assert len(workers) == 3
        before = (fresh_shop.directory / "serve.log").stat().st_size
        os.kill(workers[0], signal.SIGKILL)
        fresh_shop.wait_for_log("worker.started", before)
        fresh_shop.wait_for_log("worker.serving", before)
        assert [requests.get(fresh_shop.base + "/health", timeout=30).status_code for _ in range(12)] == [200] * 12
    fresh_shop.stop()
    assert subprocess.run(["pgrep", "-P", str(supervisor)], capture_output=True).returncode == 1


def test_a_taken_port_is_told_with_the_remedy(cli, tmp_path):
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        done = cli("serve", "--data-dir", tmp_path / "data", "--port", taken.getsockname()[1], "--admin-port", 0)
    assert done.returncode == 69 and "--port" in done.stderr


@pytest.mark.parametrize("environment, said", [
    ({"PORT": "80000"}, "PORT: '80000' is not a whole number in 0..65535"),
    ({"TAX_MODE": "none"}, "TAX_MODE: 'none' is not one of inclusive, exclusive"),
    ({"SHOP_CURRENCY": "YUAN"}, "SHOP_CURRENCY: 'YUAN'"),
    ({"JWT_SECRET": "short"}, "at least 32 bytes"),
])
def test_bad_settings_stop_the_start(cli, tmp_path, environment, said):
    done = cli("serve", "--data-dir", tmp_path / "data", env=environment)
    assert done.returncode == 78 and said in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_misspelt_setting_in_a_file_is_refused_with_a_suggestion(cli, tmp_path):
    (tmp_path / "shop.yaml").write_text("taxmode: inclusive\n")
    done = cli("config", "check", "--config", tmp_path / "shop.yaml")
    assert done.returncode == 78 and "did you mean TAX_MODE?" in done.stderr


def test_settings_are_shown_with_their_origin_and_secrets_are_not(cli, tmp_path):
    secret = "0123456789abcdef0123456789abcdef"
    (tmp_path / "db-password").write_text("of the mounted file\n")
    done = cli("config", "print", "--origin", "--credentials-dir", tmp_path, env={"JWT_SECRET": secret, "THROTTLER_LIMIT": "77"})
    assert done.returncode == 0 and secret not in done.stdout and "of the mounted file" not in done.stdout
    assert "THROTTLER_LIMIT=77    # environment\n" in done.stdout and "PORT=3000    # default\n" in done.stdout
    assert f"DB_PASSWORD=********    # directory {tmp_path}/db-password\n" in done.stdout


def test_the_command_line_explains_itself(cli):
    top = cli("--help")
    assert top.returncode == 0
    for command in ("serve", "migrate", "import", "admin", "audit", "config", "routes"):
        assert command in top.stdout
        assert cli(command, "--help").returncode == 0
    assert cli("--version").stdout.startswith("caddy-shopping ")
    assert cli().returncode == 64 and cli("fly").returncode == 64 and cli("serve", "--prot", "1").returncode == 64


def test_the_embedded_shop_keeps_its_secrets_to_itself(fresh_shop):
    fresh_shop.start()
    for name in ("jwt-secret", "sandbox-secret"):
        path = fresh_shop.data / "secrets" / name
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_text().strip() not in (fresh_shop.directory / "serve.log").read_text()
    fresh_shop.stop()


def test_an_older_schema_is_refused_with_the_command_to_run(fresh_shop):
    import sqlite3

    fresh_shop.run("migrate")
    with sqlite3.connect(fresh_shop.data / "shop.sqlite") as database:
        database.execute("DELETE FROM schema_migrations WHERE version = (SELECT MAX(version) FROM schema_migrations)")
    done = subprocess.run([program(), "serve", "--data-dir", fresh_shop.data, "--port", "0", "--admin-port", "0"], capture_output=True, text=True, timeout=120)
    assert done.returncode in (69, 78) and "caddy-shopping migrate" in done.stderr
    with sqlite3.connect(fresh_shop.data / "shop.sqlite") as database:
        database.execute("INSERT INTO schema_migrations SELECT 999999, 'future', 'x', 0")
    done = subprocess.run([program(), "serve", "--data-dir", fresh_shop.data, "--port", "0", "--admin-port", "0"], capture_output=True, text=True, timeout=120)
    assert done.returncode in (69, 78) and "newer program" in done.stderr


def test_logs_are_one_json_object_a_line(fresh_shop):
    fresh_shop.start()
    fresh_shop.get("/products?q=secret-words")
    fresh_shop.stop()
    lines = (fresh_shop.directory / "serve.log").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert {"serve.listening", "serve.stopped"} <= {event["event"] for event in events}
    assert not any("secret-words" in line for line in lines)
