"""Redis servers of the tests' own: on free ports, in folders that are thrown away, stopped by their process ids."""
import json
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tools.local_fleet.process import free_port


class RedisServer:
    """`RedisServer().start()`; keeps its port and its folder over stop() and start(). A context manager."""

    def __init__(self, *options, password=""):
        self.folder = Path(tempfile.mkdtemp(prefix="caddy-redis-"))
        self.options, self.password, self.process = list(options), password, None
        self.port = free_port()

    def start(self, seconds=60):
        log = self.folder / "redis.log"
        log.unlink(missing_ok=True)
        secret = ["--requirepass", self.password] if self.password else []
        self.process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder), "--save", "",
             "--appendonly", "yes", "--logfile", str(log), *secret, *self.options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        limit = time.monotonic() + seconds
        while not (log.exists() and "Ready to accept connections" in log.read_text(errors="replace")):
            assert self.process.poll() is None, f"redis-server ended:\n{log.read_text() if log.exists() else ''}"
            assert time.monotonic() < limit, "redis-server does not start"
            time.sleep(0.01)
        return self

    def end(self, number):
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=30)
            self.process = None

    def stop(self):
        self.end(signal.SIGTERM)

    def kill(self):
        self.end(signal.SIGKILL)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.remove()

    def cli(self, *words):
        secret = ["--no-auth-warning", "-a", self.password] if self.password else []
        done = subprocess.run(["redis-cli", "-p", str(self.port), *secret, *map(str, words)], capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip("\n")

    def settings(self):
        """What a shop needs to find it."""
        secret = {"REDIS_PASSWORD": self.password} if self.password else {}
        return {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(self.port), **secret}


class RedisCluster:
    """Three primaries with a replica each. A context manager."""

    def __init__(self):
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-replica-validity-factor", "0",
                   "--repl-diskless-sync-delay", "0")
        self.nodes = [RedisServer(*options) for _ in range(6)]

    def __enter__(self):
        try:
            for node in self.nodes:
                node.start()
            self.nodes[0].cli("--cluster", "create", *[f"127.0.0.1:{node.port}" for node in self.nodes],
                              "--cluster-replicas", 1, "--cluster-yes")
            limit = time.monotonic() + 60
            while not all(self.is_whole(node) for node in self.nodes):
                assert time.monotonic() < limit, "the cluster does not become whole"
                time.sleep(0.05)
        except BaseException:
            self.__exit__()
            raise
        return self

    @staticmethod
    def is_whole(node):
        info, role = node.cli("CLUSTER", "INFO"), node.cli("INFO", "replication")
        paired = "connected_slaves:1" in role if "role:master" in role else "master_link_status:up" in role
        return "cluster_state:ok" in info and "cluster_slots_ok:16384" in info and paired

    def __exit__(self, *unused):
        for node in self.nodes:
            node.remove()

    def settings(self):
        return {"REDIS_CLUSTER_NODES": ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:3])}


def stray_keys(nodes, table, prefix="caddy:"):
    """Keys on these servers that stand in no row of `redis-keys --json`, or live longer than their row says."""
    rows = [(re.compile("".join("[A-Za-z0-9._@+%~-]*" if part.startswith("<") else re.escape(part)
                                for part in re.split(r"(<[^>]*>)", row["pattern"]))), row["ttl_ms_max"])
            for row in json.loads(table)["keys"]]
    found = []
    for node in nodes:
        for key in node.cli("--scan").splitlines():
            lives = int(node.cli("PTTL", key))
            limits = [limit for pattern, limit in rows if key.startswith(prefix) and pattern.fullmatch(key[len(prefix):])]
            if lives != -2 and not any(limit == 0 or 0 <= lives <= limit for limit in limits):
                found.append(f"{key} ({lives} ms)")
    return found
