"""What manifests, alerts and dashboards expect of the program, asked of the program."""
import json
import os
import re
import subprocess
import time

import pytest
import requests

from tests.deploy.manifests import KUBERNETES, ROOT, built, containers, guide, of_kind, one, read
from tests.shop import program
from tests.waiting import until

NAME = "caddy-shopping-backend"
# What other programs count, whose exporters the cluster has: cAdvisor, kube-state-metrics, Prometheus itself, the exporter of Redis.
FOREIGN = {
    "up", "container_memory_working_set_bytes", "container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total",
    "kube_pod_container_resource_limits", "kube_pod_container_status_waiting_reason", "kube_deployment_status_condition",
    "kube_horizontalpodautoscaler_status_current_replicas", "kube_horizontalpodautoscaler_spec_max_replicas", "kube_job_status_failed",
    "redis_memory_used_bytes", "redis_memory_max_bytes",
}
WORDS = set("""sum rate by le and or unless on ignoring group_left histogram_quantile increase max min count absent offset job pod tier type
    version config_hash result outcome instance max_over_time http_route http_response_status_code db_client_connection_state""".split())
ENVIRONMENT_ALONE = re.compile(r"OTEL_|TRACING_ENABLED$")   # for telemetry; the environment may have names that a version does not read


def settings_of_program():
    text = subprocess.run([program(), "config", "print", "--markdown"], capture_output=True, text=True, check=True, timeout=60).stdout
    return set(re.findall(r"^\| `([A-Z0-9_]+)`", text, re.M))


def test_every_setting_of_the_config_maps_is_one_of_the_program():
    known = settings_of_program()
    for document in of_kind(guide() + built("overlays/dev"), "ConfigMap"):
        unknown = {key for key in document["data"] if key not in known and not ENVIRONMENT_ALONE.match(key)}
        assert unknown == set()


def test_every_command_of_the_manifests_is_one_of_the_program():
    seen = set()
    for folder in ("overlays/default", "overlays/production"):
        for document in of_kind(built(folder), "Deployment", "Job", "CronJob"):
            for container in containers(document):
                seen.add(tuple(container["args"]))
                stop = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command")
                if stop:
                    assert stop[0] == "/usr/local/bin/caddy-shopping"
                    seen.add(tuple(stop[1:]))
    assert {words[0] for words in seen} == {"serve", "migrate", "check", "audit", "drain"}
    for words in seen:
        told = subprocess.run([program(), *[word for word in words if not word.startswith("-")], "--help"], capture_output=True, text=True, timeout=60)
        assert told.returncode == 0, words
        for flag in [word.split("=")[0] for word in words if word.startswith("-")]:
            assert flag in told.stdout, (words, flag)


def mounted(folder, values):
    """A directory as the kubelet writes it: a link to a folder of this moment, and a link for each file."""
    moment = folder / "..2026_01_01"
    moment.mkdir(parents=True)
    for name, value in values.items():
        (moment / name).write_text(value)
        (folder / name).symlink_to(f"..data/{name}")
    (folder / "..data").symlink_to(moment.name)
    return folder


def test_the_config_maps_and_a_secret_as_the_kubelet_mounts_them_are_good_settings(tmp_path):
    documents = guide()
    volume = one(documents, "Deployment")["spec"]["template"]["spec"]["volumes"][1]["projected"]["sources"]
    values = dict(one(documents, "ConfigMap", f"{NAME}-runtime")["data"])
    values |= {item["path"]: {"DB_HOST": "db", "DB_USERNAME": "caddy", "REDIS_PASSWORD": ""}.get(item["path"], "x" * 40)
               for item in volume[1]["secret"]["items"]}
    folder = mounted(tmp_path / "settings", values)
    environment = {"PATH": os.environ["PATH"], **one(documents, "ConfigMap", f"{NAME}-config")["data"]}
    run = subprocess.run([program(), "config", "print", "--origin", f"--config-dir={folder}"], capture_output=True, text=True, timeout=60,
                         env=environment)
    assert run.returncode == 0, run.stderr
    for name, value in {"DB_HOST": "db", "DB_POOL_SIZE": "200", "THROTTLER_LIMIT": "5000", "CLUSTER_WORKERS": "4", "DRAIN_DELAY": "10"}.items():
        assert re.search(rf"^\W*{name}\W+{value}\b", run.stdout, re.M), name
    assert "x" * 40 not in run.stdout


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A shop with two workers, after a request of each kind that is counted."""
    folder = tmp_path_factory.mktemp("program")
    process = subprocess.Popen([program(), "serve", "--data-dir", str(folder), "--port", "0", "--admin-port", "0", "--workers", "2"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "LOG_FORMAT": "json", "DRAIN_DELAY": "0"})
    try:
        ports = ports_of(process)
        yield process, ports
    finally:
        process.kill()
        process.wait(10)


def ports_of(process):
    found, deadline = {}, time.monotonic() + 120
    while time.monotonic() < deadline and len(found) < 2:
        line = process.stdout.readline()
        assert line or process.poll() is None, "it ended"
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        for key, value in entry.items():
            if key in ("port", "admin_port"):
                found[key] = value
    assert len(found) == 2, "no line with its ports"
    return found


def expressions():
    for group in one(read("monitoring/rules.yaml"), "PrometheusRule")["spec"]["groups"]:
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for path in sorted((KUBERNETES / "monitoring" / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"]
    for trigger in one(built_keda(), "ScaledObject")["spec"]["triggers"]:
        if "query" in trigger["metadata"]:
            yield "keda", trigger["metadata"]["query"]


def built_keda():
    return read("components/keda/scaledobject.yaml")


def names_in(expression):
    bare = re.sub(r'"[^"]*"', '""', expression)
    bare = re.sub(r"\{[^}]*\}", "", bare)
    bare = re.sub(r"\[[^]]*\]", "", bare)
    return {word for word in re.findall(r"(?<![\w.$])[a-z][a-zA-Z0-9_:]*", bare) if word not in WORDS}


def documented():
    text = (ROOT / "docs" / "operations.md").read_text()
    return set(re.findall(r"^\| `([a-z_]+)`", text, re.M)) | {
        f"process_{name}" for name in ("cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds", "start_time_seconds")}


def test_alerts_and_dashboards_name_only_metrics_that_there_are():
    known = documented()
    known |= {f"{name}_{suffix}" for name in known for suffix in ("bucket", "count", "sum")} | FOREIGN
    recorded = {rule["record"] for group in one(read("monitoring/rules.yaml"), "PrometheusRule")["spec"]["groups"]
                for rule in group["rules"] if "record" in rule}
    unknown = {where: names_in(query) - known - recorded for where, query in expressions()}
    assert {where: names for where, names in unknown.items() if names} == {}


def test_the_list_of_metrics_is_told_from_words():
    assert names_in('sum by (job) (rate(no_such_total{job="x"}[5m])) > 3') == {"no_such_total"}


def test_promtool_understands_every_query(tmp_path):
    rules = [{"record": f"x:{i}", "expr": query.replace("$__rate_interval", "5m")} for i, (_, query) in enumerate(expressions())]
    (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))
    run = subprocess.run(["promtool", "check", "rules", "rules.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0 and len(rules) > 60, run.stdout + run.stderr


def test_dashboards_can_be_read_and_are_told_apart():
    seen = set()
    for path in sorted((KUBERNETES / "monitoring" / "dashboards").glob("*.json")):
        board = json.loads(path.read_text())
        seen.add(board["uid"])
        assert board["editable"] is False
        assert [v["name"] for v in board["templating"]["list"]] == ["datasource", "job", "instance"]
        assert all(v.get("refresh") == 2 for v in board["templating"]["list"] if v["type"] == "query")
        for panel in board["panels"]:
            assert panel["title"] and panel["description"] and panel["targets"] and panel["fieldConfig"]["defaults"]["unit"]
            for target in panel["targets"]:
                assert target["datasource"]["uid"] == "${datasource}"
                assert not re.search(r"rate\([^)]*\[(?!\$__rate_interval)", target["expr"]), target["expr"]
    assert seen == {"caddy-red", "caddy-use", "caddy-slo", "caddy-business"}


def test_the_probes_of_the_manifest_answer_and_promtool_likes_the_metrics(served):
    _, ports = served
    container = one(guide(), "Deployment")["spec"]["template"]["spec"]["containers"][0]
    place = {"http": ports["port"], "metrics": ports["admin_port"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        get = container[probe]["httpGet"]
        deadline = time.monotonic() + 60
        while requests.get(f"http://127.0.0.1:{place[get['port']]}{get['path']}", timeout=10).status_code != 200:
            assert time.monotonic() < deadline, probe
            time.sleep(0.2)
    until(lambda: requests.get(f"http://127.0.0.1:{ports['port']}/health", timeout=30).json()["status"] == "ok")
    text = requests.get(f"http://127.0.0.1:{ports['admin_port']}/metrics", timeout=10).text
    run = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    # OpenTelemetry's name for a gauge, which promtool takes for a histogram's.
    assert [line for line in run.stderr.splitlines() if line and not line.startswith("db_client_connection_count ")] == []
    shown = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    assert {"caddy_build_info", "caddy_worker_up", "process_resident_memory_bytes", "db_client_connection_count"} <= shown


def test_the_hook_before_the_end_takes_readiness_back_and_the_end_is_0(served):
    process, ports = served
    stop = one(guide(), "Deployment")["spec"]["template"]["spec"]["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    words = [word if not word.startswith("--wait") else "--wait=1s" for word in stop[1:]]
    run = subprocess.run([program(), *words, "--admin-port", str(ports["admin_port"])], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert requests.get(f"http://127.0.0.1:{ports['port']}/readyz", timeout=10).status_code == 503
    assert requests.get(f"http://127.0.0.1:{ports['admin_port']}/livez", timeout=10).status_code == 200
    assert requests.get(f"http://127.0.0.1:{ports['port']}/health", timeout=10).status_code in (200, 503)
    process.terminate()
    assert process.wait(60) == 0
