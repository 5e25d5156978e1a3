"""The rules that checkers of manifests have, each with a manifest that must fail it; and what only this project's files can get wrong."""
import copy
import ipaddress
import math
import re

import pytest

from tests.deploy.manifests import KUBERNETES, ROOT, built, containers, guide, kustomizations, numbers, of_kind, one, pod_template, read

WORKLOADS = ("Deployment", "StatefulSet", "Job", "CronJob")
NAME = "caddy-shopping-backend"


def everything(folder):
    return guide() if folder == "guide" else built(folder)


def workloads(documents):
    return of_kind(documents, *WORKLOADS)


def backend(documents):
    return one(documents, "Deployment", NAME)


# --- rules: name -> what a set of documents has against it; names as kube-score, polaris, kubescape and kube-linter have them ---

def container_rule(check):
    return lambda documents: [f"{d['metadata']['name']}/{c['name']}" for d in workloads(documents) for c in containers(d) if not check(c)]


def pod_rule(check, *kinds):
    return lambda documents: [d["metadata"]["name"] for d in of_kind(documents, *(kinds or WORKLOADS)) if not check(pod_template(d))]


def security(container):
    return container.get("securityContext", {})


def probes_are_three_and_differ(template):
    container = template["spec"]["containers"][0]
    live, ready = container.get("livenessProbe"), container.get("readinessProbe")
    return bool(live and ready and container.get("startupProbe")) and \
        (live.get("httpGet") != ready.get("httpGet") or live.get("httpGet") is None)


def probe_ports_are_declared(container):
    names = {port["name"] for port in container.get("ports", [])} | {port["containerPort"] for port in container.get("ports", [])}
    used = {probe["httpGet"]["port"] for key, probe in container.items() if key.endswith("Probe") and "httpGet" in probe}
    return used <= names


def duplicates(container):
    names = [entry["name"] for entry in container.get("env", [])]
    return len(names) == len(set(names))


def selects(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())


def templates_of(documents):
    return [(d, pod_template(d)["metadata"]["labels"]) for d in workloads(documents)]


def policies_select(documents):
    policies = [p for p in of_kind(documents, "NetworkPolicy") if {"Ingress", "Egress"} <= set(p["spec"]["policyTypes"])
                and p["spec"]["podSelector"].get("matchLabels")]
    return [d["metadata"]["name"] for d, labels in templates_of(documents)
            if not any(selects(p["spec"]["podSelector"]["matchLabels"], labels) for p in policies)]


def selectors_match(documents):
    return [d["metadata"]["name"] for d in of_kind(documents, "Deployment", "StatefulSet")
            if not selects(d["spec"]["selector"]["matchLabels"], pod_template(d)["metadata"]["labels"])]


def services_select(documents):
    labels = [labels for _, labels in templates_of(documents)]
    return [s["metadata"]["name"] for s in of_kind(documents, "Service") if not any(selects(s["spec"]["selector"], each) for each in labels)]


def scaled(documents):
    return {h["spec"]["scaleTargetRef"]["name"] for h in of_kind(documents, "HorizontalPodAutoscaler")}


def budgets(documents):
    covered = [b["spec"]["selector"]["matchLabels"] for b in of_kind(documents, "PodDisruptionBudget")]
    return [d["metadata"]["name"] for d in of_kind(documents, "Deployment")
            if not any(selects(each, pod_template(d)["metadata"]["labels"]) for each in covered)]


def sensitive(documents):
    word = re.compile(r"secret|password|token|bearer|credential|private.?key", re.I)
    return [f"{d['metadata']['name']}: {key}" for d in of_kind(documents, "ConfigMap") for key in d.get("data", {}) if word.search(key)] + \
           [f"{d['metadata']['name']}: {e['name']}" for d in workloads(documents) for c in containers(d) for e in c.get("env", [])
            if word.search(e["name"]) and "value" in e and not e["value"].startswith("/") and not e["name"].endswith("_FILE")
            and e["value"] != "yes"]


QUANTITIES = ("cpu", "memory", "ephemeral-storage")
RULES = {
    "container-resources": container_rule(lambda c: all(q in c.get("resources", {}).get(k, {}) for k in ("requests", "limits") for q in QUANTITIES)),
    "container-image-tag": container_rule(lambda c: "@sha256:" in c["image"] or re.search(r":(?!latest)[\w.-]+$", c["image"])),
    "privileged-container": container_rule(lambda c: security(c).get("privileged") is False),
    "privilege-escalation-container": container_rule(lambda c: security(c).get("allowPrivilegeEscalation") is False),
    "no-read-only-root-fs": container_rule(lambda c: security(c).get("readOnlyRootFilesystem") is True),
    "run-as-non-root": container_rule(lambda c: security(c).get("runAsNonRoot") is True),
    "dangerousCapabilities": container_rule(lambda c: security(c).get("capabilities") == {"drop": ["ALL"]}),
    "environment-variable-key-duplication": container_rule(duplicates),
    "liveness-port": container_rule(probe_ports_are_declared),
    "env-var-secret": container_rule(lambda c: not any("secretKeyRef" in e.get("valueFrom", {}) for e in c.get("env", []))),
    "hostPortSet": container_rule(lambda c: not any("hostPort" in p for p in c.get("ports", []))),
    "linuxHardening": pod_rule(lambda t: t["spec"].get("securityContext", {}).get("seccompProfile") == {"type": "RuntimeDefault"}),
    "hostNetworkSet": pod_rule(lambda t: not any(t["spec"].get(k) for k in ("hostNetwork", "hostPID", "hostIPC", "hostUsers"))),
    "hostPathSet": pod_rule(lambda t: not any("hostPath" in v for v in t["spec"].get("volumes", []))),
    "automountServiceAccountToken": pod_rule(lambda t: t["spec"].get("automountServiceAccountToken") is False),
    "container-security-context-user-group-id": pod_rule(lambda t: t["spec"]["securityContext"].get("runAsUser", 0) > 0),
    "pod-probes-identical": pod_rule(probes_are_three_and_differ, "Deployment"),
    "priorityClassNotSet": pod_rule(lambda t: "priorityClassName" in t["spec"], "Deployment"),
    "deployment-has-host-podantiaffinity": pod_rule(lambda t: "podAntiAffinity" in t["spec"].get("affinity", {}), "Deployment"),
    "pod-topology-spread-constraints": pod_rule(lambda t: len(t["spec"].get("topologySpreadConstraints", [])) >= 2, "Deployment"),
    "no-rolling-update-strategy": lambda ds: [d["metadata"]["name"] for d in of_kind(ds, "Deployment")
                                              if d["spec"].get("strategy", {}).get("rollingUpdate", {}).get("maxUnavailable") != 0],
    "metadataAndInstanceMismatched": lambda ds: [d["metadata"]["name"] for d in workloads(ds)
                                                 if d["metadata"]["labels"].get("app.kubernetes.io/instance") != d["metadata"]["name"]],
    "deployment-targeted-by-hpa-does-not-have-replicas-configured":
        lambda ds: [d["metadata"]["name"] for d in of_kind(ds, "Deployment") if d["metadata"]["name"] in scaled(ds) and "replicas" in d["spec"]],
    "dangling-hpa": lambda ds: sorted(scaled(ds) - {d["metadata"]["name"] for d in of_kind(ds, "Deployment", "Rollout")}),
    "deployment-has-poddisruptionbudget": budgets,
    "pdb-min-available": lambda ds: [b["metadata"]["name"] for b in of_kind(ds, "PodDisruptionBudget") if b["spec"].get("maxUnavailable") != 1],
    "mismatching-selector": selectors_match,
    "dangling-service": services_select,
    "service-type": lambda ds: [s["metadata"]["name"] for s in of_kind(ds, "Service") if s["spec"].get("type", "ClusterIP") != "ClusterIP"],
    "affinity-on-headless-service": lambda ds: [s["metadata"]["name"] for s in of_kind(ds, "Service")
                                                if s["spec"].get("clusterIP") == "None" and "sessionAffinity" in s["spec"]],
    "pod-networkpolicy": policies_select,
    "sensitiveConfigmapContent": sensitive,
    "cronjob-has-deadline": lambda ds: [d["metadata"]["name"] for d in of_kind(ds, "CronJob") if "startingDeadlineSeconds" not in d["spec"]],
    "job-ttl-seconds-after-finished": lambda ds: [d["metadata"]["name"] for d in of_kind(ds, "Job") if "ttlSecondsAfterFinished" not in d["spec"]],
    "readiness-without-shared-dependencies": pod_rule(lambda t: t["spec"]["containers"][0]["livenessProbe"]["httpGet"]["path"] != "/health",
                                                      "Deployment"),
    "grace-beyond-prestop": pod_rule(lambda t: t["spec"].get("terminationGracePeriodSeconds", 30) >= 60, "Deployment"),
}
@pytest.mark.parametrize("folder", ["guide", *[folder for folder in kustomizations() if folder not in ("base", "config") and
                                               not folder.startswith(("edge/", "data/tidb", "monitoring", "delivery/"))]])
@pytest.mark.parametrize("rule", RULES)
def test_rule(rule, folder):
    documents = everything(folder)
    assert RULES[rule](documents) == []


def change(path, value):
    """A change of the shop's Deployment: path is words and numbers; None deletes."""
    def apply(documents):
        place = backend(documents)
        for key in path[:-1]:
            place = place[key]
        if value is None:
            place.pop(path[-1])
        else:
            place[path[-1]] = value
    return apply


POD = ("spec", "template", "spec")
BOX = (*POD, "containers", 0)


def edit(kind, name, path, value):
    def apply(documents):
        place = one(documents, kind, name)
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
    return apply


def add(document):
    return lambda documents: documents.append(document)


JOB = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "labels": {"app.kubernetes.io/instance": "j"}}, "spec": {}}
BROKEN = {
    "container-resources": change((*BOX, "resources", "limits", "memory"), None),
    "container-image-tag": change((*BOX, "image"), "caddy-shopping-backend:latest"),
    "privileged-container": change((*BOX, "securityContext", "privileged"), True),
    "privilege-escalation-container": change((*BOX, "securityContext", "allowPrivilegeEscalation"), True),
    "no-read-only-root-fs": change((*BOX, "securityContext", "readOnlyRootFilesystem"), False),
    "run-as-non-root": change((*BOX, "securityContext", "runAsNonRoot"), None),
    "dangerousCapabilities": change((*BOX, "securityContext", "capabilities"), {"add": ["NET_ADMIN"]}),
    "environment-variable-key-duplication": change((*BOX, "env"), [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
    "liveness-port": change((*BOX, "livenessProbe", "httpGet", "port"), 8080),
    "env-var-secret": change((*BOX, "env"), [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]),
    "hostPortSet": change((*BOX, "ports", 0, "hostPort"), 80),
    "linuxHardening": change((*POD, "securityContext", "seccompProfile"), None),
    "hostNetworkSet": change((*POD, "hostNetwork"), True),
    "hostPathSet": change((*POD, "volumes"), [{"name": "x", "hostPath": {"path": "/"}}]),
    "automountServiceAccountToken": change((*POD, "automountServiceAccountToken"), None),
    "container-security-context-user-group-id": change((*POD, "securityContext", "runAsUser"), 0),
    "pod-probes-identical": change((*BOX, "livenessProbe"), {"httpGet": {"path": "/readyz", "port": "http"}}),
    "priorityClassNotSet": change((*POD, "priorityClassName"), None),
    "deployment-has-host-podantiaffinity": change((*POD, "affinity"), None),
    "pod-topology-spread-constraints": change((*POD, "topologySpreadConstraints"), []),
    "no-rolling-update-strategy": change(("spec", "strategy"), None),
    "metadataAndInstanceMismatched": change(("metadata", "labels", "app.kubernetes.io/instance"), "other"),
    "deployment-targeted-by-hpa-does-not-have-replicas-configured": change(("spec", "replicas"), 5),
    "dangling-hpa": edit("HorizontalPodAutoscaler", f"{NAME}-hpa", ("spec", "scaleTargetRef", "name"), "nobody"),
    "deployment-has-poddisruptionbudget": edit("PodDisruptionBudget", f"{NAME}-pdb", ("spec", "selector"), {"matchLabels": {"app": "x"}}),
    "pdb-min-available": edit("PodDisruptionBudget", f"{NAME}-pdb", ("spec",), {"minAvailable": 3, "selector": {"matchLabels": {"app": NAME}}}),
    "mismatching-selector": change(("spec", "selector", "matchLabels", "app"), "other"),
    "dangling-service": edit("Service", f"{NAME}-service", ("spec", "selector"), {"app": "other"}),
    "service-type": edit("Service", f"{NAME}-service", ("spec", "type"), "NodePort"),
    "affinity-on-headless-service": edit("Service", f"{NAME}-headless", ("spec", "sessionAffinity"), "ClientIP"),
    "pod-networkpolicy": edit("NetworkPolicy", NAME, ("spec", "policyTypes"), ["Ingress"]),
    "sensitiveConfigmapContent": edit("ConfigMap", f"{NAME}-config", ("data", "JWT_SECRET"), "x"),
    "cronjob-has-deadline": add({"kind": "CronJob", "metadata": {"name": "c"}, "spec": {}}),
    "job-ttl-seconds-after-finished": add(JOB),
    "readiness-without-shared-dependencies": change((*BOX, "livenessProbe", "httpGet", "path"), "/health"),
    "grace-beyond-prestop": change((*POD, "terminationGracePeriodSeconds"), None),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule_bites(rule):
    documents = copy.deepcopy(guide())
    BROKEN[rule](documents)
    assert RULES[rule](documents) != []


def test_overlays_for_clusters_pin_the_image_by_its_digest_and_pull_it():
    for folder in ("overlays/production", "overlays/multizone", "overlays/region-a", "overlays/region-b"):
        for document in workloads(built(folder)):
            for container in containers(document):
                assert re.fullmatch(r"\S+@sha256:[0-9a-f]{64}", container["image"]), (folder, container["name"])
                assert container["imagePullPolicy"] == "Always"


def references(documents):
    """What is referred to and not there: config maps, secrets, accounts, classes, services of routes."""
    there = {(d["kind"], d["metadata"]["name"]) for d in documents} | {("Secret", numbers()["tls_secret"])}
    there |= {("Secret", d["spec"]["target"]["name"]) for d in of_kind(documents, "ExternalSecret")}
    missing = []

    def need(kind, name, where):
        if (kind, name) not in there:
            missing.append(f"{where}: {kind} {name}")

    for document in workloads(documents):
        pod, where = pod_template(document)["spec"], document["metadata"]["name"]
        if "serviceAccountName" in pod:
            need("ServiceAccount", pod["serviceAccountName"], where)
        if "priorityClassName" in pod:
            need("PriorityClass", pod["priorityClassName"], where)
        for volume in pod.get("volumes", []):
            for source in [volume, *volume.get("projected", {}).get("sources", [])]:
                if "configMap" in source:
                    need("ConfigMap", source["configMap"]["name"], where)
                if "secret" in source:
                    need("Secret", source["secret"].get("name") or source["secret"]["secretName"], where)
        for container in containers(document):
            mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
            missing += [f"{where}: volume {name}" for name in mounted - {v["name"] for v in pod.get("volumes", [])}
                        - {v["metadata"]["name"] for v in document["spec"].get("volumeClaimTemplates", [])}]
            for source in container.get("envFrom", []):
                need("ConfigMap", source["configMapRef"]["name"], where)
            for entry in container.get("env", []):
                key = entry.get("valueFrom", {}).get("configMapKeyRef")
                if key:
                    need("ConfigMap", key["name"], where)
                    if ("ConfigMap", key["name"]) in there and key["key"] not in one(documents, "ConfigMap", key["name"])["data"]:
                        missing.append(f"{where}: key {key['key']}")
    for ingress in of_kind(documents, "Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                service = path["backend"]["service"]
                need("Service", service["name"], "Ingress")
                if ("Service", service["name"]) in there:
                    ports = {port["name"] for port in one(documents, "Service", service["name"])["spec"]["ports"]}
                    missing += [] if service["port"]["name"] in ports else [f"Ingress: port {service['port']}"]
    for route in of_kind(documents, "HTTPRoute"):
        for rule in route["spec"]["rules"]:
            for backend_ref in rule.get("backendRefs", []):
                need("Service", backend_ref["name"], "HTTPRoute")
        for parent in route["spec"]["parentRefs"]:
            need("Gateway", parent["name"], "HTTPRoute")
    for policy in of_kind(documents, "BackendTrafficPolicy", "ClientTrafficPolicy"):
        for target in policy["spec"]["targetRefs"]:
            need(target["kind"], target["name"], policy["kind"])
    for service in of_kind(documents, "Service"):
        for port in service["spec"]["ports"]:
            for document, labels in templates_of(documents):
                if selects(service["spec"]["selector"], labels) and isinstance(port.get("targetPort"), str):
                    names = {p["name"] for c in containers(document) for p in c.get("ports", [])}
                    if port["targetPort"] not in names and document["kind"] != "Job":
                        missing.append(f"{service['metadata']['name']}: no port {port['targetPort']}")
    return missing


@pytest.mark.parametrize("folder", ["guide", *[f for f in kustomizations() if f.startswith("overlays/")]])
def test_everything_that_is_referred_to_is_there(folder):
    assert references(everything(folder)) == []


@pytest.mark.parametrize("breaking, says", [
    (change((*POD, "serviceAccountName"), "nobody"), "ServiceAccount nobody"),
    (change((*BOX, "envFrom", 0, "configMapRef", "name"), "elsewhere"), "ConfigMap elsewhere"),
    (change((*BOX, "env", 0, "valueFrom", "configMapKeyRef", "key"), "NOTHING"), "key NOTHING"),
    (change((*BOX, "ports", 0, "name"), "web"), "no port http"),
    (edit("Ingress", f"{NAME}-ingress", ("spec", "rules", 0, "http", "paths", 0, "backend", "service", "name"), "x"), "Service x"),
])
def test_a_reference_to_nothing_is_found(breaking, says):
    documents = copy.deepcopy(guide())
    breaking(documents)
    assert any(says in finding for finding in references(documents))


# Annotations that the controller of ingress-nginx 1.13 to 1.15 knows, of those that are of use here.
KNOWN = {f"nginx.ingress.kubernetes.io/{name}" for name in (
    "ssl-redirect proxy-body-size proxy-connect-timeout proxy-read-timeout proxy-send-timeout proxy-next-upstream proxy-next-upstream-tries "
    "proxy-next-upstream-timeout upstream-hash-by upstream-hash-by-subset upstream-hash-by-subset-size limit-rpm limit-rps "
    "limit-burst-multiplier limit-connections canary canary-weight canary-by-header canary-by-header-value").split()} | {
    "polaris.fairwinds.com/deploymentMissingReplicas-exempt", "kubectl.kubernetes.io/default-container", "scaledobject.keda.sh/transfer-hpa-ownership"}


def test_every_annotation_is_one_that_somebody_reads():
    documents = guide() + read("delivery/canary/ingress-nginx.yaml") + read("delivery/canary/canary.yaml")
    used = {key for d in documents for key in d["metadata"].get("annotations", {})}
    used |= {key for d in workloads(documents) for key in pod_template(d)["metadata"].get("annotations", {})}
    assert used <= KNOWN
    annotations = one(guide(), "Ingress")["metadata"]["annotations"]
    assert annotations["nginx.ingress.kubernetes.io/upstream-hash-by"] in ("$remote_addr", "$binary_remote_addr", "$http_x_forwarded_for")
    for key, value in annotations.items():
        assert isinstance(value, str)
        if key.endswith("timeout"):
            assert value.isdigit(), "plain seconds"


def test_the_three_edges_say_the_same():
    nginx, gateway, istio = one(guide(), "Ingress"), built("edge/gateway"), built("edge/istio")
    annotations = {key.split("/")[1]: value for key, value in nginx["metadata"]["annotations"].items()}
    route = one(gateway, "HTTPRoute", NAME)["spec"]
    policy = one(gateway, "BackendTrafficPolicy")["spec"]
    virtual = one(istio, "VirtualService")["spec"]
    destination = one(istio, "DestinationRule")["spec"]["trafficPolicy"]
    path = nginx["spec"]["rules"][0]["http"]["paths"][0]
    assert nginx["spec"]["rules"][0]["host"] == route["hostnames"][0] == virtual["hosts"][0]
    assert path["path"] == route["rules"][0]["matches"][0]["path"]["value"] == virtual["http"][0]["match"][0]["uri"]["prefix"] == "/"
    assert path["backend"]["service"]["name"] == route["rules"][0]["backendRefs"][0]["name"] == \
        virtual["http"][0]["route"][0]["destination"]["host"]
    assert annotations["proxy-read-timeout"] + "s" == route["rules"][0]["timeouts"]["request"] == virtual["http"][0]["timeout"] == \
        policy["timeout"]["http"]["requestTimeout"]
    assert annotations["proxy-connect-timeout"] + "s" == policy["timeout"]["tcp"]["connectTimeout"] == \
        destination["connectionPool"]["tcp"]["connectTimeout"]
    assert int(annotations["proxy-next-upstream-tries"]) == policy["retry"]["numRetries"] + 1 == virtual["http"][0]["retries"]["attempts"] + 1
    assert nginx["spec"]["tls"][0]["secretName"] == one(gateway, "Gateway")["spec"]["listeners"][1]["tls"]["certificateRefs"][0]["name"] == \
        one(istio, "Gateway")["spec"]["servers"][1]["tls"]["credentialName"]
    assert policy["loadBalancer"]["type"] == "ConsistentHash" and "consistentHash" in destination["loadBalancer"]
    assert policy["loadBalancer"]["consistentHash"]["cookie"]["name"] == destination["loadBalancer"]["consistentHash"]["httpCookie"]["name"]


def allows(policies, labels, direction, port, protocol="TCP", pod=None, namespace=None, address=None):
    """What the policies of a namespace say to one connection of a pod with these labels."""
    chosen = [p["spec"] for p in policies if selects(p["spec"]["podSelector"].get("matchLabels", {}), labels)
              and direction in p["spec"]["policyTypes"]]
    if not chosen:
        return True
    for spec in chosen:
        for rule in spec.get(direction.lower(), []):
            ports = rule.get("ports")
            if ports and not any(p.get("protocol", "TCP") == protocol and p["port"] == port for p in ports):
                continue
            peers = rule.get("from" if direction == "Ingress" else "to")
            if peers is None or any(is_peer(peer, pod, namespace, address) for peer in peers):
                return True
    return False


def is_peer(peer, pod, namespace, address):
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        if address is None or ipaddress.ip_address(address).version != ipaddress.ip_network(block["cidr"]).version:
            return False
        inside = lambda cidr: ipaddress.ip_address(address) in ipaddress.ip_network(cidr)   # noqa: E731
        return inside(block["cidr"]) and not any(inside(cidr) for cidr in block.get("except", []))
    if pod is None:
        return False
    if "namespaceSelector" in peer:
        if not selects(peer["namespaceSelector"].get("matchLabels", {}), {"kubernetes.io/metadata.name": namespace or ""}):
            return False
    elif namespace is not None:
        return False
    return selects(peer.get("podSelector", {}).get("matchLabels", {}), pod)


MATRIX = [
    (True, "Ingress", 3000, {"pod": {"x": "y"}, "namespace": "ingress-nginx"}),
    (True, "Ingress", 3000, {"pod": {"x": "y"}, "namespace": "envoy-gateway-system"}),
    (True, "Ingress", 3000, {"pod": {"x": "y"}}),
    (False, "Ingress", 3000, {"pod": {"x": "y"}, "namespace": "somebody-else"}),
    (True, "Ingress", 9797, {"pod": {"x": "y"}, "namespace": "monitoring"}),
    (False, "Ingress", 9797, {"pod": {"x": "y"}, "namespace": "ingress-nginx"}),
    (False, "Ingress", 9797, {"pod": {"x": "y"}}),
    (True, "Egress", 53, {"pod": {"k8s-app": "kube-dns"}, "namespace": "kube-system", "protocol": "UDP"}),
    (True, "Egress", 53, {"address": "169.254.20.10", "protocol": "UDP"}),
    (False, "Egress", 53, {"address": "8.8.8.8", "protocol": "UDP"}),
    (True, "Egress", 3306, {"address": "10.20.0.7"}),
    (True, "Egress", 4000, {"address": "10.20.0.7"}),
    (True, "Egress", 6379, {"address": "10.96.4.4"}),
    (True, "Egress", 443, {"address": "203.0.113.9"}),
    (True, "Egress", 3306, {"pod": {"app": "mysql"}, "namespace": "data"}),   # as networks see it that know pods by labels alone
    (True, "Egress", 6379, {"pod": {"app": "caddy-shopping-redis"}}),
    (False, "Egress", 22, {"pod": {"app": "mysql"}, "namespace": "data"}),
    (True, "Egress", 443, {"address": "2001:db8::9"}),
    (False, "Egress", 80, {"address": "169.254.169.254"}),
    (False, "Egress", 443, {"address": "169.254.169.254"}),
    (False, "Egress", 443, {"address": "fd00:ec2::254"}),
    (False, "Egress", 22, {"address": "10.20.0.7"}),
]


@pytest.mark.parametrize("folder", ["guide", "overlays/production", "overlays/region-a"])
@pytest.mark.parametrize("expected, direction, port, peer", MATRIX)
def test_the_policy_lets_through(folder, expected, direction, port, peer):
    labels = pod_template(backend(everything(folder)))["metadata"]["labels"]
    assert allows(of_kind(everything(folder), "NetworkPolicy"), labels, direction, port, **peer) is expected


@pytest.mark.parametrize("region", ["region-a", "region-b"])
def test_a_region_can_be_looked_at_alone_without_a_rollout(region):
    documents = built(f"overlays/{region}")
    runtime = one(documents, "ConfigMap", "caddy-shopping-backend-runtime")
    assert runtime["data"]["READ_ONLY_MODE"] == "false"
    assert set(one(built("overlays/multizone"), "ConfigMap", "caddy-shopping-backend-runtime")["data"]) < set(runtime["data"])


def test_a_namespace_of_its_own_denies_what_no_policy_allows():
    policies = of_kind(built("overlays/production"), "NetworkPolicy")
    assert not allows(policies, {"app": "stranger"}, "Ingress", 3000, pod={"x": "y"})
    assert not allows(policies, {"app": "stranger"}, "Egress", 443, address="203.0.113.9")
    assert [p for p in of_kind(guide(), "NetworkPolicy") if not p["spec"]["podSelector"].get("matchLabels")] == []
    assert of_kind(guide(), "ResourceQuota", "LimitRange", "Namespace") == []


def amount(text):
    units = {"m": 0.001, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    number, unit = re.fullmatch(r"([\d.]+)(m|Ki|Mi|Gi)?", str(text)).groups()
    return float(number) * units.get(unit, 1)


def test_the_quota_is_above_the_peak():
    documents = built("overlays/production")
    hard = one(documents, "ResourceQuota")["spec"]["hard"]
    replicas = numbers()["replicas"]
    shop = containers(backend(documents))[-1]["resources"]
    extra = [containers(d)[-1]["resources"] for d in of_kind(documents, "Job", "CronJob")]
    canary = one(read("delivery/canary/canary.yaml"), "HorizontalPodAutoscaler")["spec"]["maxReplicas"]
    assert canary * 2 >= replicas["max"], "a half of the traffic takes a half of the pods"
    beside = replicas["max"] + 3   # another colour with as many pods (a canary has fewer), and the pods for jobs with one that replaces another
    for kind, quantity in (("requests", "cpu"), ("requests", "memory"), ("limits", "cpu"), ("limits", "memory")):
        peak = (replicas["peak"] + beside) * amount(shop[kind][quantity]) + sum(amount(each[kind][quantity]) for each in extra)
        assert peak <= amount(hard[f"{kind}.{quantity}"]), (kind, quantity)
    assert int(hard["pods"]) >= replicas["peak"] + beside + len(extra)


def entropy(text):
    return -sum(text.count(c) / len(text) * math.log2(text.count(c) / len(text)) for c in set(text))


def secret_like(text):
    found = re.findall(r"-----BEGIN [A-Z ]*PRIVATE KEY|eyJ[A-Za-z0-9_-]{10,}\.|AKIA[0-9A-Z]{16}", text)
    for word in re.findall(r"[A-Za-z0-9+/]{28,}", text):
        if entropy(word) > 4.2 and all(re.search(kind, word) for kind in (r"\d", "[A-Z]", "[a-z]")):
            found.append(word)
    return found


def test_no_file_has_what_looks_like_a_secret():
    for path in sorted(KUBERNETES.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            assert secret_like(path.read_text()) == [], path
    assert secret_like("password: hF7qL0zKx9TnVb3WmRe8YsUdCa5PgJ2i")
    for documents in [guide(), *[built(folder) for folder in kustomizations()]]:
        assert [d["metadata"]["name"] for d in of_kind(documents, "Secret") if "data" in d or "stringData" in d] == []


def test_jobs_run_in_pods_of_their_own_and_each_of_them_somewhere():
    documents = built("overlays/production")
    roles = {d["metadata"]["name"]: [word for word in d["spec"]["template"]["spec"]["containers"][0]["args"] if word.startswith("--role")]
             for d in of_kind(documents, "Deployment")}
    assert roles == {NAME: ["--role=api"], "caddy-shopping-jobs": ["--role=jobs"]}
    assert not any(word.startswith("--role") for word in backend(guide())["spec"]["template"]["spec"]["containers"][0]["args"])
    database = numbers()["database"]
    for_jobs = one(documents, "Deployment", "caddy-shopping-jobs")["spec"]
    environment = {entry["name"]: entry.get("value") for entry in for_jobs["template"]["spec"]["containers"][0]["env"]}
    assert environment["DB_POOL_SIZE"] == str(database["jobs_pool"])
    assert numbers()["replicas"]["peak"] * database["pool"] + (for_jobs["replicas"] + 1) * database["jobs_pool"] <= database["connections_max"]
    scraped = [s for s in of_kind(documents, "Service") if s["metadata"]["labels"].get("monitoring") == "true"]
    assert sorted(s["spec"]["selector"]["app"] for s in scraped) == [NAME, "caddy-shopping-jobs"]   # each pod once


def test_multizone_keeps_enough_when_a_zone_is_lost():
    documents = built("overlays/multizone")
    least = one(documents, "HorizontalPodAutoscaler", f"{NAME}-hpa")["spec"]["minReplicas"]
    zone = pod_template(backend(documents))["spec"]["topologySpreadConstraints"][0]
    assert zone["whenUnsatisfiable"] == "DoNotSchedule" and zone["minDomains"] == 3
    assert least - math.ceil(least / 3) >= numbers()["replicas"]["min"]


def test_settings_with_a_checksum_cannot_be_changed_and_those_of_the_running_shop_can():
    documents = built("overlays/production")
    fixed = [d for d in of_kind(documents, "ConfigMap") if d["metadata"]["name"].startswith(f"{NAME}-config-")]
    assert len(fixed) == 1 and fixed[0]["immutable"] is True
    assert "immutable" not in one(documents, "ConfigMap", f"{NAME}-runtime")
    assert fixed[0]["data"] == one(guide(), "ConfigMap", f"{NAME}-config")["data"]


def test_the_default_overlay_is_what_apply_all_has():
    def key(document):
        return document["kind"], document["metadata"]["name"]
    assert sorted(built("overlays/default"), key=key) == sorted(read("apply-all.yaml"), key=key)


def test_the_documentation_names_only_files_that_are_there():
    text = (ROOT / "docs" / "kubernetes.md").read_text()
    for folder in re.findall(r"`((?:overlays|edge|components|data)/[a-z0-9-]+)`", text):
        assert (KUBERNETES / folder).is_dir(), folder
    for name in re.findall(r"kubectl apply -f (\S+\.yaml)", text):
        assert (KUBERNETES / name.strip("`")).is_file(), name
