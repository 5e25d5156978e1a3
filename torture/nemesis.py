"""What is done to a fleet: a plan that is a function of its seed, and the hand that carries it out."""
import os
import random
import signal
import time
from contextlib import suppress
from dataclasses import dataclass

from torture import ground

GROUPS = {
    "processes": ("kill worker", "freeze worker", "kill pod", "replace workers", "kill database", "freeze database", "kill redis",
                  "freeze redis"),
    "restarts": ("reload pods", "roll pods"),
    "network": tuple(f"{verb} {target}" for verb in ("cut", "lose", "half-open") for target in ("database", "redis", "edge")),
    "disk": ("fill database", "fill redis"),
    "clocks": ("hurry clock", "delay clock"),
}
KINDS = tuple(kind for group in GROUPS.values() for kind in group)
SKEW_S = 240   # the shop's own signatures are good for five minutes


@dataclass(frozen=True)
class Fault:
    number: int
    at_s: float
    lasts_s: float
    kind: str
    choice: int   # which of the pods and workers there are

    def __str__(self):
        return f"{self.at_s:6.1f} s  {self.kind} for {self.lasts_s:.1f} s (choice {self.choice})"


def plan(seed, seconds, groups=tuple(GROUPS)):
    """Faults one after another with quiet between, each kind once before any comes again."""
    kinds = [kind for group in groups for kind in GROUPS[group]]
    chance, at, faults, bag = random.Random(seed), 3.0, [], []
    while True:
        bag = bag or chance.sample(kinds, len(kinds))
        fault = Fault(len(faults) + 1, at, round(chance.uniform(0.3, 3.0), 1), bag.pop(), chance.randrange(1 << 16))
        if fault.at_s + fault.lasts_s > seconds - 2:
            return faults
        faults.append(fault)
        at = round(fault.at_s + fault.lasts_s + chance.uniform(2.0, 9.0), 1)


def send(pid, number):
    with suppress(ProcessLookupError):   # it ended by itself meanwhile, as a frozen worker that its supervisor replaced
        os.kill(pid, number)


class Nemesis:
    def __init__(self, fleet, database, redis, history, pods_on_ground=None):
        self.fleet, self.history, self.ground = fleet, history, pods_on_ground
        self.servers = {"database": database, "redis": redis}

    def carry_out(self, faults):
        begun = time.monotonic()
        for fault in faults:
            time.sleep(max(0.0, begun + fault.at_s - time.monotonic()))
            self.history.note("fault begins", fault=fault.number, kind=fault.kind)
            self.inflict(fault)
            self.history.note("fault ends", fault=fault.number, kind=fault.kind)

    def roll(self, turn):
        """One rolling restart of the fleet: pods are replaced one after another."""
        self.history.note("fault begins", fault=turn + 1, kind="rolling restart")
        for pod in self.fleet.pods:
            self.replace(pod)
        self.history.note("fault ends", fault=turn + 1, kind="rolling restart")

    def inflict(self, fault):
        verb, target = fault.kind.split()
        number = fault.choice % len(self.fleet.pods)
        pod = self.fleet.pods[number]
        if verb in ("cut", "lose", "half-open"):
            self.spoil_network(number, verb, target, fault.lasts_s)
        elif target in self.servers:
            server = self.servers[target]
            nodes = getattr(server, "nodes", [server])   # of a cluster, one
            self.hit_server(nodes[(fault.choice >> 4) % len(nodes)], verb, fault.lasts_s)
            if target == "database" and len(nodes) > 1:
                server.wait_for_size(len(nodes))   # two lost at once are no fault that a cluster of three claims to bear
        elif target == "clock":
            self.ground.set_clock(SKEW_S if verb == "hurry" else -SKEW_S)
            time.sleep(fault.lasts_s)
            self.ground.set_clock(0)
        elif target == "pods":
            for each in self.fleet.pods:
                each.process.send_signal(signal.SIGHUP) if verb == "reload" else self.replace(each)
            time.sleep(fault.lasts_s)
        else:
            self.hit_pod(pod, verb, target, fault)

    def replace(self, pod):
        """As an orchestrator does it: out of the rotation first, back when it is there again."""
        self.fleet.pod_leaves(pod)
        pod.stop()
        pod.start("--workers", str(self.fleet.workers))
        self.fleet.pod_returns(pod)

    def hit_pod(self, pod, verb, target, fault):
        if target == "pod":
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

    def spoil_network(self, number, verb, target, lasts_s):
        if target == "edge":
            ports = [self.fleet.pods[number].port]
        else:
            server = self.servers[target]
            ports = [node.port for node in getattr(server, "nodes", [server])]
        rule = ground.rule(number, verb, ports, target == "edge")
        ground.spoil(rule)
        time.sleep(lasts_s)
        ground.mend(rule)

    @staticmethod
    def hit_server(server, verb, lasts_s):
        if verb == "kill":
            server.kill()
            time.sleep(lasts_s)
            server.start()
        elif verb == "fill":
            ground.fill(server.folder)
            time.sleep(lasts_s)
            ground.free(server.folder)
            if server.process.poll() is not None:   # it would not live without room; whoever runs it begins it again
                server.process = None
                server.start()
        else:
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(lasts_s)
            server.process.send_signal(signal.SIGCONT)
