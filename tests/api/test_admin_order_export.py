"""Orders as a file: whole, filtered, harmless in a spreadsheet, in pieces, and only for those who may read orders."""
import csv
import io
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.shop import ADDRESS, Shop, key

PATH = "/admin/exports/orders.csv"
CATALOGUE = Path(__file__).resolve().parent.parent / "fixtures" / "catalogue.csv"
ORDERS_PER_READ = 100   # as the export does


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop of this file's own: others count the products of theirs."""
    own = Shop(tmp_path_factory.mktemp("order-export"))
    own.import_csv(CATALOGUE)
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def staff(shop):
    return shop.staff("orders_read")


def rows(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-store"
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def test_an_order_has_a_row_for_each_line_and_its_totals_once(shop, staff):
    order, _ = shop.order(("plain-mug", 3), ("notebook-06", 1))
    first, second = [row for row in rows(shop.get(PATH, headers=staff)) if row["Id"] == order["id"]]
    assert (first["Name"], second["Name"]) == (order["number"], order["number"])
    assert (first["Status"], first["Financial Status"], first["Fulfillment Status"]) == (
        "pending_payment", "pending", "unfulfilled")
    assert round(float(first["Total"]) * 100) == order["totals"]["total"]["amount_minor"]
    assert (first["Refunded Amount"], second["Total"], second["Status"]) == ("0.00", "", "")
    assert [first["Lineitem quantity"], second["Lineitem quantity"]] == ["3", "1"]


def test_filters_narrow_and_bad_ones_are_refused_with_a_pointer(shop, staff):
    order, _ = shop.order(("plain-mug", 1))
    at = order["created_at"]
    assert all(row["Status"] in ("pending_payment", "") for row in rows(
        shop.get(PATH, params={"status": "pending_payment"}, headers=staff)))
    assert order["id"] in {row["Id"] for row in rows(shop.get(PATH, params={"from": at}, headers=staff))}
    assert not rows(shop.get(PATH, params={"to": "2020-01-01T00:00:00Z"}, headers=staff))
    assert not rows(shop.get(PATH, params={"currency": "JPY"}, headers=staff))
    for name, value in (("from", "yesterday"), ("to", "soon"), ("status", "lost"), ("currency", "ZZZ")):
        answer = shop.get(PATH, params={name: value}, headers=staff)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"query:{name}")
    turned = shop.get(PATH, params={"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, headers=staff)
    assert (turned.status_code, turned.json()["errors"][0]["code"]) == (422, "before_from")
    assert shop.get(PATH, params={"page": "2"}, headers=staff).status_code == 400


def test_only_those_who_may_read_orders_get_the_file_and_the_log_says_who(shop, staff):
    assert shop.get(PATH).status_code == 401
    assert shop.get(PATH, headers=shop.staff("catalog_write")).status_code == 403
    rows(shop.get(PATH, params={"status": "paid"}, headers=staff))
    entries = shop.get("/admin/audit-log", params={"filter[action]": "orders.export"}, headers=shop.owner())
    assert entries.status_code == 200, entries.text
    assert entries.json()["data"][0]["after"]["status"] == "paid"


def test_an_old_client_gets_the_file_up_to_the_end_of_the_connection(shop, staff):
    host, port = shop.base.split("//")[1].split("/")[0].split(":")
    request = f"GET /api/v1{PATH} HTTP/1.0\r\nHost: shop\r\nAuthorization: {staff['Authorization']}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, body = answer.split(b"\r\n\r\n", 1)
    assert b"chunked" not in head.lower() and body.startswith(b"Name,Id,Email,") and body.endswith(b"\r\n")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request.replace("1.0", "1.1").encode())   # and goes away
    assert rows(shop.get(PATH, headers=staff))   # whose connections to the database are not lost


def row_of(shop, staff, order):
    """The order's first row in the file."""
    return [row for row in rows(shop.get(PATH, headers=staff)) if row["Id"] == order["id"]][0]


def test_what_a_spreadsheet_would_take_for_a_formula_gets_an_apostrophe(shop, staff):
    product = shop.post("/admin/products", {
        "title": "=HYPERLINK(\"https://evil.example\",\"Tea, green\")", "handle": f"formula-{uuid.uuid4().hex[:8]}",
        "status": "active", "published": True,
        "variants": [{"sku": "@SUM(1)", "tracked": False, "price": {"amount_minor": 1500, "currency": "CNY"}}]}, headers=shop.owner()).json()
    cart, proof = shop.cart((product["variants"][0]["id"], 1))
    address = {**ADDRESS, "name": "=1+1", "line1": "-2 Lane, \"B\"", "city": "@home"}
    change = {"shipping_address": address, "note": "+cmd|'/C calc'!A1"}
    assert shop.patch(f"/carts/{cart['id']}", change, headers=proof).status_code == 200
    cart = shop.get(f"/carts/{cart['id']}", headers=proof).json()
    order = shop.checkout(cart, proof).json()
    row = row_of(shop, staff, order)
    assert row["Lineitem name"] == "'" + product["title"] and row["Lineitem sku"] == "'@SUM(1)"
    assert (row["Shipping Name"], row["Shipping Address1"], row["Shipping City"]) == ("'=1+1", "'-2 Lane, \"B\"", "'@home")
    assert row["Notes"] == "'+cmd|'/C calc'!A1"
    assert row["Email"] == "guest@example.com" and row["Lineitem price"] == "15.00", "what is harmless stays as it is"
    for name, cell in row.items():
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (name, cell)


def test_what_was_given_back_stands_in_the_file(shop, staff):
    money = shop.staff("orders_read", "orders_write", "refunds")
    order, proof = shop.order(("plain-mug", 2))
    shop.post(f"/sandbox/payments/{order['payment']['id']}/approve")
    shop.wait_for_order(order, proof, "paid")
    row = row_of(shop, staff, order)
    assert (row["Status"], row["Financial Status"], row["Refunded Amount"]) == ("paid", "paid", "0.00")
    assert row["Paid at"]

    def give_back(amount, status):
        answer = shop.post(f"/admin/orders/{order['id']}/refund", {"reason": "broken", "restock": False, "amount_minor": amount},
                           headers={**money, "Idempotency-Key": key()})
        assert answer.status_code == 201, answer.text
        shop.wait_for_order(order, proof, status)
        limit = time.monotonic() + 60
        while any(each["status"] != "done" for each in
                  shop.get(f"/admin/orders/{order['id']}", headers=money).json()["refunds"]):
            assert time.monotonic() < limit
            time.sleep(0.05)
        return row_of(shop, staff, order)

    total = order["totals"]["total"]["amount_minor"]
    row = give_back(1050, "partially_refunded")
    assert (row["Financial Status"], row["Refunded Amount"]) == ("partially_refunded", "10.50")
    row = give_back(250, "partially_refunded")
    assert (row["Financial Status"], row["Refunded Amount"]) == ("partially_refunded", "13.00"), "both together"
    row = give_back(total - 1300, "refunded")
    assert (row["Financial Status"], row["Refunded Amount"], row["Total"]) == ("refunded", row["Total"], row["Total"])


def test_more_orders_than_are_read_at_a_time_come_once_each_and_newest_first(shop, staff):
    product = shop.post("/admin/products", {
        "title": "Cheap", "handle": f"cheap-{uuid.uuid4().hex[:8]}", "status": "active", "published": True,
        "variants": [{"tracked": False, "price": {"amount_minor": 100, "currency": "CNY"}}]}, headers=shop.owner()).json()
    variant = product["variants"][0]["id"]
    with ThreadPoolExecutor(4) as pool:
        placed = [order for order, _ in pool.map(lambda _: shop.order((variant, 1)), range(ORDERS_PER_READ + 4))]
    first = min(order["created_at"] for order in placed)
    file = rows(shop.get(PATH, params={"from": first}, headers=staff))
    ours = {order["id"]: order for order in placed}
    found = [row for row in file if row["Id"] in ours]
    assert len(found) == len(ours) == len({row["Id"] for row in found})
    times = [row["Created at"] for row in file]
    assert times == sorted(times, reverse=True)
    assert {row["Name"] for row in found} == {order["number"] for order in placed}
    some = rows(shop.get(PATH, params={"from": first, "status": "pending_payment"}, headers=staff))
    assert {row["Id"] for row in some} >= set(ours)
