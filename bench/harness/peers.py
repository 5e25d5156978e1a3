"""Shops in Node beside ours: on the same MariaDB and Redis, with the same products, asked the same by the same generator."""
import itertools
import os
import shutil
import subprocess
import time

from harness import load, machine, servers, traffic, vendure, writes
from harness.figures import Figure, compared

NEST = machine.ROOT / "bench/peers/nest"
ENVIRONMENT = {"NODE_ENV": "production", "NPM_CONFIG_LOGLEVEL": "error"}


def quoted(text):
    return "'" + str(text).replace("\\", "\\\\").replace("'", "''") + "'"


def rows_of(shelf):
    """(product, variants) as rows of SQL."""
    number_of_variant = itertools.count(1)
    for number in range(shelf.products):
        rows = list(shelf.rows(number))
        first, prices = rows[0], [round(float(row[17]) * 100) for row in rows]
        variants = [f"({next(number_of_variant)},{number + 1},{quoted(row[11])},{quoted(' / '.join(filter(None, [row[8], row[10]])))},{price},{row[12]},{row[14]},0,{place})"
                    for place, (row, price) in enumerate(zip(rows, prices))]
        yield (f"({number + 1},{quoted(first[0])},{quoted(first[1])},{quoted(first[2])},{quoted(first[3])},{quoted(first[4])},{quoted(first[5])},"
               f"{min(prices)},{max(prices)},'2026-01-01' + INTERVAL {number} SECOND)"), variants


def seed(database, name, shelf, folder):
    """The stand-in's own tables, with the products that the shop imports."""
    path = folder / f"{name}.sql"
    with open(path, "w", encoding="utf-8") as file:
        file.write((NEST / "schema.sql").read_text())
        rows = iter(rows_of(shelf))
        while batch := list(itertools.islice(rows, 500)):
            file.write("INSERT INTO product VALUES " + ",\n".join(product for product, _ in batch) + ";\n")
            file.write("INSERT INTO variant VALUES " + ",\n".join(variant for _, variants in batch for variant in variants) + ";\n")
    with open(path, "rb") as source:
        subprocess.run(["mariadb", "--no-defaults", "--default-character-set=utf8mb4", f"--socket={database.socket}", "-uroot", name], stdin=source, check=True)
    path.unlink()


class Nest(servers.Server):
    """The stand-in of bench/peers/nest, in production mode, one process for each worker."""

    def __init__(self, stage, shelf, workers, cores=(), **settings):
        self.database, self.folder = stage.database(), stage.folder
        name = f"caddy_nest{len(stage.made)}"
        self.settings = {**self.database.create_database(name), **stage.redis().settings(), "WORKERS": str(workers), **ENVIRONMENT, **settings}
        self.cores = cores
        seed(self.database, name, shelf, stage.folder)

    def begin(self):
        self.port = machine.free_port()
        begun = time.monotonic()
        log = open(self.folder / "nest.log", "ab")
        self.process = subprocess.Popen([*machine.pinned(self.cores), "node", "dist/main.js"], cwd=NEST, stdout=log, stderr=log,
                                        env={**os.environ, **self.settings, "PORT": str(self.port)})
        while True:
            try:
                if servers.ask(self.port, "GET", "/readyz")[0] == 200:
                    return time.monotonic() - begun
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() - begun > 60:
                raise RuntimeError("the stand-in does not start:\n" + (self.folder / "nest.log").read_text()[-3000:])
            time.sleep(0.01)


def install(say):
    say("installing the NestJS stand-in from npm")
    if shutil.which("npm") is None:
        raise RuntimeError("npm is not installed")
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=NEST, check=True, capture_output=True, env={**os.environ, "NPM_CONFIG_LOGLEVEL": "error"})
    subprocess.run(["npm", "run", "-s", "build"], cwd=NEST, check=True, env={**os.environ, "NPM_CONFIG_LOGLEVEL": "error"})


def middle(results, number=None):
    found = sorted(results, key=lambda told: told["cpu_ms"])[len(results) // 2]
    return found if number is None else number(found)


def beside(told):
    return sum(told["beside_cpu_ms"])


def measure(stage):
    install(stage.say)
    vendure.install(stage.say)
    options, workers = stage.options, os.cpu_count()
    shelf = stage.shelf(stock=writes.PLENTY)
    database = stage.database()
    cores = options.server_cores()

    def nest(name, **settings):
        server = stage.once(name, lambda: Nest(stage, shelf, workers, cores, **settings))
        stage.callback(server.end)
        server.started = server.begin()
        return server
    kept = {"ours": stage.shop("beside peers", shelf, workers=workers), "nest": nest("nest")}
    unkept = {"ours": stage.shop("beside peers, unkept", shelf, workers=workers, CACHE_L1_BYTES="0", CACHE_SHARED_BYTES_MAX="0"),
              "nest": nest("nest, unkept", CACHE="off")}
    other = vendure.Vendure(stage, stage.shelf(vendure.PRODUCTS, stock=writes.PLENTY), workers, cores)
    stage.callback(other.end)
    other.begin()
    product = f"/api/v1/products/{shelf.handle(0)}"
    many = load.list_of([f"/api/v1/products/{shelf.handle(number)}" for number in range(0, shelf.products, max(1, shelf.products // 500))])
    reads = {"product, kept": (kept, product, None), "list of 20, kept": (kept, "/api/v1/products?limit=20", None),
             "product, from MariaDB each time": (unkept, "/", many), "list of 20, from MariaDB each time": (unkept, "/api/v1/products?limit=20", None)}
    results = {}
    also = {"product, kept": other.product, "list of 20, kept": other.list}
    for what, (pair, target, script) in reads.items():
        runs = {who: lambda seconds, server=server: stage.wrk(server, target, seconds, script=script, beside=[database])
                for who, server in pair.items()}
        if what in also:
            runs["vendure"] = lambda seconds: also[what](stage, seconds)
        results[what] = stage.in_turns(runs)
    orders = {who: [] for who in (*kept, "vendure")}
    for turn in range(options.repetitions + 1):
        for who, server in kept.items():
            file = stage.traffic(traffic.buyers(shelf, options.orders))
            replay = load.Replay(file, server.port, options.client_cores(), connections=writes.CONNECTIONS).ready()
            told = load.cost(server, replay.count, [database])
            if turn > 0:
                orders[who].append(told)
        told = other.orders(stage, min(options.orders, VENDURE_ORDERS), writes.CONNECTIONS)
        if turn > 0:
            orders["vendure"].append(told)
    wrong = kept["ours"].audit()
    if wrong:
        raise RuntimeError("the invariants do not hold:\n" + wrong)
    results["order, placed"] = orders
    memory = {who: server.memory_kib() / 1024 for who, server in {**kept, "vendure": other}.items()}
    return rows(results, memory, {"nest": kept["nest"].started, "vendure": other.started}, workers)


NAMES = {"ours": "Caddy Shopping", "nest": "NestJS 11, TypeORM, Redis", "vendure": "Vendure 3.7"}
VENDURE_ORDERS = 200   # of a run: it takes a dozen a second


def rows(results, memory, starts, workers):
    def server(told):
        return [each["cpu_ms"] for each in told]

    def both(told):
        return [each["cpu_ms"] + beside(each) for each in told]
    note = f"CPU time of the server, {workers} processes each"
    figures = [
        compared("P3", f"{what} against NestJS", "CPU ms", server(results[what]["ours"]), server(results[what]["nest"]), target=1 / 20, target_text="≤ 0.05 ×",
                 reference_text="NestJS stand-in", note=note) for what in ("product, kept", "list of 20, kept")]
    figures += [
        compared("P3", f"{what} against Vendure", "CPU ms", server(results[what]["ours"]), server(results[what]["vendure"]), target=1 / 400,
                 target_text="≤ 0.0025 ×", reference_text="Vendure", note=f"{note}, and one for Vendure's jobs; its {vendure.PRODUCTS} products, over GraphQL")
        for what in ("product, kept", "list of 20, kept")]
    what = "product, from MariaDB each time"
    figures.append(compared("P4", f"{what}, against NestJS", "CPU ms", server(results[what]["ours"]), server(results[what]["nest"]), target=1 / 8,
                            target_text="≤ 0.125 ×", reference_text="NestJS stand-in", note=note))
    figures.append(compared("P5", "order against NestJS, server and database", "CPU ms", both(results["order, placed"]["ours"]), both(results["order, placed"]["nest"]),
                            target=1 / 5, target_text="≤ 0.2 ×", reference_text="NestJS stand-in",
                            note="the stand-in keeps no ledger of stock, no taxes, no events, no payment: it does less"))
    for what, sides in results.items():
        for who, told in sides.items():
            each = middle(told)
            figures.append(Figure("peer", what, each["cpu_ms"] + beside(each), "CPU ms", reference=each["per_second"], reference_text=NAMES[who], ratio=each["cpu_ms"],
                                  note=f"p99 {each['p99_ms']:.1f} ms"))
    for who, name, reference in (("nest", "memory against NestJS", "NestJS stand-in"), ("vendure", "memory against Vendure", "Vendure")):
        figures.append(Figure("P3", name, memory["ours"], "MiB", reference=memory[who], reference_text=reference, ratio=memory["ours"] / memory[who],
                              note=f"PSS after these runs, {workers} processes each{', one more for jobs' if who == 'vendure' else ''}; it starts in {starts[who]:.1f} s"))
    return figures
