"""Figures of the whole: P7 memory, P8 start, P9 crowds, P10 idle connections, P14 builds."""
import os
import resource
import socket
import statistics
import subprocess
import tempfile
import time

from harness import load, machine, servers, traffic
from harness.figures import Figure

CROWD = 1500
SETTLING = 20   # seconds: shoppers who all come at once need so long until some browse while others buy
IDLE = 10_000
PROBES = 5       # of the capacity, each halving what is unknown of it
KEEPS_UP = 0.98  # of what was asked for in a probe is answered when the probe ends


def mixed_traffic(stage, shelf):
    return stage.once(f"mix {shelf.products}", lambda: stage.traffic(traffic.mixed(shelf, 20 * shelf.products if shelf.products < 1000 else 20_000)))


def memory(stage):
    options = stage.options
    shelf = stage.shelf(options.large)
    shop = stage.shop("memory", shelf, workers=4)
    shop.end()
    shop.begin()
    time.sleep(5)
    idle = shop.memory_kib() / 1024
    replay = load.Replay(mixed_traffic(stage, shelf), shop.port, options.client_cores(), connections=64, seconds=options.soak).ready()
    told = replay.count()
    loaded = shop.memory_kib() / 1024
    wrong = shop.audit()
    stage.end("memory")
    if told["errors"] or wrong:
        raise RuntimeError(f"under load: {told} {wrong}")
    return [Figure("P7", "memory, idle, supervisor and 4 workers", idle, "MiB", 48, "≤ 48 MiB", note="PSS, after a start with MariaDB and Redis"),
            Figure("P7", f"memory after {options.soak} s of load, {options.large:,} products", loaded, "MiB", 384, "≤ 384 MiB",
                   note=f"PSS; {told['requests']:,} requests of mixed traffic; the target is for an hour and 100,000 products (--soak 3600 --large 100000)")]


def start(stage):
    def times(shop):
        found = []
        for _ in range(max(11, options.repetitions)):
            found.append(1000 * shop.begin())
            shop.end()
        return found[1:]
    options, shelf = stage.options, stage.shelf(100)
    embedded = stage.shop("embedded", shelf, database=False)
    embedded.end()
    with_servers = stage.shop("with servers", shelf)
    with_servers.end()
    rows = []
    for what, shop, target in (("SQLite", embedded, 60), ("MariaDB and Redis", with_servers, 200)):
        found = machine.spread(times(shop))
        rows.append(Figure("P8", f"start to ready, {what}", found["median"], "ms", target, f"≤ {target} ms", spread_percent=found["spread_percent"],
                           note=f"{found['runs']} starts, {found['least']:.0f} to {found['most']:.0f} ms"))
    return rows


def crowd(stage):
    """P9 and P10: an open model at 70 % of what the machine takes, without and with idle connections beside it."""
    options, shelf = stage.options, stage.shelf()
    shop = stage.shop("crowd", shelf, workers=os.cpu_count(), HTTP_CONNECTIONS_MAX="20000")
    file = mixed_traffic(stage, shelf)
    cores = options.client_cores()
    settling = min(SETTLING, options.hold)

    def visits(seconds, rate=0):
        pace = {"rate": round(rate)} if rate else {}
        return load.Replay(file, shop.port, cores, connections=CROWD, warm_up=settling, seconds=seconds, **pace).ready().count()
    capacity = sustained(stage, shop, visits)
    rate = 0.7 * capacity
    stage.say(f"the crowd is served at {capacity:,.0f} requests a second for as long as it likes; going on at {rate:,.0f}")

    def hold(seconds):
        before = shop.memory_kib() / 1024
        told = visits(seconds, rate)
        return told, before, shop.memory_kib() / 1024
    told, before, after = hold(options.hold)
    wrong = shop.audit()
    if wrong:
        raise RuntimeError("the invariants do not hold:\n" + wrong)
    asked = "; ".join(f"{name} {times['p99_ms']:.1f}" for name, times in sorted(told["by_name"].items()))
    note = f"{rate:,.0f} requests a second for {options.hold} s, from their due times; p50 {told['p50_ms']:.2f} ms; p99 in ms: {asked}; memory {before:.0f} to {after:.0f} MiB"
    rows = [Figure("P9", f"{CROWD:,} connections, mixed, p99", told["p99_ms"], "ms", 25, "≤ 25 ms", note=note),
            Figure("P9", "errors", told["errors"], "requests", 0, "0", note=f"of {told['requests']:,}; statuses {told['statuses']}; audited")]
    return rows + idle(stage, shop, hold, told)


def sustained(stage, shop, visits):
    """The most requests a second with which the shop keeps up, what its jobs do after orders included. A crowd that waits for
    its answers (closed loop) is served faster than that for a while: that is where the search begins."""
    seconds = max(10, stage.options.seconds)
    told = visits(seconds)
    high = told["requests"] / told["seconds"]
    low = high / 4
    for _ in range(PROBES):
        shop.settle()
        rate = (low * high) ** 0.5
        told = visits(seconds, rate)
        keeps_up = told["requests"] / told["seconds"] >= KEEPS_UP * rate
        low, high = (rate, high) if keeps_up else (low, rate)
        stage.say(f"{rate:,.0f} requests a second: {'kept up with' if keeps_up else 'too many'}, p99 {told['p99_ms']:.0f} ms")
    shop.settle()
    return low


def idle(stage, shop, hold, alone):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    number = min(IDLE, hard - 1024)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, number + 512), hard))
    before, kernel = shop.memory_kib(), kernel_sockets_kib()
    wires = []
    try:
        for count in range(number):
            wire = socket.create_connection(("127.0.0.1", shop.port), timeout=10)
            wire.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            wire.recv(4096)
            wires.append(wire)
        held = shop.memory_kib() - before
        told, _, _ = hold(min(stage.options.hold, 30))
        kernel = kernel_sockets_kib() - kernel
    finally:
        for wire in wires:
            wire.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        stage.end("crowd")
    return [Figure("P10", f"{number:,} idle connections, each", held / number, "KiB", 8, "≤ 8 KiB",
                   note=f"each had an answer and stays open; PSS of the program; sockets of the kernel {kernel / number:+.1f} KiB"),
            Figure("P10", f"the crowd beside them, p99", told["p99_ms"], "ms", 25, "≤ 25 ms, as alone", reference=alone["p99_ms"], reference_text="the crowd alone",
                   note=f"{told['errors']} errors of {told['requests']:,}; {told['p99_ms'] / alone['p99_ms']:.2f} × alone")]


def kernel_sockets_kib():
    with open("/proc/net/sockstat", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("TCP:"))
    return int(line.split()[-1]) * 4


def builds(stage):
    if not stage.options.build:
        return []
    folder = tempfile.mkdtemp(prefix="caddy-build-")
    rule = machine.ROOT / "src/shop/pricing/pricing.cpp"
    try:
        subprocess.run(["cmake", "--preset", "release", "-B", folder], cwd=machine.ROOT, check=True, capture_output=True)
        begun = time.monotonic()
        subprocess.run(["ninja", "-C", folder, "caddy-shopping"], check=True, capture_output=True)
        clean = time.monotonic() - begun
        again = []
        for _ in range(3):
            os.utime(rule)
            begun = time.monotonic()
            subprocess.run(["ninja", "-C", folder, "caddy-shopping"], check=True, capture_output=True)
            again.append(time.monotonic() - begun)
    finally:
        servers.forget(folder)
    return [Figure("P14", "clean release build", clean / 60, "min", 5, "≤ 5 min", note=f"{os.cpu_count()} processors; without tests and web pages"),
            Figure("P14", "after touching one rule", statistics.median(again), "s", 20, "≤ 20 s", note="src/shop/pricing/pricing.cpp")]
