"""The audit log: what staff did can be read, by those who may, and holds no secret."""
import json

import pytest

from tests.shop import key

LOG = "/admin/audit-log"


@pytest.fixture(scope="module")
def reader(shop):
    return shop.staff("audit_read")


def narrowed(shop, reader, query):
    answer = shop.get(f"{LOG}?{query}", headers=reader)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_change_is_told_with_who_did_it_and_how_it_was_before(shop, reader):
    staff = shop.staff("inventory_write")
    variant = shop.variant("plain-mug")["id"]
    seen = shop.get(f"/admin/inventory/{variant}", headers=staff).json()["on_hand"]
    answer = shop.post(f"/admin/inventory/{variant}/adjust", {"delta": 3, "reason": "counted"},
                       headers={**staff, "Idempotency-Key": key(), "X-Request-Id": "audit-log-test-1"})
    assert answer.status_code == 200, answer.text
    who = shop.get("/me", headers=staff).json()["id"]

    page = narrowed(shop, reader, f"filter[actor]={who}&filter[action]=inventory.adjust&filter[subject]={variant}")

    [entry] = page["data"]
    assert entry["role"] == "staff" and entry["request_id"] and page["page"]["next"] is None
    assert entry["before"]["on_hand"] == seen and entry["after"]["on_hand"] == seen + 3
    assert narrowed(shop, reader, f"filter[actor]={who}&filter[at][lte]=2020-01-01T00:00:00Z")["data"] == []
    assert narrowed(shop, reader, f"filter[actor]={who}&filter[at][gte]=2020-01-01T00:00:00Z")["data"]


def test_the_log_is_paged_newest_first_without_repeats(shop, reader):
    for _ in range(5):
        shop.post("/admin/roles", {"name": key(), "permissions": []}, headers=shop.owner())
    seen, cursor = [], ""
    while True:
        page = narrowed(shop, reader, f"filter[action]=identity.role.create&limit=2{cursor}")
        seen += page["data"]
        if not page["page"]["next"]:
            break
        cursor = "&cursor=" + page["page"]["next"]
    assert len(seen) >= 5 and len({entry["id"] for entry in seen}) == len(seen)
    assert [entry["at"] for entry in seen] == sorted((entry["at"] for entry in seen), reverse=True)
    first = narrowed(shop, reader, "limit=1")["page"]["next"]
    answer = shop.get(f"{LOG}?filter[action]=identity.role.create&cursor={first}", headers=reader)
    assert (answer.status_code, answer.json()["code"]) == (400, "request.cursor_mismatch")


@pytest.mark.parametrize("query, status, code", [
    ("filter[nobody]=1", 400, "request.unknown_parameter"), ("actor=cus_1", 400, "request.unknown_parameter"),
    ("filter[actor]=me", 422, "request.invalid_field"), ("filter[at][gte]=yesterday", 422, "request.invalid_field"),
    ("filter[action]=", 422, "request.invalid_field"), ("limit=0", 422, "request.invalid_field"),
    ("cursor=abc", 400, "request.cursor_mismatch")])
def test_what_it_cannot_answer_it_refuses(shop, reader, query, status, code):
    answer = shop.get(f"{LOG}?{query}", headers=reader)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_only_those_who_may_read_it(shop):
    assert shop.get(LOG).status_code == 401
    assert shop.get(LOG, headers=shop.signed_in()).status_code == 403
    assert shop.get(LOG, headers=shop.staff("catalog_write", "users_manage")).status_code == 403
    answer = shop.get(LOG, headers=shop.owner())
    assert answer.status_code == 200 and "no-store" in answer.headers["Cache-Control"]


def test_no_secret_is_written_down(shop, reader):
    boss, password = shop.owner(), "a password nobody should read"
    hook = shop.post("/admin/webhooks", {"url": "https://example.com/hook", "events": ["orders.*"]}, headers=boss).json()
    rotated = shop.post(f"/admin/webhooks/{hook['id']}/rotate-secret", headers=boss).json()
    user = shop.post("/admin/users", {"email": f"{key()}@example.com", "name": "Somebody", "role": "staff", "role_ids": [],
                                      "password": password}, headers=boss)
    assert user.status_code == 201, user.text
    written, cursor = "", ""
    while True:
        page = narrowed(shop, reader, f"limit=100{cursor}")
        written += json.dumps(page["data"])
        if not page["page"]["next"]:
            break
        cursor = "&cursor=" + page["page"]["next"]
    assert hook["id"] in written and user.json()["id"] in written
    for secret in (hook["secret"], rotated["secret"], password, "argon2", "secret", "password_hash"):
        assert secret not in written.replace("rotate_secret", ""), secret
    shop.delete(f"/admin/webhooks/{hook['id']}", headers={**boss, "If-Match": "*"})
