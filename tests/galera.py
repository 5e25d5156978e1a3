"""A Galera cluster of the tests' own: three MariaDB nodes on this machine, each of which has every row that was acknowledged."""
import shutil
import time
from pathlib import Path

from tests import mariadb

PROVIDER = Path("/usr/lib/galera/libgalera_smm.so")
OPTIONS = "evs.keepalive_period=PT0.5S;evs.inactive_check_period=PT0.5S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S;" \
          "pc.recovery=false;gcache.size=32M"


def is_installed():
    return PROVIDER.exists() and shutil.which("rsync") is not None


class Node(mariadb.MariaDb):
    """A node that was killed comes back when the others have noticed, as by an orchestrator: Galera loses its quorum where
    a new process has the address of one that still counts. It is there once it has what the others have."""

    def __init__(self, cluster, *options):
        super().__init__(mariadb.fast_folder("caddy-galera-"), *options, user="mysql")   # rsync's daemon gives up being root
        self.cluster = cluster

    def start(self, *options):
        running = sum(1 for node in self.cluster.nodes if node.process)
        if running:
            self.cluster.wait_for_size(running)
        super().start(*options)
        limit = time.monotonic() + 120
        while self.query("SHOW GLOBAL STATUS LIKE 'wsrep_ready'")[0][1] != "ON":
            assert time.monotonic() < limit, "the node does not join its cluster"
            time.sleep(0.1)
        return self


class GaleraCluster:
    """To a fleet what a single server is: its databases, its rows."""

    def __init__(self):
        self.nodes = []
        ports = [mariadb.free_port() for _ in range(3)]
        addresses = ",".join(f"127.0.0.1:{port}" for port in ports)
        for number, port in enumerate(ports):
            options = f"gmcast.listen_addr=tcp://127.0.0.1:{port};ist.recv_addr=127.0.0.1:{mariadb.free_port()};{OPTIONS}"
            self.nodes.append(Node(
                self, "--wsrep-on=ON", f"--wsrep-provider={PROVIDER}", "--binlog-format=ROW",
                f"--wsrep-cluster-address=gcomm://{addresses}", "--wsrep-cluster-name=caddy", f"--wsrep-node-name=node{number}",
                f"--wsrep-node-address=127.0.0.1:{port}", "--wsrep-sst-method=rsync",
                f"--wsrep-sst-receive-address=127.0.0.1:{mariadb.free_port()}",
                f"--wsrep-provider-options={options}", "--innodb-autoinc-lock-mode=2"))

    def start(self):
        self.nodes[0].install().start("--wsrep-new-cluster").create_user()
        for node in self.nodes[1:]:
            node.install().start()
        return self.wait_for_size(3)

    def wait_for_size(self, size):
        limit = time.monotonic() + 120
        while True:
            found = [node.query("SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_ready')") for node in self.nodes if node.process]
            if all(dict(map(tuple, each)) == {"wsrep_cluster_size": str(size), "wsrep_ready": "ON"} for each in found):
                return self
            assert time.monotonic() < limit, found
            time.sleep(0.1)

    def create_database(self, name):
        settings = self.nodes[0].create_database(name)
        return {**settings, "DB_HOST": ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)}

    def query(self, text, database=""):
        """With all that any node had acknowledged before."""
        return self.nodes[0].query("SET SESSION wsrep_sync_wait = 15; " + text, database)

    def dump(self, name, path):
        self.nodes[0].dump(name, path)

    def remove(self):
        for node in self.nodes:
            node.remove()
