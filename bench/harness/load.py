"""Load generators, and a server's cost while they run."""
import json
import os
import re
import subprocess

from harness import machine

LATENCIES = """
done = function(summary, latency, requests)
  io.stderr:write(string.format('{"requests":%d,"seconds":%f,"errors":%d,"non_2xx":%d,"p50_ms":%f,"p99_ms":%f,"max_ms":%f}\\n',
    summary.requests, summary.duration / 1e6,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout, summary.errors.status,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
"""


def wrk(port, target, seconds, connections=32, cores=(), script=None, folder="/tmp"):
    """Closed loop: each connection asks again as soon as it has its answer."""
    path = os.path.join(str(folder), f"wrk-{os.getpid()}.lua")
    with open(path, "w", encoding="utf-8") as file:
        file.write((script or "") + LATENCIES)
    done = subprocess.run([*machine.pinned(cores), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", path,
                           f"http://127.0.0.1:{port}{target}"], capture_output=True, text=True, timeout=seconds + 60)
    os.unlink(path)
    found = re.search(r"^\{.*\}$", done.stderr, re.M)
    if not found:
        raise RuntimeError(f"wrk {target}: {done.stdout}{done.stderr}")
    return json.loads(found.group(0))


def list_of(targets):
    """A script of wrk that asks for one target after the other."""
    rows = ",\n".join(json.dumps(target) for target in targets)
    return f"local targets = {{\n{rows}\n}}\nlocal n = 0\nrequest = function() n = n % #targets + 1; return wrk.format('GET', targets[n]) end\n"


def cost(server, run, beside=()):
    """What `run()` told, with the CPU milliseconds of the server (and of those beside it) for each request."""
    watched = [server, *beside]
    before = [each.cpu() for each in watched]
    told = run()
    used = [each.cpu() - was for each, was in zip(watched, before)]
    if told["errors"] or told.get("non_2xx"):
        raise RuntimeError(f"errors under load: {told}")
    told["cpu_ms"] = 1000 * used[0] / told["requests"]
    told["beside_cpu_ms"] = [1000 * each / told["requests"] for each in used[1:]]
    told["per_second"] = told["requests"] / told["seconds"]
    return told


class Replay:
    """bench/load/replay.cpp on a file of bench/traffic."""

    def __init__(self, file, port, cores=(), **options):
        words = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", str(value))]
        self.process = subprocess.Popen([*machine.pinned(cores), str(machine.BUILD / "bin/bench-replay"), "--file", str(file), "--port", str(port),
                                         "--ask", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ready(self):
        """Until counting could begin."""
        line = self.process.stdout.readline().strip()
        if line != "ready":
            raise RuntimeError("replay: " + line + self.process.stderr.read())
        return self

    def count(self):
        """Lets it go on; what it counted, in the words of `wrk` and its own."""
        out, told = self.process.communicate("go\n", timeout=7200)
        if self.process.returncode != 0:
            raise RuntimeError("replay: " + told)
        result = json.loads(out.strip().splitlines()[-1])
        return {**result, "requests": result["all"]["count"], "errors": result["errors"], "told": told,
                **{key: result["all"][key] for key in ("p50_ms", "p99_ms", "max_ms")}}

