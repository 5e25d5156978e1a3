"""Every command of the deployment guide, and every one of our documents, run one by one with a kubectl that refuses what is not there."""
import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.deploy.manifests import KUBERNETES, ROOT

HERE = Path(__file__).resolve().parent / "guide"
POD = "caddy-shopping-backend-7d4c9b5f6-x2x7k"
PLACEHOLDERS = {"<pod-name>": POD, "<pod>": POD, "<container-name>": "backend"}
OTHERS = ("npm", "chmod", "./deploy.sh")   # commands of the guide that are not kubectl's
VERB_ALONE = re.compile(r"kubectl (scale|run|rollout \w+)( --\S+)*")   # named in a sentence


def commands(text):
    """Each command of a shell text as one line, without comments."""
    text = re.sub(r"\\\n\s*", "", text)
    return [line.split("   #")[0].strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


GUIDE = commands((HERE / "commands.sh").read_text())


def of_documents():
    """kubectl's commands in the documents: of blocks, and within sentences."""
    found = {}
    for path in sorted((ROOT / "docs").glob("*.md")):
        text = path.read_text().replace("\\|", "|")   # as a table's cell has it
        blocks = [line for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.M | re.S) for line in commands(block)]
        inline = re.findall(r"`(kubectl [^`\n]+)`", text)
        for command in blocks + inline:
            if command.startswith("kubectl ") and "…" not in command and not VERB_ALONE.fullmatch(command) and \
                    set(re.findall("<[^>]+>", command)) <= PLACEHOLDERS.keys():
                found.setdefault(command.split(" | grep")[0], path.name)   # what it looks for is in a real log
    return found


class Shell:
    def __init__(self, folder):
        self.folder, self.state = folder, folder / "state"
        shutil.copytree(KUBERNETES, folder / "kubernetes")
        self.state.mkdir()
        (folder / "bin").mkdir()
        shim = folder / "bin" / "kubectl"
        shim.write_text(f"#!/bin/sh\nexec /usr/bin/python3 {HERE / 'kubectl.py'} \"$@\"\n")
        shim.chmod(0o755)

    def run(self, command):
        for word, value in PLACEHOLDERS.items():
            command = command.replace(word, value)
        return subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=self.folder / "kubernetes", capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL,
                              env={"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "KUBECTL_STATE": str(self.state)})

    def calls(self):
        return (self.state / "calls.txt").read_text().splitlines()


@pytest.fixture
def empty(tmp_path):
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """After the guide's Secret and its files in the guide's order."""
    shell = Shell(tmp_path_factory.mktemp("guide"))
    for command in GUIDE:
        if "create secret" in command or re.search(r"apply -f (?!apply-all)", command):
            done = shell.run(command)
            assert done.returncode == 0, (command, done.stderr)
    return shell


@pytest.mark.parametrize("command", [each for each in GUIDE if each.startswith("kubectl")])
def test_a_command_of_the_guide_finds_what_it_names(installed, command):
    done = installed.run(command)
    assert done.returncode == 0, done.stderr
    if "base64" in command:
        assert done.stdout == "your-password"   # what was created, through all that was applied after it


@pytest.mark.parametrize("document", ["kubernetes.md", "kubernetes.zh-CN.md"])
def test_every_command_of_the_guide_stands_beside_ours(document):
    table = [line for line in (ROOT / "docs" / document).read_text().replace("\\|", "|").splitlines() if line.startswith("| `")]
    firsts = " ".join(line.split(" | ")[0] if "| grep" not in line and "| base64" not in line else line for line in table)
    missing = [each for each in GUIDE if each.split(" --from-literal")[0] not in firsts and not re.fullmatch(r"kubectl apply -f \w+\.yaml", each)]
    assert missing == []


def test_the_guide_runs_from_top_to_bottom_on_an_empty_cluster(empty):
    for command in GUIDE:
        if not command.startswith(OTHERS):
            done = empty.run(command)
            assert done.returncode == 0, (command, done.stderr)
    assert len(empty.calls()) == len([each for each in GUIDE if not each.startswith(OTHERS)])


def test_applying_all_at_once_is_enough(empty):
    secret = next(each for each in GUIDE if "create secret" in each)
    for command in (secret, "kubectl apply -f apply-all.yaml", "kubectl get pods,services,hpa,ingress"):
        assert empty.run(command).returncode == 0, command


def test_the_other_commands_of_the_guide_are_there():
    assert [each for each in GUIDE if not each.startswith("kubectl")] == ["npm run build", "npm run pack", "chmod +x deploy.sh", "./deploy.sh"]
    scripts = json.loads((ROOT / "package.json").read_text())["scripts"]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    for name in ("build", "pack"):
        assert re.search(r"make.* (\w+)$", scripts[name])[1] in targets
    assert (KUBERNETES / "deploy.sh").stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize("command", of_documents())
def test_a_command_of_our_documents_finds_what_it_names(installed, command):
    done = installed.run(command)
    assert done.returncode == 0, f"{of_documents()[command]}: {command}: {done.stderr}"


@pytest.mark.parametrize("command", [
    "kubectl describe service caddy-shopping-backend", "kubectl describe hpa caddy-shopping", "kubectl logs deployment/caddy-shopping",
    f"kubectl logs {POD} -c app", "kubectl exec deployment/caddy-shopping-backend -- curl -s http://localhost:8080/health",
    "kubectl exec deployment/caddy-shopping-backend -- sh", "kubectl get secret caddy-shopping-secrets -o jsonpath='{.data.password}'",
    "kubectl apply -f namespace.yaml", "kubectl port-forward service/caddy-shopping-backend-service 3000:3000", "kubectl fly"])
def test_a_command_that_names_nothing_is_refused(installed, command):
    assert installed.run(command).returncode != 0


def test_a_pod_does_not_start_without_a_key_of_its_secret(empty):
    secret = next(each for each in GUIDE if "create secret" in each)
    for command in (re.sub(r"--from-literal=jwt-secret=\S+", "", secret), "kubectl apply -f configmap.yaml"):
        assert empty.run(command).returncode == 0
    refused = empty.run("kubectl apply -f deployment.yaml")
    assert refused.returncode != 0 and "has no jwt-secret" in refused.stderr
