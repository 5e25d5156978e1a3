"""What a campaign stands on: databases and Redis of each topology, and the fleet with who is at which pod."""
import threading
from collections import Counter
from contextlib import contextmanager

from tests import mariadb
from tests.fleet import Fleet
from tests.galera import GaleraCluster
from tests.redis_server import RedisCluster, RedisServer
from torture import ground

START = 100_000
DATABASE_MB, REDIS_MB = 768, 64   # of a disk that can be filled
HOOKS = {"WEBHOOKS_ALLOW_PRIVATE": "true", "WEBHOOKS_RETRY_FIRST_S": "1", "WEBHOOKS_RETRY_MOST_S": "2", "WEBHOOKS_BREAKER_OPEN_S": "1",
         "WEBHOOKS_POLL_MS": "100"}
STAFF = {"ACCESS_TOKEN_MINUTES": "60"}   # they sign in once


class DurableServer(mariadb.MariaDb):
    """What it has acknowledged outlives kill -9 of the server."""

    def __init__(self):
        super().__init__(mariadb.fast_folder("caddy-mariadb-"), "--innodb-flush-log-at-trx-commit=2")

    def start(self, *options):
        if self.data.exists():
            return super().start(*options)
        self.install()
        super().start(*options)
        return self.create_user()


def standing(make_database, make_redis):
    def make(small_disks):
        database, redis = make_database(), make_redis()
        if small_disks:
            for server, size in ((database, DATABASE_MB), (redis, REDIS_MB)):
                for node in getattr(server, "nodes", [server]):
                    ground.small_disk(node.folder, size)
            for node in getattr(database, "nodes", [database]):
                node.options += ("--innodb-autoextend-increment=1",)   # it wants room often
        return database, redis
    return make


TOPOLOGIES = {"one": standing(DurableServer, RedisServer), "redis-cluster": standing(DurableServer, RedisCluster),
              "galera": standing(GaleraCluster, RedisServer), "galera-and-redis-cluster": standing(GaleraCluster, RedisCluster)}


class TortureFleet(Fleet):
    """Three pods. A pod that leaves gets no new requests, and has none left when `pod_leaves` returns."""

    def __init__(self, where, database, redis, pods_on_ground):
        super().__init__(where, database, redis, pods=3, workers=2, stock=START, **HOOKS, **STAFF)
        if pods_on_ground:
            pods_on_ground.settle(self.pods)
        self.changed, self.away, self.busy = threading.Condition(), set(), Counter()

    @contextmanager
    def used(self):
        """The next pod that is in the rotation."""
        with self.changed:
            pod = next(pod for pod in iter(self.pod, None) if pod not in self.away)
            self.busy[pod] += 1
        try:
            yield pod
        finally:
            with self.changed:
                self.busy[pod] -= 1
                self.changed.notify_all()

    def pod_leaves(self, pod):
        with self.changed:
            self.away.add(pod)
            self.changed.wait_for(lambda: self.busy[pod] == 0)
        pod.http.close()   # an edge does not keep connections to where it sends nothing

    def pod_returns(self, pod):
        with self.changed:
            self.away.discard(pod)
