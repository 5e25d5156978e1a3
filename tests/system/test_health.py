"""What /health says while a part is not well, and that work cut off at the end of a process is done by the next one, once."""
import os
import signal
import socketserver
import threading
import time

import requests

from tests.waiting import until


def health(shop):
    """Asked until a worker answers that is able to: each try is a connection of its own."""
    limit = time.monotonic() + 60
    while True:
        try:
            answer = requests.get(shop.base + "/health", timeout=2, headers={"Connection": "close"})
            return answer.status_code, answer.json()
        except requests.RequestException:
            assert time.monotonic() < limit, "no worker answers"


def test_a_worker_that_gives_no_sign_of_life_makes_the_shop_degraded_and_no_worse(fresh_shop):
    fresh_shop.start("--workers", "2", WORKER_HUNG_AFTER_S="600")
    until(lambda: health(fresh_shop)[1]["checks"]["workers"] == {"status": "ok", "detail": None}, 60)
    silent = fresh_shop.workers()[0]
    os.kill(silent, signal.SIGSTOP)
    try:
        until(lambda: health(fresh_shop)[1]["checks"]["workers"]["status"] == "degraded", 60)
        status, report = health(fresh_shop)
        assert (status, report["status"]) == (200, "degraded") and report["checks"]["workers"] == {"status": "degraded", "detail": "1 of 2 workers serve"}
        assert report["checks"]["database"]["status"] == "ok"
        assert requests.get(fresh_shop.admin_base + "/readyz", timeout=30).status_code == 200
    finally:
        os.kill(silent, signal.SIGCONT)
    until(lambda: health(fresh_shop)[1]["status"] == "ok", 60)
    fresh_shop.stop()


def test_events_that_were_given_up_or_stand_make_the_shop_degraded(fresh_shop):
    fresh_shop.start(SERVE_ROLE="api")   # nobody works on them
    until(lambda: health(fresh_shop)[1]["checks"]["outbox"]["status"] == "ok", 60)
    fresh_shop.register()
    fresh_shop.query("UPDATE outbox_events SET due_at = due_at - 120000000, try_at = try_at - 120000000")
    status, report = health(fresh_shop)
    outbox = report["checks"]["outbox"]
    assert (status, report["status"], outbox["status"]) == (200, "degraded", "degraded") and "events wait for 12" in outbox["detail"]
    fresh_shop.query("UPDATE outbox_events SET status = 'parked'")
    assert health(fresh_shop)[1]["checks"]["outbox"] == {"status": "degraded", "detail": "1 events are parked"}
    fresh_shop.query("UPDATE outbox_events SET status = 'done', finished_at = due_at")
    assert health(fresh_shop)[1]["status"] == "ok"
    fresh_shop.stop()


class MailServer:
    """Takes mails over SMTP without TLS; while it is `mute` it lets callers in and does not greet them."""

    def __init__(self):
        self.mails, self.callers, self.mute = [], 0, threading.Event()
        server = self

        class Caller(socketserver.StreamRequestHandler):
            def handle(self):
                server.callers += 1
                if server.mute.is_set():
                    self.connection.settimeout(120)
                    self.rfile.read(1)   # until the other side has gone
                    return
                self.wfile.write(b"220 here\r\n")
                while line := self.rfile.readline():
                    if line.upper().startswith(b"DATA"):
                        self.wfile.write(b"354 go on\r\n")
                        server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                    self.wfile.write(b"250 well\r\n")

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Caller)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def settings(self):
        return {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(self.server.server_address[1]), "SMTP_TLS": "none",
                "SMTP_LIMIT_MS": "60000"}

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def test_a_job_that_is_running_at_the_end_of_the_drain_is_given_back_and_done_once_by_the_next_process(fresh_shop):
    server = MailServer()
    try:
        server.mute.set()
        fresh_shop.settings.update(server.settings(), JOBS_LEASE_S="600")   # whoever waits for the lease waits in vain
        fresh_shop.start(DRAIN_LIMIT="1")
        fresh_shop.register()
        until(lambda: server.callers == 1)
        [[owner]] = fresh_shop.query("SELECT lease_owner FROM outbox_events WHERE type = 'identity.registered'")
        assert owner, "the job is not in hand"
        fresh_shop.stop()
        assert "worker.jobs_cut_short" in (fresh_shop.directory / "serve.log").read_text()
        assert fresh_shop.query("SELECT status, lease_owner, attempts FROM outbox_events WHERE type = 'identity.registered'") == [
            ("waiting", "", 0)], "its claim is given back, and the attempt does not count"

        server.mute.clear()
        fresh_shop.start()
        until(lambda: fresh_shop.query("SELECT status FROM outbox_events WHERE type = 'identity.registered'") == [("done",)])
        assert len(server.mails) == 1 and b"Message-ID" in server.mails[0]
        fresh_shop.stop()
        assert len(server.mails) == 1
    finally:
        server.close()
