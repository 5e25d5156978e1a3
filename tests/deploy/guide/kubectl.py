"""A kubectl that has no cluster: it keeps what is applied in a file, records its words, and refuses what names nothing of it.

The folder in KUBECTL_STATE holds objects.json (what is there) and calls.txt (what was asked). Words that it does not know are refused,
too: a command that is not looked at proves nothing.
"""
import base64
import json
import os
import re
import sys
from pathlib import Path

import yaml

STATE = Path(os.environ["KUBECTL_STATE"])
KINDS = {"pod": "Pod", "pods": "Pod", "service": "Service", "services": "Service", "hpa": "HorizontalPodAutoscaler", "ingress": "Ingress",
         "configmap": "ConfigMap", "secret": "Secret", "networkpolicies": "NetworkPolicy", "deployment": "Deployment", "replicaset": "ReplicaSet",
         "endpointslices": "EndpointSlice", "apiservices": "APIService"}
WITH_VALUE = {"-f", "-k", "-c", "-o", "-l", "--image", "--target", "--profile", "-n"}


class Refused(Exception):
    pass


class Cluster:
    def __init__(self):
        self.path = STATE / "objects.json"
        self.objects = json.loads(self.path.read_text()) if self.path.exists() else {}

    def find(self, kind, name):
        if f"{kind}/{name}" not in self.objects:
            raise Refused(f'Error from server (NotFound): {kind} "{name}" not found')
        return self.objects[f"{kind}/{name}"]

    def of(self, kind):
        return [each for key, each in self.objects.items() if key.startswith(kind + "/")]

    def put(self, document):
        key = f"{document['kind']}/{document['metadata']['name']}"
        if key in self.objects and document["kind"] == "Secret":   # an apply takes no values away that it never gave
            document = {**document, "data": {**self.objects[key].get("data", {}), **document.get("data", {})}}
        print(f"{key.lower()} {'configured' if key in self.objects else 'created'}")
        self.objects[key] = document
        if document["kind"] == "Deployment":
            self.start(document)
        if document["kind"] == "Service":
            self.objects[f"EndpointSlice/{document['metadata']['name']}-1"] = {"labels": {"kubernetes.io/service-name": document["metadata"]["name"]}}
        self.path.write_text(json.dumps(self.objects))

    def start(self, deployment):
        """A pod, once everything that it mounts and reads is there."""
        template = deployment["spec"]["template"]
        for key in wanted(template["spec"]):
            kind, name, entry = key
            found = self.find(kind, name)
            if entry and entry not in found.get("data", {}):
                raise Refused(f"CreateContainerConfigError: {kind} {name} has no {entry}")
        name = f"{deployment['metadata']['name']}-7d4c9b5f6-x2x7k"
        self.objects[f"Pod/{name}"] = {"labels": template["metadata"]["labels"], "spec": template["spec"]}
        self.objects[f"ReplicaSet/{name.rpartition('-')[0]}"] = {"labels": template["metadata"]["labels"]}


def wanted(pod):
    """(kind, name, key) of each ConfigMap and Secret that must be there before a container starts."""
    for volume in pod.get("volumes", []):
        for source in volume.get("projected", {}).get("sources", []):
            for kind, field in (("ConfigMap", "configMap"), ("Secret", "secret")):
                if field in source and not source[field].get("optional"):
                    yield from [(kind, source[field]["name"], item["key"]) for item in source[field].get("items", [])] or \
                        [(kind, source[field]["name"], None)]
    for container in pod["containers"]:
        for entry in container.get("env", []):
            if "configMapKeyRef" in entry.get("valueFrom", {}):
                reference = entry["valueFrom"]["configMapKeyRef"]
                yield "ConfigMap", reference["name"], reference["key"]
        for source in container.get("envFrom", []):
            yield "ConfigMap", source["configMapRef"]["name"], None


def split(words):
    """Options with their values, plain words, and what stands after --."""
    options, plain, after = {}, [], []
    words = list(words)
    while words:
        word = words.pop(0)
        if word == "--":
            after = words
            break
        if word.startswith("-"):
            name, given, value = word.partition("=")
            takes = not given and name in WITH_VALUE and not (name == "-f" and plain[:1] == ["logs"])
            options.setdefault(name, []).append(words.pop(0) if takes else value)
        else:
            plain.append(word)
    return options, plain, after


def pod_of(cluster, what):
    """The pod's description behind deployment/NAME or a pod's name."""
    kind, _, name = what.rpartition("/")
    if kind in ("deployment", "deploy"):
        return cluster.find("Deployment", name)["spec"]["template"]["spec"]
    return cluster.find("Pod", name)["spec"]


def selected(cluster, kind, options):
    for text in options.get("-l", []):
        wanted_labels = dict(part.split("=") for part in text.split(","))
        found = [each for each in cluster.of(kind)
                 if wanted_labels.items() <= (each.get("labels") or each.get("metadata", {}).get("labels", {})).items()]
        if not found:
            raise Refused(f"No resources found: {kind} with {text}")


def get(cluster, options, plain):
    for word in plain[0].split(","):
        kind = KINDS[word]
        if kind == "APIService":
            print("v1beta1.metrics.k8s.io   kube-system/metrics-server   True")
        elif not cluster.of(kind):
            raise Refused(f"No resources found: {kind}")
        selected(cluster, kind, options)
    if len(plain) > 1:
        found = cluster.find(KINDS[plain[0]], plain[1])
        for path in options.get("-o", []):
            key = re.fullmatch(r"jsonpath=\{\.data\.([\w-]+)\}", path)
            if not key or key[1] not in found.get("data", {}):
                raise Refused(f"{path} is nothing of {plain[1]}")
            sys.stdout.write(found["data"][key[1]])


def execute(cluster, options, plain, after):
    pod = pod_of(cluster, plain[0])
    if not after:
        raise Refused("nothing to execute")
    if after[0] == "curl":
        for port in re.findall(r"localhost:(\d+)", " ".join(after)):
            if int(port) not in [each["containerPort"] for each in pod["containers"][0]["ports"]]:
                raise Refused(f"nobody listens on {port}")
    elif after[0] != "caddy-shopping":
        raise Refused(f"the image has no {after[0]}")
    for word in after:
        if word.startswith("--config-dir="):
            if word.split("=")[1] not in [each["mountPath"] for each in pod["containers"][0]["volumeMounts"]]:
                raise Refused(f"{word} is not mounted")


def logs(cluster, options, plain):
    selected(cluster, "Pod", options)
    pod = pod_of(cluster, plain[0]) if plain else {"containers": [], "initContainers": []}
    for name in options.get("-c", []):
        if name not in [each["name"] for each in pod["containers"] + pod["initContainers"]]:
            raise Refused(f"container {name} is not valid for pod {plain[0]}")


def forward(cluster, plain):
    kind, _, name = plain[0].partition("/")
    ports = [each["port"] for each in cluster.find(KINDS[kind], name)["spec"]["ports"]]
    if int(plain[1].split(":")[-1]) not in ports:
        raise Refused(f"{name} has no port {plain[1]}")


def create(cluster, options, plain):
    if plain[:2] == ["secret", "generic"]:
        data = dict(text.partition("=")[::2] for text in options["--from-literal"])
        cluster.put({"kind": "Secret", "metadata": {"name": plain[2]}, "data": {key: base64.b64encode(value.encode()).decode()
                                                                              for key, value in data.items()}})
    elif plain[:2] == ["secret", "tls"]:
        names = [tls["secretName"] for each in documents("ingress.yaml") for tls in each["spec"]["tls"]]
        if plain[2] not in names:
            raise Refused(f"no Ingress reads {plain[2]}")
    else:
        raise Refused(f"create {plain}")


def documents(path):
    return [each for each in yaml.safe_load_all(Path(path).read_text()) if each]


def run(cluster, words):
    options, plain, after = split(words)
    verb, plain = plain[0], plain[1:]
    if verb == "apply":
        for path in options.get("-f", []):
            for document in documents(path):
                cluster.put(document)
        for folder in options.get("-k", []):
            documents(f"{folder}/kustomization.yaml")
    elif verb == "create":
        create(cluster, options, plain)
    elif verb == "get":
        get(cluster, options, plain)
    elif verb == "describe":
        cluster.find(KINDS[plain[0]], plain[1]) if len(plain) > 1 else selected(cluster, KINDS[plain[0]], options)
    elif verb == "logs":
        logs(cluster, options, plain)
    elif verb == "exec":
        execute(cluster, options, plain, after)
    elif verb in ("scale", "rollout"):
        pod_of(cluster, plain[-1])
    elif verb == "port-forward":
        forward(cluster, plain)
    elif verb == "debug":
        target = options["--target"][0]
        if target not in [each["name"] for each in pod_of(cluster, plain[0])["containers"]]:
            raise Refused(f"container {target} is not there")
    elif verb == "run":
        print(f"pod/{plain[0]} {options['--image'][0]} {' '.join(after)}")
    elif verb != "top" or plain[0] not in ("pods", "nodes"):
        raise Refused(f"unknown: {verb} {plain}")


def main():
    with open(STATE / "calls.txt", "a") as calls:
        calls.write(" ".join(sys.argv[1:]) + "\n")
    try:
        run(Cluster(), sys.argv[1:])
    except (Refused, LookupError, FileNotFoundError) as why:
        sys.exit(f"kubectl: {why!r}")


if __name__ == "__main__":
    main()
