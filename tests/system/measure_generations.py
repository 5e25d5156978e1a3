"""What a thousand connections see of workers that are replaced, killed and told to end. Printed, not asserted:
`CADDY_PROGRAM=build/release/bin/caddy-shopping python3 -m tests.system.measure_generations`.

A killed worker takes the requests with it that it had in hand: with kept connections at most those that it held, a share
of all; with a connection for each request those that the kernel had given to it.
"""
import argparse
import os
import random
import re
import signal
import subprocess
import tempfile
import threading
import time

import requests

from tests.shop import Shop
from tests.system.test_generations import ROUTE
from tests.system.test_metrics import scrape, value
from tests.system.test_supervisor import until

TOKEN = "a-token-for-measuring"
LOAD_S = 600   # longer than any measurement: it is interrupted


class Load:
    """wrk until it is ended; what it saw."""

    def __init__(self, shop, connections, keeps_alive):
        header = [] if keeps_alive else ["-H", "Connection: close"]
        self.process = subprocess.Popen(["wrk", "-t1", f"-c{connections}", f"-d{LOAD_S}s", "--timeout", "20s", "--latency", *header,
                                         shop.base + ROUTE], stdout=subprocess.PIPE, text=True)
        time.sleep(2)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        text = self.process.communicate(timeout=120)[0]
        errors = re.search(r"Socket errors: (.+)", text)
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        answered, slow = re.search(r"(\d+) requests in", text)[1], re.search(r"99%\s+(\S+)", text)[1]
        return (f"{answered} answered, p99 {slow}, "
                f"refused {bad[1] if bad else 0}, lost: {errors[1] if errors else 'none'}")


def reload_five_times(shop):
    for _ in range(5):
        where = (shop.directory / "serve.log").stat().st_size
        shop.process.send_signal(signal.SIGHUP)
        shop.wait_for_log("reload.done", where, seconds=120)
        time.sleep(0.5)


def kill_twenty_times(shop):
    pauses, seed, workers = [], random.Random(20), int(value(scrape(shop).text, "caddy_worker_up"))
    for _ in range(20):
        until(lambda: len(shop.workers()) == workers, 120)   # none that still retires
        where = (shop.directory / "serve.log").stat().st_size
        os.kill(seed.choice(shop.workers()), signal.SIGKILL)
        killed = time.monotonic()
        shop.wait_for_log("worker.serving", where)
        pauses.append(time.monotonic() - killed)
        time.sleep(max(0.0, 3.2 - pauses[-1]))   # as rarely as a supervisor bears without giving up
    print(f"  successors served after {min(pauses) * 1000:.0f} to {max(pauses) * 1000:.0f} ms")


def end_with_fifty_in_flight(shop):
    faults = {"faults": [{"route": ROUTE, "latency_ms": 5000, "share_per_mille": 1000, "seconds": 60}]}
    requests.put(f"{shop.admin_base}/faults", json=faults, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5).raise_for_status()
    seen = []
    callers = [threading.Thread(target=lambda: seen.append(requests.get(shop.base + ROUTE, timeout=60).status_code)) for _ in range(50)]
    for each in callers:
        each.start()
    time.sleep(1)
    shop.process.send_signal(signal.SIGTERM)
    code = shop.process.wait(timeout=120)
    for each in callers:
        each.join()
    shop.process = None
    print(f"SIGTERM with 50 requests of 5 s in flight: {seen.count(200)} answered, exit {code}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(folder, HTTP_ACCESS_LOG_EVERY="0", ADMIN_TOKEN=TOKEN,
                    GLOBAL_RATE_LIMIT="100000000", THROTTLER_LIMIT="100000000")
        shop.import_csv("samples/catalogue/products.csv")
        shop.start("--workers", str(given.workers))
        for keeps_alive in (True, False):
            for what in (reload_five_times, kill_twenty_times):
                print(f"{given.connections} connections, {'kept' if keeps_alive else 'one a request'}: {what.__name__.replace('_', ' ')}", flush=True)
                load = Load(shop, given.connections, keeps_alive)
                what(shop)
                print(f"  {load.end()}", flush=True)
        print(f"restarts counted: {value(scrape(shop).text, 'caddy_worker_restarts_total'):.0f}")
        end_with_fifty_in_flight(shop)


if __name__ == "__main__":
    main()
