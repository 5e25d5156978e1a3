"""The Redis Cluster of the manifests: real nodes, with the scripts that its pods run."""
import os
import subprocess
import time

import pytest

from tests.deploy.manifests import built, containers, of_kind, one, pod_template
from tests.redis_server import free_port
from tests.waiting import until

NODES = range(6)
PORT = "6379"


@pytest.fixture
def documents():
    return built("data/redis-cluster")


class Pods:
    """Six nodes on one port and addresses of their own, which they lose when they begin again."""

    def __init__(self, folder, documents):
        self.folder, self.port, self.processes, self.generation = folder, str(free_port()), [], 0
        (folder / "redis-password").write_text("secret")
        # What a pod is told by its cluster, a node here is told by these two; everything else is the manifest's.
        (folder / "getent").write_text(f'#!/bin/sh\nname=${{2%%.*}}; echo "$(cat {folder}/net).${{name##*-}} $2"\n')
        (folder / "getent").chmod(0o755)
        script = one(documents, "ConfigMap")["data"]["find-peers.sh"]
        (folder / "find-peers.sh").write_text(self.localised(script))
        self.join_script = self.localised(containers(one(documents, "Job"))[0]["args"][0])
        self.command = containers(one(documents, "StatefulSet"))[0]["args"][0]

    def localised(self, text):
        assert PORT in text
        return text.replace("/run/credentials", str(self.folder)).replace(PORT, self.port)

    def address(self, node):
        return f"127.{self.generation}.9.{node}"

    def environment(self, node):
        return {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", "POD_IP": self.address(node)}

    def start(self):
        """All of them with new addresses, each with what it has kept."""
        self.generation += 1
        (self.folder / "net").write_text(f"127.{self.generation}.9")
        for node in NODES:
            data = self.folder / f"data{node}"
            data.mkdir(exist_ok=True)
            command = self.localised(self.command).replace("--dir /data", f"--dir {data}").replace("$(POD_IP)", "$POD_IP")
            self.processes.append(subprocess.Popen(["sh", "-c", f"{command} --bind $POD_IP --logfile {data}/log"], env=self.environment(node)))
        for node in NODES:
            until(lambda node=node: self.cli(node, "PING") == "PONG")
        return self

    def hooks(self):
        """What each pod runs after its start."""
        running = [subprocess.Popen(["sh", self.folder / "find-peers.sh"], env=self.environment(node), stdout=subprocess.DEVNULL) for node in NODES]
        assert [each.wait(180) for each in running] == [0] * len(NODES)

    def join(self):
        done = subprocess.run(["sh", "-ec", self.join_script], env=self.environment(0), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def cli(self, node, *words):
        run = subprocess.run(["redis-cli", "-c", "-h", self.address(node), "-p", self.port, *words], capture_output=True, text=True,
                             env={**os.environ, "REDISCLI_AUTH": "secret"}, timeout=30)
        return run.stdout.strip()

    def is_whole(self):
        return all("cluster_state:ok" in self.cli(node, "CLUSTER", "INFO") and "fail" not in self.cli(node, "CLUSTER", "NODES") and
                   "cluster_known_nodes:6" in self.cli(node, "CLUSTER", "INFO") for node in NODES)

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(60)
        self.processes.clear()


@pytest.fixture
def pods(tmp_path, documents):
    made = Pods(tmp_path, documents)
    try:
        yield made
    finally:
        made.stop()


def test_nodes_that_all_come_back_with_other_addresses_find_each_other_with_what_they_hold(pods):
    pods.start().hooks()   # fresh nodes leave the beginning to the Job
    pods.join()
    until(pods.is_whole, 180)
    for number in range(20):
        assert pods.cli(0, "SET", f"key{number}", str(number)) == "OK"
    assert "a cluster already" in pods.join()
    pods.stop()

    pods.start()
    time.sleep(1)
    assert not pods.is_whole(), "they know each other by addresses that are gone"
    pods.hooks()
    until(pods.is_whole, 180)
    assert [pods.cli(5, "GET", f"key{number}") for number in range(20)] == [str(number) for number in range(20)]


def test_the_job_that_joins_them_is_no_node(documents):
    """As a node that is never ready it would allow no disruption, and its address would stand among theirs."""
    labels = pod_template(one(documents, "Job"))["metadata"]["labels"]
    selectors = [one(documents, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"], one(documents, "Service")["spec"]["selector"],
                 one(documents, "StatefulSet")["spec"]["selector"]["matchLabels"]]
    assert all(not selector.items() <= labels.items() for selector in selectors)
    mine = [policy for policy in of_kind(documents, "NetworkPolicy") if policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()]
    assert len(mine) == 1 and mine[0]["spec"]["ingress"] == []


def test_what_a_node_keeps_is_a_claim_of_its_own_and_no_volume_of_the_pod_has_its_name(documents):
    nodes = one(documents, "StatefulSet")["spec"]
    claims, volumes = ([each["name"] for each in found] for found in (
        [claim["metadata"] for claim in nodes["volumeClaimTemplates"]], nodes["template"]["spec"]["volumes"]))
    assert claims == ["data"] and not set(claims) & set(volumes)
    assert {mount["name"] for mount in containers(one(documents, "StatefulSet"))[0]["volumeMounts"]} <= {*claims, *volumes}
