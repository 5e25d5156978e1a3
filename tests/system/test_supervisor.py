"""What the supervisor does for its workers: replaces those that crash, hang or bloat, gives up in time, reaps what is left."""
import os
import re
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.shop import Shop, program, states_of
from tests.system.test_metrics import scrape, value
from tests.waiting import until


def size_of_log(shop):
    return (shop.directory / "serve.log").stat().st_size


def probe(shop, path):
    return shop.http.get(shop.admin_base + path, timeout=30).status_code


def test_a_worker_that_hangs_is_seen_and_replaced_while_the_others_serve(fresh_shop):
    fresh_shop.start("--workers", "2", WORKER_HUNG_AFTER_S="10")   # it is seen after three
    hung, other = fresh_shop.workers()
    before = size_of_log(fresh_shop)
    os.kill(hung, signal.SIGSTOP)
    seen = until(lambda: probe(fresh_shop, "/livez") == 503)
    assert seen < 10
    said = fresh_shop.wait_for_log("worker.hung", before)
    assert said["pid"] == hung and 10_000 <= said["detail"] < 25_000
    until(lambda: probe(fresh_shop, "/livez") == 200)
    fresh_shop.wait_for_log("worker.serving", before)
    assert hung not in fresh_shop.workers() and other in fresh_shop.workers()
    assert value(scrape(fresh_shop).text, "caddy_worker_restarts_total", reason="hung") == 1
    assert [requests.get(fresh_shop.base + "/readyz", timeout=30).status_code for _ in range(8)] == [200] * 8
    fresh_shop.stop()


def test_a_request_that_waits_at_a_hung_worker_is_answered_by_its_successor(fresh_shop):
    fresh_shop.start(WORKER_HUNG_AFTER_S="2")
    [hung] = fresh_shop.workers()
    os.kill(hung, signal.SIGSTOP)
    codes = []
    waiting = [threading.Thread(target=lambda: codes.append(requests.get(fresh_shop.base + "/readyz", timeout=90).status_code)) for _ in range(5)]
    for each in waiting:
        each.start()
    for each in waiting:
        each.join()
    assert codes == [200] * 5
    fresh_shop.stop()


def test_the_whole_group_that_was_stopped_goes_on(fresh_shop):
    """A laptop that slept, a machine that was moved: nobody hung, though nobody gave a sign of life."""
    fresh_shop.start("--workers", "2", WORKER_HUNG_AFTER_S="5")
    family = [fresh_shop.process.pid, *fresh_shop.workers()]
    for each in family:
        os.kill(each, signal.SIGSTOP)
    time.sleep(7)
    for each in family:
        os.kill(each, signal.SIGCONT)
    time.sleep(1)
    until(lambda: probe(fresh_shop, "/livez") == 200)
    assert [fresh_shop.process.pid, *fresh_shop.workers()] == family
    fresh_shop.stop()


def test_a_worker_that_needs_too_much_memory_is_replaced_before_it_goes(fresh_shop):
    fresh_shop.start("--workers", "2", WORKER_MEMORY_MIB_MAX="1", DRAIN_LIMIT="3")   # less than any needs
    first = fresh_shop.workers()
    codes, stop = [], threading.Event()

    def visit():
        while not stop.is_set():
            try:
                codes.append(requests.get(fresh_shop.base + "/readyz", timeout=30).status_code)
            except requests.ConnectionError as fault:
                codes.append(repr(fault))

    visitor = threading.Thread(target=visit)
    visitor.start()
    fresh_shop.wait_for_log("worker.bloated")
    until(lambda: not set(first) & set(fresh_shop.workers()) and len(codes) > 50, 120)
    stop.set()
    visitor.join()
    assert set(codes) == {200} and len(codes) > 50
    assert value(scrape(fresh_shop).text, "caddy_worker_restarts_total", reason="bloated") >= 2
    fresh_shop.stop()


def test_after_a_burst_of_crashes_the_supervisor_gives_up(fresh_shop):
    fresh_shop.start("--workers", "4")
    process = fresh_shop.process

    def strike():
        while process.poll() is None:
            # Those that the log knows: at its end, a sanitizer has a child of its own that must live.
            log = (fresh_shop.directory / "serve.log").read_text()
            started = {int(pid) for pid in re.findall(r'"worker.started","slot":\d+,"pid":(\d+)', log)}
            for worker in started & set(fresh_shop.workers()):
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            time.sleep(0.02)

    killer = threading.Thread(target=strike)
    killer.start()
    assert process.wait(timeout=180) == 70
    killer.join()
    log = (fresh_shop.directory / "serve.log").read_text()
    assert '"event":"supervisor.gives_up"' in log
    starts = [line for line in log.splitlines() if '"event":"worker.started"' in line and '"slot":0,' in line]
    assert 4 <= len(starts) <= 9, "the pauses double"
    fresh_shop.process = None


def test_what_stops_the_first_worker_stops_the_start_with_its_code_and_is_said_once(cli, tmp_path):
    (tmp_path / "file").write_text("no folder")
    done = cli("serve", "--data-dir", tmp_path / "file" / "data", "--port", 0, "--admin-port", 0, "--workers", "4")
    assert done.returncode in (69, 70, 73) and done.stderr.count("\n") == 1, (done.returncode, done.stderr)


@pytest.mark.parametrize("given, said", [("0", "neither auto nor"), ("65", "neither auto nor"), ("many", "neither auto nor"), ("2x", "neither auto nor")])
def test_a_count_of_workers_that_is_none_is_refused(cli, tmp_path, given, said):
    done = cli("serve", "--data-dir", tmp_path / "data", "--workers", given)
    assert done.returncode == 78 and said in done.stderr


def test_as_many_workers_as_processors_or_one_where_there_is_to_be_no_cluster(fresh_shop):
    fresh_shop.start("--workers", "auto")
    assert 1 <= len(fresh_shop.workers()) <= len(os.sched_getaffinity(0))
    fresh_shop.stop()
    fresh_shop.start("--workers", "3", CLUSTER_ENABLED="false")
    assert len(fresh_shop.workers()) == 1
    fresh_shop.stop()


def may_make_namespaces():
    return subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not may_make_namespaces(), reason="needs the right to make a process namespace")
def test_as_process_1_of_a_container_it_reaps_orphans_and_ends_on_sigterm(tmp_path):
    """An exec probe that forks and dies leaves its children to process 1."""
    data = tmp_path / "data"
    with open(tmp_path / "log", "wb+") as log:
        box = subprocess.Popen(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", program(), "serve", "--data-dir", str(data), "--port", "0",
                                "--admin-port", "0", "--workers", "2"], stdout=log, stderr=subprocess.STDOUT)
    try:
        until(lambda: b"serve.listening" in (tmp_path / "log").read_bytes())
        [inner] = [int(each) for each in open(f"/proc/{box.pid}/task/{box.pid}/children").read().split()]
        assert open(f"/proc/{inner}/status").read().find("NSpid") > 0 and re.search(r"NSpid:\s+\d+\s+1\n", open(f"/proc/{inner}/status").read())
        for _ in range(5):
            subprocess.run(["nsenter", "--target", str(inner), "--pid", "--mount", "sh", "-c", "(sleep 0.2; exit 3) & exit 0"], check=True)

        def states():
            children = open(f"/proc/{inner}/task/{inner}/children").read().split()
            found = []
            for each in children:
                with suppress(OSError):   # it was buried meanwhile
                    found.append(Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()[0])
            return found

        time.sleep(0.5)
        until(lambda: len(states()) == 2 and "Z" not in states())
        os.kill(inner, signal.SIGTERM)
        assert box.wait(timeout=120) == 0
    finally:
        box.kill()
        box.wait()


def test_workers_end_when_their_supervisor_is_killed(tmp_path):
    shop = Shop(tmp_path)
    shop.start("--workers", "2")
    workers = shop.workers()
    shop.process.kill()
    shop.process.wait()
    shop.process = None
    until(lambda: not any(states_of(each) for each in workers))
