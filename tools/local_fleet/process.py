"""Programs that run beside this one: started apart from the terminal, ended by their own process ids."""
import contextlib
import http.client
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path


class Failure(Exception):
    """What a person should read, and nothing more."""


GIVEN = set()


def free_port():
    """One whose neighbour ten thousand above is free as well: a Redis Cluster takes both.

    Below those that the kernel gives to whoever calls somebody, where it leaves room: it stays free until its server takes it,
    and whenever its server is away for a while. Who knocks at a closed door among them may be given its very number, and holds it.
    """
    kernels = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        wanted = random.randrange(10_000, kernels - 10_000) if kernels > 21_000 else 0
        with socket.socket() as port, socket.socket() as neighbour, contextlib.suppress(OSError):
            port.bind(("127.0.0.1", wanted))
            number = port.getsockname()[1]
            if number > 55_000 or {number, number + 10_000} & GIVEN:
                continue
            neighbour.bind(("127.0.0.1", number + 10_000))
            GIVEN.update((number, number + 10_000))
            return number


def tail(path, lines=20):
    with contextlib.suppress(OSError):
        return "\n".join(Path(path).read_text(errors="replace").splitlines()[-lines:])
    return ""


def started_at(pid):
    """When the process with this id began, in the kernel's ticks; None when there is none (or it has ended and is not reaped)."""
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] == "Z" else int(fields[19])
    return None


def children(pid):
    with contextlib.suppress(OSError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


class Process:
    """A program with its output in `log`. In a session of its own, so that Ctrl-C at the terminal reaches the caller alone."""

    def __init__(self, name, words, log, environment=None):
        self.name, self.log = name, Path(log)
        try:
            with open(self.log, "ab") as output:
                self.handle = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output,
                                               stderr=subprocess.STDOUT, start_new_session=True, env=environment)
        except FileNotFoundError as missing:
            raise Failure(f"{words[0]} is not on this machine: tools/setup installs it") from missing
        self.began = started_at(self.handle.pid)

    @property
    def pid(self):
        return self.handle.pid

    def lives(self):
        return self.handle.poll() is None

    def send(self, number):
        if self.lives():
            self.handle.send_signal(number)

    def wait_until(self, holds, seconds, what):
        limit = time.monotonic() + seconds
        while not holds():
            if not self.lives():
                raise Failure(f"{self.name} ended with {self.handle.returncode}:\n{tail(self.log)}")
            if time.monotonic() > limit:
                raise Failure(f"{self.name}: {what} did not come within {seconds} s:\n{tail(self.log)}")
            time.sleep(0.03)

    def end(self, number=signal.SIGTERM, seconds=60):
        """The exit code. What does not end in time is killed with what it started."""
        self.send(number)
        try:
            return self.handle.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.handle.returncode

    def kill(self):
        """With its children, as a power cut would: nobody is left to notice the others' end."""
        if self.lives():
            self.handle.send_signal(signal.SIGSTOP)
            for child in children(self.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            self.handle.kill()
        self.handle.wait()


def get(port, path, seconds=5):
    """(status, body) of a GET on this machine; (0, "") where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
