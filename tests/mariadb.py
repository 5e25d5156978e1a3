"""A MariaDB server of the tests' own: on a free port, in a folder that is thrown away, stopped by its process id.

    python3 -m tests.mariadb start FOLDER   starts one and writes its address to FOLDER/url
    python3 -m tests.mariadb stop FOLDER    ends it and removes FOLDER
"""
import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.local_fleet.process import free_port

USER, PASSWORD = "caddy", "caddy-tests"


def fast_folder(prefix):
    """In memory where there is room: a server's first start writes a hundred megabytes."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 2 << 30
    return Path(tempfile.mkdtemp(prefix=prefix, dir=shared if roomy else None))


class MariaDb:
    """REQUIRES: Debian's mariadb-server is installed; its own service is not used."""

    def __init__(self, folder, *options, user="root"):
        self.folder, self.user = Path(folder), user
        if os.geteuid() == 0 and user != "root":
            shutil.chown(self.folder, user)
            self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.socket = self.folder / "s"
        self.options = options
        self.port = free_port()
        self.process = None

    def install(self):
        arguments = ["mariadb-install-db", "--no-defaults", f"--datadir={self.data}", "--auth-root-authentication-method=normal",
                     "--skip-test-db", "--skip-name-resolve", *self.as_user()]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return self

    def as_user(self):
        """A server does not run as root unless it is told so; `user` names another one."""
        return [f"--user={self.user}"] if os.geteuid() == 0 else []

    def start(self, *options):
        """Durability is left out: a crash of the machine is not what is tested here."""
        arguments = [
            "mariadbd", "--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}", f"--port={self.port}",
            "--bind-address=127.0.0.1", f"--pid-file={self.folder}/pid", "--skip-name-resolve", "--max-connections=400",
            "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=256M", "--innodb-log-file-size=64M",
            "--skip-log-bin", "--performance-schema=OFF", "--innodb-file-per-table=OFF", *self.as_user(), *self.options, *options]
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(arguments, stdout=log, stderr=log, start_new_session=True)
        limit = time.monotonic() + 120
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > limit:
                raise AssertionError("mariadbd did not start:\n" + (self.folder / "server.log").read_text()[-4000:])
            time.sleep(0.02)
        return self

    def answers(self):
        return self.client("SELECT 1", check=False).returncode == 0

    def client(self, text, check=True, database=""):
        done = subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self.socket}", "-uroot", "-N", "-B", "-e", text, *([database] if database else [])],
            capture_output=True, text=True, timeout=60)
        assert not check or done.returncode == 0, done.stderr
        return done

    def query(self, text, database=""):
        """Rows of texts."""
        return [line.split("\t") for line in self.client(text, database=database).stdout.splitlines()]

    def create_user(self):
        self.client(f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'; "
                    f"GRANT ALL PRIVILEGES ON `caddy\\_%`.* TO '{USER}'@'127.0.0.1'; GRANT RELOAD ON *.* TO '{USER}'@'127.0.0.1'")
        return self

    def create_database(self, name):
        self.client(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        return {"DB_HOST": "127.0.0.1", "DB_PORT": str(self.port), "DB_NAME": name, "DB_USERNAME": USER, "DB_PASSWORD": PASSWORD}

    def dump(self, name, path):
        with open(path, "wb") as out:
            subprocess.run(["mariadb-dump", "--no-defaults", f"--socket={self.socket}", "-uroot", "--single-transaction", name], stdout=out, check=True)

    def drop_database(self, name):
        self.client(f"DROP DATABASE IF EXISTS `{name}`", check=False)

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(timeout=60)
        self.process = None

    def kill(self):
        self.stop(signal.SIGKILL)

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def shared():
    """One server for the whole run, started when it is first wanted."""
    if not hasattr(shared, "server"):
        server = MariaDb(fast_folder("caddy-mariadb-")).install()
        atexit.register(server.remove)
        shared.server = server.start().create_user()
    return shared.server


def start(folder):
    stop(folder)
    folder.mkdir(parents=True)
    server = MariaDb(fast_folder("caddy-mariadb-")).install().start().create_user()
    (folder / "home").write_text(str(server.folder))
    (folder / "pid").write_text(str(server.process.pid))
    (folder / "url").write_text(f"mysql://{USER}:{PASSWORD}@127.0.0.1:{server.port}")


def stop(folder):
    if (folder / "pid").exists():
        pid = int((folder / "pid").read_text())
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and (folder / "home").read_text().encode() in command.read_bytes():
            os.kill(pid, signal.SIGKILL)   # its data is thrown away
            while command.exists() and command.read_bytes():
                time.sleep(0.01)
        shutil.rmtree((folder / "home").read_text(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    {"start": start, "stop": stop}[sys.argv[1]](Path(sys.argv[2]))
