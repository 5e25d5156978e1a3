"""Mails about orders over a real mail server: a whole order's life in both languages, the server away, 451 and 550."""
import pytest

from tests.conftest import ROOT
from tests.mariadb import free_port
from tests.shop import key
from tests.system.test_mail import Inbox, authority, settings, sign_in, wait_until  # noqa: F401
from tests.system.test_mail import keys, serve  # noqa: F401  fixtures

PAGE = "https://shop.example.com/orders/{order}#token={token}"
SUBJECTS = {
    "en": ["Your order {}", "Payment received for order {}", "Order {} is on its way", "Order {} is on its way", "Refund for order {}"],
    "zh-CN": ["您的订单 {}", "订单 {} 已收到付款", "订单 {} 已发货", "订单 {} 已发货", "订单 {} 的退款"],
}


@pytest.fixture
def opened(fresh_shop, keys):  # noqa: F811
    def open_shop(port, **others):
        fresh_shop.import_csv(ROOT / "tests" / "fixtures" / "catalogue.csv")
        fresh_shop.start(**settings(port, keys[0], ORDER_PAGE=PAGE, **others))
        return fresh_shop

    return open_shop


def order_in(shop, language, *lines):
    cart, proof = shop.cart(*(lines or [("plain-mug", 3)]))
    answer = shop.call("POST", f"/carts/{cart['id']}/checkout", json={"payment_provider": "sandbox", "expected_total_minor": None},
                       headers={**proof, "Accept-Language": language, "Idempotency-Key": key()})
    assert answer.status_code == 201, answer.text
    order = answer.json()
    return order, {"X-Order-Token": order["token"]} if order["token"] else proof


def pay(shop, order, proof):
    assert shop.post(f"/sandbox/payments/{order['payment']['id']}/approve").status_code == 202
    return shop.wait_for_order(order, proof, "paid")


def text(mail):
    return mail.get_body(("plain",)).get_content()


def due(shop):
    return shop.query("SELECT status, attempts, last_error FROM outbox_events WHERE type = 'order_mails.due' ORDER BY id")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_whole_orders_life_is_told_in_its_language_once_and_in_order(opened, serve, language):  # noqa: F811
    inbox = Inbox()
    shop = opened(serve(inbox))
    staff = shop.staff("orders_read", "orders_write", "refunds")
    before = len(inbox.mails)
    order, proof = order_in(shop, language)
    assert order["language"] == language
    pay(shop, order, proof)
    line = order["lines"][0]["id"]
    for quantity, tracking in ((1, "SF & 1"), (2, None)):
        sent = shop.post(f"/admin/orders/{order['id']}/fulfil",
                         {"lines": [{"line_id": line, "quantity": quantity}], **({"tracking": tracking} if tracking else {})}, headers=staff)
        assert sent.status_code == 201, sent.text
    asked = shop.post(f"/admin/orders/{order['id']}/refund", {"reason": "broken", "restock": False, "amount_minor": 123},
                      headers={**staff, "Idempotency-Key": key()})
    assert asked.status_code in (201, 202), asked.text
    mails = lambda: [mail for mail in inbox.mails[before:] if order["number"] in mail["Subject"]]  # noqa: E731
    wait_until(lambda: len(mails()) >= 5, f"only {[mail['Subject'] for mail in inbox.mails]}")
    wait_until(lambda: all(row[0] == "done" for row in due(shop)), "a mail's event did not end")
    placed, paid, first, second, refunded = mails()
    assert [mail["Subject"] for mail in mails()] == [each.format(order["number"]) for each in SUBJECTS[language]]
    assert {mail["To"] for mail in mails()} == {order["email"]}
    assert len({mail["Message-ID"] for mail in mails()}) == 5 and all(mail["Message-ID"].startswith("<evt_") for mail in mails())
    link = PAGE.format(order=order["id"], token=order["token"])
    for mail in mails():
        assert link in text(mail) and f'<a href="{link}">' in mail.get_body(("html",)).get_content()
    total = f"{order['totals']['total']['amount_minor'] / 100:,.2f}"
    sign = "CN¥" if language == "en" else "¥"
    assert order["lines"][0]["title"] in text(placed) and f"{sign}{total}" in text(placed) and f"{sign}{total}" in text(paid)
    assert "SF & 1" in text(first) and "SF &amp; 1" in first.get_body(("html",)).get_content()
    assert "Tracking" not in text(second) and "运单号" not in text(second)
    assert f"{sign}1.23" in text(refunded)
    shop.stop()


def test_a_cancelled_order_is_told_of_and_kinds_that_are_not_wanted_are_not(opened, serve):  # noqa: F811
    inbox = Inbox()
    shop = opened(serve(inbox), ORDER_MAILS="cancelled")
    order, proof = order_in(shop, "en")
    assert shop.post(f"/orders/{order['id']}/cancel", headers=proof).status_code == 200
    wait_until(lambda: inbox.mails, "the mail did not come")
    wait_until(lambda: [row[0] for row in due(shop)] == ["done"], due(shop))
    assert [mail["Subject"] for mail in inbox.mails] == [f"Order {order['number']} was cancelled"]
    shop.stop()


def test_events_that_are_delivered_again_send_no_mail_again(opened, serve):  # noqa: F811
    inbox = Inbox()
    shop = opened(serve(inbox))
    order, proof = order_in(shop, "en")
    pay(shop, order, proof)
    wait_until(lambda: len(inbox.mails) == 2, "the mails did not come")
    wait_until(lambda: [row[0] for row in due(shop)] == ["done"] * 2, due(shop))
    staff = shop.staff("jobs_manage")
    for kind in ("orders.pending_payment", "orders.paid"):
        wish = {"type": kind, "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
        assert shop.post("/admin/jobs/replay", wish, headers=staff).json() == {"replayed": 1, "next": None}
    wait_until(lambda: {row[0] for row in shop.query("SELECT status FROM outbox_events")} == {"done"}, "the events did not end")
    assert len(due(shop)) == 2 and len(inbox.mails) == 2
    shop.stop()


def test_a_customers_own_language_comes_before_that_of_his_browser(opened, serve):  # noqa: F811
    shop = opened(serve(Inbox()))
    answer = shop.call("POST", "/auth/register", headers={"Accept-Language": "en"},
                       json={"email": "lin@example.com", "password": "correct horse battery", "name": "Lin"})
    owner = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    cart, proof = shop.cart(("plain-mug", 1), headers=owner)
    order = shop.call("POST", f"/carts/{cart['id']}/checkout", json={"payment_provider": "sandbox", "expected_total_minor": None},
                      headers={**proof, **owner, "Accept-Language": "zh-CN", "Idempotency-Key": key()}).json()
    assert order["language"] == "en", order
    shop.stop()


def test_a_server_that_is_away_holds_up_no_order_and_gets_its_mails_in_order(opened, serve):  # noqa: F811
    port = free_port()
    shop = opened(port)
    order, proof = order_in(shop, "en")
    pay(shop, order, proof)
    wait_until(lambda: any(row[2] for row in due(shop)), "nothing was tried")
    others = shop.query("SELECT status FROM outbox_events WHERE aggregate = '" + order["id"] + "'")
    wait_until(lambda: {row[0] for row in shop.query("SELECT status FROM outbox_events WHERE aggregate = '" + order["id"] + "'")} == {"done"},
               f"the order's own events wait for the mail server: {others}")
    inbox = Inbox()
    serve(inbox, port)
    wait_until(lambda: len(inbox.mails) == 2, "the mails were not tried again")
    assert [mail["Subject"] for mail in inbox.mails] == [each.format(order["number"]) for each in SUBJECTS["en"][:2]]
    shop.stop()


def test_451_is_tried_again_and_550_is_parked_with_the_next_mail_going_on(opened, serve):  # noqa: F811
    inbox = Inbox("451 4.7.1 greylisted, come back", "250 OK", "550 5.1.1 no such mailbox")
    shop = opened(serve(inbox), ORDER_MAILS="placed,paid,cancelled")
    first, _ = order_in(shop, "en")
    wait_until(lambda: len(inbox.mails) == 1, "451 was not tried again")
    wait_until(lambda: [row[0] for row in due(shop)] == ["done"], due(shop))
    assert due(shop)[0][1] == 2
    second, proof = order_in(shop, "en")
    wait_until(lambda: "parked" in [row[0] for row in due(shop)], due(shop))
    assert due(shop)[1][1] == 1 and second["email"] not in due(shop)[1][2]
    assert shop.post(f"/orders/{second['id']}/cancel", headers=proof).status_code == 200
    wait_until(lambda: len(inbox.mails) == 2, "a parked mail holds up the next one")
    assert inbox.mails[1]["Subject"] == f"Order {second['number']} was cancelled"
    shop.stop()
