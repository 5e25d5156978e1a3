"""What the tests of deploy/kubernetes share: reading manifests, and looking through them."""
import functools
import json
import shutil
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
KUBERNETES = ROOT / "deploy" / "kubernetes"
SCHEMAS = Path(__file__).resolve().parent / "schemas"
GUIDE_FILES = ("configmap.yaml", "secrets.yaml", "service.yaml", "deployment.yaml", "hpa.yaml", "ingress.yaml")


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that stands twice in a mapping, which YAML forbids and PyYAML takes."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in [pair for pair in node.value if not pair[0].tag.endswith(':merge')]:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def load(text):
    return [document for document in yaml.load_all(text, StrictLoader) if document]


def read(name):
    return load((KUBERNETES / name).read_text())


def guide():
    return [document for name in GUIDE_FILES for document in read(name)]


def numbers():
    return yaml.safe_load((KUBERNETES / "templates" / "numbers.yaml").read_text())


@functools.lru_cache(maxsize=None)
def built(folder):
    """What `kubectl apply -k` would send for a folder."""
    builder = shutil.which("kustomize")
    assert builder, "kustomize is missing: tools/setup installs it"
    run = subprocess.run([builder, "build", str(KUBERNETES / folder)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return load(run.stdout)


def kustomizations():
    """Folders that can be applied: overlays and flavours, not components (they need something to be put onto)."""
    found = []
    for path in sorted(KUBERNETES.rglob("kustomization.yaml")):
        if "templates" not in path.parts and yaml.safe_load(path.read_text()).get("kind") != "Component":
            found.append(path.parent.relative_to(KUBERNETES).as_posix())
    return found


def one(documents, kind, name=None):
    found = [d for d in documents if d["kind"] == kind and name in (None, d["metadata"]["name"])]
    assert len(found) == 1, f"{len(found)} of {kind} {name or ''}"
    return found[0]


def of_kind(documents, *kinds):
    return [d for d in documents if d["kind"] in kinds]


def pod_template(document):
    spec = document.get("spec", {})
    if document["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec.get("template") if document["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob") else None


def containers(document):
    pod = pod_template(document)["spec"]
    return pod.get("initContainers", []) + pod["containers"]


def node_modules(package):
    """The folder of an npm package that checks need; all of them are installed when one is missing."""
    folder = SCHEMAS / "node_modules" / package
    if not folder.is_dir():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=SCHEMAS, check=True,
                       timeout=300)
    return folder


def schema_findings(documents):
    """What the strict types and schemas of Kubernetes have against these: [(index, message)]."""
    node_modules("typescript")
    run = subprocess.run(["node", "check.mjs"], cwd=SCHEMAS, input=json.dumps(documents), capture_output=True, text=True,
                         timeout=300)
    assert run.returncode == 0, run.stderr
    return [(finding["index"], finding["message"]) for finding in json.loads(run.stdout)]
