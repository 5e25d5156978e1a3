"""The ground of a campaign: namespaces of its own, so that cables, disks and clocks can be spoilt and nobody else notices.

In `unshare`'s network only loopback exists. Each pod runs under a group of its own, by which the kernel marks the connections that the
pod opens; rules of iptables then drop what is meant. When the campaign ends, however it ends, the kernel takes all of it back.
"""
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.shop import program

OWN = "CADDY_TORTURE_OWN_GROUND"   # set inside the namespaces
FIRST_GROUP = 41_000               # of pod 0; no group of this machine
LOSS = "0.3"                       # of packets; the kernel's netem is not everywhere, its statistics are
CLOCK_SEEN_S = 1                   # after so long every process has seen that its clock was set
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


def call(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.stderr.strip()}"


def enter():
    """Begins this program again on ground of its own, where it may; else it stays where it is."""
    if OWN in os.environ:
        call("ip", "link", "set", "lo", "up")
    elif os.geteuid() == 0:
        os.environ[OWN] = "yes"
        words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, "-m", "torture.campaign"]
        os.execvp(words[0], words + sys.argv[1:])


def refusals(groups):
    """Why this machine cannot do what these groups of faults need; nothing where it can."""
    lacks = {}
    if {"network", "disk", "clocks"} & set(groups) and OWN not in os.environ:
        lacks["network, disk and clocks"] = "namespaces of its own are root's to make"
    if "network" in groups and not shutil.which("iptables"):
        lacks["network"] = "iptables is not installed"
    if "clocks" in groups and not FAKETIME.exists():
        lacks["clocks"] = f"{FAKETIME} is not there (package faketime)"
    if OWN in os.environ and not lacks and "network" in groups:
        try:
            for rule in (("-t", "mangle", "-A", "OUTPUT", "-m", "owner", "--gid-owner", "1", "-j", "CONNMARK", "--set-mark", "1"),
                         ("-A", "INPUT", "-p", "tcp", "-m", "connmark", "--mark", "1", "-m", "multiport", "--ports", "1",
                          "-m", "statistic", "--mode", "random", "--probability", LOSS, "-j", "DROP")):
                call("iptables", *rule)
                call("iptables", *["-D" if word == "-A" else word for word in rule])
        except AssertionError as fault:
            lacks["network"] = str(fault)
    return lacks


def small_disk(folder, megabytes):
    """A disk of its own under this folder, kept by who owns the folder."""
    assert OWN in os.environ, "not on this machine's own ground"
    owner = Path(folder).stat()
    call("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode={owner.st_mode & 0o777:o},uid={owner.st_uid},gid={owner.st_gid}", "tmpfs", str(folder))


def fill(folder):
    """Takes what is left of the disk."""
    with open(Path(folder) / "ballast", "wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(b"\0" * 65536)


def free(folder):
    (Path(folder) / "ballast").unlink(missing_ok=True)


class PodsOnGround:
    """What pods run under: a group each, and a clock that can be set."""

    def __init__(self, folder, clocks):
        assert OWN in os.environ, "not on this machine's own ground"
        self.folder, self.clocks, self.itself = Path(folder), clocks, program()
        self.program = self.folder / "on-ground"
        self.program.write_text(f"""#!/bin/sh
[ -n "$POD_GROUP" ] || exec {self.itself} "$@"
exec setpriv --regid "$POD_GROUP" --clear-groups env ${{POD_PRELOAD:+LD_PRELOAD="$POD_PRELOAD"}} {self.itself} "$@"
""")
        self.program.chmod(0o755)
        os.environ["CADDY_PROGRAM"] = str(self.program)

    def settle(self, pods):
        """Before they start."""
        for number, pod in enumerate(pods):
            group = str(FIRST_GROUP + number)
            call("iptables", "-t", "mangle", "-A", "OUTPUT", "-p", "tcp", "--syn", "-m", "owner", "--gid-owner", group,
                 "-j", "CONNMARK", "--set-mark", group)
            pod.settings["POD_GROUP"] = group
        if self.clocks:
            pods[-1].settings.update(POD_PRELOAD=self.preload(), FAKETIME_TIMESTAMP_FILE=str(self.clock), FAKETIME_CACHE_DURATION=str(CLOCK_SEEN_S),
                                     DONT_FAKE_MONOTONIC="1", FAKETIME_DONT_FAKE_MONOTONIC="1", NO_FAKE_STAT="1")
            self.set_clock(0)

    @property
    def clock(self):
        return self.folder / "clock"

    def set_clock(self, seconds):
        new = self.folder / "clock.new"
        new.write_text(f"{seconds:+d}s\n")
        new.rename(self.clock)
        time.sleep(CLOCK_SEEN_S)

    def preload(self):
        """A sanitizer wants to be first."""
        needs = subprocess.run(["ldd", self.itself], capture_output=True, text=True, check=True).stdout
        asan = [line.split()[2] for line in needs.splitlines() if "libasan" in line]
        return ":".join([*asan, str(FAKETIME)])


def rule(pod_number, verb, ports, to_edge=False):
    """The rule that drops what `verb` says: of the pod's own connections, or of those that clients have with it."""
    whose = [] if to_edge else ["-m", "connmark", "--mark", str(FIRST_GROUP + pod_number)]
    which = ["-m", "multiport", "--sports" if verb == "half-open" else "--ports", ",".join(map(str, ports))]
    chance = ["-m", "statistic", "--mode", "random", "--probability", LOSS] if verb == "lose" else []
    return ["INPUT", "-p", "tcp", *whose, *which, *chance, "-j", "DROP"]


def spoil(words):
    call("iptables", "-A", *words)


def mend(words):
    call("iptables", "-D", *words)
