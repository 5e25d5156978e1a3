"""The image, built from the release program and run as a restricted cluster would run it."""
import json
import re
import subprocess
import time

import pytest

from tests.deploy.bill_of_materials import faults_of
from tests.deploy.manifests import ROOT, numbers

PODMAN = ["podman", "--runtime", "runc"]
PROGRAM = ROOT / "build" / "release" / "bin" / "caddy-shopping"
RESTRICTED = ["--read-only", "--read-only-tmpfs=false", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--user", "10001:10001",
              "--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--tmpfs", "/tmp:rw,size=256m,mode=1777"]


def podman(*words, check=True, timeout=120):
    run = subprocess.run([*PODMAN, *words], capture_output=True, text=True, timeout=timeout)
    assert not check or run.returncode == 0, run.stderr
    return run


@pytest.fixture(scope="module")
def image():
    assert PROGRAM.is_file(), "make build first"
    run = subprocess.run([ROOT / "deploy" / "container" / "build"], capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    return re.search(r"build: (\S+),", run.stdout)[1]


@pytest.fixture(scope="module")
def root(image, tmp_path_factory):
    """The image's files."""
    folder = tmp_path_factory.mktemp("image")
    container = podman("create", image).stdout.strip()
    try:
        archive = folder / "image.tar"
        podman("export", "-o", str(archive), container)
        (folder / "root").mkdir()
        subprocess.run(["tar", "-xf", archive, "-C", folder / "root"], check=True)
        yield folder / "root"
    finally:
        podman("rm", "-f", container)


@pytest.fixture
def running(image):
    container = podman("run", "-d", *RESTRICTED, "-e", "CLUSTER_WORKERS=2", "-e", "DRAIN_DELAY=1", image).stdout.strip()
    try:
        for _ in range(100):
            if podman("exec", container, "curl", "-fsS", "http://localhost:3000/readyz", check=False).returncode == 0:
                break
            assert podman("inspect", "--format", "{{.State.Running}}", container).stdout.strip() == "true", podman("logs", container).stderr
            time.sleep(0.2)
        yield container
    finally:
        podman("rm", "-f", "-t", "0", container, check=False)


def test_the_image_has_the_name_that_the_manifests_ask_for(image):
    assert image == f"docker.io/library/{numbers()['image']['name']}:{numbers()['image']['version']}"
    config = json.loads(podman("image", "inspect", image).stdout)[0]["Config"]
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["/usr/local/bin/caddy-shopping"]
    assert config["Labels"]["org.opencontainers.image.version"] == numbers()["image"]["version"]


def test_the_image_stays_small(image):
    assert int(podman("image", "inspect", "--format", "{{.Size}}", image).stdout) <= 120_000_000


def test_there_is_no_shell_no_setuid_file_and_no_debugging_data(root):
    assert [name for name in ("bin/sh", "bin/bash", "usr/bin/apt", "usr/bin/dpkg") if (root / name).exists()] == []
    assert [path for path in root.rglob("*") if path.is_file() and path.stat().st_mode & 0o6000] == []
    sections = subprocess.run(["readelf", "-S", root / "usr/local/bin/caddy-shopping"], capture_output=True, text=True, check=True).stdout
    assert ".debug_info" not in sections
    assert (root / "etc/ssl/certs/ca-certificates.crt").stat().st_size > 100_000
    assert (root / "usr/local/share/caddy-shopping/web/docs").is_dir()


def test_every_library_is_there_and_in_the_bill_of_materials(root):
    loaded = subprocess.run(["chroot", root, "/lib64/ld-linux-x86-64.so.2", "--list", "/usr/local/bin/caddy-shopping"], capture_output=True,
                            text=True, timeout=60)
    assert loaded.returncode == 0 and "not found" not in loaded.stdout
    names = {package["name"] for package in bill_of(root)["packages"]}
    assert {"caddy-shopping", "libc6", "libssl3", "libvips42", "libsqlite3-0", "curl", "ca-certificates"} <= names


def bill_of(root):
    return json.loads((root / "usr/share/sbom/caddy-shopping.spdx.json").read_text())


def test_the_bill_of_materials_is_what_its_standard_asks_for(root):
    assert faults_of(bill_of(root)) == []
    assert all(package["versionInfo"] for package in bill_of(root)["packages"])


BILLS_THAT_ARE_NONE = {
    "data under another licence": lambda bill: bill.update(dataLicense="Apache-2.0"),
    "a namespace with a fragment": lambda bill: bill.update(documentNamespace=bill["documentNamespace"] + "#here"),
    "nobody who made it": lambda bill: bill["creationInfo"].update(creators=[]),
    "a creator of no kind": lambda bill: bill["creationInfo"].update(creators=["collect"]),
    "a time without its zone": lambda bill: bill["creationInfo"].update(created="2026-01-01T00:00:00"),
    "a package from nowhere": lambda bill: bill["packages"][1].pop("downloadLocation"),
    "an id with a plus": lambda bill: bill["packages"][1].update(SPDXID="SPDXRef-libstdc++6"),
    "a field that SPDX does not have": lambda bill: bill["packages"][1].update(version="1"),
    "a category spelt otherwise": lambda bill: bill["packages"][1]["externalRefs"][0].update(referenceCategory="PACKAGE_MANAGER"),
    "half a checksum": lambda bill: bill["packages"][0]["checksums"][0].update(checksumValue="ab" * 16),
    "one package twice": lambda bill: bill["packages"].append(bill["packages"][1]),
    "a part that is not there": lambda bill: bill["relationships"][1].update(relatedSpdxElement="SPDXRef-nothing"),
    "nothing that it describes": lambda bill: bill["relationships"].pop(0),
    "another package's address": lambda bill: bill["packages"][1].update(externalRefs=bill["packages"][2]["externalRefs"]),
}


@pytest.mark.parametrize("what", BILLS_THAT_ARE_NONE)
def test_a_bill_is_refused_with(what, root):
    bill = bill_of(root)
    BILLS_THAT_ARE_NONE[what](bill)
    assert faults_of(bill)


def test_it_serves_with_a_read_only_root_and_no_capabilities_and_drains(running):
    health = json.loads(podman("exec", running, "curl", "-s", "http://localhost:3000/health").stdout)
    assert health["status"] == "ok"
    status = podman("exec", running, "curl", "-s", "file:///proc/1/status").stdout
    assert re.search(r"CapEff:\s+0+\n", status) and re.search(r"NoNewPrivs:\s+1\n", status) and re.search(r"Uid:\s+10001", status)
    podman("stop", "-t", "60", running)
    assert podman("inspect", "--format", "{{.State.ExitCode}}", running).stdout.strip() == "0"


def test_the_root_cannot_be_written(image):
    run = podman("run", "--rm", *RESTRICTED, "--entrypoint", "/usr/bin/curl", image, "-s", "-o", "/usr/local/x", "file:///etc/passwd", check=False)
    assert run.returncode == 23   # curl's word for a file that it could not write


@pytest.mark.parametrize("kind", ["avif", "webp", "png"])
def test_pictures_are_read_and_made_smaller_with_the_libraries_of_the_image(image, tmp_path, kind):
    """AVIF's has lost an encoder that it never uses here."""
    picture = tmp_path / f"mug.{kind}"
    subprocess.run(["vips", "black", tmp_path / "mug.v", "1200", "900", "--bands", "3"], check=True)
    subprocess.run(["vips", "copy", tmp_path / "mug.v", picture], check=True, capture_output=True)
    (tmp_path / "products.csv").write_text("Handle,Title,Published,Option1 Name,Option1 Value,Variant Price,Image Src\n"
                                           f"mug,Mug,true,Title,Default Title,9.00,{picture.name}\n")
    tmp_path.chmod(0o755)
    run = podman("run", "--rm", *RESTRICTED, "-v", f"{tmp_path}:/goods:ro", image, "import", "/goods/products.csv")
    assert "1 created" in run.stdout and "0 notes" in run.stdout, run.stdout + run.stderr   # a picture that cannot be decoded is a note


def test_bad_settings_end_it_with_78_and_say_why(image):
    run = podman("run", "--rm", *RESTRICTED, "-e", "PORT=many", image, check=False)
    assert run.returncode == 78 and "PORT" in run.stdout + run.stderr
