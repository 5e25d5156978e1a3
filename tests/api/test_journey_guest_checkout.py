"""A guest's way from the shelf to a paid order, and the same for a customer."""
import time

from tests.shop import key


def test_a_guest_buys_two_things_and_pays(shop):
    order, proof = shop.order(("plain-mug", 2), ("linen-shirt", 1))
    assert order["status"] == "pending_payment"
    assert order["payment"]["next_action"]["type"] == "redirect"
    totals = order["totals"]
    assert totals["subtotal"]["amount_minor"] == 2 * 5990 + 19900
    assert totals["total"]["amount_minor"] == sum(
        totals[part]["amount_minor"] for part in ("subtotal", "shipping", "tax")) - totals["discount"]["amount_minor"]

    answer = shop.post(f"/sandbox/payments/{order['payment']['id']}/approve")
    assert answer.status_code == 202, answer.text

    paid = shop.wait_for_order(order, proof, "paid")
    assert paid["payment"]["status"] == "succeeded"
    assert [step["to"] for step in paid["timeline"]] == ["pending_payment", "paid"]
    assert shop.audit().stdout.strip() == "everything adds up"


def test_a_declined_payment_is_tried_again(shop):
    order, proof = shop.order(("plain-mug", 1))
    assert shop.post(f"/sandbox/payments/{order['payment']['id']}/decline").status_code == 202
    limit = time.monotonic() + 60
    while shop.get(f"/orders/{order['id']}", headers=proof).json()["payment"]["status"] != "failed":
        assert time.monotonic() < limit
        time.sleep(0.05)

    answer = shop.post(f"/orders/{order['id']}/payments", {"provider": "sandbox"}, headers={**proof, "Idempotency-Key": key()})
    assert answer.status_code == 201, answer.text
    second = answer.json()["payment"]
    assert second["id"] != order["payment"]["id"]
    assert shop.post(f"/sandbox/payments/{second['id']}/approve").status_code == 202
    shop.wait_for_order(order, proof, "paid")


def test_messages_of_a_provider_may_come_late_and_three_times(shop):
    order, proof = shop.order(("plain-mug", 1))
    answer = shop.post(f"/sandbox/payments/{order['payment']['id']}/approve", {"delay_ms": 300, "copies": 3})
    assert answer.status_code == 202, answer.text
    paid = shop.wait_for_order(order, proof, "paid")
    time.sleep(0.5)
    again = shop.get(f"/orders/{order['id']}", headers=proof).json()
    assert again["timeline"] == paid["timeline"]


def test_a_customer_claims_the_cart_that_the_guest_filled(shop):
    guest = shop.post("/carts").json()
    token = {"X-Cart-Token": guest["token"]}
    variant = shop.variant("plain-mug")["id"]
    shop.post(f"/carts/{guest['id']}/lines", {"variant_id": variant, "quantity": 2}, headers=token)
    signed_in = shop.signed_in()

    answer = shop.post(f"/carts/{guest['id']}/claim", headers={**signed_in, **token})
    assert answer.status_code == 200, answer.text
    cart = answer.json()
    assert [line["quantity"] for line in cart["lines"]] == [2]

    # Now it is the customer's: the token alone opens it no more.
    assert shop.get(f"/carts/{cart['id']}", headers=token).status_code == 404
    assert shop.get(f"/carts/{cart['id']}", headers=signed_in).status_code == 200


def test_a_cancelled_order_gives_its_stock_back(shop):
    before = shop.variant("last-lamp")["availability"]
    assert before == "low_stock"
    order, proof = shop.order(("last-lamp", 1))
    assert shop.variant("last-lamp")["availability"] == "out_of_stock"

    answer = shop.post(f"/orders/{order['id']}/cancel", headers=proof)
    assert answer.status_code == 200 and answer.json()["status"] == "cancelled", answer.text
    assert shop.variant("last-lamp")["availability"] == before

    again = shop.post(f"/orders/{order['id']}/cancel", headers=proof)
    assert again.status_code == 200 and again.json()["timeline"] == answer.json()["timeline"]
    assert shop.audit().returncode == 0


def test_a_paid_order_that_is_cancelled_is_refunded(shop):
    order, proof = shop.order(("plain-mug", 1))
    shop.post(f"/sandbox/payments/{order['payment']['id']}/approve")
    shop.wait_for_order(order, proof, "paid")
    answer = shop.post(f"/orders/{order['id']}/cancel", headers=proof)
    assert answer.status_code == 200 and answer.json()["status"] in ("refunding", "refunded"), answer.text
    refunded = shop.wait_for_order(order, proof, "refunded")
    assert refunded["payment"]["status"] == "refunded"
    assert shop.audit().returncode == 0


def test_an_order_that_nobody_pays_expires(fresh_shop, request):
    from pathlib import Path

    fresh_shop.import_csv(Path(__file__).parent.parent / "fixtures" / "catalogue.csv")
    fresh_shop.start(PAYMENT_WINDOW_MIN="1", SCARCE_WINDOW_MIN="1")
    order, proof = fresh_shop.order(("last-lamp", 1), provider="sandbox")
    fresh_shop.kill()
    # A minute passes for the database while the shop is closed.
    fresh_shop.query("UPDATE orders SET expires_at = expires_at - 120000000")
    fresh_shop.query("UPDATE reservations SET expires_at = expires_at - 120000000")
    fresh_shop.start()
    fresh_shop.wait_for_order(order, proof, "expired", seconds=120)
    assert fresh_shop.variant("last-lamp")["availability"] == "low_stock"
    fresh_shop.stop()
    assert fresh_shop.audit().returncode == 0
