"""Whether a collector that is slow, silent or dead costs the shop throughput. Printed, not asserted:
`CADDY_PROGRAM=build/release/bin/caddy-shopping python3 -m tests.system.measure_telemetry`.

Shops that differ in their collector alone are asked by turns, so that a change of the machine's mood meets all of them.
"""
import argparse
import re
import socket
import statistics
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.collector import Collector
from tests.shop import Shop
from tests.system.test_generations import ROUTE
from tests.system.test_metrics import scrape, value

NGINX = """daemon off; error_log stderr crit; pid {folder}/pid; worker_processes 1;
events {{}} http {{ access_log off; client_body_temp_path {folder}/body; client_max_body_size 100m; keepalive_requests 1000000;
server {{ listen 127.0.0.1:{port}; location / {{ return 200; }} }} }}"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def quick_collector(stack, folder):
    """Takes everything and looks at nothing, so that it costs as little as a collector elsewhere."""
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    server = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    stack.callback(lambda: (server.terminate(), server.wait()))
    return f"http://127.0.0.1:{port}"


def slow_collector(stack):
    collector = Collector()
    collector.delay = 60
    stack.callback(collector.server.server_close)
    return collector.url


def silent_collector(stack):
    """Its connections are made by the kernel, and nobody ever reads what they bring."""
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def throughput(shop, seconds):
    text = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", shop.base + ROUTE], capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in text and "Socket errors" not in text, text
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=4)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        dead = stack.enter_context(socket.socket())   # bound, so that nobody else gets the port, and deaf
        dead.bind(("127.0.0.1", 0))
        endpoints = {"quick": quick_collector(stack, folder), "slow": slow_collector(stack), "silent": silent_collector(stack),
                     "dead": f"http://127.0.0.1:{dead.getsockname()[1]}", "off": ""}
        shops = {}
        for name, endpoint in endpoints.items():
            (folder / name).mkdir()
            shop = Shop(folder / name, HTTP_ACCESS_LOG_EVERY="0", GLOBAL_RATE_LIMIT="100000000", THROTTLER_LIMIT="100000000",
                        TRACING_ENABLED=str(name != "off").lower(), OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
            shop.import_csv("samples/catalogue/products.csv")
            stack.callback(shop.stop)
            shops[name] = shop.start("--workers", "2")
        seen = {name: [] for name in shops}
        for _ in range(given.rounds):
            for name, shop in shops.items():
                seen[name].append(throughput(shop, given.seconds))
        usual = statistics.median(seen["quick"])
        for name, shop in shops.items():
            median, text = statistics.median(seen[name]), scrape(shop).text
            print(f"{name:7} {median:8.0f} requests/s ({min(seen[name]):.0f} to {max(seen[name]):.0f}), {median / usual - 1:+.1%}; spans "
                  + ", ".join(f"{result} {value(text, 'caddy_trace_spans_total', result=result):.0f}" for result in ("sent", "failed", "dropped")))


if __name__ == "__main__":
    main()
