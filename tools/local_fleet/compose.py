"""The files beside deploy/compose.yaml: edge, scraping and alerts, from the manifests and from the addresses that stand in it."""
import yaml

from tools.local_fleet import manifests
from tools.local_fleet.edge import configuration

FOLDER = manifests.ROOT / "deploy" / "compose"
HEADER = "# Written by `tools/fleet --write-compose` from {source}.\n"


def pods():
    """Name -> address of each pod of the file."""
    services = yaml.safe_load((FOLDER.parent / "compose.yaml").read_text())["services"]
    return {name: service["networks"]["shop"]["ipv4_address"] for name, service in services.items() if name.startswith("pod-")}


def files():
    port, scraping = manifests.numbers()["port"], manifests.scraping()
    edge = configuration(manifests.edge(), [f"{address}:{port['public']}" for address in pods().values()], "8080",
                         top="pid /tmp/nginx.pid;\nerror_log /dev/stderr;\n")
    targets = [{"targets": [f"{address}:{port['admin']}"], "labels": {"pod": name, "namespace": "default"}} for name, address in pods().items()]
    prometheus = {"global": {"scrape_interval": scraping["interval"], "evaluation_interval": "30s"}, "rule_files": ["rules.yaml"],
                  "scrape_configs": [{"job_name": manifests.NAME, "scrape_timeout": scraping["scrapeTimeout"], "static_configs": targets}]}
    return {"nginx.conf": HEADER.format(source="the Ingress") + edge,
            "prometheus.yaml": HEADER.format(source="the ServiceMonitor") + yaml.safe_dump(prometheus, sort_keys=False),
            "rules.yaml": HEADER.format(source="the PrometheusRule") + manifests.rules()}


def write():
    for name, text in files().items():
        (FOLDER / name).write_text(text)
    return sorted(files())
