"""Orders in the back office, in a real browser: sent, refunded, cancelled; what is left behind them is asked of the shop."""
import pytest

from tests.web.browser import journey
from tests.web.office import session

both = pytest.mark.parametrize("phone, language", [(False, "zh-CN"), (True, "en")], ids=["desktop-chinese", "phone-english"])


def paid(office):
    order, proof = office.order(("celadon-teapot", 2), ("spring-longjing", 1))
    office.post(f"/sandbox/payments/{order['payment']['id']}/approve")
    return office.wait_for_order(order, proof, "paid")


@both
def test_orders_are_sent_refunded_and_cancelled(office, phone, language):
    order = paid(office)
    unpaid, _ = office.order(("spring-longjing", 1))
    transfer, _ = office.order(("spring-longjing", 1), provider="manual")
    journey(office, "admin_orders.js", "orders", session=session(office), rival=session(office), phone=phone, dark=phone, language=language, refused=409,
            order=order["id"], number=order["number"], unpaid=unpaid["id"], transfer=transfer["id"], note=f"请周五送 {language}")

    seen = office.get(f"/admin/orders/{order['id']}", headers=office.owner()).json()
    sent = sum(line["quantity"] for parcel in seen["fulfilments"] for line in parcel["lines"])
    assert (seen["status"], sent, len(seen["fulfilments"])) == ("delivered", 2, 2)
    by_piece, by_amount = sorted(seen["refunds"], key=lambda refund: refund["created_at"])
    assert by_piece["restock"] and sum(line["quantity"] for line in by_piece["lines"]) == 1
    assert by_amount["amount"]["amount_minor"] == 150 and by_amount["lines"] == []
    assert {refund["status"] for refund in seen["refunds"]} == {"done"}
    of = {one["id"]: office.get(f"/admin/orders/{one['id']}", headers=office.owner()).json()["status"] for one in (unpaid, transfer)}
    assert of == {unpaid["id"]: "cancelled", transfer["id"]: "paid"}


def test_who_may_only_read_orders_is_offered_no_change(office):
    journey(office, "admin_orders.js", "reader", session=session(office, "orders_read"), order=paid(office)["id"], dark=True)
