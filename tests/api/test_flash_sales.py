"""Flash sales as shoppers see them: without Redis, and with one that comes and goes."""
import concurrent.futures
import time
from pathlib import Path

import pytest
import requests

from tests import flash
from tests.redis_server import RedisServer
from tests.shop import Shop, key

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def redis():
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="module", params=["embedded", "redis"])
def place(request, tmp_path_factory):
    """A shop of two workers, admitting by its database or by a Redis."""
    settings = request.getfixturevalue("redis").settings() if request.param == "redis" else {}
    running = Shop(tmp_path_factory.mktemp(request.param), **settings)
    running.import_csv(ROOT / "tests" / "fixtures" / "catalogue.csv")
    running.start("--workers", "2")
    try:
        cart, _ = running.cart(("plain-mug", 1))
        running.variant_id, running.method = cart["lines"][0]["variant_id"], cart["shipping_method_id"]
        running.list_price = cart["lines"][0]["unit_price"]
        running.keeper = running.staff("catalog_write")
        answer = running.post(f"/admin/inventory/{running.variant_id}/adjust", {"delta": 1000, "reason": "for sales"},
                              headers={**running.owner(), "Idempotency-Key": key()})
        assert answer.status_code == 200, answer.text
        yield running
        running.audit()
        running.stop()
    finally:
        running.kill()


def code(answer):
    return answer.status_code, answer.json()["code"]


def sale_of(place, **wanted):
    return flash.armed(place, place.keeper, place.variant_id, **wanted)


def test_running_and_coming_sales_are_shown_with_the_servers_time(place):
    running, coming = sale_of(place, stock=3), sale_of(place, starts=300)
    listed = place.get("/flash-sales").json()
    states = {each["id"]: each["status"] for each in listed["data"]}
    assert states[running["id"]] == "running" and states[coming["id"]] == "coming"
    assert listed["server_time"] > running["starts_at"]
    one = place.get(f"/flash-sales/{running['id']}").json()
    assert one["price"]["amount_minor"] == 1_000 and one["list_price"] == place.list_price
    assert one["product"]["handle"] == "plain-mug" and one["availability"] == "in_stock"
    assert code(place.get("/flash-sales/fsl_0000000000000")) == (404, "flash_sale.not_found")


def test_a_ticket_becomes_an_order_that_is_paid(place):
    sale, buyer = sale_of(place, stock=3, quota=2), place.signed_in()
    answer = flash.take(place, sale, buyer, flash.request(place.method, quantity=2))
    assert answer.status_code == 202, answer.text
    ticket = answer.json()
    assert answer.headers["Location"] == ticket["status_url"] and ticket["quantity"] == 2
    done = flash.follow(place, ticket, buyer)
    assert done["status"] == "ordered" and done["order"]["next_action"]["url"]
    order = place.get(f"/orders/{done['order']['id']}", headers=buyer).json()
    line = order["lines"][0]
    assert line["unit_price"]["amount_minor"] == 1_000 and line["quantity"] == 2
    assert line["list_price"] == place.list_price and line["price_reason"] == sale["id"]
    assert order["cart_id"] == ticket["id"] and order["totals"]["subtotal"]["amount_minor"] == 2_000
    assert place.post(f"/sandbox/payments/{order['payment']['id']}/approve").status_code in (200, 201, 202)
    place.wait_for_order(order, buyer, "paid")


def test_the_same_key_gives_the_same_ticket_also_when_all_is_sold(place):
    sale, buyer, mine = sale_of(place, stock=1), place.signed_in(), key()
    body = flash.request(place.method)
    first = flash.take(place, sale, buyer, body, mine)
    assert first.status_code == 202, first.text
    other = flash.take(place, sale, place.signed_in(), body)
    assert code(other) == (410, "flash_sale.sold_out")
    for _ in range(3):
        again = flash.take(place, sale, buyer, body, mine)
        assert again.status_code == 202 and again.json()["id"] == first.json()["id"]
        assert again.headers["Idempotent-Replayed"] == "true"
    assert code(flash.take(place, sale, buyer, {**body, "note": "x"}, mine)) == (422, "idempotency.key_reused")
    assert code(flash.take(place, sale, buyer, body, "short")) == (400, "idempotency.key_malformed")
    flash.follow(place, first.json(), buyer)
    limit = time.monotonic() + 60   # what is shown is at most a second old
    while place.get(f"/flash-sales/{sale['id']}").json()["availability"] != "sold_out":
        assert time.monotonic() < limit, "it is still shown as available"
        time.sleep(0.1)


def test_outside_its_window_a_sale_sells_nothing(place):
    buyer, body = place.signed_in(), flash.request(place.method)
    early = flash.take(place, sale_of(place, starts=300), buyer, body)
    assert code(early) == (403, "flash_sale.not_started") and int(early.headers["Retry-After"]) > 200
    gone = sale_of(place)
    assert place.post(f"/admin/flash-sales/{gone['id']}/cancel", headers=place.keeper).status_code == 200
    limit = [flash.take(place, gone, buyer, body) for _ in range(3)][-1]
    assert limit.json()["code"] in ("flash_sale.ended", "flash_sale.not_started", "flash_sale.sold_out")
    drafted = place.post("/admin/flash-sales", flash.draft(place.variant_id), headers=place.keeper).json()
    assert code(place.get(f"/flash-sales/{drafted['id']}")) == (404, "flash_sale.not_found")
    assert code(flash.take(place, drafted, buyer, body)) == (404, "flash_sale.not_found")


def test_parallel_requests_of_one_customer_do_not_exceed_his_quota(place):
    sale, buyer, body = sale_of(place, stock=20, quota=2), place.signed_in(), flash.request(place.method)

    def once(_):
        return requests.post(f"{place.base}/api/v1/flash-sales/{sale['id']}/tickets", json=body, headers=buyer, timeout=30)

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(once, range(10)))
    won = [each.json() for each in answers if each.status_code == 202]
    assert len(won) == 2 and all(code(each) == (403, "flash_sale.quota") for each in answers if each.status_code != 202)
    for ticket in won:
        assert flash.follow(place, ticket, buyer)["status"] == "ordered"
    assert code(flash.take(place, sale, place.signed_in(), flash.request(place.method, quantity=3))) == (403, "flash_sale.quota")


def test_what_could_not_be_ordered_is_refused_at_once(place):
    sale, buyer, body = sale_of(place, stock=1), place.signed_in(), flash.request(place.method)
    assert code(flash.take(place, sale, buyer, {**body, "shipping_address": None})) == (422, "checkout.incomplete")
    assert code(flash.take(place, sale, buyer, {**body, "email": "nobody"})) == (422, "request.invalid_field")
    assert code(flash.take(place, sale, buyer, {**body, "quantity": 0})) == (422, "request.invalid_field")
    assert flash.take(place, sale, buyer, {**body, "payment_provider": "shells"}).json()["code"] == "payments.unknown_provider"
    assert code(flash.take(place, sale, buyer, {**body, "expected_total_minor": 1})) == (409, "checkout.price_changed")
    assert flash.take(place, sale, {}, body).status_code == 401
    assert flash.take(place, sale, buyer, body).status_code == 202


def test_a_ticket_is_its_owners_alone(place):
    sale, buyer = sale_of(place, stock=1), place.signed_in()
    ticket = flash.take(place, sale, buyer, flash.request(place.method)).json()
    assert code(place.get(ticket["status_url"], headers=place.signed_in())) == (404, "flash_sale.ticket_not_found")
    assert place.get(ticket["status_url"]).status_code == 401
    flash.follow(place, ticket, buyer)


def test_a_cancelled_order_gives_its_unit_back_to_the_sale(place):
    sale, buyer, body = sale_of(place, stock=1), place.signed_in(), flash.request(place.method)
    done = flash.follow(place, flash.take(place, sale, buyer, body).json(), buyer)
    assert place.post(f"/orders/{done['order']['id']}/cancel", headers=buyer).status_code == 200
    limit = time.monotonic() + 60
    while (again := flash.take(place, sale, buyer, body)).status_code != 202:
        assert time.monotonic() < limit, again.text
        time.sleep(0.1)
    flash.follow(place, again.json(), buyer)
