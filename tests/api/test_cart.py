"""Carts: what goes in, what is refused, and who may look."""
import pytest

from tests.shop import ADDRESS


@pytest.fixture
def cart(shop):
    made = shop.post("/carts").json()
    return made, {"X-Cart-Token": made["token"]}


def add(shop, cart, proof, handle, quantity, index=0):
    return shop.post(f"/carts/{cart['id']}/lines", {"variant_id": shop.variant(handle, index)["id"], "quantity": quantity}, headers=proof)


def test_an_empty_cart_costs_nothing(shop, cart):
    made, _ = cart
    assert made["lines"] == [] and made["currency"] == "CNY"
    assert {part: money["amount_minor"] for part, money in made["totals"].items()} == dict.fromkeys(
        ("subtotal", "discount", "shipping", "tax", "tax_included", "total"), 0)


def test_the_same_variant_merges(shop, cart):
    made, proof = cart
    assert add(shop, made, proof, "plain-mug", 1).status_code == 201
    merged = add(shop, made, proof, "plain-mug", 2).json()
    assert [line["quantity"] for line in merged["lines"]] == [3]
    assert merged["totals"]["subtotal"]["amount_minor"] == 3 * 5990


def test_lines_are_changed_and_removed(shop, cart):
    made, proof = cart
    line = add(shop, made, proof, "plain-mug", 1).json()["lines"][0]
    changed = shop.patch(f"/carts/{made['id']}/lines/{line['id']}", {"quantity": 5}, headers=proof)
    assert changed.status_code == 200 and changed.json()["lines"][0]["quantity"] == 5
    removed = shop.delete(f"/carts/{made['id']}/lines/{line['id']}", headers=proof)
    assert removed.status_code == 200 and removed.json()["lines"] == []
    gone = shop.delete(f"/carts/{made['id']}/lines/{line['id']}", headers=proof)
    assert gone.status_code == 404


@pytest.mark.parametrize("quantity, code", [(0, 422), (-1, 422), (1000, 422), (1.5, 422), ("2", 422), (2**70, 422), (None, 422)])
def test_a_quantity_is_a_whole_number_in_range(shop, cart, quantity, code):
    made, proof = cart
    answer = add(shop, made, proof, "plain-mug", quantity)
    assert answer.status_code == code, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/quantity"


def test_more_than_there_is_is_refused_with_what_is_left(shop, cart):
    made, proof = cart
    answer = add(shop, made, proof, "linen-shirt", 4, index=2)
    assert (answer.status_code, answer.json()["code"]) == (409, "inventory.insufficient")
    assert answer.json()["lines"][0]["available"] == 3


def test_backorder_and_untracked_variants_do_not_run_out(shop, cart):
    made, proof = cart
    assert add(shop, made, proof, "made-to-order-desk", 3).status_code == 201
    assert add(shop, made, proof, "gift-card", 500).status_code == 201


def test_a_strangers_cart_does_not_exist(shop, cart):
    made, proof = cart
    stranger = shop.signed_in()
    for headers in ({}, {"X-Cart-Token": "x" * 32}, stranger):
        for method, path, body in (
            ("GET", "", None), ("PATCH", "", {"note": "mine"}), ("POST", "/lines", {"variant_id": shop.variant("plain-mug")["id"], "quantity": 1}),
            ("POST", "/claim", {}), ("POST", "/checkout", {"payment_provider": "manual"})):
            if path == "/claim" and headers is not stranger:
                continue
            answer = shop.call(method, f"/carts/{made['id']}{path}", json=body, headers={**headers, "Idempotency-Key": "k" * 12})
            assert (answer.status_code, answer.json()["code"]) == (404, "cart.not_found"), (method, path, headers, answer.text)


def test_what_only_the_shop_decides_is_not_taken_from_the_client(shop, cart):
    made, proof = cart
    variant = shop.variant("plain-mug")["id"]
    for extra in ({"unit_price": 1}, {"price_minor": 1}, {"total": 1}):
        answer = shop.post(f"/carts/{made['id']}/lines", {"variant_id": variant, "quantity": 1, **extra}, headers=proof)
        assert answer.status_code == 422 and answer.json()["errors"][0]["code"] == "unknown_member"
    answer = shop.patch(f"/carts/{made['id']}", {"totals": {"total": 1}, "status": "paid"}, headers=proof)
    assert answer.status_code == 422 and len(answer.json()["errors"]) == 2


def test_details_are_kept_and_cleared(shop, cart):
    made, proof = cart
    answer = shop.patch(f"/carts/{made['id']}", {"email": "guest@example.com", "shipping_address": ADDRESS, "note": "请放门口"}, headers=proof)
    assert answer.status_code == 200 and answer.json()["shipping_address"] == ADDRESS and answer.json()["note"] == "请放门口"
    answer = shop.patch(f"/carts/{made['id']}", {"note": None}, headers=proof)
    assert answer.json()["note"] is None and answer.json()["email"] == "guest@example.com"


@pytest.mark.parametrize("body, pointer", [
    ({"email": "nobody"}, "/email"),
    ({"shipping_address": {**ADDRESS, "country": "China"}}, "/shipping_address/country"),
    ({"shipping_address": {**ADDRESS, "line1": "a\u0000b"}}, "/shipping_address/line1"),
    ({"shipping_address": "somewhere"}, "/shipping_address"),
    ({"shipping_method_id": "ship_0000000000000"}, "/shipping_method_id"),
    ({"shipping_method_id": "prod_0000000000000"}, "/shipping_method_id"),
])
def test_bad_details_are_refused_by_pointer(shop, cart, body, pointer):
    made, proof = cart
    answer = shop.patch(f"/carts/{made['id']}", body, headers=proof)
    assert answer.status_code == 422, answer.text
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]


def test_shipping_is_quoted_and_free_above_an_amount(shop, cart):
    made, proof = cart
    add(shop, made, proof, "notebook-01", 1)
    methods = shop.get(f"/shipping-methods?cart={made['id']}", headers=proof).json()["data"]
    assert [method["code"] for method in methods] == ["standard", "express"]
    assert methods[0]["price"]["amount_minor"] == 1000
    chosen = shop.patch(f"/carts/{made['id']}", {"shipping_method_id": methods[0]["id"]}, headers=proof).json()
    assert chosen["totals"]["shipping"]["amount_minor"] == 1000
    more = add(shop, made, proof, "plain-mug", 5).json()
    assert more["totals"]["shipping"]["amount_minor"] == 0


def test_an_unknown_variant_cannot_be_added(shop, cart):
    made, proof = cart
    hidden = "var_0000000000001"
    answer = shop.post(f"/carts/{made['id']}/lines", {"variant_id": hidden, "quantity": 1}, headers=proof)
    assert answer.status_code in (404, 409, 422) and answer.json()["code"] in ("catalog.not_for_sale", "request.invalid_field"), answer.text


def test_a_cart_in_another_currency_takes_no_such_lines(shop):
    made = shop.post("/carts", {"currency": "USD"}).json()
    answer = add(shop, made, {"X-Cart-Token": made["token"]}, "plain-mug", 1)
    assert (answer.status_code, answer.json()["code"]) == (422, "cart.currency_mismatch")
    assert shop.post("/carts", {"currency": "XYZ"}).json()["errors"][0]["pointer"] == "/currency"


def test_a_cart_has_a_hundred_lines_at_most(fresh_shop, tmp_path):
    rows = ["Handle,Title,Published,Option1 Name,Option1 Value,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price"]
    rows += [f"thing-{n},Thing {n},true,Title,Default Title,shopify,5,deny,1.00" for n in range(101)]
    (tmp_path / "many.csv").write_text("\n".join(rows) + "\n")
    fresh_shop.import_csv(tmp_path / "many.csv")
    fresh_shop.start()
    made = fresh_shop.post("/carts").json()
    proof = {"X-Cart-Token": made["token"]}
    for n in range(100):
        assert add(fresh_shop, made, proof, f"thing-{n}", 1).status_code == 201
    answer = add(fresh_shop, made, proof, "thing-100", 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "cart.line_limit")
    fresh_shop.stop()
