"""Stock in the back office: figures, marks, the ledger, and who may touch them."""
import concurrent.futures

import pytest

from tests.shop import key


@pytest.fixture(scope="module")
def stocker(shop):
    return shop.staff("inventory_write")


def adjust(shop, headers, variant, body, idempotency_key=None):
    return shop.post(f"/admin/inventory/{variant}/adjust", body, headers={**headers, "Idempotency-Key": idempotency_key or key()})


def code(answer):
    return answer.status_code, answer.json()["code"]


def test_levels_are_listed_page_by_page_with_what_they_are_called(shop, stocker):
    seen, cursor = [], ""
    while True:
        answer = shop.get(f"/admin/inventory?limit=10{cursor}", headers=stocker)
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
        seen += answer.json()["data"]
        if answer.json()["page"]["next"] is None:
            break
        cursor = "&cursor=" + answer.json()["page"]["next"]
    ids = [level["variant_id"] for level in seen]
    assert ids == sorted(set(ids)) and len(ids) > 10
    assert all(level["available"] == level["on_hand"] - level["reserved"] for level in seen)
    mug = shop.get("/admin/inventory?q=MUG-1", headers=stocker).json()["data"]
    assert [level["sku"] for level in mug] == ["MUG-1"] and mug[0]["title"].startswith("Plain Mug")
    low = shop.get("/admin/inventory?filter[low]=true", headers=stocker).json()["data"]
    assert low and all(level["low"] for level in low)
    assert code(shop.get(f"/admin/inventory?filter[low]=true{cursor}", headers=stocker)) == (400, "request.cursor_mismatch")
    assert shop.get("/admin/inventory?filter[low]=maybe", headers=stocker).status_code == 422
    assert shop.get("/admin/inventory?sort=sku", headers=stocker).status_code == 400


def test_stock_is_adjusted_once_for_each_key(shop, stocker):
    variant = shop.variant("notebook-05")["id"]
    before = shop.get(f"/admin/inventory/{variant}", headers=stocker).json()["on_hand"]
    one = key()
    first = adjust(shop, stocker, variant, {"delta": 7, "reason": "delivery"}, one)
    assert (first.status_code, first.json()["on_hand"]) == (200, before + 7), first.text
    again = adjust(shop, stocker, variant, {"delta": 7, "reason": "delivery"}, one)
    assert again.json() == first.json() and again.headers["Idempotent-Replayed"] == "true"
    ledger = shop.get(f"/admin/inventory/{variant}/movements?limit=1", headers=stocker).json()
    assert (ledger["data"][0]["quantity"], ledger["data"][0]["reason"]) == (7, "delivery")
    assert ledger["data"][0]["actor_id"].startswith("cus_") and ledger["page"]["next"]
    older = shop.get(f"/admin/inventory/{variant}/movements?cursor={ledger['page']['next']}", headers=stocker).json()
    assert older["data"][0]["id"] < ledger["data"][0]["id"]


def test_a_count_of_a_shelf_that_changed_is_refused_with_what_is_there(shop, stocker):
    variant = shop.variant("notebook-04")["id"]
    now = shop.get(f"/admin/inventory/{variant}", headers=stocker).json()["on_hand"]
    answer = adjust(shop, stocker, variant, {"set": 500, "if_on_hand": now + 1, "reason": "counted"})
    assert code(answer) == (409, "inventory.changed") and answer.json()["on_hand"] == now
    assert adjust(shop, stocker, variant, {"set": 500, "if_on_hand": now, "reason": "counted"}).json()["on_hand"] == 500


def test_what_is_promised_cannot_be_taken_away(shop, stocker):
    variant = shop.variant("notebook-03")["id"]
    order, proof = shop.order(("notebook-03", 2))
    level = shop.get(f"/admin/inventory/{variant}", headers=stocker).json()
    assert level["reserved"] >= 2
    answer = adjust(shop, stocker, variant, {"delta": 1 - level["on_hand"], "reason": "fire"})
    assert code(answer) == (409, "inventory.below_reserved")
    shop.post(f"/orders/{order['id']}/cancel", headers=proof)


@pytest.mark.parametrize("body, pointer", [
    ({"reason": "x"}, ""), ({"delta": 1, "set": 1, "if_on_hand": 1, "reason": "x"}, ""), ({"delta": 0, "reason": "x"}, "/delta"),
    ({"set": 5, "reason": "x"}, "/if_on_hand"), ({"set": -1, "if_on_hand": 0, "reason": "x"}, "/set"), ({"delta": 1}, "/reason"),
    ({"delta": 1, "reason": " "}, "/reason"), ({"delta": 1.5, "reason": "x"}, "/delta"), ({"delta": 1, "if_on_hand": 3, "reason": "x"}, "/if_on_hand")])
def test_a_bad_adjustment_is_refused_by_pointer(shop, stocker, body, pointer):
    answer = adjust(shop, stocker, shop.variant("notebook-04")["id"], body)
    assert answer.status_code == 422 and pointer in [each["pointer"] for each in answer.json()["errors"]], answer.text


def test_a_mark_is_set_by_whoever_saw_the_last_one(shop, stocker):
    variant = shop.variant("notebook-02")["id"]
    path = f"/admin/inventory/{variant}"
    tag = shop.get(path, headers=stocker).headers["ETag"]
    assert shop.patch(path, {"low_at": 5000}, headers=stocker).status_code == 428
    marked = shop.patch(path, {"low_at": 5000}, headers={**stocker, "If-Match": tag})
    assert marked.status_code == 200 and marked.json()["low"] and marked.headers["ETag"] != tag
    assert code(shop.patch(path, {"low_at": 1}, headers={**stocker, "If-Match": tag})) == (412, "request.version_mismatch")
    for body in ({}, {"low_at": -1}, {"low_at": "5"}, {"on_hand": 5, "low_at": 1}):
        assert shop.patch(path, body, headers={**stocker, "If-Match": "*"}).status_code == 422
    assert not shop.patch(path, {"low_at": None}, headers={**stocker, "If-Match": marked.headers["ETag"]}).json()["low"]


def test_an_unknown_variant_is_not_found(shop, stocker):
    unknown = "/admin/inventory/var_0000000000001"
    assert code(shop.get(unknown, headers=stocker)) == (404, "inventory.not_found")
    assert code(shop.get(unknown + "/movements", headers=stocker)) == (404, "inventory.not_found")
    assert code(shop.patch(unknown, {"low_at": 1}, headers={**stocker, "If-Match": "*"})) == (404, "inventory.not_found")
    assert code(adjust(shop, stocker, "var_0000000000001", {"delta": 1, "reason": "x"})) == (404, "inventory.not_found")


def test_many_hands_at_once_lose_nothing(shop, stocker):
    variant = shop.variant("notebook-01")["id"]
    before = shop.get(f"/admin/inventory/{variant}", headers=stocker).json()["on_hand"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: adjust(shop, stocker, variant, {"delta": 1, "reason": "one more"}), range(16)))
    assert all(answer.status_code == 200 for answer in answers)
    assert shop.get(f"/admin/inventory/{variant}", headers=stocker).json()["on_hand"] == before + 16


def test_only_those_who_may_see_and_touch_stock(shop, stocker):
    variant = shop.variant("plain-mug")["id"]
    calls = [("GET", "/admin/inventory"), ("GET", f"/admin/inventory/{variant}"), ("GET", f"/admin/inventory/{variant}/movements"),
             ("GET", "/admin/inventory/audit"), ("PATCH", f"/admin/inventory/{variant}"), ("POST", f"/admin/inventory/{variant}/adjust")]
    other, customer = shop.staff("orders_read"), shop.signed_in()
    for method, path in calls:
        body = None if method == "GET" else {}
        assert shop.call(method, path, json=body).status_code == 401
        assert shop.call(method, path, json=body, headers=customer).status_code == 403
        assert shop.call(method, path, json=body, headers=other).status_code == 403
    assert code(shop.post(f"/admin/inventory/{variant}/adjust", {"delta": 1, "reason": "x"}, headers=stocker)) == (400, "idempotency.key_required")


def test_the_ledger_adds_up(shop, stocker):
    answer = shop.get("/admin/inventory/audit", headers=stocker)
    assert answer.status_code == 200 and answer.json() == {"clean": True, "truncated": False, "findings": []}
