"""Shipping by destination, weight and amount: what a cart is offered, how a choice is lost, and what an order keeps."""
import sqlite3
from pathlib import Path

import pytest

from tests.shop import ADDRESS, Shop, key

CATALOGUE = Path(__file__).resolve().parent.parent / "fixtures" / "catalogue.csv"
MUG = "plain-mug"   # 350 g, ¥59.90
FAR = {**ADDRESS, "province": "新疆维吾尔自治区", "city": "喀什"}
JAPAN = {**ADDRESS, "country": "JP", "province": "東京都", "city": "港区"}
FRANCE = {**ADDRESS, "country": "FR", "province": "", "city": "Paris"}


def started(directory):
    own = Shop(directory)
    own.import_csv(CATALOGUE)
    return own.start()


def zone(shop, name, *destinations):
    answer = shop.post("/admin/shipping-zones", {"name": name, "destinations": list(destinations)}, headers=shop.owner())
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def method(shop, zone_id, code, kind="flat", limits=None, **rate):
    answer = shop.post("/admin/shipping-methods", {
        "zone_id": zone_id, "code": code, "name": code.title(), "kind": kind, **(limits or {}), "rates": [{"currency": "CNY", **rate}],
    }, headers=shop.owner())
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def parcels(tmp_path_factory):
    """A shop that ships within China by weight, by amount and as a letter, to the far west at one price, and not to Japan."""
    own = started(tmp_path_factory.mktemp("shipping"))
    china = zone(own, "China", {"country": "CN"})
    method(own, china, "parcel", "by_weight", steps=[{"up_to": 700, "price_minor": 800}, {"up_to": 1000, "price_minor": 1200}],
           further_kg_minor=300, free_above_minor=35940)
    method(own, china, "bulk", "by_amount", steps=[{"up_to": 11980, "price_minor": 1500}, {"up_to": 19999, "price_minor": 600}, {"price_minor": 0}])
    method(own, china, "letter", limits={"weight_max_grams": 350}, price_minor=200)
    method(own, zone(own, "Far west", {"country": "CN", "provinces": ["新疆维吾尔自治区", "新疆"]}), "far", price_minor=3000)
    zone(own, "Japan", {"country": "JP"})
    try:
        yield own
        own.stop()
    finally:
        own.kill()


def cart_of(shop, pieces, address=None, handle=MUG):
    cart = shop.post("/carts", {"email": "guest@example.com"}).json()
    proof = {"X-Cart-Token": cart["token"]}
    answer = shop.post(f"/carts/{cart['id']}/lines", {"variant_id": shop.variant(handle)["id"], "quantity": pieces}, headers=proof)
    assert answer.status_code == 201, answer.text
    if address:
        assert shop.patch(f"/carts/{cart['id']}", {"shipping_address": address}, headers=proof).status_code == 200
    return cart["id"], proof


def offered(shop, cart, proof):
    answer = shop.get(f"/shipping-methods?cart={cart}", headers=proof)
    assert answer.status_code == 200, answer.text
    return {each["code"]: each for each in answer.json()["data"]}


def prices(shop, cart, proof):
    return {code: each["price"]["amount_minor"] for code, each in offered(shop, cart, proof).items()}


def choose(shop, cart, proof, code, **more):
    answer = shop.patch(f"/carts/{cart}", {"shipping_method_id": offered(shop, cart, proof)[code]["id"], **more}, headers=proof)
    assert answer.status_code == 200, answer.text
    return answer.json()


def place(shop, cart, proof, **body):
    return shop.post(f"/carts/{cart}/checkout", {"payment_provider": "manual", **body}, headers={**proof, "Idempotency-Key": key()})


def pointers(answer):
    return [each["pointer"] for each in answer.json().get("errors", [])]


def test_a_cart_without_an_address_is_offered_what_goes_to_the_rest_of_the_world(parcels):
    assert prices(parcels, *cart_of(parcels, 1)) == {"standard": 1000, "express": 2500}
    assert prices(parcels, *cart_of(parcels, 1, FRANCE)) == {"standard": 1000, "express": 2500}


@pytest.mark.parametrize("pieces, expected", [
    (1, {"letter": 200, "parcel": 800, "bulk": 1500}),
    (2, {"parcel": 800, "bulk": 1500}),                 # 700 g and ¥119.80: exactly at both steps
    (3, {"parcel": 1500, "bulk": 600}),                 # 1050 g: one further kilogram begun
    (4, {"parcel": 1500, "bulk": 0}),                   # ¥239.60: beyond the last bounded step
    (5, {"parcel": 1500, "bulk": 0}),                   # 1750 g
    (6, {"parcel": 0, "bulk": 0}),                      # ¥359.40: free from exactly this amount on
])
def test_weight_and_amount_decide(parcels, pieces, expected):
    cart, proof = cart_of(parcels, pieces, ADDRESS)
    assert prices(parcels, cart, proof) == expected
    listed = [each["price"]["amount_minor"] for each in offered(parcels, cart, proof).values()]
    assert listed == sorted(listed)


def test_what_needs_no_parcel_weighs_nothing(parcels):
    cart, proof = cart_of(parcels, 1, ADDRESS)
    gift = parcels.variant("gift-card")["id"]
    assert parcels.post(f"/carts/{cart}/lines", {"variant_id": gift, "quantity": 5}, headers=proof).status_code == 201
    assert prices(parcels, cart, proof)["letter"] == 200


@pytest.mark.parametrize("province, expected", [
    ("新疆维吾尔自治区", {"far": 3000}), (" 新疆 ", {"far": 3000}), ("新疆省", {"letter": 200, "parcel": 800, "bulk": 1500}), ("", {"letter": 200, "parcel": 800, "bulk": 1500})])
def test_a_province_comes_before_its_country_and_is_compared_as_it_is_written(parcels, province, expected):
    assert prices(parcels, *cart_of(parcels, 1, {**ADDRESS, "province": province})) == expected


def test_nothing_is_offered_in_a_zone_without_methods(parcels):
    cart, proof = cart_of(parcels, 1, JAPAN)
    assert prices(parcels, cart, proof) == {}
    answer = place(parcels, cart, proof)
    assert (answer.status_code, answer.json()["code"]) == (422, "checkout.incomplete")
    assert pointers(answer) == ["/shipping_method_id"]


def test_a_choice_is_dropped_when_the_address_moves_and_the_cart_says_so_once(parcels):
    cart, proof = cart_of(parcels, 1, ADDRESS)
    chosen = choose(parcels, cart, proof, "parcel")
    assert chosen["totals"]["shipping"]["amount_minor"] == 800 and chosen["shipping_method_dropped"] is None
    moved = parcels.patch(f"/carts/{cart}", {"shipping_address": FAR}, headers=proof).json()
    assert moved["shipping_method_dropped"] == {"shipping_method_id": chosen["shipping_method_id"], "reason": "other_zone"}
    assert moved["shipping_method_id"] is None and moved["totals"]["shipping"]["amount_minor"] == 0
    seen = parcels.get(f"/carts/{cart}", headers=proof).json()
    assert seen["shipping_method_id"] is None and seen["shipping_method_dropped"] is None


def test_a_choice_that_comes_with_its_address_is_kept(parcels):
    cart, proof = cart_of(parcels, 1, FAR)
    far = offered(parcels, cart, proof)["far"]["id"]
    parcels.patch(f"/carts/{cart}", {"shipping_address": ADDRESS}, headers=proof)
    refused = parcels.patch(f"/carts/{cart}", {"shipping_method_id": far}, headers=proof)
    assert (refused.status_code, refused.json()["code"], pointers(refused)) == (422, "shipping.not_available", ["/shipping_method_id"])
    both = parcels.patch(f"/carts/{cart}", {"shipping_address": FAR, "shipping_method_id": far}, headers=proof)
    assert both.status_code == 200 and both.json()["totals"]["shipping"]["amount_minor"] == 3000


def test_a_choice_is_dropped_when_the_cart_grows_too_heavy_for_it(parcels):
    cart, proof = cart_of(parcels, 1, ADDRESS)
    letter = choose(parcels, cart, proof, "letter")["shipping_method_id"]
    answer = parcels.post(f"/carts/{cart}/lines", {"variant_id": parcels.variant(MUG)["id"], "quantity": 1}, headers=proof)
    assert answer.json()["shipping_method_dropped"] == {"shipping_method_id": letter, "reason": "limits"}


def test_an_order_keeps_method_zone_and_price_whatever_becomes_of_them(parcels):
    kept = method(parcels, zone(parcels, "Chile", {"country": "CL"}), "andes", price_minor=4200)
    cart, proof = cart_of(parcels, 2, {**ADDRESS, "country": "CL"})
    choose(parcels, cart, proof, "andes")
    order = place(parcels, cart, proof)
    assert order.status_code == 201, order.text
    order = order.json()
    assert order["shipping_method"] == {"code": "andes", "name": "Andes", "zone": "Chile"}
    assert order["totals"]["shipping"]["amount_minor"] == 4200
    gone = parcels.delete(f"/admin/shipping-methods/{kept['id']}", headers={**parcels.owner(), "If-Match": '"v1"'})
    assert gone.status_code == 204
    seen = parcels.get(f"/orders/{order['id']}", headers={"X-Order-Token": order["token"]}).json()
    assert seen["shipping_method"] == order["shipping_method"] and seen["totals"] == order["totals"]
    parcels.audit()


def test_a_price_that_changed_meanwhile_is_told_before_anything_is_ordered(parcels):
    made = method(parcels, zone(parcels, "Peru", {"country": "PE"}), "coast", price_minor=1000)
    cart, proof = cart_of(parcels, 1, {**ADDRESS, "country": "PE"})
    before = choose(parcels, cart, proof, "coast")["totals"]["total"]["amount_minor"]
    changed = parcels.patch(f"/admin/shipping-methods/{made['id']}", {"rates": [{"currency": "CNY", "price_minor": 1300}]},
                            headers={**parcels.owner(), "If-Match": '"v1"'})
    assert changed.status_code == 200, changed.text
    refused = place(parcels, cart, proof, expected_total_minor=before)
    assert (refused.status_code, refused.json()["code"]) == (409, "checkout.price_changed")
    now = refused.json()["totals"]
    assert now["shipping"]["amount_minor"] == 1300
    assert place(parcels, cart, proof, expected_total_minor=now["total"]["amount_minor"]).status_code == 201


@pytest.mark.parametrize("withdraw", ["delete", "deactivate"])
def test_an_open_cart_loses_a_method_that_is_withdrawn_and_says_so(parcels, withdraw):
    country = {"delete": "BO", "deactivate": "UY"}[withdraw]
    made = method(parcels, zone(parcels, withdraw, {"country": country}), "post", price_minor=1000)
    cart, proof = cart_of(parcels, 1, {**ADDRESS, "country": country})
    choose(parcels, cart, proof, "post")
    path, headers = f"/admin/shipping-methods/{made['id']}", {**parcels.owner(), "If-Match": '"v1"'}
    done = parcels.delete(path, headers=headers) if withdraw == "delete" else parcels.patch(path, {"active": False}, headers=headers)
    assert done.status_code < 300, done.text
    seen = parcels.get(f"/carts/{cart}", headers=proof).json()
    assert seen["shipping_method_dropped"] == {"shipping_method_id": made["id"], "reason": "withdrawn"}
    assert seen["totals"]["shipping"]["amount_minor"] == 0
    answer = place(parcels, cart, proof)
    assert (answer.status_code, answer.json()["code"], pointers(answer)) == (422, "checkout.incomplete", ["/shipping_method_id"])


def test_where_nothing_is_shipped_to_checkout_is_refused_by_the_address(tmp_path):
    own = started(tmp_path)
    try:
        cart, proof = cart_of(own, 1, FRANCE)
        standard = choose(own, cart, proof, "standard")["shipping_method_id"]
        world = own.get("/admin/shipping-zones", headers=own.owner()).json()["data"][0]
        only = own.patch(f"/admin/shipping-zones/{world['id']}", {"name": "Home", "destinations": [{"country": "CN"}]},
                         headers={**own.owner(), "If-Match": f'"v{world["version"]}"'})
        assert only.status_code == 200, only.text
        assert own.get(f"/carts/{cart}", headers=proof).json()["shipping_method_dropped"] == {
            "shipping_method_id": standard, "reason": "no_zone"}
        assert prices(own, cart, proof) == {}
        refused = place(own, cart, proof)
        assert (refused.status_code, refused.json()["code"], pointers(refused)) == (422, "shipping.no_zone", ["/shipping_address/country"])
        chosen = own.patch(f"/carts/{cart}", {"shipping_method_id": standard}, headers=proof)
        assert (chosen.status_code, chosen.json()["code"]) == (422, "shipping.no_zone")
        home = own.patch(f"/carts/{cart}", {"shipping_address": ADDRESS, "shipping_method_id": standard}, headers=proof)
        assert home.status_code == 200 and place(own, cart, proof).status_code == 201
        gift, token = cart_of(own, 1, FRANCE, "gift-card")
        assert place(own, gift, token).status_code == 201, "what needs no parcel goes anywhere"
        own.stop()
        own.start()
        assert [each["name"] for each in own.get("/admin/shipping-zones", headers=own.admin()).json()["data"]] == ["Home"]
        own.stop()
    finally:
        own.kill()


def test_the_audit_works_each_shipping_price_out_again(tmp_path):
    own = started(tmp_path)
    try:
        cart, proof = cart_of(own, 1, ADDRESS)
        choose(own, cart, proof, "standard")
        assert place(own, cart, proof).status_code == 201
        own.stop()
        assert own.audit().returncode == 0
        database = sqlite3.connect(own.data / "shop.sqlite")
        with database:
            database.execute("UPDATE orders SET shipping_quote = replace(shipping_quote, '\"price_minor\":1000', '\"price_minor\":900')")
        database.close()
        found = own.run("audit", check=False)
        assert found.returncode != 0 and "shipping is 10.00, its facts come to 9.00" in found.stdout + found.stderr
    finally:
        own.kill()
