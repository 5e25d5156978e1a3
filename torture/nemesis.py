"""What is done to a fleet: a plan that is a function of its seed, and the hand that carries it out."""
import os
import random
import signal
import time
from contextlib import suppress
from dataclasses import dataclass

KINDS = ("kill worker", "freeze worker", "kill pod", "replace workers", "kill database", "freeze database", "kill redis",
         "freeze redis")


@dataclass(frozen=True)
class Fault:
    number: int
    at_s: float
    lasts_s: float
    kind: str
    choice: int   # which of the pods and workers there are

    def __str__(self):
        return f"{self.at_s:6.1f} s  {self.kind} for {self.lasts_s:.1f} s (choice {self.choice})"


def plan(seed, seconds):
    """Faults one after another with quiet between, each kind once before any comes again."""
    chance, at, faults, bag = random.Random(seed), 3.0, [], []
    while True:
        bag = bag or chance.sample(KINDS, len(KINDS))
        fault = Fault(len(faults) + 1, at, round(chance.uniform(0.3, 3.0), 1), bag.pop(), chance.randrange(1 << 16))
        if fault.at_s + fault.lasts_s > seconds - 2:
            return faults
        faults.append(fault)
        at = round(fault.at_s + fault.lasts_s + chance.uniform(2.0, 9.0), 1)


def send(pid, number):
    with suppress(ProcessLookupError):   # it ended by itself meanwhile, as a frozen worker that its supervisor replaced
        os.kill(pid, number)


class Nemesis:
    def __init__(self, fleet, database, redis, history):
        self.fleet, self.history = fleet, history
        self.servers = {"database": database, "redis": redis}

    def carry_out(self, faults):
        begun = time.monotonic()
        for fault in faults:
            time.sleep(max(0.0, begun + fault.at_s - time.monotonic()))
            self.history.note("fault begins", fault=fault.number, kind=fault.kind)
            self.inflict(fault)
            self.history.note("fault ends", fault=fault.number, kind=fault.kind)

    def inflict(self, fault):
        verb, target = fault.kind.split()
        pod = self.fleet.pods[fault.choice % len(self.fleet.pods)]
        if target in self.servers:
            server = self.servers[target]
            nodes = getattr(server, "nodes", [server])   # of a cluster, one
            self.hit_server(nodes[(fault.choice >> 4) % len(nodes)], verb, fault.lasts_s)
            if target == "database" and len(nodes) > 1:
                server.wait_for_size(len(nodes))   # two lost at once are no fault that a cluster of three claims to bear
        elif target == "pod":
            pod.kill()
            time.sleep(fault.lasts_s)
            pod.start("--workers", str(self.fleet.workers))
        elif target == "workers":
            pod.process.send_signal(signal.SIGHUP)
            time.sleep(fault.lasts_s)
        else:
            workers = pod.workers()
            worker = workers[(fault.choice >> 4) % len(workers)]
            send(worker, signal.SIGKILL if verb == "kill" else signal.SIGSTOP)
            time.sleep(fault.lasts_s)
            if verb == "freeze":
                send(worker, signal.SIGCONT)

    @staticmethod
    def hit_server(server, verb, lasts_s):
        if verb == "kill":
            server.kill()
            time.sleep(lasts_s)
            server.start()
        else:
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(lasts_s)
            server.process.send_signal(signal.SIGCONT)
