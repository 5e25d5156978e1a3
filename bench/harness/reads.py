"""Figures of what is read: P1, P2, P4, P11, P12, P13."""
import json
import re
import statistics
import subprocess

from harness import load, machine, servers
from harness.figures import Figure, compared


def cpu(results):
    return [told["cpu_ms"] for told in results]


def with_database(results):
    return [told["cpu_ms"] + sum(told["beside_cpu_ms"]) for told in results]


def against_files(stage, number, what, target, place):
    """The same bytes from the shop, from nginx and from a bare loop, one process each."""
    shop = stage.shop("reads", stage.shelf())
    status, body = servers.ask(shop.port, "GET", target)
    if status != 200:
        raise RuntimeError(f"{target}: {status}")
    nginx = stage.once("nginx", lambda: stage.enter_context(servers.Nginx(stage.folder / "nginx", stage.options.server_cores()).begin()))
    nginx.put(place, body)
    file = stage.folder / f"{place}.body"
    file.write_bytes(body)
    bare = stage.enter_context(servers.Responder(file, stage.options.server_cores()).begin())
    results = stage.in_turns({
        "nginx": lambda seconds: stage.wrk(nginx, f"/{place}", seconds),
        "shop": lambda seconds: stage.wrk(shop, target, seconds),
        "bare": lambda seconds: stage.wrk(bare, "/", seconds)})
    bare.end()
    bare_ms = sorted(cpu(results["bare"]))[len(results["bare"]) // 2]
    rate = sorted(told["per_second"] for told in results["shop"])[len(results["shop"]) // 2]
    latency = sorted(told["p99_ms"] for told in results["shop"])[len(results["shop"]) // 2]
    return [compared(number, what, "CPU ms", cpu(results["shop"]), cpu(results["nginx"]), target=0.9, target_text="≤ 0.9 × nginx (1.1 at most)",
                     reference_text="nginx, the same file",
                     note=f"{len(body)} bytes; {rate:,.0f}/s, p99 {latency:.1f} ms; a bare epoll loop {bare_ms:.4f} CPU ms")]


def product_kept(stage):
    shelf = stage.shelf()
    return against_files(stage, "P1", "product, kept", f"/api/v1/products/{shelf.handle(0)}", "product.json")


def list_kept(stage):
    return against_files(stage, "P2", "list of 20, kept", "/api/v1/products?limit=20", "list.json")


NOTHING_KEPT = {"CACHE_L1_BYTES": "0", "CACHE_SHARED_BYTES_MAX": "0"}


def product_unkept(stage):
    shelf = stage.shelf()
    shop, database = stage.shop("unkept", shelf, **NOTHING_KEPT), stage.database()
    script = load.list_of([f"/api/v1/products/{shelf.handle(number)}" for number in range(0, shelf.products, max(1, shelf.products // 500))])
    results = stage.in_turns({"shop": lambda seconds: stage.wrk(shop, "/", seconds, script=script, beside=[database])})["shop"]
    own = cpu(results)
    middle = sorted(results, key=lambda told: told["cpu_ms"])[len(results) // 2]
    return [Figure("P4", "product, from MariaDB each time", middle["cpu_ms"], "CPU ms", reference_text="the Node stand-in (make bench-peers)",
                   target_text="≤ 1/8 × stand-in", spread_percent=round(100 * (max(own) - min(own)) / middle["cpu_ms"], 1), runs=own,
                   note=f"database {middle['beside_cpu_ms'][0]:.3f} CPU ms; {middle['per_second']:,.0f}/s, p99 {middle['p99_ms']:.1f} ms")]


def walk(shop, pages):
    """The address of the page behind so many others."""
    target = "/api/v1/products?limit=20"
    for _ in range(pages - 1):
        status, body = servers.ask(shop.port, "GET", target)
        cursor = json.loads(body)["page"]["next"]
        if status != 200 or not cursor:
            raise RuntimeError(f"{target}: {status}, next {cursor}")
        target = f"/api/v1/products?limit=20&cursor={cursor}"
    return target


def growth(stage):
    options = stage.options
    small_shelf, large_shelf = stage.shelf(1000), stage.shelf(options.large)
    small = stage.shop("unkept", stage.shelf(), **NOTHING_KEPT) if options.products == 1000 else stage.shop("small", small_shelf, **NOTHING_KEPT)
    large = stage.shop("large", large_shelf, **NOTHING_KEPT)
    database = stage.database()
    stage.say(f"{options.large} products took {large.import_seconds:.0f} s to import")

    def products(shelf):
        return load.list_of([f"/api/v1/products/{shelf.handle(number)}" for number in range(0, shelf.products, shelf.products // 500)])
    far = walk(large, 1000) if options.large > 20_000 else None
    runs = {
        "product small": lambda seconds: stage.wrk(small, "/", seconds, script=products(small_shelf), beside=[database]),
        "product large": lambda seconds: stage.wrk(large, "/", seconds, script=products(large_shelf), beside=[database]),
        "list small": lambda seconds: stage.wrk(small, "/api/v1/products?limit=20", seconds, beside=[database]),
        "list large": lambda seconds: stage.wrk(large, "/api/v1/products?limit=20", seconds, beside=[database])}
    if far:
        runs["page 1000"] = lambda seconds: stage.wrk(large, far, seconds, beside=[database])
    results = {name: with_database(told) for name, told in stage.in_turns(runs).items()}
    stage.end("large")
    target = dict(unit="CPU ms", target=1.2, target_text="≤ 1.2 ×")
    rows = [compared("P11", f"product, {options.large:,} products", own=results["product large"], reference=results["product small"],
                     reference_text="1,000 products", note="server and database, nothing kept", **target),
            compared("P11", f"list of 20, {options.large:,} products", own=results["list large"], reference=results["list small"],
                     reference_text="1,000 products", note="server and database, nothing kept", **target)]
    if far:
        rows.append(compared("P11", "list, page 1,000", own=results["page 1000"], reference=results["list large"], reference_text="page 1",
                             note="server and database, nothing kept", **target))
    return rows


def cost_of_limits(repetitions):
    """CPU milliseconds that limits add to a request in one process: medians of turns in drawn order, by bench-micro."""
    done = subprocess.run([str(machine.BUILD / "bin/bench-micro"), "--benchmark_filter=^request: product, kept(, without limits)?$",
                           f"--benchmark_repetitions={repetitions}", "--benchmark_enable_random_interleaving=true", "--benchmark_min_time=0.2",
                           "--benchmark_format=json"], capture_output=True, text=True, timeout=600, check=True)
    times = {"request: product, kept": [], "request: product, kept, without limits": []}
    for each in json.loads(done.stdout)["benchmarks"]:
        if each["run_type"] == "iteration":
            times[each["run_name"]].append(each["cpu_time"] / 1e6)   # nanoseconds
    with_limits, without = (statistics.median(found) for found in times.values())
    return with_limits - without


def limits(stage):
    """What limits cost: CPU time, and instructions, which noise cannot touch; and what they ask of Redis."""
    done = subprocess.run([str(machine.ROOT / "bench/count"), "--json"], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError("bench/count: " + done.stdout + done.stderr)
    counted = json.loads(done.stdout)["instructions"]
    on, off = counted["request: product, kept"], counted["request: product, kept, without limits"]
    shop, redis = stage.shop("reads", stage.shelf()), stage.redis()
    target = f"/api/v1/products/{stage.shelf().handle(0)}"
    added = cost_of_limits(5 * stage.options.repetitions)

    def calls():
        stats = redis.cli("INFO", "commandstats")
        return sum(int(number) for name, number in re.findall(r"cmdstat_(\S+?):calls=(\d+)", stats) if name.lower().split("|")[0] in
                   ("eval", "evalsha", "get", "set", "publish"))   # what scripts do inside costs no trip
    before = calls()
    told = stage.wrk(shop, target)
    trips = (calls() - before) / told["requests"]
    whole = told["cpu_ms"]
    return [Figure("P12", "limits on, kept product", whole, "CPU ms", 1.03, "≤ 1.03 ×", whole - added, "the same without limits", whole / (whole - added),
                   note=f"limits add {1e6 * added:.0f} ns to a request in one process (bench-micro); {on:,} against {off:,} instructions in user space"),
            Figure("P12", "round trips to Redis a request", trips, "trips", 0.05, "≤ 0.05", note="limits of the whole fleet, far from the limit")]


def workers(stage):
    one = stage.shop("reads", stage.shelf())
    two = stage.shop("reads of two", stage.shelf(), workers=2)
    target = f"/api/v1/products/{stage.shelf().handle(0)}"
    results = stage.in_turns({"one": lambda seconds: stage.wrk(one, target, seconds, connections=64),
                              "two": lambda seconds: stage.wrk(two, target, seconds, connections=64)})
    rates = {name: sorted(told["per_second"] for told in each)[len(each) // 2] for name, each in results.items()}
    stage.end("reads of two")
    return [compared("P13", "kept product, 2 workers", "CPU ms", cpu(results["two"]), cpu(results["one"]), target=1.1, target_text="≤ 1.1 ×",
                     reference_text="1 worker", note=f"{rates['two']:,.0f}/s against {rates['one']:,.0f}/s, the generator on the same cores")]
