"""Processes and what they use: CPU time, memory; and what the figures were taken on."""
import os
import platform
import re
import socket
import statistics
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/release"
PROGRAM = Path(os.environ.get("CADDY_PROGRAM", BUILD / "bin/caddy-shopping"))   # another one, to compare


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def family(pid):
    """A process and all that it began."""
    found, rest = [], [pid]
    while rest:
        each = rest.pop()
        found.append(each)
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                rest += [int(word) for word in task.read_text().split()]
            except OSError:
                pass
    return found


def cpu_seconds(pids):
    """User and system time of these processes so far, with that of threads which have ended. Exact to a clock tick."""
    total = 0
    for pid in pids:
        try:
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(words[11]) + int(words[12])
    return total / os.sysconf("SC_CLK_TCK")


def proportional_kib(pids):
    """Memory with shared pages divided by those who share them (PSS)."""
    total = 0
    for pid in pids:
        total += int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M).group(1))
    return total


def pinned(cores):
    """What goes before a command so that it runs on these cores; nothing without any."""
    return ["taskset", "-c", ",".join(map(str, cores))] if cores else []


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except OSError:
        return "not installed"
    return (done.stdout + done.stderr).strip().splitlines()[0]


def describe():
    """What a reader needs to know to compare."""
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    release = Path("/etc/os-release").read_text()
    changed = subprocess.run(["git", "-C", str(ROOT), "status", "--porcelain", "src"], capture_output=True, text=True).stdout
    return {
        "taken_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": first_line("git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD") + ("+changes" if changed.strip() else ""),
        "program_built_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(PROGRAM.stat().st_mtime)) if PROGRAM.exists() else None,
        "processors": os.cpu_count(), "processor": model.group(1) if model else platform.processor(),
        "memory_mib": int(memory.group(1)) // 1024, "kernel": platform.release(),
        "system": re.search(r'PRETTY_NAME="(.*)"', release).group(1),
        "load_average_before": os.getloadavg(),
        "versions": {"g++": first_line("g++", "--version"), "nginx": first_line("nginx", "-v"), "wrk": first_line("wrk", "-v"),
                     "mariadb": first_line("mariadbd", "--version"), "redis": first_line("redis-server", "--version"),
                     "node": first_line("node", "--version")}}


def spread(values):
    """Median, and how far the others lie from it."""
    middle = statistics.median(values)
    return {"median": middle, "least": min(values), "most": max(values), "runs": len(values),
            "spread_percent": round(100 * (max(values) - min(values)) / middle, 1) if middle else 0}
