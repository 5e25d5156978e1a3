"""A whole fleet: servers, pods, edge, figures and traces, and the kubelet's part in it: probes, restarts, rolling updates."""
import json
import os
import secrets
import shutil
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from tools.local_fleet import manifests
from tools.local_fleet.edge import Edge
from tools.local_fleet.process import Failure, Process, children, free_port, get, started_at
from tools.local_fleet.servers import Database, Prometheus, RedisCluster, run
from tools.local_fleet.traces import Collector


class Pod:
    """A supervisor and its workers on ports of their own, with settings as the manifests mount them: values in the environment,
    secrets as files."""

    def __init__(self, fleet, name):
        self.fleet, self.name, self.workers = fleet, name, fleet.workers
        self.port = self.admin_port = 0
        self.process, self.restarts, self.going, self.missed = None, 0, False, 0
        self.ready = False

    def start(self):
        folder = self.fleet.folder / self.name
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.admin_port = free_port(), free_port()
        self.going = self.ready = False
        environment = {"PATH": os.environ.get("PATH", ""), **self.fleet.settings, "PORT": str(self.port), "ADMIN_PORT": str(self.admin_port),
                       "DATA_DIR": str(folder / "data"), "POD_NAME": self.name, "POD_NAMESPACE": "default",
                       "OTEL_RESOURCE_ATTRIBUTES": f"service.namespace=caddy-shopping,k8s.pod.name={self.name}"}
        self.process = Process(self.name, [self.fleet.program, "serve", f"--config-dir={self.fleet.secrets}"], folder / "serve.log", environment)
        return self

    def wait(self, seconds=120):
        self.process.wait_until(self.probe, seconds, "readiness")
        return self

    def probe(self):
        """Asks /readyz as the kubelet does; as many misses as the manifest says take readiness back."""
        if self.lives() and get(self.port, "/readyz", manifests.numbers()["probe"]["timeout_s"])[0] == 200:
            self.ready, self.missed = True, 0
        else:
            self.missed += 1
            if not self.lives() or self.missed >= manifests.numbers()["probe"]["failures"]:
                self.ready = False
        return self.ready

    def lives(self):
        return self.process is not None and self.process.lives()

    def state(self):
        if not self.lives():
            return "away"
        return "leaving" if self.going else "ready" if self.ready else "starting" if get(self.admin_port, "/startupz", 2)[0] != 200 else "not ready"

    def leave(self):
        """As a pod that is deleted: readiness goes first, while it serves on; then SIGTERM."""
        self.going, self.ready = True, False
        self.fleet.follow()
        run([self.fleet.program, "drain", f"--wait={self.fleet.settings['DRAIN_DELAY']}s", f"--config-dir={self.fleet.secrets}",
             "--admin-port", self.admin_port], f"the drain of {self.name}")
        code = self.process.end(seconds=manifests.numbers()["drain"]["grace_s"])
        if code != 0:
            raise Failure(f"{self.name} ended with {code}: {self.process.log}")


class Fleet:
    """`pods` pods of `workers` processes with everything that they stand on, in `folder`. A context manager.

    `settings` win over those of the manifests; `limits` off leaves the edge's own limits out; `say` gets a line for each change.
    """

    def __init__(self, folder, program, pods=5, workers=4, settings=None, limits=True, say=lambda line: None):
        self.folder, self.program, self.workers, self.say = Path(folder).resolve(), Path(program), workers, say
        if not self.program.is_file():
            raise Failure(f"{program} is missing: make build makes it")
        self.given, self.limits = settings or {}, limits
        self.pods = [Pod(self, f"pod-{number + 1}") for number in range(pods)]
        self.database = self.redis = self.edge = self.prometheus = self.collector = self.watcher = None
        self.over, self.lock = threading.Event(), threading.RLock()

    # -- start and end -------------------------------------------------------------------------------------

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop(at_once=True)
            raise

    def __exit__(self, *unused):
        self.stop(at_once=unused[0] is not None)

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        known = self.known_secrets()
        numbers = manifests.numbers()
        self.collector = Collector(keep=20_000)
        self.database = Database(self.folder / "mariadb", numbers["database"]["name"], known["database"], numbers["database"]["connections_max"])
        self.redis = RedisCluster(self.folder, known["redis"])
        with ThreadPoolExecutor(2) as pool:
            for each in [pool.submit(self.database.start), pool.submit(self.redis.start)]:
                each.result()
        self.say(f"MariaDB on port {self.database.port}, Redis Cluster on {', '.join(map(str, self.redis.ports))}")
        edge_port = free_port()
        self.settle(edge_port, known)
        self.call("migrate")
        self.call("import", "--if-empty", manifests.ROOT / "samples" / "catalogue" / "products.csv")
        self.edge = Edge(self.folder / "edge", edge_port, manifests.edge(), limits=self.limits)
        self.prometheus = Prometheus(self.folder / "prometheus", manifests.rules(), manifests.scraping()).start()
        for pod in self.pods:
            pod.start()
        for pod in self.pods:
            pod.wait()
        self.follow()
        self.edge.start()
        self.remember()
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()
        return self

    def stop(self, at_once=False):
        self.over.set()
        if self.watcher:
            self.watcher.join()
        if self.edge:
            self.edge.stop()
        leaving = [pod for pod in self.pods if pod.process]
        for pod in leaving:
            pod.process.send(signal.SIGTERM)
            if at_once:
                pod.process.send(signal.SIGTERM)   # a second one ends without waiting
        codes = {pod.name: pod.process.end(0, 60) for pod in leaving}   # told above; a second time would mean at once
        for each in (self.prometheus, self.redis, self.database):
            if each:
                each.stop()
        if self.collector:
            self.collector.close()
        (self.folder / "fleet.json").unlink(missing_ok=True)
        return codes

    def known_secrets(self):
        """Drawn once for a folder, so that a database of an earlier run can be gone on with."""
        path = self.folder / "secrets.json"
        if not path.exists():
            path.touch(0o600)
            path.write_text(json.dumps({name: secrets.token_urlsafe(36) for name in ("database", "redis", "jwt", "sandbox")}))
        return json.loads(path.read_text())

    def settle(self, edge_port, known):
        """The manifests' settings, with what differs on one machine: addresses, no TLS, traces to our own receiver."""
        mine = {"HOST": "127.0.0.1", "ADMIN_HOST": "127.0.0.1", "CLUSTER_WORKERS": str(self.workers), "TRUSTED_PROXIES": "127.0.0.0/8",
                "PUBLIC_URL": f"http://127.0.0.1:{edge_port}", "HTTP_HSTS_MAX_AGE_S": "0", "SANDBOX_PAYMENTS": "true",
                "OTEL_EXPORTER_OTLP_ENDPOINT": self.collector.url, "DB_SSL_MODE": "disabled"}
        values = {**manifests.settings(), **self.database.settings(), **self.redis.settings(), **mine,
                  "JWT_SECRET": known["jwt"], "SANDBOX_SECRET": known["sandbox"], **self.given}
        values.pop("REDIS_HOST", None)   # a cluster is told by its nodes
        hidden = {name for name in values if name.endswith(("_PASSWORD", "_SECRET", "_TOKEN"))}
        self.secrets = self.folder / "etc"
        shutil.rmtree(self.secrets, ignore_errors=True)
        self.secrets.mkdir(0o700)
        for name in hidden:
            (self.secrets / name).write_text(values[name])
        self.settings = {name: str(value) for name, value in values.items() if name not in hidden}

    def call(self, *words):
        """A subcommand of the program, with the fleet's settings."""
        environment = {"PATH": os.environ.get("PATH", ""), **self.settings, "TRACING_ENABLED": "false", "DATA_DIR": str(self.folder / "command")}
        return run([self.program, *words, f"--config-dir={self.secrets}"], " ".join(map(str, words)), env=environment)

    # -- while it runs -------------------------------------------------------------------------------------

    def follow(self):
        """The edge asks those that are ready, the figures come from all that live."""
        with self.lock:
            self.prometheus.follow({pod.name: pod.admin_port for pod in self.pods if pod.lives()})
            self.edge.follow([f"127.0.0.1:{pod.port}" for pod in self.pods if pod.ready and not pod.going])

    def watch(self):
        """The kubelet: asks each pod whether it is ready, and starts anew what has ended."""
        while not self.over.wait(0.5):
            for pod in list(self.pods):
                if pod.going:
                    continue
                was = pod.ready
                if not pod.lives():
                    self.say(f"{pod.name} is gone; it is started anew")
                    pod.process.handle.wait()
                    pod.restarts += 1
                    pod.ready = False
                    with suppress(Failure):
                        self.follow()
                        pod.start()
                        self.remember()
                elif pod.probe() != was:
                    self.say(f"{pod.name} is {'ready' if pod.ready else 'not ready'}")
                    with suppress(Failure):
                        self.follow()

    def roll(self):
        """Every pod is replaced by a new one, one after the other, the new one first: as `kubectl rollout restart` does it."""
        for old in list(self.pods):
            new = Pod(self, old.name).start()
            new.wait()
            new.restarts = old.restarts
            with self.lock:
                self.pods[self.pods.index(old)] = new
            self.follow()
            old.leave()
            self.say(f"{old.name} was replaced: process {new.process.pid} for {old.process.pid}")
            self.remember()

    def addresses(self):
        return {"edge": f"http://127.0.0.1:{self.edge.port}", "prometheus": f"http://127.0.0.1:{self.prometheus.port}",
                "traces": f"{self.collector.url}/traces", "mariadb": f"127.0.0.1:{self.database.port}",
                "redis": ", ".join(f"127.0.0.1:{port}" for port in self.redis.ports)}

    def processes(self):
        servers = [self.database.process, *self.redis.nodes, self.prometheus.process, self.edge.process]
        return [each for each in [*servers, *[pod.process for pod in self.pods]] if each and each.lives()]

    def remember(self):
        """What runs, for people, tests, and for clearing up after a run that was killed."""
        with self.lock:
            told = {"addresses": self.addresses(),
                    "pods": [{"name": pod.name, "pid": pod.process.pid, "port": pod.port, "admin_port": pod.admin_port} for pod in self.pods],
                    "processes": [{"pid": each.pid, "began": each.began} for each in self.processes()]}
            new = self.folder / "fleet.json.new"
            new.write_text(json.dumps(told, indent=2) + "\n")
            new.rename(self.folder / "fleet.json")


def clear(folder):
    """Ends what a run in `folder` left when it was killed itself. How many processes that were."""
    path = Path(folder) / "fleet.json"
    if not path.is_file():
        return 0
    left = [each["pid"] for each in json.loads(path.read_text())["processes"] if each["began"] == started_at(each["pid"])]
    family = left + [child for pid in left for child in children(pid)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        limit = time.monotonic() + 20
        while any(started_at(pid) for pid in family) and time.monotonic() < limit:
            time.sleep(0.1)
    path.unlink()
    return len(left)
