"""A running Caddy Shopping, as tests see it: a process, a base address, and a few calls that every journey needs."""
import json
import os
import re
import signal
import sqlite3
import subprocess
import time
import uuid
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import requests

from tests import mariadb
from tests.openapi import Contract
from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent

ADDRESS = {
    "name": "李雷", "phone": "+86 138 0000 0000", "country": "CN", "province": "浙江省", "city": "杭州市",
    "district": "西湖区", "line1": "文三路 1 号", "line2": "", "postal_code": "310000",
}


def program():
    """The program under test: CADDY_PROGRAM, else the sanitized build, else the release build."""
    chosen = os.environ.get("CADDY_PROGRAM")
    candidates = [Path(chosen)] if chosen else [
        ROOT / "build/dev/bin/caddy-shopping", ROOT / "build/release/bin/caddy-shopping"]
    for candidate in candidates:
        if candidate.exists():
            return str(candidate)
    raise FileNotFoundError("no program to test; run 'make dev' or 'make build' first")


def engine():
    """What shops keep their data in: `sqlite`, or `mysql` for a MariaDB server of the run's own (CADDY_TEST_ENGINE)."""
    return os.environ.get("CADDY_TEST_ENGINE", "sqlite")


def states_of(pid):
    """The kernel's letters for what the threads of a process do, without those that have ended: none once all of it is gone."""
    states = set()
    for path in Path("/proc").glob(f"{pid}/task/*/stat"):
        with suppress(OSError):   # it ended meanwhile
            states.add(path.read_text().rpartition(")")[2].split()[0])
    return states - {"Z", "X"}


def key():
    return str(uuid.uuid4())


def is_under_way(answer):
    """Whether the shop says that an earlier try with this key is still running: ask again in a moment."""
    return answer.status_code == 409 and answer.json()["code"] == "idempotency.in_progress"


class Shop:
    def __init__(self, directory, **settings):
        self.directory = Path(directory)
        self.data = self.directory / "data"
        self.settings = {
            "SANDBOX_PAYMENTS": "true", "GLOBAL_RATE_LIMIT": "1000000", "THROTTLER_LIMIT": "1000000",
            "AUTH_RATE_LIMIT": "1000000", "UNPAID_ORDERS_PER_CUSTOMER_MAX": "100000", "UNPAID_ORDERS_PER_ADDRESS_MAX": "1000000",
            "CARTS_PER_CLIENT_PER_HOUR": "1000000", **self.database_settings(), **settings}
        self.process, self.host = None, "127.0.0.1"
        self.http = requests.Session()
        self.http.trust_env = False

    # -- its data -------------------------------------------------------------------------------------------

    def database_settings(self):
        """At a server, a database of the shop's own, migrated by the first call of the program."""
        self.migrated = engine() == "sqlite"
        if self.migrated:
            return {}
        self.server = mariadb.shared()
        return {**self.server.create_database(f"caddy_{uuid.uuid4().hex}"), "DB_POOL_SIZE": "20", "JWT_SECRET": uuid.uuid4().hex,
                "SANDBOX_SECRET": uuid.uuid4().hex}

    def migrate(self):
        if not self.migrated:
            self.migrated = True
            self.run("migrate")

    def query(self, text):
        """The rows of a query beside the program, for what no call shows."""
        if engine() == "sqlite":
            with closing(sqlite3.connect(self.data / "shop.sqlite", timeout=60)) as database, database:
                return database.execute(text).fetchall()
        rows = self.server.query(text, self.settings["DB_NAME"])
        return [tuple(int(cell) if re.fullmatch(r"-?[0-9]+", cell) else None if cell == "NULL" else cell for cell in row) for row in rows]

    def secret(self, name):
        """What signs on the shop's behalf: given, or drawn into its data directory."""
        given = self.settings.get(name.upper().replace("-", "_"))
        return given or (self.data / "secrets" / name).read_text().strip()

    # -- the process ---------------------------------------------------------------------------------------

    def run(self, *arguments, check=True, **options):
        """Runs a subcommand on this shop's data."""
        self.migrate()
        done = subprocess.run(
            [program(), *map(str, arguments), "--data-dir", str(self.data)], capture_output=True, text=True,
            timeout=120, env={**os.environ, **self.settings}, **options)
        assert not check or done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def import_csv(self, path, *arguments):
        return self.run("import", path, *arguments)

    def start(self, *arguments, **settings):
        self.migrate()
        with open(self.directory / "serve.log", "ab+") as log:
            where = log.seek(0, os.SEEK_END)
            self.process = subprocess.Popen(
                [program(), "serve", "--data-dir", str(self.data), "--port", "0", "--admin-port", "0", *arguments],
                stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **self.settings, **settings})
        listening = self.wait_for_log("serve.listening", where, seconds=120)
        self.base = f"http://{self.host}:{listening['port']}"
        self.admin_base = f"http://{self.host}:{listening['admin_port']}"
        self.port = listening["port"]
        self.contract = Contract(self.http.get(self.base + "/api/v1/openapi.json", timeout=30).json())
        return self

    @contextmanager
    def serving(self, catalogue):
        """With this catalogue, for as long as somebody needs it; whoever is content ends it as an orchestrator would."""
        self.import_csv(catalogue)
        self.start()
        try:
            yield self
            self.stop()
        finally:
            self.kill()

    def wait_for_log(self, event, start=0, seconds=60):
        """The first line of this event; the log is written beside the answers, so a line may come after what it tells of."""
        return json.loads(self.wait_for_log_line(f'"event":"{event}"', start, seconds))

    def wait_for_log_line(self, part, start=0, seconds=60):
        """The first whole line with this in it."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            text = (self.directory / "serve.log").read_bytes()[start:].decode("utf-8", "replace")
            for line in text.splitlines(keepends=True):
                if part in line and line.endswith("\n"):
                    return line
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}:\n{text}")
            time.sleep(0.01)
        raise AssertionError(f"no {part} within {seconds} s:\n{text}")

    def stop(self, expected=0):
        """Ends it as an orchestrator would; the sanitizers' verdict is in the exit code."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=120)
        self.process = None
        assert code == expected, f"serve ended with {code}:\n{(self.directory / 'serve.log').read_text()[-4000:]}"

    def workers(self):
        """The process ids of the supervisor's workers; a worker that retires is one of them to its end."""
        family = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(each) for each in family.read_text().split()] if family.exists() else []

    def kill(self):
        """All of it at once, as a power cut would: nobody is left to notice the others' end. Afterwards all of it is gone."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)
            until(lambda: self.process.poll() is not None or states_of(self.process.pid) <= {"T", "t"})   # it begins nobody any more
            workers = self.workers()
            for worker in workers:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
            until(lambda: not any(states_of(worker) for worker in workers), every=0.002)
        self.process = None

    # -- calls ---------------------------------------------------------------------------------------------

    def call(self, method, path, **options):
        if path.startswith("/") and not re.match(r"/(api|health|readyz|docs|media|$)", path):
            path = "/api/v1" + path
        answer = self.http.request(method, self.base + path, timeout=30, **options)
        self.contract.check(method, path.split("?")[0], answer)
        return answer

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.call("POST", path, json={} if body is None else body, **options)

    def patch(self, path, body, **options):
        return self.call("PATCH", path, json=body, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)

    # -- steps of a journey --------------------------------------------------------------------------------

    def variant(self, handle, index=0):
        answer = self.get(f"/products/{handle}")
        assert answer.status_code == 200, answer.text
        return answer.json()["variants"][index]

    def cart(self, *lines, headers=None):
        """A cart with lines of (handle or variant id, quantity), ready for checkout. The cart and its headers."""
        answer = self.post("/carts", headers=headers)
        assert answer.status_code == 201, answer.text
        cart = answer.json()
        proof = dict(headers or {}) or {"X-Cart-Token": cart["token"]}
        for what, quantity in lines:
            variant = what if what.startswith("var_") else self.variant(what)["id"]
            answer = self.post(f"/carts/{cart['id']}/lines", {"variant_id": variant, "quantity": quantity}, headers=proof)
            assert answer.status_code in (200, 201), answer.text
        methods = self.get(f"/shipping-methods?cart={cart['id']}", headers=proof).json()["data"]
        answer = self.patch(f"/carts/{cart['id']}", {
            "email": "guest@example.com", "shipping_address": ADDRESS, "shipping_method_id": methods[0]["id"],
        }, headers=proof)
        assert answer.status_code == 200, answer.text
        return answer.json(), proof

    def checkout(self, cart, proof, provider="sandbox", idempotency_key=None, **body):
        return self.post(f"/carts/{cart['id']}/checkout", {"payment_provider": provider, **body},
                         headers={**proof, "Idempotency-Key": idempotency_key or key()})

    def order(self, *lines, provider="sandbox"):
        """A placed order of a guest, and the headers that read it."""
        cart, proof = self.cart(*lines)
        answer = self.checkout(cart, proof, provider)
        assert answer.status_code == 201, answer.text
        order = answer.json()
        return order, {"X-Order-Token": order["token"]}

    def wait_for_order(self, order, proof, status, seconds=60):
        limit = time.monotonic() + seconds
        while True:
            seen = self.get(f"/orders/{order['id']}", headers=proof).json()
            if seen["status"] == status:
                return seen
            assert time.monotonic() < limit, f"the order is still {seen['status']}: {json.dumps(seen, ensure_ascii=False)}"
            time.sleep(0.05)

    def audit(self):
        """The invariants hold, says the program itself."""
        return self.run("audit")

    def register(self, email=None, password="correct horse battery"):
        answer = self.post("/auth/register", {"email": email or f"{uuid.uuid4().hex}@example.com", "password": password})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def admin(self):
        """The headers of a signed-in administrator, made on the command line."""
        email = f"{uuid.uuid4().hex}@example.com"
        self.run("admin", "create", "--email", email, "--password-stdin", input="a long password here\n")
        answer = self.post("/auth/login", {"email": email, "password": "a long password here"})
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def staff(self, *permissions):
        """The headers of a signed-in member of staff with these permissions, made through the API."""
        boss = self.owner()
        answer = self.post("/admin/roles", {"name": uuid.uuid4().hex, "permissions": list(permissions)}, headers=boss)
        assert answer.status_code == 201, answer.text
        email, password = f"{uuid.uuid4().hex}@example.com", "a long password here"
        answer = self.post("/admin/users", {
            "email": email, "name": "Member of staff", "role": "staff", "role_ids": [answer.json()["id"]],
            "password": password}, headers=boss)
        assert answer.status_code == 201, answer.text
        answer = self.post("/auth/login", {"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def owner(self):
        """The headers of an administrator, the same one as long as his token lives."""
        if not hasattr(self, "_owner") or self.get("/me", headers=self._owner).status_code != 200:
            self._owner = self.admin()
        return self._owner

    def signed_in(self, **options):
        return {"Authorization": f"Bearer {self.register(**options)['access_token']}"}
