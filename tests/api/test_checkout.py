"""Checkout and orders: every refusal, and who may look."""
import pytest

from tests.shop import ADDRESS, key


def test_what_is_missing_is_said_at_once(shop):
    cart = shop.post("/carts").json()
    proof = {"X-Cart-Token": cart["token"]}

    def missing():
        answer = shop.checkout(cart, proof)
        assert (answer.status_code, answer.json()["code"]) == (422, "checkout.incomplete")
        return {each["pointer"] for each in answer.json()["errors"]}

    assert missing() == {"/lines", "/email"}
    shop.post(f"/carts/{cart['id']}/lines", {"variant_id": shop.variant("plain-mug")["id"], "quantity": 1}, headers=proof)
    assert {"/email", "/shipping_address", "/shipping_method_id"} <= missing()


def test_another_total_than_the_shopper_saw_is_refused_with_the_new_one(shop):
    cart, proof = shop.cart(("plain-mug", 1))
    answer = shop.checkout(cart, proof, expected_total_minor=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "checkout.price_changed")
    assert answer.json()["totals"]["total"] == cart["totals"]["total"]
    assert shop.checkout(cart, proof, expected_total_minor=cart["totals"]["total"]["amount_minor"]).status_code == 201


def test_a_price_that_changed_meanwhile_is_shown_before_it_is_paid(fresh_shop, tmp_path):
    header = "Handle,Title,Published,Option1 Name,Option1 Value,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price\n"
    (tmp_path / "one.csv").write_text(header + "pen,Pen,true,Title,Default Title,shopify,50,deny,10.00\n")
    (tmp_path / "two.csv").write_text(header + "pen,Pen,true,Title,Default Title,shopify,50,deny,12.00\n")
    fresh_shop.import_csv(tmp_path / "one.csv")
    fresh_shop.start()
    cart, proof = fresh_shop.cart(("pen", 2))
    fresh_shop.import_csv(tmp_path / "two.csv")
    answer = fresh_shop.checkout(cart, proof)
    assert (answer.status_code, answer.json()["code"]) == (409, "checkout.price_changed"), answer.text
    assert answer.json()["totals"]["subtotal"]["amount_minor"] == 2400
    agreed = fresh_shop.checkout(cart, proof)
    assert agreed.status_code == 201 and agreed.json()["totals"]["subtotal"]["amount_minor"] == 2400
    fresh_shop.stop()


def test_a_closed_cart_is_not_bought_twice(shop):
    cart, proof = shop.cart(("plain-mug", 1))
    assert shop.checkout(cart, proof).status_code == 201
    for answer in (shop.checkout(cart, proof), shop.patch(f"/carts/{cart['id']}", {"note": "late"}, headers=proof)):
        assert (answer.status_code, answer.json()["code"]) == (409, "cart.closed")


def test_the_last_piece_goes_to_the_first(shop):
    first, first_proof = shop.cart(("last-lamp", 1))
    second, second_proof = shop.cart(("last-lamp", 1))
    order = shop.checkout(first, first_proof)
    assert order.status_code == 201
    answer = shop.checkout(second, second_proof)
    assert (answer.status_code, answer.json()["code"]) == (409, "inventory.insufficient")
    assert answer.json()["lines"][0]["available"] == 0
    cancelled = shop.post(f"/orders/{order.json()['id']}/cancel", headers={"X-Order-Token": order.json()["token"]})
    assert cancelled.json()["status"] == "cancelled"
    again = shop.checkout(second, second_proof)
    assert again.status_code == 201
    shop.post(f"/orders/{again.json()['id']}/cancel", headers={"X-Order-Token": again.json()["token"]})


def test_an_unknown_provider_is_refused(shop):
    cart, proof = shop.cart(("plain-mug", 1))
    answer = shop.checkout(cart, proof, provider="gold")
    assert (answer.status_code, answer.json()["code"]) == (422, "payments.unknown_provider")


def test_paying_by_hand_gives_instructions(shop):
    order, _ = shop.order(("plain-mug", 1), provider="manual")
    assert order["payment"]["next_action"]["type"] == "instructions"


def test_orders_are_their_owners_alone(shop):
    order, proof = shop.order(("plain-mug", 1))
    stranger = shop.signed_in()
    for headers in ({}, {"X-Order-Token": "y" * 32}, stranger):
        for method, path, body in (("GET", "", None), ("POST", "/cancel", {}), ("POST", "/payments", {"provider": "manual"})):
            answer = shop.call(method, f"/orders/{order['id']}{path}", json=body, headers={**headers, "Idempotency-Key": key()})
            assert (answer.status_code, answer.json()["code"]) == (404, "orders.not_found"), (method, path, answer.text)
    assert shop.get(f"/orders/{order['id']}", headers=proof).status_code == 200


def test_a_customer_sees_the_orders_newest_first_page_by_page(shop):
    signed_in = shop.signed_in()
    made = []
    for _ in range(3):
        cart, proof = shop.cart(("plain-mug", 1), headers=signed_in)
        made.append(shop.checkout(cart, proof).json()["id"])
    first = shop.get("/orders?limit=2", headers=signed_in).json()
    rest = shop.get(f"/orders?limit=2&cursor={first['page']['next']}", headers=signed_in).json()
    assert [order["id"] for order in first["data"] + rest["data"]] == made[::-1]
    assert rest["page"]["next"] is None
    assert shop.get("/orders").status_code == 401
    assert shop.get("/orders?cursor=zzz", headers=signed_in).status_code == 400


def test_an_order_keeps_what_it_was(shop):
    order, proof = shop.order(("linen-shirt", 1))
    assert order["lines"][0]["title"] == 'Linen "Summer" Shirt, 亚麻衬衫' and order["lines"][0]["variant_title"] == "S / 白 White"
    assert order["shipping_address"] == ADDRESS and order["shipping_method"]["code"] == "standard"
    assert order["number"].startswith("CS-")


@pytest.mark.parametrize("body, pointer", [({}, "/payment_provider"), ({"payment_provider": 7}, "/payment_provider"),
                                           ({"payment_provider": "manual", "status": "paid"}, "/status"),
                                           ({"payment_provider": "manual", "expected_total_minor": "12"}, "/expected_total_minor")])
def test_a_bad_body_is_refused_by_pointer(shop, body, pointer):
    cart, proof = shop.cart(("plain-mug", 1))
    answer = shop.post(f"/carts/{cart['id']}/checkout", body, headers={**proof, "Idempotency-Key": key()})
    assert answer.status_code == 422 and pointer in [each["pointer"] for each in answer.json()["errors"]], answer.text


def test_a_second_attempt_while_one_is_open_is_refused(shop):
    order, proof = shop.order(("plain-mug", 1))
    answer = shop.post(f"/orders/{order['id']}/payments", {"provider": "sandbox"}, headers={**proof, "Idempotency-Key": key()})
    assert (answer.status_code, answer.json()["code"]) == (409, "payments.attempt_open")
