"""The Deployment's pod on this machine: its commands, environment and mounted files, on a database server and a Redis of their own."""
import json
import os
import re
import subprocess
import time

import pytest
import requests

from tests import mariadb
from tests.deploy.manifests import guide, one
from tests.deploy.test_program import mounted
from tests.redis_server import RedisServer
from tests.shop import program
from tests.waiting import until

NAME = "caddy-shopping-backend"
PASSWORD = "what the pods and Redis know"


class Pod:
    """What a kubelet would do with the manifest: volumes, environment, init containers, probes, hook and signal."""

    def __init__(self, folder, server, redis):
        self.pod = one(guide(), "Deployment")["spec"]["template"]["spec"]
        settings = dict(one(guide(), "ConfigMap", f"{NAME}-config")["data"])
        self.port, self.admin_port = mariadb.free_port(), mariadb.free_port()
        # What differs on this machine: addresses, and no collector of traces.
        settings |= {"PORT": str(self.port), "ADMIN_PORT": str(self.admin_port), "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis.port),
                     "DATA_DIR": str(folder / "tmp"), "TRACING_ENABLED": "false", "DRAIN_DELAY": "2"}
        self.environment = {"PATH": os.environ["PATH"], **settings, "POD_NAME": "pod-1"}
        secret = {"db-host": "127.0.0.1", "db-username": mariadb.USER, "db-password": mariadb.PASSWORD, "jwt-secret": "s" * 48,
                  "redis-password": PASSWORD, "db-port": str(server.port)}
        files = dict(one(guide(), "ConfigMap", f"{NAME}-runtime")["data"])
        for source in self.pod["volumes"][1]["projected"]["sources"][1:]:
            files |= {item["path"]: secret[item["key"]] for item in source["secret"]["items"] if item["key"] in secret}
        self.mount = mounted(folder / "etc", files)
        self.log = folder / "log"
        self.process = None

    def words(self, arguments):
        return [word.replace("/etc/caddy-shopping", str(self.mount)) for word in arguments]

    def run(self, *arguments):
        return subprocess.run([program(), *self.words(arguments)], capture_output=True, text=True, timeout=180, env=self.environment)

    def start(self):
        for container in self.pod["initContainers"]:
            done = self.run(*container["args"])
            assert done.returncode == 0, done.stdout + done.stderr
        self.process = subprocess.Popen([program(), *self.words(self.pod["containers"][0]["args"])], env=self.environment,
                                        stdout=self.log.open("w"), stderr=subprocess.STDOUT)
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            deadline = time.monotonic() + 120
            while self.probe(probe) != 200:
                assert self.process.poll() is None and time.monotonic() < deadline, (probe, self.log.read_text()[-3000:])
                time.sleep(0.3)

    def probe(self, name):
        get = self.pod["containers"][0][name]["httpGet"]
        port = {"http": self.port, "metrics": self.admin_port}[get["port"]]
        try:
            return requests.get(f"http://127.0.0.1:{port}{get['path']}", timeout=30).status_code
        except requests.RequestException:
            return 0

    def before_the_end(self):
        command = self.pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
        return self.run(*[word if not word.startswith("--wait") else "--wait=2s" for word in command[1:]])

    def end(self):
        self.process.terminate()
        return self.process.wait(self.pod["terminationGracePeriodSeconds"])


@pytest.fixture(scope="module")
def pod(tmp_path_factory):
    server = mariadb.MariaDb(mariadb.fast_folder("caddy-pod-"))
    redis = RedisServer(password=PASSWORD)
    running = None
    try:
        server.install()
        server.start()
        server.create_user()
        server.create_database("caddy_shopping")
        redis.start()
        running = Pod(tmp_path_factory.mktemp("pod"), server, redis)
        running.start()
        yield running
    finally:
        if running and running.process and running.process.poll() is None:
            running.process.kill()
            running.process.wait(10)
        redis.remove()
        server.remove()


def test_it_serves_with_four_workers_on_the_database_and_the_redis_of_the_secret(pod):
    def metrics():
        return requests.get(f"http://127.0.0.1:{pod.admin_port}/metrics", timeout=30).text

    # It is ready as soon as one worker serves; the others, and what each of them knows of Redis, come after.
    until(lambda: len(re.findall(r"^caddy_worker_up\{.*\} 1$", metrics(), re.M)) == 4)
    until(lambda: re.search(r"^caddy_redis_up(\{.*\})? 1$", metrics(), re.M))
    until(lambda: requests.get(f"http://127.0.0.1:{pod.port}/health", timeout=30).json()["status"] == "ok")
    text = metrics()
    assert 'db_client_connection_pool_name="mysql"' in text


def test_the_commands_of_the_operations_guide_work_inside(pod):
    for words in (["check", "database"], ["check", "redis"], ["check", "migrations"], ["audit"], ["config", "print"]):
        done = pod.run(*words, "--config-dir=/etc/caddy-shopping")
        assert done.returncode == 0, (words, done.stdout + done.stderr)
        assert PASSWORD not in done.stdout and mariadb.PASSWORD not in done.stdout
    asked = ["curl", "-s", f"http://localhost:{pod.port}/health"]
    until(lambda: json.loads(subprocess.run(asked, capture_output=True, text=True, timeout=60).stdout)["status"] == "ok")


def test_a_second_pod_that_migrates_at_the_same_time_finds_nothing_to_do(pod):
    running = [subprocess.Popen([program(), *pod.words(pod.pod["initContainers"][0]["args"])], env=pod.environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(120) for process in running] == [0, 0, 0]


def test_logs_are_one_object_a_line_and_know_no_secret(pod):
    lines = pod.log.read_text().splitlines(keepends=True)
    lines = [line for line in lines if line.endswith("\n")]   # the last one may be half written
    assert lines and all(isinstance(json.loads(line), dict) for line in lines)
    assert not any(secret in pod.log.read_text() for secret in (PASSWORD, mariadb.PASSWORD, "s" * 48))


def test_it_leaves_as_the_manifest_says(pod):
    began = time.monotonic()
    assert pod.before_the_end().returncode == 0
    assert (pod.probe("readinessProbe"), pod.probe("livenessProbe")) == (503, 200)
    assert requests.get(f"http://127.0.0.1:{pod.port}/api/v1/products", timeout=30).status_code == 200   # still serves
    assert pod.end() == 0
    assert time.monotonic() - began < 60   # the hook's wait is not waited a second time
