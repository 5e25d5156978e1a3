"""Tax as shoppers and staff see it: by destination and kind of goods, kept with the order, given back with its pieces."""
import csv
import io
import sqlite3

import pytest

from tests.conftest import ROOT
from tests.shop import ADDRESS, Shop, key

GERMANY = {**ADDRESS, "country": "DE", "province": "Bayern"}
VICTORIA = {**ADDRESS, "country": "CA", "province": "British Columbia"}


def running(directory, **settings):
    shop = Shop(directory, **settings)
    shop.import_csv(ROOT / "tests" / "fixtures" / "catalogue.csv")
    return shop.start()


@pytest.fixture(params=["exclusive", "inclusive"])
def mode(request):
    return request.param


@pytest.fixture
def shop(tmp_path, mode):
    own = running(tmp_path, TAX_MODE=mode)
    try:
        yield own
        own.stop()
    finally:
        own.kill()


def code(answer):
    return answer.status_code, answer.json()["code"]


def rate(shop, name, country, millionths, **more):
    answer = shop.post("/admin/tax-rates", {"name": name, "country": country, "rate_millionths": millionths, **more},
                       headers=shop.owner())
    assert answer.status_code == 201, answer.text
    return answer.json()


def categorise(shop, handle, category):
    product = shop.get(f"/products/{handle}").json()["id"]
    answer = shop.patch(f"/admin/products/{product}", {"tax_category": category}, headers={**shop.owner(), "If-Match": "*"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["tax_category"] == (category or "standard")


def move(shop, cart, proof, address):
    """The cart at another address, shipped in whatever way there is."""
    answer = shop.patch(f"/carts/{cart['id']}", {"shipping_address": address}, headers=proof)
    assert answer.status_code == 200, answer.text
    methods = shop.get(f"/shipping-methods?cart={cart['id']}", headers=proof).json()["data"]
    answer = shop.patch(f"/carts/{cart['id']}", {"shipping_method_id": methods[0]["id"]}, headers=proof)
    assert answer.status_code == 200, answer.text
    return answer.json()


def minor(totals, name):
    return totals[name]["amount_minor"]


def tax_of(totals):
    return minor(totals, "tax") + minor(totals, "tax_included")


def rounded(amount, numerator, denominator):
    return (2 * amount * numerator + denominator) // (2 * denominator)


def expected(amount, millionths, mode):
    return rounded(amount, millionths, 1_000_000 + (millionths if mode == "inclusive" else 0))


def check_order(order):
    """What is told by rate is what is told in total, and the totals hold."""
    totals = order["totals"]
    assert sum(line["amount"]["amount_minor"] for line in order["tax_lines"]) == tax_of(totals)
    assert minor(totals, "total") == minor(totals, "subtotal") - minor(totals, "discount") + minor(totals, "shipping") + minor(totals, "tax")


def place(shop, cart, proof, **body):
    answer = shop.checkout(cart, proof, **body)
    assert answer.status_code == 201, answer.text
    check_order(answer.json())
    return answer.json()


def test_without_rates_the_one_rate_of_the_settings_holds(shop, mode):
    cart, proof = shop.cart(("plain-mug", 3))
    whole = minor(cart["totals"], "subtotal") + minor(cart["totals"], "shipping")
    assert tax_of(cart["totals"]) == expected(whole, 130000, mode)
    order = place(shop, cart, proof)
    assert [(line["name"], line["rate_millionths"], line["taxable"]["amount_minor"]) for line in order["tax_lines"]] == [("Tax", 130000, whole)]
    categorise(shop, "plain-mug", "exempt")
    cart, _ = shop.cart(("plain-mug", 1))
    assert tax_of(cart["totals"]) == 0


def test_rates_follow_the_address_and_the_home_stands_in_for_it(shop, mode):
    rate(shop, "VAT", "DE", 190000)
    home = rate(shop, "Home", "CN", 60000)
    bare = shop.post("/carts").json()
    proof = {"X-Cart-Token": bare["token"]}
    answer = shop.post(f"/carts/{bare['id']}/lines", {"variant_id": shop.variant("plain-mug")["id"], "quantity": 1}, headers=proof)
    assert tax_of(answer.json()["totals"]) == expected(minor(answer.json()["totals"], "subtotal"), 60000, mode)
    cart, proof = shop.cart(("plain-mug", 2))
    for address, millionths in ((ADDRESS, 60000), (GERMANY, 190000), ({**ADDRESS, "country": "FR"}, 0)):
        totals = move(shop, cart, proof, address)["totals"]
        assert tax_of(totals) == expected(minor(totals, "subtotal") + minor(totals, "shipping"), millionths, mode)
    gone = shop.delete(f"/admin/tax-rates/{home['id']}", headers={**shop.owner(), "If-Match": "*"})
    assert gone.status_code == 204
    assert tax_of(move(shop, cart, proof, ADDRESS)["totals"]) == 0


def test_a_country_and_a_province_add_up_by_kind_of_goods(shop, mode):
    rate(shop, "GST", "CA", 50000)
    rate(shop, "PST", "CA", 70000, province="british columbia", stacking="adds")
    rate(shop, "PST", "CA", 0, province="British Columbia", stacking="adds", category="books")
    rate(shop, "HST", "CA", 130000, province="Ontario")
    categorise(shop, "notebook-01", "books")
    cart, proof = shop.cart(("plain-mug", 2), ("notebook-01", 3))
    assert code(shop.checkout(cart, proof, expected_total_minor=1)) == (409, "checkout.price_changed")
    order = place(shop, move(shop, cart, proof, VICTORIA), proof)
    lines = {(line["name"], line["rate_millionths"]): line for line in order["tax_lines"]}
    assert set(lines) == {("GST", 50000), ("PST", 70000), ("PST", 0)}
    whole = minor(order["totals"], "subtotal") + minor(order["totals"], "shipping")
    assert lines["GST", 50000]["taxable"]["amount_minor"] == whole
    assert lines["PST", 70000]["taxable"]["amount_minor"] + lines["PST", 0]["taxable"]["amount_minor"] == whole
    assert lines["PST", 0]["amount"]["amount_minor"] == 0
    cart, proof = shop.cart(("plain-mug", 1))
    order = place(shop, move(shop, cart, proof, {**VICTORIA, "province": "ONTARIO"}), proof)
    assert [line["name"] for line in order["tax_lines"]] == ["HST"]


def test_a_changed_rate_is_shown_at_the_next_read_and_refused_at_checkout(shop, mode):
    made = rate(shop, "VAT", "CN", 100000)
    cart, proof = shop.cart(("plain-mug", 1))
    seen = minor(cart["totals"], "total")
    answer = shop.patch(f"/admin/tax-rates/{made['id']}", {"rate_millionths": 200000}, headers={**shop.owner(), "If-Match": '"v1"'})
    assert answer.status_code == 200
    now = shop.get(f"/carts/{cart['id']}", headers=proof).json()
    whole = minor(now["totals"], "subtotal") + minor(now["totals"], "shipping")
    assert tax_of(now["totals"]) == expected(whole, 200000, mode)
    answer = shop.checkout(cart, proof, expected_total_minor=seen)
    if mode == "inclusive":   # the shopper pays the same
        assert answer.status_code == 201, answer.text
        return
    assert code(answer) == (409, "checkout.price_changed")
    assert answer.json()["totals"] == now["totals"]
    order = place(shop, cart, proof, expected_total_minor=minor(now["totals"], "total"))
    shop.patch(f"/admin/tax-rates/{made['id']}", {"rate_millionths": 0}, headers={**shop.owner(), "If-Match": '"v2"'})
    again = shop.get(f"/orders/{order['id']}", headers={"X-Order-Token": order["token"]}).json()
    assert (again["totals"], again["tax_lines"]) == (order["totals"], order["tax_lines"])
    assert shop.audit().stdout.strip() == "everything adds up"


def test_pieces_given_back_come_to_what_was_paid_for_them(shop, mode):
    rate(shop, "Odd", "CN", 99750)
    order, proof = shop.order(("plain-mug", 7))
    shop.post(f"/sandbox/payments/{order['payment']['id']}/approve")
    shop.wait_for_order(order, proof, "paid")
    boss = shop.owner()
    goods = minor(order["totals"], "subtotal")
    shown = shop.get(f"/admin/orders/{order['id']}", headers=boss).json()
    assert shown["tax_lines"] == order["tax_lines"]
    with sqlite3.connect(shop.data / "shop.sqlite") as database:
        (kept,) = database.execute("SELECT SUM(amount_minor) FROM order_tax_lines WHERE line_id <> 0").fetchone()
    back = 0
    for pieces in (1, 3, 2, 1):
        body = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": pieces}], "reason": "broken", "restock": False}
        answer = shop.post(f"/admin/orders/{order['id']}/refund", body, headers={**boss, "Idempotency-Key": key()})
        assert answer.status_code in (200, 201, 202), answer.text
        back += answer.json()["amount"]["amount_minor"]
        assert back <= goods + (kept if mode == "exclusive" else 0)
    assert back == goods + (kept if mode == "exclusive" else 0)
    assert code(shop.post(f"/admin/orders/{order['id']}/refund", body, headers={**boss, "Idempotency-Key": key()})) == (
        409, "orders.quantity_exceeded")
    assert shop.audit().stdout.strip() == "everything adds up"


@pytest.mark.parametrize("mode", ["exclusive"])
def test_the_audit_finds_a_tax_line_that_was_tampered_with(shop):
    order, _ = shop.order(("plain-mug", 1))
    with sqlite3.connect(shop.data / "shop.sqlite") as database:
        database.execute("UPDATE order_tax_lines SET amount_minor = amount_minor + 1 WHERE line_id <> 0")
    found = shop.run("audit", check=False)
    assert found.returncode != 0 and order["id"] in found.stdout


@pytest.mark.parametrize("mode", ["exclusive"])
def test_an_order_from_before_the_tax_lines_stays_as_it_was(shop):
    order, proof = shop.order(("plain-mug", 3))
    shop.post(f"/sandbox/payments/{order['payment']['id']}/approve")
    shop.wait_for_order(order, proof, "paid")
    with sqlite3.connect(shop.data / "shop.sqlite") as database:
        database.execute("UPDATE orders SET tax_rounding = NULL")
        database.execute("DELETE FROM order_tax_lines")
    old = shop.get(f"/orders/{order['id']}", headers=proof).json()
    assert old["tax_lines"] == [] and old["totals"] == order["totals"]
    body = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": 3}], "reason": "broken", "restock": False}
    answer = shop.post(f"/admin/orders/{order['id']}/refund", body, headers={**shop.owner(), "Idempotency-Key": key()})
    assert answer.json()["amount"]["amount_minor"] == expected(minor(order["totals"], "subtotal"), 1130000, "exclusive")
    assert shop.audit().stdout.strip() == "everything adds up"


@pytest.mark.parametrize("rounding", ["line", "order"])
def test_where_the_shop_rounds_is_its_choice(tmp_path, rounding):
    own = running(tmp_path, TAX_MODE="exclusive", TAX_ROUNDING=rounding)
    try:
        cart, proof = own.cart(("notebook-01", 1), ("notebook-02", 1), ("notebook-03", 1))
        prices = [line["unit_price"]["amount_minor"] for line in cart["lines"]]
        shipping = minor(cart["totals"], "shipping")
        each = sum(expected(price, 130000, "exclusive") for price in prices) + expected(shipping, 130000, "exclusive")
        once = expected(sum(prices) + shipping, 130000, "exclusive")
        assert tax_of(cart["totals"]) == (each if rounding == "line" else once)
        place(own, cart, proof)
        assert own.audit().stdout.strip() == "everything adds up"
        own.stop()
    finally:
        own.kill()


@pytest.mark.parametrize("mode", ["exclusive"])
def test_the_category_goes_out_with_the_products_and_comes_back(shop, fresh_shop, tmp_path):
    categorise(shop, "plain-mug", "reduced")
    categorise(shop, "notebook-01", "reduced")
    categorise(shop, "notebook-01", None)
    bad = shop.patch(f"/admin/products/{shop.get('/products/plain-mug').json()['id']}", {"tax_category": "two words"},
                     headers={**shop.owner(), "If-Match": "*"})
    assert bad.status_code == 422 and bad.json()["errors"][0]["pointer"] == "/tax_category"
    exported = shop.get("/admin/exports/products.csv", headers=shop.owner())
    rows = list(csv.DictReader(io.StringIO(exported.content.decode("utf-8-sig"))))
    codes = {row["Handle"]: row["Variant Tax Code"] for row in rows if row["Variant Price"]}
    assert codes["plain-mug"] == "reduced" and codes["notebook-01"] == ""
    path = tmp_path / "exported.csv"
    path.write_bytes(exported.content)
    fresh_shop.import_csv(path)
    fresh_shop.start()
    other = fresh_shop.get("/products/plain-mug").json()["id"]
    assert fresh_shop.get(f"/admin/products/{other}", headers=fresh_shop.owner()).json()["tax_category"] == "reduced"


def test_a_home_that_is_no_country_keeps_the_shop_from_starting(tmp_path):
    own = Shop(tmp_path, TAX_HOME_COUNTRY="Germany")
    done = own.run("audit", check=False)
    assert done.returncode != 0 and "TAX_HOME_COUNTRY" in done.stdout + done.stderr
