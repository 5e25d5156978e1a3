"""What is measured, and what stands beside it: the shop, nginx, MariaDB, Redis; each of this run's own, on a free port."""
import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

from harness import machine

sys.path.insert(0, str(machine.ROOT))
from tests.mariadb import MariaDb, fast_folder   # noqa: E402
from tests.redis_server import RedisServer   # noqa: E402

# All that protects a shop is on. The limits are raised by their own settings: whoever is replayed comes again and again,
# and wrk has one address.
PROTECTED = {
    "GLOBAL_RATE_LIMIT": "1000000000", "THROTTLER_LIMIT": "1000000000", "AUTH_RATE_LIMIT": "1000000000", "HOST": "127.0.0.1",
    "TRUSTED_PROXIES": "127.0.0.1/32",
    "UNPAID_ORDERS_PER_ADDRESS_MAX": "1000000", "UNPAID_ORDERS_PER_CUSTOMER_MAX": "100000", "CARTS_PER_CLIENT_PER_HOUR": "1000000",
    "HTTP_ACCESS_LOG_EVERY": "100", "LOG_FORMAT": "json", "SANDBOX_PAYMENTS": "true",
    "TRACING_ENABLED": "true", "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.01"}
PRODUCTS_A_FILE = 20_000   # of an import: a file may have 64 MiB


def ask(port, method, target, body=None, headers=None, seconds=30):
    """Status and body of one call."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, target, text, {**({"Content-Type": "application/json"} if text else {}), **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Collector:
    """Takes traces and forgets them, so that sending them costs the shop what it costs in production."""

    class Sink(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.server.batches += 1
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *unused):
            pass

    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.Sink)
        self.server.batches = 0
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def settings(self):
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.server.server_address[1]}"}


class Server:
    """A process of ours, its CPU time and memory."""

    process = None
    port = None

    def pids(self):
        return machine.family(self.process.pid)

    def cpu(self):
        return machine.cpu_seconds(self.pids())

    def memory_kib(self):
        return machine.proportional_kib(self.pids())

    def end(self, seconds=60):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            for pid in self.pids():
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.end()


class Shop(Server):
    """Caddy Shopping on data of its own. `database`: a MariaDB; without it, the embedded one."""

    def __init__(self, folder, database=None, redis=None, collector=None, workers=1, cores=(), **settings):
        self.folder, self.workers, self.cores, self.database = Path(folder), workers, cores, database
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = {**PROTECTED, "JWT_SECRET": uuid.uuid4().hex, "SANDBOX_SECRET": uuid.uuid4().hex}
        if database:
            self.settings.update(database.create_database(f"caddy_{uuid.uuid4().hex[:12]}"), DB_POOL_SIZE="64")
        self.settings.update(redis.settings() if redis else {})
        self.settings.update(collector.settings() if collector else {"TRACING_ENABLED": "false"})
        self.settings.update(settings)
        if database:
            self.run("migrate")

    def run(self, *arguments, check=True, seconds=7200):
        done = subprocess.run([str(machine.PROGRAM), *map(str, arguments), "--data-dir", str(self.folder / "data")],
                              capture_output=True, text=True, timeout=seconds, env={**os.environ, **self.settings})
        if check and done.returncode != 0:
            raise RuntimeError(f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def fill(self, shelf):
        path, taken = self.folder / "shelf.csv", 0
        for first in range(0, shelf.products, PRODUCTS_A_FILE):
            with open(path, "w", newline="", encoding="utf-8") as file:
                shelf.write(file, range(first, min(first + PRODUCTS_A_FILE, shelf.products)))
            begun = time.monotonic()
            self.run("import", path)
            taken += time.monotonic() - begun
        path.unlink()
        return taken

    def begin(self):
        """Starts; the time from exec to the first 200 of /readyz."""
        self.port, admin = machine.free_port(), machine.free_port()
        log = open(self.folder / "serve.log", "ab")
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [*machine.pinned(self.cores), str(machine.PROGRAM), "serve", "--data-dir", str(self.folder / "data"), "--port", str(self.port),
             "--admin-port", str(admin), "--workers", str(self.workers)],
            stdout=log, stderr=log, env={**os.environ, **self.settings})
        self.admin_port = admin
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() - begun > 60:
                raise RuntimeError("the shop does not start:\n" + (self.folder / "serve.log").read_text()[-3000:])
            time.sleep(0.0005)
        return time.monotonic() - begun

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as wire:
                wire.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return wire.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def audit(self):
        """The invariants hold, says the program itself. Its words where they do not."""
        done = self.run("audit", check=False)
        return None if done.returncode == 0 else done.stdout + done.stderr

    def settle(self, seconds=60):
        """Until what its jobs do after an import is done."""
        before, limit = -1.0, time.monotonic() + seconds
        while time.monotonic() < limit:
            used = self.cpu()
            if used - before < 0.02:
                return
            before = used
            time.sleep(1)


class Nginx(Server):
    """One worker that serves files."""

    def __init__(self, folder, cores=()):
        self.folder, self.cores, self.port = Path(folder), cores, machine.free_port()
        (self.folder / "www").mkdir(parents=True, exist_ok=True)

    def put(self, name, bytes_):
        (self.folder / "www" / name).write_bytes(bytes_)

    def begin(self):
        (self.folder / "nginx.conf").write_text(f"""
            daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log;
            {'user root;' if os.geteuid() == 0 else ''}
            events {{ worker_connections 4096; }}
            http {{
                access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; default_type application/json;
                open_file_cache max=1000 inactive=600s; open_file_cache_valid 600s;
                client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f;
                uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
                server {{ listen 127.0.0.1:{self.port} backlog=4096; root {self.folder}/www; }}
            }}""")
        self.process = subprocess.Popen([*machine.pinned(self.cores), "nginx", "-c", str(self.folder / "nginx.conf")],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(self.port, self.process)
        return self


class Responder(Server):
    """The bare epoll loop of bench/load/responder.cpp."""

    def __init__(self, body, cores=()):
        self.body, self.cores, self.port = body, cores, machine.free_port()

    def begin(self):
        self.process = subprocess.Popen([*machine.pinned(self.cores), str(machine.BUILD / "bin/bench-responder"), str(self.port), str(self.body)])
        wait_for_port(self.port, self.process)
        return self


def wait_for_port(port, process, seconds=60):
    limit = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError("the server does not start") from None
            time.sleep(0.01)


class Database(MariaDb):
    """Durable as a shop needs it: each commit is on the disk (or what the folder stands on) before it is answered."""

    def __init__(self, cores=()):
        super().__init__(fast_folder("caddy-bench-"), "--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=1G",
                         "--max-connections=400", "--innodb-log-file-size=512M")
        self.cores = cores
        self.install().start().create_user()
        if cores:
            subprocess.run(["taskset", "-a", "-c", "-p", ",".join(map(str, cores)), str(self.process.pid)], check=True, capture_output=True)

    def cpu(self):
        return machine.cpu_seconds([self.process.pid])

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.remove()


def scratch():
    return Path(tempfile.mkdtemp(prefix="caddy-bench-"))


def forget(folder):
    shutil.rmtree(folder, ignore_errors=True)


__all__ = ["Collector", "Database", "Nginx", "RedisServer", "Responder", "Shop", "ask", "forget", "scratch"]
