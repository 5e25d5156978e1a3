"""Workers are replaced and the shop is ended under load: no request that was accepted is lost."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
import requests

from tests.shop import program
from tests.system.test_metrics import comes_to, counted, scrape, value
from tests.system.test_supervisor import probe, size_of_log, until

ROUTE = "/api/v1/products"


class Wrk:
    """wrk with keep-alive connections, in the background; what it saw at the end."""

    def __init__(self, shop, seconds, connections=16):
        self.process = subprocess.Popen(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", shop.base + ROUTE],
                                        stdout=subprocess.PIPE, text=True)

    def result(self):
        text = self.process.communicate(timeout=120)[0]
        errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        return {"requests": int(re.search(r"(\d+) requests in", text)[1]), "refused": int(bad[1]) if bad else 0,
                **dict(zip(("connect", "read", "write", "timeout"), map(int, errors.groups()) if errors else (0, 0, 0, 0)))}


class Callers:
    """Threads that ask on and on; each counts every request as answered or lost. One connection each, or one per request."""

    def __init__(self, port, threads, keeps_alive):
        self.port, self.keeps_alive, self.stop = port, keeps_alive, threading.Event()
        self.answered, self.refused, self.lost, self.pauses = [0] * threads, [], [], [0.0] * threads
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(threads)]
        for each in self.threads:
            each.start()

    def run(self, number):
        connection, last = None, time.monotonic()
        while not self.stop.is_set():
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("GET", ROUTE)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.refused.append(answer.status)
                self.answered[number] += 1
                now = time.monotonic()
                self.pauses[number], last = max(self.pauses[number], now - last), now
                if not self.keeps_alive or answer.getheader("Connection") == "close":
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as fault:
                self.lost.append(repr(fault))
                connection.close()
                connection = None

    def end(self):
        self.stop.set()
        for each in self.threads:
            each.join()
        return sum(self.answered)


def reload(shop):
    before = size_of_log(shop)
    shop.process.send_signal(signal.SIGHUP)
    shop.wait_for_log("reload.done", before, seconds=60)


@pytest.mark.parametrize("keeps_alive", [True, False], ids=["keep-alive", "a connection for each request"])
def test_five_generations_lose_no_request_and_no_count(fresh_shop, keeps_alive):
    fresh_shop.start("--workers", "2", HTTP_ACCESS_LOG_EVERY="0")
    first = fresh_shop.workers()
    callers = Callers(fresh_shop.port, 8, keeps_alive)
    wrk = Wrk(fresh_shop, 60) if keeps_alive else None
    for _ in range(5):
        time.sleep(0.5)
        reload(fresh_shop)
    time.sleep(0.5)
    answered = callers.end()
    if wrk:
        wrk.process.send_signal(signal.SIGINT)
        seen = wrk.result()
        print(seen)
        assert {seen[each] for each in ("refused", "connect", "write", "timeout")} == {0}, seen
    assert callers.lost == [] and callers.refused == [] and answered > 100
    print(f"{answered} requests over five generations, none lost; the longest pause took {max(callers.pauses) * 1000:.0f} ms")
    until(lambda: len(fresh_shop.workers()) == 2, 60)
    assert not set(first) & set(fresh_shop.workers())
    shown = scrape(fresh_shop).text
    if not wrk:
        comes_to(fresh_shop, answered, http_route=ROUTE, http_response_status_code="200")   # every one, across ten workers
    assert value(shown, "caddy_reloads_total", result="done") == 5 and value(shown, "caddy_worker_restarts_total") == 0
    assert value(shown, "caddy_worker_up") == 2
    assert '"event":"worker.retired_badly"' not in (fresh_shop.directory / "serve.log").read_text()
    fresh_shop.stop()


def test_the_retiring_worker_answers_its_connections_next_request_and_then_closes(fresh_shop):
    fresh_shop.start("--workers", "1", DRAIN_LIMIT="10")
    with socket.create_connection(("127.0.0.1", fresh_shop.port)) as kept:
        ask = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"
        kept.sendall(ask)
        assert b"Connection: close" not in kept.recv(4096)
        reload(fresh_shop)
        time.sleep(1.5)   # longer than a stop would wait for an idle connection
        kept.sendall(ask)
        answer = b""
        while piece := kept.recv(4096):
            answer += piece
        assert answer.startswith(b"HTTP/1.1 200") and b"Connection: close" in answer
    until(lambda: len(fresh_shop.workers()) == 1)   # others' connections stay idle to the drain limit
    fresh_shop.stop()


def test_the_new_generation_is_the_program_on_the_disk_and_a_crashed_worker_is_not(fresh_shop, tmp_path, monkeypatch):
    copy = tmp_path / "bin" / "caddy-shopping"
    copy.parent.mkdir()
    shutil.copy(program(), copy)
    monkeypatch.setenv("CADDY_PROGRAM", str(copy))
    fresh_shop.start("--workers", "1")

    def inode():
        return os.stat(f"/proc/{fresh_shop.workers()[-1]}/exe").st_ino

    old = inode()
    shutil.copy(program(), copy.with_name("next"))
    os.rename(copy.with_name("next"), copy)
    assert os.stat(copy).st_ino != old
    before = size_of_log(fresh_shop)
    os.kill(fresh_shop.workers()[0], signal.SIGKILL)
    fresh_shop.wait_for_log("worker.serving", before)
    assert inode() == old, "what crashed comes back as what it was"
    reload(fresh_shop)
    assert inode() == os.stat(copy).st_ino
    fresh_shop.stop()


def test_a_generation_that_cannot_begin_leaves_the_old_one_in_place(fresh_shop, tmp_path):
    config = tmp_path / "shop.yaml"
    config.write_text("low_stock_at: 3\n")
    fresh_shop.start("--workers", "2", "--config", str(config))
    before, workers = size_of_log(fresh_shop), fresh_shop.workers()
    config.write_text("low_stock_at: many\n")
    fresh_shop.process.send_signal(signal.SIGHUP)
    fresh_shop.wait_for_log("reload.failed", before)
    until(lambda: fresh_shop.workers() == workers and probe(fresh_shop, "/livez") == 200)
    assert value(scrape(fresh_shop).text, "caddy_reloads_total", result="failed") == 1
    config.write_text("low_stock_at: 4\n")
    reload(fresh_shop)
    fresh_shop.stop()


def test_kill_9_loses_at_most_what_was_in_flight_and_the_successor_is_soon_there(fresh_shop):
    fresh_shop.start("--workers", "3", HTTP_ACCESS_LOG_EVERY="0")
    callers = Callers(fresh_shop.port, 12, True)
    killed, gaps = 0, []
    for turn in range(4):
        time.sleep(0.7)
        before = size_of_log(fresh_shop)
        os.kill(fresh_shop.workers()[turn % 3], signal.SIGKILL)
        killed += 1
        since = time.monotonic()
        fresh_shop.wait_for_log("worker.serving", before)
        gaps.append(time.monotonic() - since)
    time.sleep(0.3)
    answered = callers.end()
    print(f"{answered} requests, {len(callers.lost)} lost to {killed} kills; successors after {', '.join(f'{gap * 1000:.0f}' for gap in gaps)} ms")
    assert callers.refused == [] and len(callers.lost) <= 12 * killed and answered > 100
    if "release" in program():
        assert max(gaps) < 1
    until(lambda: counted(fresh_shop, http_route=ROUTE, http_response_status_code="200") >= answered - 12 * killed)
    total = counted(fresh_shop, http_route=ROUTE, http_response_status_code="200")
    assert total <= answered + len(callers.lost), "what was answered is counted, but for the moment of a kill"
    fresh_shop.stop()


def slow_requests(shop, count, seconds):
    """Requests whose body takes so long to arrive, in flight all the while, as each is when this returns. Their answers' status lines when
    joined."""
    statuses, begun = [], threading.Barrier(count + 1)

    def ask():
        body = b'{"email":"nobody@example.com","password":"not a password"}'
        with socket.create_connection(("127.0.0.1", shop.port)) as wire:
            wire.settimeout(60)
            wire.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                         b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
            told = b""
            while not told.endswith(b"\r\n\r\n"):
                told += wire.recv(1)
            assert told == b"HTTP/1.1 100 Continue\r\n\r\n", told
            begun.wait(60)
            wire.sendall(body[:10])
            time.sleep(seconds)
            wire.sendall(body[10:])
            answer = b""
            while piece := wire.recv(4096):
                answer += piece
            statuses.append(answer.split(b"\r\n")[0].decode() + (" closed" if b"\r\nConnection: close\r\n" in answer else ""))

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for each in threads:
        each.start()
    begun.wait(60)
    return threads, statuses


def is_let_in(shop):
    """Whether there is still a door. Who stands in it at the moment when it closes may be turned away, but nobody waits."""
    try:
        with socket.create_connection(("127.0.0.1", shop.port), timeout=15) as caller:
            caller.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            caller.recv(4096)
            return True
    except ConnectionRefusedError:
        return False
    except ConnectionError:
        return True


def test_fifty_requests_of_five_seconds_are_all_answered_while_the_shop_ends(fresh_shop):
    fresh_shop.start("--workers", "2", ARGON2_QUEUE="1000", ARGON2_MEMORY_KIB="1024", SIGN_IN_FAILURES_MAX="1000")
    threads, statuses = slow_requests(fresh_shop, 50, 5)
    process, since = fresh_shop.process, time.monotonic()
    process.send_signal(signal.SIGTERM)
    until(lambda: not is_let_in(fresh_shop))
    assert process.poll() is None, "the doors close first"
    for each in threads:
        each.join()
    assert process.wait(timeout=60) == 0
    took = time.monotonic() - since
    fresh_shop.process = None
    assert statuses == ["HTTP/1.1 401 Unauthorized closed"] * 50
    print(f"50 requests answered, ended after {took:.1f} s")
    assert 3 < took < 50


def test_while_the_delay_lasts_new_connections_are_served_and_told_to_go(fresh_shop):
    fresh_shop.start("--workers", "2", DRAIN_DELAY="15")
    process, since = fresh_shop.process, time.monotonic()
    process.send_signal(signal.SIGTERM)
    until(lambda: probe(fresh_shop, "/readyz") == 503, 10)
    for _ in range(6):
        answer = requests.get(fresh_shop.base + ROUTE, timeout=30)
        assert answer.status_code == 200 and answer.headers["Connection"] == "close"
        assert requests.get(fresh_shop.base + "/readyz", timeout=30).status_code == 503
    assert probe(fresh_shop, "/livez") == 200, "draining is no illness"
    assert value(scrape(fresh_shop).text, "caddy_drain_state") == 1
    assert process.wait(timeout=60) == 0
    fresh_shop.process = None
    assert 15 <= time.monotonic() - since < 60


def run_beside(shop, *arguments):
    return subprocess.run([program(), *arguments], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **shop.settings, "DATA_DIR": str(shop.data)})


def test_after_drain_the_signal_has_no_delay(fresh_shop):
    fresh_shop.start("--workers", "2", DRAIN_DELAY="60")
    admin_port = fresh_shop.admin_base.rsplit(":", 1)[1]
    since = time.monotonic()
    assert run_beside(fresh_shop, "drain", "--admin-port", admin_port, "--wait", "1s").returncode == 0
    assert time.monotonic() - since >= 1
    assert probe(fresh_shop, "/readyz") == 503 and requests.get(fresh_shop.base + "/readyz", timeout=30).status_code == 503
    answer = requests.get(fresh_shop.base + ROUTE, timeout=30)
    assert answer.status_code == 200 and answer.headers["Connection"] == "close"
    since = time.monotonic()
    fresh_shop.stop()
    assert time.monotonic() - since < 45
    assert run_beside(fresh_shop, "drain", "--admin-port", admin_port).returncode == 69


def test_the_checks_say_by_their_code_what_they_found(fresh_shop, cli):
    fresh_shop.start()
    port = str(fresh_shop.port)
    good = run_beside(fresh_shop, "check", "http", "--port", port)
    assert good.returncode == 0 and json.loads(good.stdout)["status"] in ("ok", "degraded")
    for what in ("database", "migrations", "config"):
        assert fresh_shop.run("check", what).returncode == 0, what
        assert cli("check", what, "--help").returncode == 0
    fresh_shop.stop()
    assert run_beside(fresh_shop, "check", "http", "--port", port).returncode == 69
    assert cli("check", "config", env={"DB_HOST": "db", "DB_USERNAME": "u", "DB_NAME": "n"}).returncode == 78, "JWT_SECRET is missing"
    assert cli("check", "config", env={"PORT": "no"}).returncode == 78


def test_the_service_manager_is_told_and_its_sockets_are_served(fresh_shop, tmp_path):
    told, word = [], socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    word.bind(str(tmp_path / "notify"))
    word.settimeout(90)
    door = socket.create_server(("127.0.0.1", 0))
    os.set_inheritable(door.fileno(), True)
    # What systemd does between fork and exec: the socket becomes descriptor 3, LISTEN_PID the process itself.
    script = f'exec 3<&{door.fileno()}; LISTEN_PID=$$ exec "$@"'
    fresh_shop.migrate()
    log = open(fresh_shop.directory / "serve.log", "ab+")
    fresh_shop.process = subprocess.Popen(
        ["bash", "-c", script, "_", program(), "serve", "--data-dir", str(fresh_shop.data), "--admin-port", "0", "--workers", "2"],
        stdout=log, stderr=subprocess.STDOUT, pass_fds=[door.fileno()],
        env={**os.environ, **fresh_shop.settings, "LISTEN_FDS": "1", "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"})

    def hear(what):
        while not any(what in each for each in told):
            told.append(word.recv(4096).decode())

    hear("READY=1")
    assert fresh_shop.wait_for_log("serve.listening")["port"] == door.getsockname()[1]
    assert [requests.get(f"http://127.0.0.1:{door.getsockname()[1]}/readyz", timeout=30).status_code for _ in range(8)] == [200] * 8
    told.clear()
    hear("WATCHDOG=1")
    fresh_shop.process.send_signal(signal.SIGHUP)
    hear("RELOADING=1\nMONOTONIC_USEC=")
    told.clear()
    hear("READY=1")
    fresh_shop.process.send_signal(signal.SIGTERM)
    hear("STOPPING=1")
    assert fresh_shop.process.wait(timeout=60) == 0
    fresh_shop.process = None
    door.close()
