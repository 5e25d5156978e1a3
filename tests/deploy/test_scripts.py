"""The scripts of deploy/kubernetes that install, remove and look, before a kubectl that writes down what it was asked."""
import os
import pty
import subprocess

import pytest

from tests.deploy.cluster import GOOD, KEYS, Cluster
from tests.deploy.manifests import KUBERNETES, built, containers, kustomizations, one

SCRIPTS = sorted(path.name for path in KUBERNETES.glob("*.sh") if path.name != "lib.sh")


IMAGE = "registry.example.com/shop@sha256:" + "a" * 64
MIGRATION = one(built("overlays/production"), "Job", "caddy-shopping-migrate")


@pytest.fixture
def cluster(tmp_path):
    return Cluster(tmp_path)


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_script_is_executable_explains_itself_and_refuses_what_it_does_not_know(cluster, script):
    assert (KUBERNETES / script).stat().st_mode & 0o777 == 0o755
    told = cluster.run(script, "--help")
    assert told.returncode == 0 and script in told.stdout
    assert cluster.calls() == []
    assert cluster.run(script, "--nonsense").returncode == 64


def test_shellcheck_has_no_finding():
    run = subprocess.run(["shellcheck", "-x", *map(str, sorted(KUBERNETES.glob("*.sh")))], capture_output=True, text=True, timeout=60)
    assert run.stdout == ""


def test_no_script_prompts_without_a_terminal(cluster):
    assert cluster.run("deploy.sh").returncode == 0


def test_a_terminal_is_asked_and_no_stops_everything(cluster):
    master, slave = pty.openpty()
    os.write(master, b"n\n")
    environment = {**os.environ, "PATH": f"{cluster.folder}:{os.environ['PATH']}", "FAKE_STATE": str(cluster.state_file),
                   "FAKE_LOG": str(cluster.log)}
    cluster.log.write_text("")
    run = subprocess.run([KUBERNETES / "deploy.sh"], stdin=slave, capture_output=True, text=True, timeout=60, env=environment)
    os.close(slave)
    os.close(master)
    assert run.returncode == 1
    assert cluster.changes() == []


def test_a_first_installation_applies_everything_and_starts_with_five(cluster):
    run = cluster.run("deploy.sh")
    assert run.returncode == 0, run.stderr
    changes = cluster.changes()
    assert changes[0].startswith("apply --server-side --field-manager=caddy-deploy")
    assert changes[1:] == ["scale deployment/caddy-shopping-backend --replicas=5"]
    applied = next(call["body"] for call in cluster.calls() if call["words"][0] == "apply")
    assert applied == (KUBERNETES / "apply-all.yaml").read_text()
    assert {word for call in cluster.calls() for word in call["all"] if word.startswith("--namespace")} == {"--namespace=default"}
    assert any("curl" in call["words"] and "http://localhost:3000/health" in call["words"] for call in cluster.calls())


def test_an_update_leaves_the_number_of_pods_to_the_autoscaler(cluster):
    cluster.state(installed=True)
    assert cluster.run("deploy.sh").returncode == 0
    assert not any(change.startswith("scale") for change in cluster.changes())


def test_an_update_that_does_not_serve_is_taken_back(cluster):
    """By the hand that will deploy the next one: what another has changed, it would not be allowed to."""
    cluster.state(installed=True, rollouts=[1, 0])
    run = cluster.run("deploy.sh")
    assert run.returncode == 1 and "went back" in run.stderr
    new, before = cluster.applied("Deployment")
    assert before["spec"]["template"] == new["spec"]["template"] and "replicas" not in before["spec"]
    assert before["metadata"]["name"] == "caddy-shopping-backend" and cluster.changes()[-1].startswith("apply --server-side --field-manager=caddy-deploy")
    assert any(call["words"][0] == "logs" for call in cluster.calls())
    assert any(call["words"][:2] == ["describe", "replicasets"] for call in cluster.calls())


def test_jobs_in_pods_of_their_own_are_waited_for_and_taken_back_too(cluster):
    jobs = one(built("overlays/production"), "Deployment", "caddy-shopping-jobs")
    cluster.holds("overlays/production", jobs=jobs, rollouts=[0, 1])
    run = cluster.run("deploy.sh", "--overlay", "production", "--image", IMAGE)
    assert run.returncode == 1 and "went back" in run.stderr
    assert len(cluster.applied("Deployment", "caddy-shopping-jobs")) == 2


def test_a_failed_update_stays_where_that_was_asked_for(cluster):
    cluster.state(installed=True, rollouts=[1])
    assert cluster.run("deploy.sh", "--no-rollback").returncode == 1
    assert len(cluster.applied("Deployment")) == 1


def test_pods_that_are_ready_but_not_well_fail_the_smoke_test(cluster):
    cluster.state(installed=True, healthy=False)
    assert cluster.run("deploy.sh").returncode == 1


@pytest.mark.parametrize("secret, says", [
    (None, "missing or empty"),
    ({**GOOD, "db-password": "your-db-password"}, "db-password still has the value of an example"),
    ({**GOOD, "jwt-secret": "short"}, "fewer than 32 bytes"),
    ({**GOOD, "db-host": ""}, "db-host is empty"),
    ({key: GOOD[key] for key in KEYS if key != "db-username"}, "db-username is missing"),
])
def test_a_secret_that_would_not_do_stops_it_before_anything_changes(cluster, secret, says):
    cluster.state(secret=secret)
    run = cluster.run("deploy.sh")
    assert run.returncode == 78
    assert says in run.stderr
    assert cluster.changes() == []


def test_redis_may_have_no_password(cluster):
    cluster.state(secret={**GOOD, "redis-password": ""})
    assert cluster.run("deploy.sh").returncode == 0


def test_a_secret_is_made_where_that_is_asked_for_and_shows_in_no_argument(cluster):
    cluster.state(secret=None)
    run = cluster.run("deploy.sh", "--create-secret", DB_HOST="db", DB_USERNAME="caddy", DB_PASSWORD="hush-hush")
    assert run.returncode == 0, run.stderr
    made = cluster.changes()[0]
    assert made.startswith("create secret generic caddy-shopping-secrets") and all(f"--from-file={key}=" in made for key in KEYS)
    assert "hush-hush" not in cluster.log.read_text() + run.stdout + run.stderr


def test_a_conflict_of_owners_takes_nothing_over(cluster):
    cluster.state(conflict=True)
    run = cluster.run("deploy.sh")
    assert run.returncode == 1 and "helm" in run.stderr
    assert not any("force-conflicts" in change for change in cluster.changes()) and "--take-over" in run.stderr
    cluster.run("deploy.sh", "--take-over")
    assert any("--force-conflicts" in change for change in cluster.changes())


def test_dry_run_asks_the_server_and_changes_nothing(cluster):
    run = cluster.run("deploy.sh", "--dry-run")
    assert run.returncode == 0
    assert all("--dry-run=server" in change for change in cluster.changes())


def test_namespace_context_and_image_reach_the_cluster(cluster):
    assert cluster.run("deploy.sh", "-n", "shop", "--context", "east", "--image", IMAGE).returncode == 0
    for call in cluster.calls():
        assert call["words"][0] == "config" or call["all"][:2] == ["--context=east", "--namespace=shop"], call["all"]
    applied = next(call["body"] for call in cluster.calls() if call["words"][0] == "apply")
    assert applied.count(f"image: {IMAGE}") == 2


def test_an_overlay_is_built_and_an_unknown_one_refused(cluster):
    assert cluster.run("deploy.sh", "--overlay", "production", "--image", IMAGE).returncode == 0
    assert cluster.applied("HTTPRoute") and {box["image"] for box in containers(cluster.applied("Deployment", "caddy-shopping-backend")[0])} == {IMAGE}
    assert cluster.run("deploy.sh", "--overlay", "nowhere").returncode == 64


@pytest.mark.parametrize("overlay", ["production", "multizone", "region-a", "region-b"])
def test_an_overlay_without_an_image_of_its_own_is_not_applied(cluster, overlay):
    run = cluster.run("deploy.sh", "--overlay", overlay)
    assert run.returncode == 64 and "--image" in run.stderr
    assert cluster.changes() == []


def test_the_finished_job_of_the_version_before_makes_room_for_the_next(cluster):
    cluster.holds("overlays/production", job=MIGRATION)
    assert cluster.run("deploy.sh", "--overlay", "production", "--image", IMAGE).returncode == 0
    changes = [change.split(" -f")[0] for change in cluster.changes()]
    assert changes.index("delete job/caddy-shopping-migrate --ignore-not-found --wait=true --timeout=60s") < \
        changes.index("apply --server-side --field-manager=caddy-deploy")


def test_the_job_that_will_be_replaced_is_not_compared_with_the_next(cluster):
    for job, compared in ((None, False), (MIGRATION, True)):
        cluster.holds("overlays/production", job=job)
        assert cluster.run("deploy.sh", "--overlay", "production", "--image", IMAGE, "--dry-run", "--diff").returncode == 0
        asked = [call["words"] for call in cluster.calls() if call["words"][0] in ("diff", "apply")]
        assert len(asked) == 2 and all(("app!=caddy-shopping-migrate" in words) == compared for words in asked)


def test_a_schema_that_is_being_changed_is_waited_for(cluster):
    cluster.holds("overlays/production", job={**MIGRATION, "ended": ""})
    run = cluster.run("deploy.sh", "--overlay", "production", "--image", IMAGE)
    assert run.returncode == 1 and "still changes the schema" in run.stderr
    assert cluster.changes() == []


def test_a_cluster_that_is_too_old_or_away_is_told(cluster):
    cluster.state(minor="21")
    assert cluster.run("deploy.sh").returncode == 69
    cluster.state(up=False)
    assert cluster.run("deploy.sh").returncode == 69


PLURALS = {"NetworkPolicy": "networkpolicies", "AuthorizationPolicy": "authorizationpolicies", "BackendTrafficPolicy": "backendtrafficpolicies",
           "ClientTrafficPolicy": "clienttrafficpolicies", "Ingress": "ingresses", "EnvoyProxy": "envoyproxies"}
MADE_BY_OTHERS = {"pods", "replicasets.apps", "endpointslices.discovery.k8s.io"}
KEPT = {"secrets", "persistentvolumeclaims", "clusters.core.pingcap.com", "pdgroups.core.pingcap.com", "tidbgroups.core.pingcap.com", "tikvgroups.core.pingcap.com"}


def resources():
    """The kinds of all that any of the folders puts into a namespace, as `kubectl api-resources` names them."""
    made = {(d["apiVersion"].rpartition("/")[0], d["kind"]) for folder in kustomizations() for d in built(folder) if d["kind"] not in ("Namespace", "PriorityClass")}
    return {PLURALS.get(kind, kind.lower() + "s") + (f".{group}" if group else "") for group, kind in made}


def test_undeploy_deletes_whatever_kind_of_thing_stands_there_and_keeps_what_cannot_be_made_again(cluster):
    made = resources() | {"persistentvolumeclaims"}
    assert KEPT < made and {"resourcequotas", "limitranges", "envoyproxies.gateway.envoyproxy.io", "peerauthentications.security.istio.io"} < made
    cluster.state(kinds=sorted(made | MADE_BY_OTHERS | {"podtemplates"}), without=["podtemplates"])

    def deleted(*options):
        assert cluster.run("undeploy.sh", *options).returncode == 0
        changes = cluster.changes()
        assert all(change.startswith("delete ") and "-l app.kubernetes.io/part-of=caddy-shopping" in change and "--force" not in change for change in changes)
        return [change.split()[1] for change in changes]

    order = deleted()
    assert set(order) == made - KEPT
    assert {kind.split(".")[0] for kind in order[:3]} == {"ingresses", "httproutes", "virtualservices"}, "no request comes to pods that are gone"
    assert set(deleted("--purge")) == made
    assert deleted("--dry-run") == []
    cluster.state(kinds=sorted(made), without=sorted(made))
    assert deleted() == []
    for fault in ({"silent": True}, {"kinds": sorted(made), "forbidden": ["resourcequotas"]}):   # what cannot be seen is not said to be away
        cluster.state(**fault)
        assert cluster.run("undeploy.sh").returncode == 1 and cluster.changes() == []


def test_health_check_succeeds_when_well_and_fails_when_not(cluster):
    run = cluster.run("health-check.sh")
    assert run.returncode == 0 and '"status":"ok"' in run.stdout
    cluster.state(ready={"caddy-shopping-backend": 2})
    run = cluster.run("health-check.sh")
    assert run.returncode == 1 and "pods ready: 2 of 5" in run.stdout
    assert cluster.changes() == []
