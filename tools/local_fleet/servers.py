"""The servers that a fleet stands on, from Debian's packages: MariaDB, a Redis Cluster, Prometheus."""
import json
import os
import subprocess

from tools.local_fleet.process import Failure, Process, free_port, get


def run(words, what, seconds=120, **options):
    try:
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=seconds, **options)
    except FileNotFoundError as missing:
        raise Failure(f"{words[0]} is not on this machine: tools/setup installs it") from missing
    if done.returncode != 0:
        raise Failure(f"{what} failed:\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


class Database:
    """MariaDB in `folder`; what is there from an earlier run is gone on with. REQUIRES: Debian's mariadb-server."""

    def __init__(self, folder, name, password, connections):
        self.folder, self.name, self.password, self.connections = folder, name, password, connections
        self.socket = folder / "s"
        if len(str(self.socket)) > 100:
            raise Failure(f"{folder} is too long a name for a socket; take another --dir")
        self.port = free_port()
        self.process = None

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        data = self.folder / "data"
        user = ["--user=root"] if os.geteuid() == 0 else []
        if not (data / "mysql").is_dir():
            run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
                 "--skip-test-db", "--skip-name-resolve", *user], "mariadb-install-db")
        self.process = Process("mariadbd", [
            "mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={self.socket}", f"--port={self.port}",
            "--bind-address=127.0.0.1", f"--pid-file={self.folder}/pid", "--skip-name-resolve", f"--max-connections={self.connections}",
            "--innodb-buffer-pool-size=256M", "--innodb-flush-log-at-trx-commit=1", "--skip-log-bin", "--performance-schema=OFF",
            "--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin", *user], self.folder / "mariadb.log")
        self.process.wait_until(lambda: self.tell("SELECT 1") == 0, 60, "an answer")
        account = f"'caddy'@'127.0.0.1' IDENTIFIED BY '{self.password}'"
        if self.tell(f"CREATE DATABASE IF NOT EXISTS `{self.name}`; CREATE USER IF NOT EXISTS {account}; ALTER USER {account}; "
                     f"GRANT ALL PRIVILEGES ON `{self.name}`.* TO 'caddy'@'127.0.0.1'"):
            raise Failure("MariaDB refused its account")
        return self

    def tell(self, text):
        return subprocess.run(["mariadb", "--no-defaults", f"--socket={self.socket}", "-uroot", "-e", text], capture_output=True,
                              timeout=60).returncode

    def settings(self):
        return {"DB_HOST": "127.0.0.1", "DB_PORT": str(self.port), "DB_NAME": self.name, "DB_USERNAME": "caddy",
                "DB_PASSWORD": self.password}

    def stop(self):
        if self.process:
            self.process.end()


class RedisCluster:
    """Three primaries with a copy each, in memory alone. REQUIRES: Debian's redis-server and redis-tools."""

    def __init__(self, folder, password):
        self.folder, self.password = folder, password
        self.ports = [free_port() for _ in range(6)]
        self.nodes = []

    def start(self):
        for number, port in enumerate(self.ports):
            home = self.folder / f"redis-{number + 1}"
            home.mkdir(parents=True, exist_ok=True)
            (home / "nodes.conf").unlink(missing_ok=True)   # of another run, with other ports
            (home / "redis.conf").write_text(f"requirepass {self.password}\nmasterauth {self.password}\n")
            (home / "redis.conf").chmod(0o600)
            self.nodes.append(Process(f"redis {number + 1}", [
                "redis-server", home / "redis.conf", "--bind", "127.0.0.1", "--port", port, "--dir", home, "--save", "", "--appendonly", "no",
                "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-replica-validity-factor", "0",
                "--repl-diskless-sync-delay", "0"], home / "redis.log"))
        for node, port in zip(self.nodes, self.ports):
            node.wait_until(lambda port=port: self.ask(port, "PING") == "PONG", 60, "an answer")
        run(["redis-cli", "--cluster", "create", *[f"127.0.0.1:{port}" for port in self.ports], "--cluster-replicas", "1", "--cluster-yes"],
            "joining the Redis Cluster", env=self.environment())
        for node, port in zip(self.nodes, self.ports):
            node.wait_until(lambda port=port: self.whole(port), 90, "the cluster")
        return self

    def environment(self):
        return {**os.environ, "REDISCLI_AUTH": self.password}

    def ask(self, port, *words):
        done = subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True, timeout=20, env=self.environment())
        return done.stdout.strip()

    def whole(self, port):
        about = self.ask(port, "INFO", "replication")
        paired = "connected_slaves:1" in about if "role:master" in about else "master_link_status:up" in about
        return paired and "cluster_state:ok" in self.ask(port, "CLUSTER", "INFO")

    def settings(self):
        return {"REDIS_CLUSTER_NODES": ",".join(f"127.0.0.1:{port}" for port in self.ports[:3]), "REDIS_PASSWORD": self.password}

    def stop(self):
        for node in self.nodes:
            node.end(seconds=10)


class Prometheus:
    """Scrapes the pods as the ServiceMonitor says, with the shipped rules. REQUIRES: Debian's prometheus."""

    def __init__(self, folder, rules, scraping):
        self.folder, self.port, self.process = folder, free_port(), None
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "rules.yaml").write_text(rules)
        self.follow({})
        (self.folder / "prometheus.yaml").write_text(f"""global: {{scrape_interval: {scraping["interval"]}, evaluation_interval: 30s}}
rule_files: [rules.yaml]
scrape_configs:
  - job_name: caddy-shopping-backend
    scrape_timeout: {scraping["scrapeTimeout"]}
    file_sd_configs: [{{files: [pods.json], refresh_interval: 1s}}]
""")

    def start(self):
        self.process = Process("prometheus", [
            "prometheus", f"--config.file={self.folder}/prometheus.yaml", f"--storage.tsdb.path={self.folder}/data",
            "--storage.tsdb.retention.time=1d", f"--web.listen-address=127.0.0.1:{self.port}"], self.folder / "prometheus.log")
        self.process.wait_until(lambda: get(self.port, "/-/ready")[0] == 200, 60, "an answer")
        return self

    def follow(self, pods):
        """`pods`: name -> admin port."""
        targets = [{"targets": [f"127.0.0.1:{port}"], "labels": {"pod": name, "namespace": "default"}} for name, port in pods.items()]
        new = self.folder / "pods.json.new"
        new.write_text(json.dumps(targets))
        new.rename(self.folder / "pods.json")   # at once, so that nobody reads half of it

    def stop(self):
        if self.process:
            self.process.end(seconds=20)
