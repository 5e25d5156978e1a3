"""The system page's answer: who the fleet is made of, how the parts do, and settings without a single secret."""
import datetime
import os
import signal
import uuid

import pytest
import requests

from tests.redis_server import RedisServer
from tests.shop import Shop
from tests.waiting import until

SYSTEM = "/admin/system"
GIVEN = {name: f"{name.lower()}-{uuid.uuid4().hex}" for name in ("ADMIN_TOKEN", "JWT_SECRET_PREVIOUS", "SMTP_PASSWORD")}


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A shop with secrets of every kind: given, drawn by itself, and within an address."""
    shop = Shop(tmp_path_factory.mktemp("system"), **GIVEN, SANDBOX_WEBHOOK_URL="http://hook:hush-hush@127.0.0.1:9/hook")
    shop.start("--workers", "2")
    yield shop
    shop.stop()


@pytest.fixture(scope="module")
def staff(own):
    return own.staff("jobs_manage")


def settings(answer):
    return {each["name"]: each for each in answer.json()["settings"]}


def test_the_pod_tells_of_itself_its_workers_and_its_schema(own, staff):
    until(lambda: all(each["state"] == "serving" and each["reach"] == "whole"
                      for each in own.get(SYSTEM, headers=staff).json()["pods"][0]["workers"]))
    answer = own.get(SYSTEM, headers=staff)
    assert answer.status_code == 200 and "no-store" in answer.headers["Cache-Control"]
    told = answer.json()
    version = requests.get(own.admin_base + "/version", timeout=30).json()
    assert told["fleet_known"] is False
    [pod] = told["pods"]
    assert (pod["here"], pod["state"], pod["worker_slots"], pod["role"], pod["routes"]) == (True, "serving", 2, "all", [])
    assert (pod["version"], pod["config_hash"]) == (version["version"], version["config_hash"])
    began = [datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
             for text in (pod["started_at"], version["started_at"], *(each["started_at"] for each in pod["workers"]))]
    assert began[0] == min(began) and (began[1] - began[0]).total_seconds() < 60   # the supervisor's, not a worker's
    assert [each["slot"] for each in pod["workers"]] == [0, 1]
    assert told["schema"]["missing"] == 0 and told["schema"]["applied"] == told["schema"]["known"] == pod["schema_known"] > 0

    def agree():   # each is as of its own moment
        told, health = own.get(SYSTEM, headers=staff).json()["health"], own.http.get(own.base + "/health", timeout=30).json()
        return (told["status"], told["checks"]) == (health["status"], health["checks"])

    until(agree)


def test_settings_are_those_in_force_and_say_where_they_come_from(own, staff):
    told = settings(own.get(SYSTEM, headers=staff))
    assert (told["AUTH_RATE_LIMIT"]["value"], told["AUTH_RATE_LIMIT"]["origin"], told["AUTH_RATE_LIMIT"]["takes_effect"]) == \
        ("1000000", "environment", "at_once")
    assert told["CLUSTER_WORKERS"]["value"] == "2" and told["CLUSTER_WORKERS"]["takes_effect"] == "with_a_restart"
    assert told["HOST"]["origin"] == "built_in" and told["HOST"]["value"] == told["HOST"]["built_in"]


def test_no_secret_is_in_the_answer(own, staff):
    answer = own.get(SYSTEM, headers=staff)
    told = settings(answer)
    secrets = [*GIVEN.values(), own.secret("jwt-secret"), own.secret("sandbox-secret"), own.settings.get("DB_PASSWORD"), "hush-hush"]
    assert len([secret for secret in secrets if secret]) >= 6
    for secret in filter(None, secrets):
        assert secret not in answer.text
    assert all(told[name]["secret"] and told[name]["value"] == "********" for name in GIVEN)
    assert told["REDIS_PASSWORD"]["secret"] and told["REDIS_PASSWORD"]["value"] == ""
    assert told["SANDBOX_WEBHOOK_URL"]["value"] == "http://********@127.0.0.1:9/hook"


def test_only_who_looks_after_the_jobs_may_see_it(own, staff):
    who = {"nobody": ({}, 401), "customer": (own.signed_in(), 403), "staff": (own.staff("settings_write", "users_manage"), 403),
           "operator": (staff, 200), "administrator": (own.owner(), 200)}
    assert {name: own.get(SYSTEM, headers=headers).status_code for name, (headers, _) in who.items()} == \
        {name: status for name, (_, status) in who.items()}
    refused = own.get(SYSTEM + "?pods=all", headers=staff)
    assert (refused.status_code, refused.json()["code"]) == (400, "request.unknown_parameter")


def test_pods_know_each_other_and_who_was_told_something_else(tmp_path):
    """One that ends leaves; one that is killed is missed."""
    with RedisServer() as redis:
        told = [{}, {}, {"SHOP_CURRENCY": "EUR"}]
        pods = [Shop(tmp_path / "pod0", **redis.settings())]
        pods += [Shop(tmp_path / f"pod{number}", **{**pods[0].settings, **told[number]}) for number in (1, 2)]   # of one database, where that is a server
        for number, pod in enumerate(pods):
            (tmp_path / f"pod{number}").mkdir()
        pods[0].migrate()
        for pod in pods[1:]:
            pod.migrated = True
        try:
            for pod in pods:
                pod.start()
            operator = pods[0].staff("jobs_manage")
            report = lambda: pods[0].get(SYSTEM, headers=operator).json()   # noqa: E731
            until(lambda: report()["health"]["checks"]["redis"]["status"] == "ok")
            until(lambda: [each["state"] for each in report()["pods"]] == ["serving"] * 3)
            seen = report()
            assert seen["fleet_known"] is True
            assert sum(each["here"] for each in seen["pods"]) == 1
            hashes = [requests.get(pod.admin_base + "/version", timeout=30).json()["config_hash"] for pod in pods]
            assert sorted(each["config_hash"] for each in seen["pods"]) == sorted(hashes) and len(set(hashes)) == 2

            pods[2].stop()
            assert [each["config_hash"] for each in report()["pods"]] == hashes[:2]
            os.kill(pods[1].process.pid, signal.SIGSTOP)   # else it would tell its worker to end well
            for process in (*pods[1].workers(), pods[1].process.pid):
                os.kill(process, signal.SIGKILL)
            pods[1].process.wait()
            missed = lambda: next(each for each in report()["pods"] if not each["here"])   # noqa: E731
            until(lambda: missed()["state"] == "silent")
            assert missed()["silent_ms"] > 0
            pods[0].stop()
        finally:
            for pod in pods:
                pod.kill()
