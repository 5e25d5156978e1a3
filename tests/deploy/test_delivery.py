"""Argo Rollouts, Flagger and Envoy Gateway: put onto the base, as somebody would who uses them."""
import json
import shutil
import subprocess

import pytest
import yaml

from tests.deploy.manifests import KUBERNETES, load, numbers, of_kind, one, pod_template, schema_findings
from tests.deploy.test_rules import allows, references

NAME = "caddy-shopping-backend"
# Fields of the resources whose types no package has, as their controllers document them. {} takes anything below.
FIELDS = {
    "BackendTrafficPolicy": {
        "targetRefs": {"group", "kind", "name"},
        "loadBalancer": {"type", "consistentHash"}, "loadBalancer.consistentHash": {"type", "cookie", "tableSize"},
        "loadBalancer.consistentHash.cookie": {"name", "ttl", "attributes"},
        "healthCheck": {"active", "passive", "panicThreshold"},
        "healthCheck.active": {"type", "interval", "timeout", "unhealthyThreshold", "healthyThreshold", "http"},
        "healthCheck.active.http": {"path", "method", "expectedStatuses", "retriableStatuses"},
        "healthCheck.passive": {"interval", "consecutive5XxErrors", "consecutiveGatewayErrors", "baseEjectionTime", "maxEjectionPercent"},
        "circuitBreaker": {"maxConnections", "maxPendingRequests", "maxParallelRequests", "maxParallelRetries"},
        "timeout": {"tcp", "http"}, "timeout.tcp": {"connectTimeout"}, "timeout.http": {"requestTimeout", "connectionIdleTimeout"},
        "retry": {"numRetries", "retryOn", "perRetry"}, "retry.retryOn": {"triggers", "httpStatusCodes"}, "retry.perRetry": {"backOff", "timeout"},
        "retry.perRetry.backOff": {"baseInterval", "maxInterval"},
        "rateLimit": {"type", "local", "global"}, "rateLimit.local": {"rules"}, "rateLimit.global": {"rules"},
    },
    "ClientTrafficPolicy": {
        "targetRefs": {"group", "kind", "name"}, "timeout": {"http"}, "timeout.http": {"requestReceivedTimeout", "idleTimeout"},
        "connection": {"connectionLimit"}, "connection.connectionLimit": {"value"},
    },
    "EnvoyProxy": {
        "shutdown": {"drainTimeout", "minDrainDuration"}, "provider": {"type", "kubernetes"},
        "provider.kubernetes": {"envoyDeployment", "envoyPDB"}, "provider.kubernetes.envoyDeployment": {"replicas"},
        "provider.kubernetes.envoyPDB": {"minAvailable"},
    },
    "Canary": {
        "targetRef": {"apiVersion", "kind", "name"}, "autoscalerRef": {"apiVersion", "kind", "name"}, "provider": set(),
        "progressDeadlineSeconds": set(), "service": {"port", "targetPort", "hosts", "gatewayRefs"},
        "analysis": {"interval", "threshold", "maxWeight", "stepWeight", "metrics"},
    },
    "MetricTemplate": {"provider": {"type", "address"}, "query": set()},
}


def unknown_fields(document):
    known = FIELDS[document["kind"]]
    tops = {path.split(".")[0] for path in known}
    found = [key for key in document["spec"] if key not in tops]
    for path, fields in known.items():
        place = document["spec"]
        for word in path.split("."):
            place = place.get(word, {}) if isinstance(place, dict) else {}
        for each in place if isinstance(place, list) else [place]:
            found += [f"{path}.{key}" for key in each if key not in fields] if isinstance(each, dict) else []
    return found


@pytest.fixture
def composed(tmp_path):
    """Builds base, settings and the recommended edge with components."""
    def build(*components, resources=("base", "config", "edge/gateway")):
        copy = tmp_path / "kubernetes"
        if not copy.exists():
            shutil.copytree(KUBERNETES, copy, ignore=shutil.ignore_patterns("__pycache__"))
        folder = copy / "overlays" / "under-test"
        folder.mkdir(exist_ok=True)
        (folder / "kustomization.yaml").write_text(yaml.safe_dump({
            "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
            "resources": [f"../../{name}" for name in resources], "components": [f"../../{name}" for name in components]}))
        run = subprocess.run(["kustomize", "build", str(folder)], capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stderr
        return load(run.stdout)
    return build


def checked(documents):
    """All of them have only fields that their controllers know."""
    foreign = [d for d in documents if d["kind"] in FIELDS]
    assert [(d["kind"], unknown_fields(d)) for d in foreign if unknown_fields(d)] == []
    assert schema_findings([d for d in documents if d["kind"] not in FIELDS]) == []
    return documents


def test_an_unknown_field_of_a_foreign_resource_is_found(composed):
    policy = one(composed(), "BackendTrafficPolicy")
    assert unknown_fields(policy) == []
    policy["spec"]["healthCheck"]["active"]["treshold"] = 2
    assert unknown_fields(policy) == ["healthCheck.active.treshold"]


def test_argo_rollouts_owns_the_pods_and_both_weights(composed):
    documents = checked(composed("delivery/argo-rollouts"))
    rollout = one(documents, "Rollout")["spec"]
    assert one(documents, "HorizontalPodAutoscaler", f"{NAME}-hpa")["spec"]["scaleTargetRef"]["kind"] == "Rollout"
    route = one(documents, "HTTPRoute", NAME)["spec"]["rules"][0]["backendRefs"]
    canary = rollout["strategy"]["canary"]
    assert [ref["name"] for ref in route] == [canary["stableService"], canary["canaryService"]]
    assert sum(ref["weight"] for ref in route) == 100
    templates = {template["templateName"] for template in canary["analysis"]["templates"]}
    assert templates == {d["metadata"]["name"] for d in of_kind(documents, "AnalysisTemplate")}
    assert "{{args.canary-hash}}" in one(documents, "AnalysisTemplate")["spec"]["metrics"][0]["provider"]["prometheus"]["query"]
    assert references(documents) == []


def test_flagger_owns_the_route_and_leaves_secrets_alone(composed):
    documents = checked(composed("delivery/flagger"))
    assert [d["metadata"]["name"] for d in of_kind(documents, "HTTPRoute")] == ["caddy-shopping-redirect"]
    for document in of_kind(documents, "Secret", "ConfigMap"):
        assert document["metadata"]["annotations"] == {"flagger.app/config-tracking": "disabled"}
    canary = one(documents, "Canary")["spec"]
    templates = {metric["templateRef"]["name"] for metric in canary["analysis"]["metrics"]}
    assert templates == {d["metadata"]["name"] for d in of_kind(documents, "MetricTemplate")}
    assert len(one(documents, "Deployment")["spec"]["selector"]["matchLabels"]) == 1   # Flagger takes one label alone
    assert references(documents) == []


@pytest.mark.parametrize("component, kind", [("components/keda", "ScaledObject"), ("components/external-secrets", "ExternalSecret")])
def test_a_component_takes_the_place_of_what_it_replaces(composed, component, kind):
    documents = checked(composed(component))
    one(documents, kind)
    gone = {"ScaledObject": "HorizontalPodAutoscaler", "ExternalSecret": "Secret"}[kind]
    assert of_kind(documents, gone) == []
    assert references(documents) == []


def test_the_edges_of_a_fleet_count_the_three_tiers_together(composed):
    policy = one(checked(composed("components/edge-limits")), "BackendTrafficPolicy")["spec"]
    assert {rule["limit"]["requests"] for rule in policy["rateLimit"]["global"]["rules"]} == {10000, 5000, 500}


def test_a_mesh_scales_by_the_shops_own_container(composed):
    documents = checked(composed("components/mesh", resources=("base", "config", "edge/istio")))
    metrics = one(documents, "HorizontalPodAutoscaler")["spec"]["metrics"]
    assert {metric["containerResource"]["container"] for metric in metrics} == {"backend"}


def test_pods_of_a_mesh_reach_what_they_need_before_and_beside_their_proxy(composed):
    documents = checked(composed("components/hashed-config", "components/migration-job", "components/audit", "components/mesh", resources=("base", "edge/istio")))
    pod = pod_template(one(documents, "Deployment", NAME))
    past_the_proxy = pod["metadata"]["annotations"]["traffic.sidecar.istio.io/excludeOutboundPorts"].split(",")
    assert {str(numbers()["database"]["port"]), "4000"} < set(past_the_proxy), "an init container runs before the proxy does"
    for task in of_kind(documents, "Job", "CronJob"):
        assert pod_template(task)["metadata"]["labels"]["sidecar.istio.io/inject"] == "false", "it would wait for its proxy for ever"
    istiod = {"pod": {"app": "istiod"}, "namespace": "istio-system"}
    policies = of_kind(documents, "NetworkPolicy")
    assert allows(policies, pod["metadata"]["labels"], "Egress", 15012, **istiod)
    assert not allows(of_kind(composed(), "NetworkPolicy"), pod["metadata"]["labels"], "Egress", 15012, **istiod)


@pytest.mark.parametrize("data", ["data/mysql", "data/redis", "data/redis-cluster"])
def test_databases_and_redis_stay_out_of_the_mesh(composed, data):
    """They are asked past the callers' proxies; one of their own would wait for a word that a caller of MySQL says second."""
    documents = checked(composed("components/mesh", resources=("base", "config", "edge/istio", data)))
    servers = [d for d in of_kind(documents, "Deployment", "StatefulSet") if d["metadata"]["labels"]["app.kubernetes.io/component"] != "backend"]
    assert servers and all(pod_template(d)["metadata"]["labels"]["sidecar.istio.io/inject"] == "false" for d in servers)
    assert "sidecar.istio.io/inject" not in pod_template(one(documents, "Deployment", NAME))["metadata"]["labels"]


def test_an_external_database_is_the_only_way_out_to_its_port(composed):
    policy = one(checked(composed("components/external-database")), "NetworkPolicy")
    for_database = [rule for rule in policy["spec"]["egress"] if {"protocol": "TCP", "port": 3306} in rule["ports"]]
    assert [json.dumps(rule["to"]) for rule in for_database] == ['[{"ipBlock": {"cidr": "10.20.0.0/16"}}]']


def test_a_redis_cluster_is_told_to_the_shop(composed):
    documents = checked(composed("components/hashed-config", "components/redis-cluster", resources=("base", "data/redis-cluster")))
    settings = next(d for d in of_kind(documents, "ConfigMap") if d["metadata"]["name"].startswith(f"{NAME}-config"))
    service = one(documents, "Service", "caddy-shopping-redis-cluster")["metadata"]["name"]
    assert all(node.split(":")[0].endswith(f".{service}") for node in settings["data"]["REDIS_CLUSTER_NODES"].split(","))
