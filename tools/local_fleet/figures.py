"""What the pods' /metrics say, as a table: requests a second, their 99th percentile, admitted and refused by the limits."""
import re
import time

from tools.local_fleet.process import get

LINE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([^ ]+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
REQUESTS = "http_server_request_duration_seconds"
PROBES = ("/health", "/readyz")


def parse(text):
    """[(name, labels, value)] of Prometheus' text format."""
    found = []
    for line in text.splitlines():
        match = LINE.match(line) if line and line[0] != "#" else None
        if match:
            found.append((match[1], dict(LABEL.findall(match[2] or "")), float(match[3])))
    return found


class Sample:
    """One scrape of one pod."""

    def __init__(self, text):
        self.time = time.monotonic()
        self.workers = self.refused = self.requests = self.admitted = self.faults = 0
        self.buckets = {}
        for name, labels, value in parse(text):
            if name == "caddy_worker_up":
                self.workers += int(value)
            elif name == "caddy_rate_limited_total":
                self.refused += value
            elif name.startswith(REQUESTS) and labels.get("http_route") not in PROBES:
                status = labels.get("http_response_status_code", "")
                if name == REQUESTS + "_count":
                    self.requests += value
                    self.admitted += 0 if status == "429" else value
                    self.faults += value if status.startswith("5") else 0
                elif name == REQUESTS + "_bucket":
                    bound = float(labels["le"].replace("+Inf", "inf"))
                    self.buckets[bound] = self.buckets.get(bound, 0) + value


def between(before, after):
    """(requests a second, p99 in ms or None, admitted, refused a second) from one sample to a later one of the same pod."""
    if before is None or after.time <= before.time or after.requests < before.requests:   # a pod that was started anew counts anew
        return 0.0, None, 0.0, 0.0
    seconds = after.time - before.time
    counts = {bound: count - before.buckets.get(bound, 0) for bound, count in after.buckets.items()}
    return ((after.requests - before.requests) / seconds, quantile(0.99, counts), (after.admitted - before.admitted) / seconds,
            max(0.0, after.refused - before.refused) / seconds)


def quantile(share, counts):
    """In ms, by straight lines within a bucket as Prometheus does it; None where nothing was counted."""
    bounds = sorted(counts)
    total = counts[bounds[-1]] if bounds else 0
    if total <= 0:
        return None
    rank, below, under = share * total, 0.0, 0.0
    for bound in bounds:
        if counts[bound] >= rank:
            if bound == float("inf"):
                return below * 1000
            return (below + (bound - below) * (rank - under) / max(counts[bound] - under, 1e-9)) * 1000
        below, under = bound, counts[bound]
    return below * 1000


class Table:
    """Scrapes the pods of a fleet and shows what changed since the last time."""

    HEAD = f"{'pod':<10}{'state':<12}{'workers':>8}{'requests/s':>12}{'p99 ms':>9}{'admitted/s':>12}{'refused/s':>11}{'restarts':>10}"

    def __init__(self):
        self.last = {}

    def rows(self, pods):
        lines, sums, slowest = [], [0.0, 0.0, 0.0, 0], None
        for pod in pods:
            status, text = get(pod.admin_port, "/metrics", 2) if pod.lives() else (0, "")
            now = Sample(text)
            rate, slow, admitted, refused = between(self.last.get(pod.name), now) if status == 200 else (0.0, None, 0.0, 0.0)
            self.last[pod.name] = now
            sums = [sums[0] + rate, sums[1] + admitted, sums[2] + refused, sums[3] + now.workers]
            slowest = slow if slowest is None else max(slowest, slow or 0)
            lines.append(self.row(pod.name, pod.state(), f"{now.workers}/{pod.workers}", rate, slow, admitted, refused, pod.restarts))
        return [self.HEAD, *lines, self.row("all", "", sums[3], sums[0], slowest, sums[1], sums[2], "")]

    @staticmethod
    def row(name, state, workers, rate, slow, admitted, refused, restarts):
        slow = "-" if slow is None else f"{slow:.0f}"
        return f"{name:<10}{state:<12}{workers:>8}{rate:>12.1f}{slow:>9}{admitted:>12.1f}{refused:>11.1f}{restarts:>10}"
