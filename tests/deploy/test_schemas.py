"""Every document is what a Kubernetes server takes: strict fields, types, no key twice."""
import copy
import subprocess

import pytest
import yaml

from tests.deploy.manifests import (KUBERNETES, ROOT, built, guide, kustomizations, load, numbers, one, pod_template, read,
                                    schema_findings)

# Resources of controllers whose types no package has; test_foreign.py knows the fields of those.
FOREIGN = ("gateway.envoyproxy.io/", "flagger.app/")


def is_known(document):
    return not document["apiVersion"].startswith(FOREIGN)


def all_documents():
    """Each distinct document of all flavours with where it was seen first."""
    found = {}
    for document in guide():
        found.setdefault(yaml.safe_dump(document), ("guide", document))
    for folder in kustomizations():
        for document in built(folder):
            found.setdefault(yaml.safe_dump(document), (folder, document))
    return list(found.values())


def test_every_document_of_every_flavour_passes_the_strict_schemas():
    documents = [(where, document) for where, document in all_documents() if is_known(document)]
    findings = schema_findings([document for _, document in documents])
    told = [f"{documents[i][0]}: {documents[i][1]['kind']} {documents[i][1]['metadata']['name']}: {message}"
            for i, message in findings]
    assert told == []


def broken(change, kind):
    document = copy.deepcopy(one(guide(), kind) if kind != "Service" else one(guide(), kind, "caddy-shopping-backend-service"))
    change(document)
    return document


BROKEN = {
    "a strategy below the pod template": ("Deployment", lambda d: d["spec"]["template"]["spec"].update(strategy={"type": "Recreate"})),
    "a misspelt field of a container": ("Deployment", lambda d: d["spec"]["template"]["spec"]["containers"][0].update(imagee="x")),
    "a number as text": ("HorizontalPodAutoscaler", lambda d: d["spec"].update(maxReplicas="15")),
    "an affinity that is none": ("Service", lambda d: d["spec"].update(sessionAffinityTimeout=10800)),
    "an ingress without a path type": ("Ingress", lambda d: d["spec"]["rules"][0]["http"]["paths"][0].pop("pathType")),
    "a budget of the wrong kind of number": ("PodDisruptionBudget", lambda d: d["spec"].update(maxUnavailable=[1])),
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_schemas_refuse(what):
    kind, change = BROKEN[what]
    assert schema_findings([broken(change, kind)]) != []


def test_no_key_stands_twice_in_any_file():
    for path in sorted((ROOT / "deploy").rglob("*.yaml")):
        if "templates" not in path.parts:
            load(path.read_text())
    with pytest.raises(yaml.YAMLError):
        load("a: 1\nb: 2\na: 3\n")


def test_yaml_is_well_formed():
    rules = ("{extends: default, rules: {line-length: disable, document-start: disable, braces: disable, brackets: disable, "
             "indentation: {indent-sequences: whatever}, comments: {min-spaces-from-content: 1}, comments-indentation: disable, "
             "truthy: {check-keys: false}}}")
    files = [str(path) for path in sorted((ROOT / "deploy").rglob("*.yaml")) if "parts" not in path.parts
             and ("templates" not in path.parts or path.name == "numbers.yaml")]
    run = subprocess.run(["yamllint", "-f", "parsable", "-d", rules, *files], capture_output=True, text=True, timeout=60)
    assert run.stdout == ""


def test_documents_are_block_style_at_the_top():
    """A document that begins with { is read as JSON by kubectl."""
    for path in KUBERNETES.rglob("*.yaml"):
        for text in path.read_text().split("\n---\n"):
            lines = [line for line in text.splitlines() if line and not line.startswith("#")]
            assert not lines or not lines[0].startswith("{") or lines[0].startswith("{{"), path


def newer_than_1_23(documents):
    """Fields that a server of 1.23, the guide's oldest, would refuse."""
    found = []
    for document in documents:
        if document["kind"] == "PodDisruptionBudget" and "unhealthyPodEvictionPolicy" in document["spec"]:
            found.append("unhealthyPodEvictionPolicy")
        if document["kind"] == "Service" and "trafficDistribution" in document["spec"]:
            found.append("trafficDistribution")
        template = pod_template(document)
        if template:
            pod = template["spec"]
            found += [key for key in ("resources", "schedulingGates", "resourceClaims", "hostUsers") if key in pod]
            for constraint in pod.get("topologySpreadConstraints", []):
                found += [key for key in ("matchLabelKeys", "minDomains", "nodeAffinityPolicy", "nodeTaintsPolicy") if key in constraint]
            for container in pod.get("initContainers", []) + pod["containers"]:
                found += [key for key in ("resizePolicy", "restartPolicy") if key in container]
                found += ["preStop.sleep"] if "sleep" in container.get("lifecycle", {}).get("preStop", {}) else []
        if document["kind"] == "HorizontalPodAutoscaler":
            found += ["ContainerResource" for metric in document["spec"]["metrics"] if metric["type"] == "ContainerResource"]
    return found


def test_the_guides_files_work_on_the_guides_oldest_version():
    assert newer_than_1_23(guide()) == []
    document = copy.deepcopy(one(read("deployment.yaml"), "Deployment"))
    document["spec"]["template"]["spec"]["topologySpreadConstraints"][0]["matchLabelKeys"] = ["pod-template-hash"]
    assert newer_than_1_23([document]) == ["matchLabelKeys"]


def test_the_number_of_kinds_that_are_checked_does_not_shrink():
    assert {d["kind"] for d in guide()} >= {"ConfigMap", "Secret", "Service", "NetworkPolicy", "ServiceAccount", "PriorityClass",
                                           "PodDisruptionBudget", "Deployment", "HorizontalPodAutoscaler", "Ingress"}
    assert numbers()["replicas"]["min"] == 3
