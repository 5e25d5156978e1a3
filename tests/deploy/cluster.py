"""A kubectl that writes down what it was asked and answers as it was told, for the scripts of deploy/kubernetes."""
import json
import os
import subprocess

import yaml

from tests.deploy.manifests import KUBERNETES, built, guide, one

KEYS = "db-host db-username db-password jwt-secret redis-password".split()
GOOD = {key: "x" * 40 for key in KEYS}

KUBECTL = r'''#!/usr/bin/python3
import base64, json, os, re, sys
state_file = os.environ["FAKE_STATE"]
state = json.load(open(state_file))
words = [w for w in sys.argv[1:] if not w.startswith(("--namespace=", "--context="))]
body = ""
if "-" in words: body = sys.stdin.read()
if "-f" in words and os.path.isfile(words[words.index("-f") + 1]): body = open(words[words.index("-f") + 1]).read()
with open(os.environ["FAKE_LOG"], "a") as log: log.write(json.dumps({"all": sys.argv[1:], "words": words, "body": body}) + "\n")
line = " ".join(words)
def answer(text="", code=0): sys.stdout.write(text); sys.exit(code)
if words[0] == "version": answer('{"clientVersion": {"minor": "32"},\n"serverVersion": {\n"major": "1",\n"minor": "%s"}}' % state.get("minor", "34"), 0 if state.get("up", True) else 1)
if words[0] == "config": answer("test\n")
if words[0] == "kustomize": os.execvp("kustomize", ["kustomize", "build", words[1]])
if words[:3] == ["get", "secret", "caddy-shopping-secrets"]:
    secret = state.get("secret")
    if secret is None: answer("", 1)
    if "go-template" in line: answer("".join(k + "\n" for k in secret))
    answer(base64.b64encode(secret[re.search(r"\['(.+?)'\]", line)[1]].encode()).decode())
if line.startswith("get job/"):
    job = state.get("job")
    if job is None: answer("", 0 if "--ignore-not-found" in words else 1)
    if "json" in words: answer(json.dumps(job))
    if "name" in words: answer("job.batch/caddy-shopping-migrate\n")
    answer(job.get("ended", "Complete") if "conditions" in line else "")
if words[0] == "api-resources": answer("", 1) if state.get("silent") else answer("".join(kind + "\n" for kind in state.get("kinds", [])))
if words[0] == "get" and "--ignore-not-found" in words and "-l" in words: answer("", 1) if words[1] in state.get("forbidden", []) else answer(words[1] + "/one\n" if words[1] not in state.get("without", []) else "")
if words[:2] == ["get", "deployment"] or line.startswith("get deployment/"):
    name = words[1].split("/")[-1] if "/" in words[1] else words[2]
    if name == "caddy-shopping-jobs" and not state.get("jobs"): answer("", 1)
    if name == "caddy-shopping-jobs" and "json" in words: answer(json.dumps(state["jobs"]))
    if "json" in words:
        live = state["deployment"]
        if name != "caddy-shopping-backend":
            live = json.loads(json.dumps(live).replace('"app": "caddy-shopping-backend"', '"app": "%s"' % name))
            live["metadata"]["name"] = live["metadata"]["labels"]["app.kubernetes.io/instance"] = name
        answer(json.dumps(live))
    if "initContainers" in line: answer(state["deployment"]["spec"]["template"]["spec"]["initContainers"][0]["args"][0])
    if "readyReplicas" in line: answer(str(state.get("ready", {}).get(words[1].split("/")[-1], 5)))
    if ".spec.replicas" in line: answer("5")
    if "image" in line: answer(state.get("image", "shop:new"))
    answer("", 0 if state.get("installed") else 1)
if words[:2] == ["get", "service"]: answer(state.get("live", "caddy-shopping-backend"))
if words[:2] in (["get", "httproute"], ["get", "virtualservice"]) and "name" in words: answer("" if state.get("no_route") else "route\n")
if words[:2] == ["get", "httproute"]: answer(state.get("route", "caddy-shopping-backend-service"))
if words[:2] == ["get", "endpointslices"]: answer("true true true")
if words[0] == "get" and "ScalingActive" in line: answer("True")
if words[:2] == ["get", "apiservice"]: answer("True")
if words[0] == "get" and "pods" in words and "name" in words: answer("pod/new\n" if "canary" in line else "".join("pod/%s\n" % pod for pod in state.get("pods", ["one"])))
if words[0] == "apply": 
    if state.get("conflict"): sys.stderr.write('error: Apply failed with 1 conflict: conflict with "helm": .spec.replicas\n'); sys.exit(1)
    answer("applied\n")
if words[:2] == ["rollout", "status"]:
    left = state.get("rollouts", [])
    code = left.pop(0) if left else 0
    json.dump({**state, "rollouts": left}, open(state_file, "w"))
    answer("", code)
if words[0] == "exec" and "/metrics" in line:
    n = state["scrapes"] = state.get("scrapes", 0) + 1
    json.dump(state, open(state_file, "w"))
    name = words[1].split("/")[-1]
    failed = state.get("failing", {}).get(name, 0) * n
    if name in state.get("leaving", []) and n > 2: answer("", 1)   # it was there when counting began
    answer('http_server_request_duration_seconds_count{http_response_status_code="200"} %d\n'
           'http_server_request_duration_seconds_count{http_response_status_code="503"} %d\n'
           'http_server_request_duration_seconds_bucket{le="0.25"} %d\n' % (1000 * n, failed, 1000 * n + failed))
if words[0] == "exec": answer('{"status":"ok"}', 0 if state.get("healthy", True) else 22)
answer()
'''


class Cluster:
    def __init__(self, folder):
        self.folder, self.log, self.state_file = folder, folder / "log", folder / "state"
        (folder / "kubectl").write_text(KUBECTL)
        (folder / "kubectl").chmod(0o755)
        self.state()

    def state(self, **state):
        """What it holds from now on: the guide's Deployment and a good Secret, but for what is said."""
        self.state_file.write_text(json.dumps({"secret": GOOD, "deployment": one(guide(), "Deployment"), **state}))

    def holds(self, folder, **state):
        """What an overlay has put there."""
        self.state(deployment=one(built(folder), "Deployment", "caddy-shopping-backend"), installed=True, **state)

    def live(self):
        """The Deployment that serves."""
        return json.loads(self.state_file.read_text())["deployment"]

    def run(self, script, *arguments, **environment):
        self.log.write_text("")
        return subprocess.run([KUBERNETES / script, *arguments], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                              env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", "FAKE_STATE": str(self.state_file),
                                   "FAKE_LOG": str(self.log), **environment})

    def calls(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def changes(self):
        """What was asked that changes a cluster, in order."""
        verbs = ("apply", "scale", "patch", "annotate", "delete", "create", "set", "label")
        return [" ".join(call["words"]) for call in self.calls() if call["words"][0] in verbs]

    def applied(self, kind, name=None):
        """What was handed to `kubectl apply` of a kind."""
        return [document for call in self.calls() if call["words"][0] == "apply" for document in yaml.safe_load_all(call["body"])
                if document and document["kind"] == kind and name in (None, document["metadata"]["name"])]
