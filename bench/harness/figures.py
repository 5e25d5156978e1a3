"""What a figure is, and what all figures share: servers that are started once, repetitions that take turns."""
import os
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field

from harness import load, machine, servers
from harness.shelf import Shelf


@dataclass
class Figure:
    """One row of the table. `ratio` is value by reference unless it says otherwise; `least`: more is better."""
    number: str
    what: str
    value: float
    unit: str
    target: float = None
    target_text: str = ""
    reference: float = None
    reference_text: str = ""
    ratio: float = None
    least: bool = False
    spread_percent: float = None
    runs: list = field(default_factory=list)
    reference_runs: list = field(default_factory=list)
    note: str = ""

    def measured(self):
        """What is held against the target."""
        return self.ratio if self.ratio is not None else self.value

    def verdict(self):
        if self.target is None:
            return "told"
        held = self.measured() >= self.target if self.least else self.measured() <= self.target
        return "met" if held else "missed"

    def as_json(self):
        return {**asdict(self), "verdict": self.verdict()}


def compared(number, what, unit, own, reference, **more):
    """A figure from runs that took turns: medians, their ratio, and the wider of the two spreads."""
    ours, theirs = machine.spread(own), machine.spread(reference)
    return Figure(number, what, ours["median"], unit, reference=theirs["median"], ratio=ours["median"] / theirs["median"],
                  spread_percent=max(ours["spread_percent"], theirs["spread_percent"]), runs=own, reference_runs=reference, **more)


@dataclass
class Options:
    seconds: int = 10
    repetitions: int = 5
    products: int = 1000
    large: int = 20_480      # the large catalogue of P11; at least 20,020, so that there is a page 1,000
    orders: int = 2000
    hold: int = 60           # seconds of P9
    soak: int = 60           # seconds of load before P7's second figure
    pin: bool = False
    build: bool = False

    def server_cores(self):
        """Half of the machine for what is measured, half for who measures."""
        return list(range(max(1, os.cpu_count() // 2))) if self.pin else []

    def client_cores(self):
        return list(range(max(1, os.cpu_count() // 2), os.cpu_count())) if self.pin and os.cpu_count() > 1 else []


class Stage(ExitStack):
    """Servers by need, each started once, all of them ended at the end."""

    def __init__(self, options, say):
        super().__init__()
        self.options, self.say = options, say
        self.folder = servers.scratch()
        self.callback(servers.forget, self.folder)
        self.made = {}
        self.count = 0

    def once(self, name, make):
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]

    def database(self):
        return self.once("database", lambda: self.enter_context(servers.Database(self.options.client_cores())))

    def redis(self):
        return self.once("redis", lambda: self.enter_context(servers.RedisServer()))

    def collector(self):
        return self.once("collector", servers.Collector)

    def shelf(self, products=None, **more):
        return Shelf(products or self.options.products, **more)

    def shop(self, name, shelf, database=True, **settings):
        """A shop that runs, filled from the shelf. With MariaDB, Redis and a collector unless it says otherwise."""
        def make():
            self.say(f"starting the shop for {name} ({shelf.products} products)")
            shop = servers.Shop(self.folder / name, self.database() if database else None, self.redis() if database else None,
                                self.collector(), cores=self.options.server_cores(), **settings)
            shop.import_seconds = shop.fill(shelf)
            self.callback(shop.end)
            shop.begin()
            shop.settle()
            return shop
        return self.once(name, make)

    def end(self, name):
        """Ends a shop that nobody needs any more."""
        if name in self.made:
            self.made.pop(name).end()

    def wrk(self, server, target, seconds=None, connections=32, script=None, beside=()):
        seconds = seconds or self.options.seconds
        return load.cost(server, lambda: load.wrk(server.port, target, seconds, connections, self.options.client_cores(), script, self.folder), beside)

    def in_turns(self, runs, seconds=None):
        """Runs each of `{name: function}` in turn, as often as the options say, after one turn that is not counted."""
        results = {name: [] for name in runs}
        for turn in range(self.options.repetitions + 1):
            for name, run in runs.items():
                told = run(2 if turn == 0 else self.options.seconds)
                if turn > 0:
                    results[name].append(told)
        return results

    def traffic(self, lines):
        self.count += 1
        path = self.folder / f"traffic-{self.count}.txt"
        with open(path, "w", encoding="utf-8") as file:
            for line in lines:
                file.write(line + "\n")
        return path
