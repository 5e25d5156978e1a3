"""The deployment guide's files, names and numbers."""
import copy
import importlib.util
import re
import subprocess

import pytest
import yaml

from tests.deploy.manifests import GUIDE_FILES, KUBERNETES, ROOT, guide, numbers, of_kind, one, read

NAME = "caddy-shopping-backend"


def renderer():
    specification = importlib.util.spec_from_file_location("render", KUBERNETES / "render.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def leaves(tree, path=()):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, path + (key,))
        else:
            yield path + (key,), value


def test_rendered_files_are_what_their_templates_say():
    run = subprocess.run([KUBERNETES / "render.py", "--check"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("path", [path for path, _ in leaves(numbers())], ids=".".join)
def test_each_number_reaches_a_file_from_its_one_place(path):
    render = renderer()
    before = render.Renderer(numbers()).files()
    changed = copy.deepcopy(numbers())
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = "424242"
    after = render.Renderer(changed).files()
    assert before != after, f"{'.'.join(path)} is used nowhere"


def test_an_image_by_tag_alone_is_refused():
    render = renderer()
    text = (KUBERNETES / "templates" / "numbers.yaml").read_text()
    with pytest.raises(SystemExit):
        render.with_image(text, "registry.example.com/shop:1.0.0")
    digest = "sha256:" + "ab" * 32
    made = yaml.safe_load(render.with_image(text, f"registry.example.com:5000/shop/backend:1.2.3@{digest}"))
    assert made["image"] == {"name": "registry.example.com:5000/shop/backend", "version": "1.2.3", "digest": digest}
    assert made["name"] == NAME


def test_the_version_is_the_programs():
    declared = re.search(r"project\(\s*\S+\s+VERSION\s+([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    assert numbers()["image"]["version"] == declared


def test_every_name_of_the_guide_exists():
    documents = guide()
    one(documents, "Deployment", NAME)
    one(documents, "Service", f"{NAME}-service")
    one(documents, "HorizontalPodAutoscaler", f"{NAME}-hpa")
    one(documents, "Ingress", f"{NAME}-ingress")
    one(documents, "Secret", "caddy-shopping-secrets")


def test_no_object_names_a_namespace_so_that_all_land_in_the_one_that_is_asked_for():
    assert [d["metadata"]["name"] for d in guide() if "namespace" in d["metadata"]] == []


def test_resources_are_the_guides():
    container = one(read("deployment.yaml"), "Deployment")["spec"]["template"]["spec"]["containers"][0]
    assert container["name"] == "backend"
    assert {k: container["resources"]["requests"][k] for k in ("cpu", "memory")} == {"cpu": "1", "memory": "1Gi"}
    assert {k: container["resources"]["limits"][k] for k in ("cpu", "memory")} == {"cpu": "2", "memory": "2Gi"}


def test_the_guides_environment_comes_from_the_central_configuration():
    container = one(read("deployment.yaml"), "Deployment")["spec"]["template"]["spec"]["containers"][0]
    entries = {entry["name"]: entry for entry in container["env"]}
    settings = one(read("configmap.yaml"), "ConfigMap", f"{NAME}-config")
    for name, number in {"DB_POOL_SIZE": "200", "THROTTLER_LIMIT": "5000", "CLUSTER_WORKERS": "4"}.items():
        assert entries[name]["valueFrom"]["configMapKeyRef"] == {"name": settings["metadata"]["name"], "key": name}
        assert settings["data"][name] == number


def test_the_central_configuration_has_the_guides_numbers():
    data = one(read("configmap.yaml"), "ConfigMap", f"{NAME}-config")["data"]
    expected = {"DB_POOL_SIZE": "200", "REDIS_POOL_SIZE": "100", "GLOBAL_RATE_LIMIT": "10000", "GLOBAL_RATE_LIMIT_TTL": "60",
                "THROTTLER_LIMIT": "5000", "THROTTLER_TTL": "60", "AUTH_RATE_LIMIT": "500", "AUTH_RATE_LIMIT_TTL": "60",
                "CLUSTER_ENABLED": "true", "CLUSTER_WORKERS": "4", "TRACING_ENABLED": "true", "PORT": "3000"}
    assert {key: data.get(key) for key in expected} == expected


def test_the_autoscaler_has_the_guides_range_and_targets():
    scaler = one(read("hpa.yaml"), "HorizontalPodAutoscaler")["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 15)
    targets = {metric["resource"]["name"]: metric["resource"]["target"]["averageUtilization"] for metric in scaler["metrics"]}
    assert targets == {"cpu": 65, "memory": 75}
    assert scaler["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 600


def test_one_service_has_the_affinity_and_one_is_headless():
    services = {service["metadata"]["name"]: service["spec"] for service in of_kind(read("service.yaml"), "Service")}
    with_address, headless = services[f"{NAME}-service"], services[f"{NAME}-headless"]
    assert with_address["sessionAffinity"] == "ClientIP"
    assert with_address["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"] == 10800
    assert with_address.get("clusterIP") != "None"   # the server ignores affinity there, with a warning
    assert headless["clusterIP"] == "None"
    assert "sessionAffinity" not in headless
    assert {port["port"] for port in headless["ports"]} == {3000, 9797}


def test_the_guides_commands_find_what_they_name():
    """Every `kubectl apply -f`, describe, exec and get of the guide, with its own words."""
    for name in (*GUIDE_FILES, "apply-all.yaml"):
        assert read(name), name
    assert (KUBERNETES / "deploy.sh").stat().st_mode & 0o777 == 0o755
    deployment = one(read("deployment.yaml"), "Deployment", NAME)
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert 3000 in [port["containerPort"] for port in container["ports"]]   # exec … curl -s http://localhost:3000/health
    items = deployment["spec"]["template"]["spec"]["volumes"][1]["projected"]["sources"][1]["secret"]
    assert items["name"] == "caddy-shopping-secrets" and "optional" not in items
    assert [item["key"] for item in items["items"]] == ["db-host", "db-username", "db-password", "jwt-secret", "redis-password"]


def test_the_secret_is_declared_without_values_so_that_given_ones_stay():
    secret = one(read("secrets.yaml"), "Secret")
    assert secret["type"] == "Opaque"
    assert "data" not in secret and "stringData" not in secret


def test_apply_all_is_the_guides_files_in_the_guides_order():
    assert read("apply-all.yaml") == guide()


def test_the_end_of_a_pod_fits_into_its_grace():
    drain = numbers()["drain"]
    assert drain["delay_s"] + drain["limit_s"] + 5 < drain["grace_s"]
    pod = one(read("deployment.yaml"), "Deployment")["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == drain["grace_s"]
    data = one(read("configmap.yaml"), "ConfigMap", f"{NAME}-config")["data"]
    assert (data["DRAIN_DELAY"], data["DRAIN_LIMIT"]) == (str(drain["delay_s"]), str(drain["limit_s"]))


def test_peak_pods_are_the_most_and_their_surge():
    replicas, database = numbers()["replicas"], numbers()["database"]
    assert replicas["peak"] == replicas["max"] + -(-replicas["max"] * replicas["surge_percent"] // 100)
    assert replicas["peak"] * database["pool"] <= database["connections_max"]


def test_workers_at_their_limit_fit_into_the_pod():
    pod = numbers()["pod"]
    assert pod["workers"] * pod["worker_memory_mib_max"] < 2048


def test_a_disruption_is_allowed_at_every_size_of_the_fleet():
    budget = one(read("deployment.yaml"), "PodDisruptionBudget")["spec"]
    replicas = numbers()["replicas"]
    for size in range(replicas["min"], replicas["max"] + 1):
        kept = size - budget["maxUnavailable"]
        assert 1 <= size - kept and kept >= replicas["min"] - 1
