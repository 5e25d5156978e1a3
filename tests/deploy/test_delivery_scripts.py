"""canary.sh and blue-green.sh, before a kubectl that writes down what it was asked."""
import copy
import json
import subprocess

import pytest

from tests.deploy.cluster import Cluster
from tests.deploy.manifests import KUBERNETES, built, containers, one, schema_findings

NAME = "caddy-shopping-backend"


@pytest.fixture
def cluster(tmp_path):
    return Cluster(tmp_path)


def is_same_but(applied, live, name, image):
    """It is what lives but for its name, the label that its pods are told apart by, and the image."""
    expected = json.loads(json.dumps(live).replace(f'"app": "{NAME}"', f'"app": "{name}"'))
    expected["metadata"].pop("namespace", None)   # the one that the script works in
    expected["metadata"]["name"] = expected["metadata"]["labels"]["app.kubernetes.io/instance"] = name
    for box in containers(expected):
        box["image"] = image
    return applied == expected


@pytest.mark.parametrize("folder", ["overlays/default", "overlays/dev", "overlays/production", "overlays/multizone", "overlays/region-a"])
@pytest.mark.parametrize("script, name", [("canary.sh", f"{NAME}-canary"), ("blue-green.sh", f"{NAME}-green")])
def test_a_sibling_runs_what_the_one_that_serves_runs_whatever_made_it(cluster, folder, script, name):
    cluster.holds(folder)
    verb = {"canary.sh": "start", "blue-green.sh": "deploy"}[script]
    run = cluster.run(script, verb, "--image", "shop:2")
    assert run.returncode == 0, run.stderr
    live = cluster.live()
    assert is_same_but(*cluster.applied("Deployment"), live, name, "shop:2")
    for kind in ("Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"):
        assert name in json.dumps(cluster.applied(kind)[0]["spec"])


def test_what_the_cluster_adds_is_not_applied(cluster):
    live = copy.deepcopy(cluster.live())
    live["metadata"] |= {"uid": "1", "resourceVersion": "2", "generation": 3, "annotations": {"deployment.kubernetes.io/revision": "4"}}
    live["spec"] |= {"replicas": 7}
    live["status"] = {"replicas": 7}
    cluster.state(deployment=live)
    assert cluster.run("canary.sh", "start", "--image", "shop:2").returncode == 0
    applied, = cluster.applied("Deployment")
    assert set(applied) == {"apiVersion", "kind", "metadata", "spec"} and set(applied["metadata"]) == {"name", "labels", "annotations"}
    assert applied["metadata"]["annotations"] == {} and "replicas" not in applied["spec"]


def test_a_number_of_pods_that_deploy_has_set_stays_its_own(cluster):
    jobs = copy.deepcopy(one(built("overlays/production"), "Deployment", "caddy-shopping-jobs"))
    assert jobs["spec"]["replicas"] == 2
    jobs["metadata"]["managedFields"] = [{"manager": "caddy-deploy", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]
    cluster.holds("overlays/production", jobs=jobs)
    assert cluster.run("canary.sh", "promote").returncode == 0
    applied, = cluster.applied("Deployment", "caddy-shopping-jobs")
    assert applied["spec"]["replicas"] == 2 and {box["image"] for box in containers(applied)} == {"shop:new"}


@pytest.mark.parametrize("script, verb", [("canary.sh", "start"), ("blue-green.sh", "deploy")])
def test_where_pods_wait_for_the_schema_it_is_changed_first(cluster, script, verb):
    cluster.holds("overlays/production")
    assert cluster.run(script, verb, "--image", "shop:2").returncode == 0
    made, = cluster.applied("Job")
    rendered = one(built("overlays/production"), "Job", "caddy-shopping-migrate")
    box, = containers(made)
    assert box["image"] == "shop:2" and box["args"] == rendered["spec"]["template"]["spec"]["containers"][0]["args"]
    assert box["envFrom"] == containers(rendered)[0]["envFrom"] and made["spec"]["template"]["spec"]["volumes"] == rendered["spec"]["template"]["spec"]["volumes"]
    assert schema_findings([made]) == []
    order = [call["words"] for call in cluster.calls() if call["words"][0] in ("apply", "wait")]
    assert order[1][0] == "wait" and f'"{NAME}-' not in json.dumps(order[0])

    finished = copy.deepcopy(rendered)
    containers(finished)[0]["env"] = [{"name": "DB_USERNAME", "value": "an account that may do that"}]
    cluster.holds("overlays/production", job=finished)
    assert cluster.run(script, verb, "--image", "shop:2").returncode == 0
    made, = cluster.applied("Job")
    assert containers(made)[0]["env"] == containers(finished)[0]["env"] and containers(made)[0]["image"] == "shop:2"
    cluster.holds("overlays/production", job={**finished, "ended": ""})
    assert cluster.run(script, verb, "--image", "shop:2").returncode == 1 and cluster.changes() == []


def test_a_pod_that_leaves_while_it_is_counted_ends_nothing(cluster):
    cluster.state(pods=["one", "two"], leaving=["two"])
    run = cluster.run("canary.sh", "run", "--pause", "0")
    assert run.returncode == 0, run.stdout + run.stderr


def test_counts_of_pods_are_compared_pod_by_pod():
    """A pod that began anew has counted from nothing on; one that left takes nothing away from what the others have counted."""
    def difference(before, after):
        script = f'. {KUBERNETES}/lib.sh; difference "$1" "$2"'
        return subprocess.run(["bash", "-c", script, "-", before, after], capture_output=True, text=True, check=True).stdout

    assert difference("pod/a 100 1 2\npod/b 900 9 9", "pod/a 150 2 4\npod/c 30 0 1") == "80 1 3"
    assert difference("pod/a 100 10 20", "pod/a 40 1 2") == "40 1 2"
    assert difference("pod/a\npod/b 10 0 0", "pod/a 9000 90 9\npod/b 15 1 0") == "5 1 0", "what it had counted before is not known"
    assert difference("pod/a 10 0 0", "pod/a") == "0 0 0"
    assert difference("", "pod/a 5 0 0") == "5 0 0" and difference("pod/a 5 0 0", "") == "0 0 0"


def test_a_canary_that_never_had_a_route_can_be_taken_away(cluster):
    cluster.state(no_route=True)
    for edge in ("gateway", "istio", "ingress-nginx"):
        run = cluster.run("canary.sh", "--edge", edge, "abort")
        assert run.returncode == 0, run.stderr
        changes = cluster.changes()
        assert all(change.startswith("delete") and "--ignore-not-found" in change for change in changes)
        assert any(f"deployment/{NAME}-canary" in change for change in changes)


def test_the_colour_that_was_idle_comes_back_as_the_one_that_serves_now_is(cluster):
    cluster.state(live=f"{NAME}-green")
    assert cluster.run("blue-green.sh", "deploy", "--image", "shop:3").returncode == 0
    applied, = cluster.applied("Deployment")
    assert is_same_but(applied, cluster.live(), NAME, "shop:3")
    assert any(change.startswith("apply --server-side --field-manager=caddy-deploy") for change in cluster.changes())


def test_a_canary_starts_without_traffic_and_takes_steps(cluster):
    run = cluster.run("canary.sh", "start", "--image", "shop:2")
    assert run.returncode == 0, run.stderr
    assert len(cluster.applied("Deployment", f"{NAME}-canary")) == len(cluster.applied("HTTPRoute", f"{NAME}-canary")) == 1
    assert '"weight": 100}' in cluster.changes()[-1] and '"weight": 0}' in cluster.changes()[-1]
    assert cluster.run("canary.sh", "weight", "25").returncode == 0
    assert '"weight": 75}' in cluster.changes()[0] and '"weight": 25}' in cluster.changes()[0]
    assert cluster.run("canary.sh", "weight", "101").returncode == 64
    assert cluster.run("canary.sh", "start").returncode == 64


def test_a_canary_that_does_no_worse_is_promoted(cluster):
    cluster.state(ready={f"{NAME}-canary": 1})
    run = cluster.run("canary.sh", "run", "--pause", "0")
    assert run.returncode == 0, run.stdout + run.stderr
    weights = [change for change in cluster.changes() if change.startswith("patch httproute") and '"weight"' in change]
    assert ['"weight": 5}' in weights[0], '"weight": 25}' in weights[1], '"weight": 50}' in weights[2]] == [True] * 3
    assert is_same_but(cluster.applied("Deployment", NAME)[-1], cluster.live(), NAME, "shop:new")
    sizes = [int(change.split("=")[1]) for change in cluster.changes() if change.startswith("scale")]
    assert sizes == [2, 3], "a half of what five pods do is too much for one"


def test_a_canary_that_fails_more_is_aborted_before_it_is_deleted(cluster):
    cluster.state(failing={"new": 30})
    run = cluster.run("canary.sh", "run", "--pause", "0")
    assert run.returncode == 1 and "does worse" in run.stderr
    changes = cluster.changes()
    assert cluster.applied("Deployment") == []
    to_zero = max(i for i, change in enumerate(changes) if change.startswith("patch httproute") and "canary" not in change)
    assert to_zero < min(i for i, change in enumerate(changes) if change.startswith("delete"))
    assert not any('"weight": 25}' in change for change in changes)


def test_a_canary_nobody_used_is_not_judged_but_aborted(cluster):
    run = cluster.run("canary.sh", "run", "--pause", "0", "--least", "1000000")
    assert run.returncode == 1 and "too few" in run.stderr


@pytest.mark.parametrize("edge, verb", [("ingress-nginx", "annotate ingress"), ("istio", "patch virtualservice"), ("gateway", "patch httproute")])
def test_each_edge_gets_its_weight_in_its_own_way(cluster, edge, verb):
    assert cluster.run("canary.sh", "--edge", edge, "weight", "10").returncode == 0
    assert cluster.changes()[0].startswith(verb)


def test_blue_green_installs_the_idle_colour_with_as_many_pods_and_switches(cluster):
    run = cluster.run("blue-green.sh", "deploy", "--image", "shop:2")
    assert run.returncode == 0, run.stderr
    assert "scale deployment/caddy-shopping-backend-green --replicas=5" in cluster.changes()
    assert cluster.run("blue-green.sh", "switch").returncode == 0
    assert cluster.changes() == ['patch service caddy-shopping-backend-service --type=merge -p '
                                 '{"spec": {"selector": {"app": "caddy-shopping-backend-green"}}}']
    cluster.state(live="caddy-shopping-backend-green")
    assert cluster.run("blue-green.sh", "rollback").returncode == 0
    assert '{"app": "caddy-shopping-backend"}' in cluster.changes()[0]
    assert cluster.run("blue-green.sh", "finish").returncode == 0
    assert cluster.changes() == ["scale deployment/caddy-shopping-backend --replicas=0"]


def test_blue_green_does_not_switch_to_fewer_pods_or_past_a_canary(cluster):
    cluster.state(ready={"caddy-shopping-backend-green": 2})
    assert cluster.run("blue-green.sh", "switch").returncode == 1
    assert cluster.changes() == []
    cluster.state(route="caddy-shopping-backend-service caddy-shopping-backend-canary")
    assert cluster.run("blue-green.sh", "switch").returncode == 1
    assert cluster.changes() == []
