"""Flash sales in the back office: every route, each refusal, and who may do it."""
import pytest

from tests import flash
from tests.shop import key

SALES = "/admin/flash-sales"


@pytest.fixture(scope="module")
def keeper(shop):
    return shop.staff("catalog_write")


@pytest.fixture(scope="module")
def variant(shop):
    found = shop.variant("plain-mug")["id"]
    answer = shop.post(f"/admin/inventory/{found}/adjust", {"delta": 200, "reason": "for sales"}, headers={**shop.owner(), "Idempotency-Key": key()})
    assert answer.status_code == 200, answer.text
    return found


def code(answer):
    return answer.status_code, answer.json()["code"]


def available(shop, variant):
    return shop.get(f"/admin/inventory/{variant}", headers=shop.owner()).json()["available"]


def drafted(shop, headers, variant, **wanted):
    answer = shop.post(SALES, flash.draft(variant, **wanted), headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1{SALES}/{answer.json()['id']}" and answer.headers["ETag"] == '"v1"'
    return answer.json()


def test_a_draft_is_made_once_changed_and_deleted(shop, keeper, variant):
    mine, body = {**keeper, "Idempotency-Key": key()}, flash.draft(variant)
    first, again = shop.post(SALES, body, headers=mine), shop.post(SALES, body, headers=mine)
    assert first.json()["id"] == again.json()["id"] and again.headers["Idempotent-Replayed"] == "true"
    one = f"{SALES}/{first.json()['id']}"
    changed = shop.patch(one, {"price_minor": 900, "stock": 7}, headers={**keeper, "If-Match": '"v1"'})
    assert changed.status_code == 200 and changed.json()["price"]["amount_minor"] == 900 and changed.json()["stock"] == 7
    assert code(shop.patch(one, {"quota": 2}, headers={**keeper, "If-Match": '"v1"'})) == (412, "request.version_mismatch")
    assert code(shop.patch(one, {"quota": 2}, headers=keeper)) == (428, "request.if_match_required")
    assert code(shop.patch(one, {"title": None}, headers={**keeper, "If-Match": "*"})) == (422, "request.invalid_field")
    assert shop.delete(one, headers={**keeper, "If-Match": changed.headers["ETag"]}).status_code == 204
    assert code(shop.get(one, headers=keeper)) == (404, "flash_sale.not_found")
    assert code(shop.delete(one, headers={**keeper, "If-Match": "*"})) == (404, "flash_sale.not_found")


def test_what_makes_no_sale_is_refused(shop, keeper, variant):
    answer = shop.post(SALES, {**flash.draft(variant), "title": "", "price_minor": 0, "quota": 0, "stock": 0}, headers=keeper)
    assert code(answer) == (422, "request.invalid_field")
    assert {each["pointer"] for each in answer.json()["errors"]} == {"/title", "/price_minor", "/quota", "/stock"}
    assert code(shop.post(SALES, flash.draft("var_0000000000000"), headers=keeper)) == (422, "flash_sale.variant_not_for_sale")
    assert code(shop.post(SALES, {**flash.draft(variant), "currency": "USD"}, headers=keeper)) == (422, "flash_sale.variant_not_for_sale")


def test_armed_stock_is_apart_and_comes_back(shop, keeper, variant):
    before = available(shop, variant)
    sale = drafted(shop, keeper, variant, stock=5)
    one = f"{SALES}/{sale['id']}"
    for _ in range(2):
        armed = shop.post(one + "/arm", headers=keeper)
        assert armed.status_code == 200 and armed.json()["remaining"] == 5 and armed.json()["status"] == "running"
    assert available(shop, variant) == before - 5
    entry = shop.get(f"/admin/inventory/{variant}/movements?limit=1", headers=shop.owner()).json()["data"][0]
    assert entry["flash_sale_id"] == sale["id"] and entry["order_id"] is None and entry["quantity"] == 5
    match = {**keeper, "If-Match": "*"}
    assert shop.patch(one, {"stock": 8, "quota": 2, "ends_at": flash.moment(900)}, headers=match).json()["remaining"] == 8
    assert shop.patch(one, {"stock": 2}, headers=match).json()["remaining"] == 2
    assert available(shop, variant) == before - 2
    assert code(shop.patch(one, {"stock": 900_000}, headers=match)) == (409, "inventory.insufficient")
    assert code(shop.patch(one, {"price_minor": 1}, headers=match)) == (409, "flash_sale.wrong_state")
    assert code(shop.delete(one, headers=match)) == (409, "flash_sale.wrong_state")
    for _ in range(2):
        over = shop.post(one + "/cancel", headers=keeper)
        assert over.status_code == 200 and over.json()["status"] == "cancelled" and over.json()["returned"] == 2
    assert available(shop, variant) == before
    assert code(shop.post(one + "/arm", headers=keeper)) == (409, "flash_sale.wrong_state")
    shop.audit()


def test_stock_that_tickets_have_stays(shop, keeper, variant):
    sale = flash.armed(shop, keeper, variant, stock=3)
    cart, _ = shop.cart((variant, 1))
    buyer = shop.signed_in()
    ticket = flash.take(shop, sale, buyer, flash.request(cart["shipping_method_id"]))
    assert ticket.status_code == 202, ticket.text
    flash.follow(shop, ticket.json(), buyer)
    one = f"{SALES}/{sale['id']}"
    assert code(shop.patch(one, {"stock": 0}, headers={**keeper, "If-Match": "*"}))[0] in (409, 422)
    seen = shop.get(one, headers=keeper).json()
    assert seen["tickets"] == {"waiting": 0, "ordered": 1, "expired": 0, "failed": 0, "returned": 0} and seen["remaining"] == 2
    assert shop.patch(one, {"stock": 1}, headers={**keeper, "If-Match": "*"}).json()["remaining"] == 0


def test_more_than_there_is_cannot_be_armed(shop, keeper, variant):
    sale = drafted(shop, keeper, variant, stock=900_000)
    assert code(shop.post(f"{SALES}/{sale['id']}/arm", headers=keeper)) == (409, "inventory.insufficient")
    assert shop.get(f"{SALES}/{sale['id']}", headers=keeper).json()["status"] == "draft"
    assert code(shop.post(f"{SALES}/fsl_0000000000000/arm", headers=keeper)) == (404, "flash_sale.not_found")
    assert code(shop.post(f"{SALES}/fsl_0000000000000/cancel", headers=keeper)) == (404, "flash_sale.not_found")


def test_the_list_is_paged_and_filtered(shop, keeper, variant):
    made = [drafted(shop, keeper, variant)["id"] for _ in range(3)]
    first = shop.get(f"{SALES}?limit=2&filter[state]=draft", headers=keeper).json()
    assert [each["id"] for each in first["data"]] == made[:0:-1]
    second = shop.get(f"{SALES}?limit=2&filter[state]=draft&cursor={first['page']['next']}", headers=keeper).json()
    assert second["data"][0]["id"] == made[0]
    assert code(shop.get(f"{SALES}?cursor=nonsense", headers=keeper)) == (400, "request.cursor_mismatch")
    assert code(shop.get(f"{SALES}?filter[state]=running", headers=keeper)) == (422, "request.invalid_field")


def test_only_those_who_write_the_catalogue_come_in(shop, keeper, variant):
    body = flash.draft(variant)
    for headers, status in (({}, 401), (shop.signed_in(), 403), (shop.staff("orders_read"), 403)):
        assert shop.get(SALES, headers=headers).status_code == status
        assert shop.post(SALES, body, headers=headers).status_code == status
    answer = shop.get(SALES, headers=keeper)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "private, no-store"


def test_each_act_is_in_the_audit_log(shop, keeper, variant):
    sale = drafted(shop, keeper, variant)
    shop.post(f"{SALES}/{sale['id']}/arm", headers=keeper)
    shop.post(f"{SALES}/{sale['id']}/cancel", headers=keeper)
    log = shop.get(f"/admin/audit-log?filter[subject]={sale['id']}", headers=shop.owner()).json()["data"]
    assert [each["action"] for each in log] == ["flash_sale.cancel", "flash_sale.arm", "flash_sale.create"]
