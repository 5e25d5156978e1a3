"""What the manifests of deploy/kubernetes say, which the fleet on one machine follows: settings, the edge, limits, rules."""
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
KUBERNETES = ROOT / "deploy" / "kubernetes"
NAME = "caddy-shopping-backend"


def numbers():
    return yaml.safe_load((KUBERNETES / "templates" / "numbers.yaml").read_text())


def documents(name):
    return [each for each in yaml.safe_load_all((KUBERNETES / name).read_text()) if each]


def one(name, kind, called=None):
    found = [each for each in documents(name) if each["kind"] == kind and called in (None, each["metadata"]["name"])]
    assert len(found) == 1, f"{name} has {len(found)} of {kind} {called or ''}"
    return found[0]


def settings():
    """The settings of a pod that are no secrets: both ConfigMaps, the second one winning as in a pod."""
    maps = documents("configmap.yaml")
    return {name: value for each in maps for name, value in each["data"].items()}


def edge():
    """The Ingress' annotations without their prefix."""
    return {key.split("/")[1]: value for key, value in one("ingress.yaml", "Ingress")["metadata"]["annotations"].items()}


def rules():
    """The rules as Prometheus itself reads them, without the resource around them."""
    return yaml.safe_dump(one("monitoring/rules.yaml", "PrometheusRule")["spec"], sort_keys=False)


def scraping():
    """How figures are fetched: interval and timeout."""
    return one("monitoring/servicemonitor.yaml", "ServiceMonitor")["spec"]["endpoints"][0]
