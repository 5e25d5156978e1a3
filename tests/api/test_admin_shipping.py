"""Zones and ways of shipping in the back office: every route, each refusal, and who may do it."""
import concurrent.futures
import itertools
import sqlite3
from contextlib import closing

import pytest

from tests.shop import key

ZONES, METHODS = "/admin/shipping-zones", "/admin/shipping-methods"
COUNTRIES = itertools.product("QX", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")   # codes that nobody's address has


@pytest.fixture(scope="module")
def keeper(shop):
    return shop.staff("settings_write")


def country():
    return "".join(next(COUNTRIES))


def code(answer):
    return answer.status_code, answer.json()["code"]


def pointers(answer):
    return [each["pointer"] for each in answer.json()["errors"]]


def zone(shop, headers, *destinations, name="A zone"):
    answer = shop.post(ZONES, {"name": name, "destinations": list(destinations)}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def flat(zone_id, method_code="post", **more):
    return {"zone_id": zone_id, "code": method_code, "name": "By post", "kind": "flat", "rates": [{"currency": "CNY", "price_minor": 900}], **more}


def made(shop, headers, body):
    answer = shop.post(METHODS, body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_new_shop_has_one_zone_with_two_methods(shop, keeper):
    first = shop.get(ZONES + "?limit=1", headers=keeper)
    assert first.status_code == 200 and first.headers["Cache-Control"] == "private, no-store"
    world = first.json()["data"][0]
    assert world["destinations"] == [{"country": "*", "provinces": []}] and world["version"] >= 1
    methods = shop.get(f"{METHODS}?zone={world['id']}", headers=keeper).json()["data"]
    standard = next(each for each in methods if each["code"] == "standard")
    assert "express" in [each["code"] for each in methods]
    assert {"currency": "CNY", "price_minor": 1000, "steps": [], "further_kg_minor": None, "free_above_minor": 19900,
            "amount_min_minor": None, "amount_max_minor": None} in standard["rates"]


def test_a_zone_lives_and_dies(shop, keeper):
    a, b = country(), country()
    answer = shop.post(ZONES, {"name": "  North ", "destinations": [{"country": a}, {"country": b, "provinces": ["Ä", "z"]}]}, headers=keeper)
    assert answer.status_code == 201 and answer.headers["ETag"] == '"v1"', answer.text
    north = answer.json()
    path = f"{ZONES}/{north['id']}"
    assert answer.headers["Location"] == "/api/v1" + path and north["name"] == "North"
    assert sorted(north["destinations"], key=str) == sorted([{"country": a, "provinces": []}, {"country": b, "provinces": ["z", "Ä"]}], key=str)
    assert shop.get(path, headers=keeper).json() == north
    changed = shop.patch(path, {"destinations": [{"country": b}]}, headers={**keeper, "If-Match": '"v1"'})
    assert changed.status_code == 200 and changed.headers["ETag"] == '"v2"'
    assert changed.json()["name"] == "North" and changed.json()["destinations"] == [{"country": b, "provinces": []}]
    renamed = shop.patch(path, {"name": "Far north"}, headers={**keeper, "If-Match": '"v2"'}).json()
    assert renamed["name"] == "Far north" and renamed["destinations"] == changed.json()["destinations"]
    assert shop.delete(path, headers={**keeper, "If-Match": '"v3"'}).status_code == 204
    assert code(shop.get(path, headers=keeper)) == (404, "shipping.zone_not_found")
    zone(shop, keeper, {"country": b})


def test_a_zone_is_changed_by_whoever_saw_its_last_version(shop, keeper):
    path = f"{ZONES}/{zone(shop, keeper)['id']}"
    for change in (lambda **headers: shop.patch(path, {"name": "x"}, headers={**keeper, **headers}),
                   lambda **headers: shop.delete(path, headers={**keeper, **headers})):
        assert code(change()) == (428, "request.if_match_required")
        stale = change(**{"If-Match": '"v7"'})
        assert code(stale) == (412, "request.version_mismatch") and stale.json()["current_version"] == 1
    assert code(shop.patch(f"{ZONES}/zone_0000000000zzz", {"name": "x"}, headers={**keeper, "If-Match": "*"})) == (404, "shipping.zone_not_found")
    assert code(shop.delete(f"{ZONES}/zone_0000000000zzz", headers={**keeper, "If-Match": "*"})) == (404, "shipping.zone_not_found")


def test_a_destination_belongs_to_one_zone(shop, keeper):
    a, b = country(), country()
    zone(shop, keeper, {"country": a}, name="Owner of the country")
    zone(shop, keeper, {"country": a, "provinces": ["North"]}, name="Owner of the province")
    taken = shop.post(ZONES, {"name": "x", "destinations": [{"country": b}, {"country": a}]}, headers=keeper)
    assert code(taken) == (409, "shipping.destination_taken") and pointers(taken) == ["/destinations/1/country"]
    assert "Owner of the country" in taken.json()["detail"]
    taken = shop.post(ZONES, {"name": "x", "destinations": [{"country": a, "provinces": ["South", "NORTH"]}]}, headers=keeper)
    assert code(taken) == (409, "shipping.destination_taken") and pointers(taken) == ["/destinations/0/provinces/1"]
    assert code(shop.post(ZONES, {"name": "x", "destinations": [{"country": "*"}]}, headers=keeper)) == (409, "shipping.destination_taken")
    free = zone(shop, keeper, {"country": b})
    moved = shop.patch(f"{ZONES}/{free['id']}", {"destinations": [{"country": a}]}, headers={**keeper, "If-Match": '"v1"'})
    assert code(moved) == (409, "shipping.destination_taken")
    assert shop.get(f"{ZONES}/{free['id']}", headers=keeper).json() == free


def test_of_two_zones_that_take_a_destination_at_once_one_gets_it(shop, keeper):
    wanted = {"name": "x", "destinations": [{"country": country()}]}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: shop.post(ZONES, wanted, headers=keeper), range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize("body, expected", [
    ({"name": "x"}, "/destinations"), ({"destinations": []}, "/name"), ({"name": " ", "destinations": []}, "/name"),
    ({"name": "x", "destinations": [{"country": "china"}]}, "/destinations/0/country"),
    ({"name": "x", "destinations": [{"country": "*", "provinces": ["y"]}]}, "/destinations/0/provinces"),
    ({"name": "x", "destinations": [{"country": "QQ", "provinces": [""]}]}, "/destinations/0/provinces/0"),
    ({"name": "x", "destinations": [{"country": "QQ"}, {"country": "QQ"}]}, "/destinations/1/country"),
    ({"name": "x", "destinations": [{"country": "QQ", "towns": []}]}, "/destinations/0/towns"),
    ({"name": "x", "destinations": [{"country": "QQ", "provinces": [str(n) for n in range(501)]}]}, "/destinations")])
def test_a_bad_zone_is_refused_by_pointer(shop, keeper, body, expected):
    answer = shop.post(ZONES, body, headers=keeper)
    assert code(answer) == (422, "request.invalid_field") and expected in pointers(answer), answer.text


def test_a_zone_with_methods_is_not_deleted(shop, keeper):
    full, empty = zone(shop, keeper), zone(shop, keeper)
    method = made(shop, keeper, flat(full["id"]))
    gone = shop.delete(f"{ZONES}/{full['id']}", headers={**keeper, "If-Match": "*"})
    assert code(gone) == (409, "shipping.zone_in_use")
    moved = shop.patch(f"{METHODS}/{method['id']}", {"zone_id": empty["id"]}, headers={**keeper, "If-Match": '"v1"'})
    assert moved.status_code == 200 and moved.json()["zone_id"] == empty["id"], moved.text
    assert shop.delete(f"{ZONES}/{full['id']}", headers={**keeper, "If-Match": "*"}).status_code == 204


def test_a_method_lives_and_dies(shop, keeper):
    home = zone(shop, keeper)["id"]
    body = {"zone_id": home, "code": "freight", "name": "Freight", "kind": "by_weight", "position": 3, "weight_max_grams": 30000,
            "rates": [{"currency": "JPY", "steps": [{"up_to": 1000, "price_minor": 600}], "further_kg_minor": 100},
                      {"currency": "CNY", "steps": [{"up_to": 500, "price_minor": 800}, {"price_minor": 900}], "free_above_minor": 19900}]}
    answer = shop.post(METHODS, body, headers=keeper)
    assert answer.status_code == 201 and answer.headers["ETag"] == '"v1"', answer.text
    method = answer.json()
    path = f"{METHODS}/{method['id']}"
    assert answer.headers["Location"] == "/api/v1" + path and method["active"] and method["weight_min_grams"] is None
    shown = shop.get(path, headers=keeper).json()
    assert [each["currency"] for each in shown["rates"]] == ["CNY", "JPY"]
    assert shown["rates"][0]["steps"] == [{"up_to": 500, "price_minor": 800}, {"up_to": None, "price_minor": 900}]
    changed = shop.patch(path, {"name": "By lorry", "active": False, "weight_max_grams": None}, headers={**keeper, "If-Match": '"v1"'})
    assert changed.status_code == 200 and changed.headers["ETag"] == '"v2"', changed.text
    assert changed.json()["rates"] == shown["rates"] and changed.json()["weight_max_grams"] is None and not changed.json()["active"]
    kind = shop.patch(path, {"kind": "flat"}, headers={**keeper, "If-Match": '"v2"'})
    assert kind.status_code == 422 and "/rates/0/price_minor" in pointers(kind)
    whole = shop.patch(path, {"kind": "flat", "rates": [{"currency": "CNY", "price_minor": 1}]}, headers={**keeper, "If-Match": '"v2"'})
    assert whole.status_code == 200 and len(whole.json()["rates"]) == 1, whole.text
    assert shop.delete(path, headers={**keeper, "If-Match": '"v3"'}).status_code == 204
    assert code(shop.get(path, headers=keeper)) == (404, "shipping.method_not_found")
    assert code(shop.patch(path, {}, headers={**keeper, "If-Match": "*"})) == (404, "shipping.method_not_found")
    assert code(shop.delete(path, headers={**keeper, "If-Match": "*"})) == (404, "shipping.method_not_found")


def test_a_method_is_changed_by_whoever_saw_its_last_version(shop, keeper):
    path = f"{METHODS}/{made(shop, keeper, flat(zone(shop, keeper)['id']))['id']}"
    for change in (lambda **headers: shop.patch(path, {"name": "x"}, headers={**keeper, **headers}),
                   lambda **headers: shop.delete(path, headers={**keeper, **headers})):
        assert code(change()) == (428, "request.if_match_required")
        assert code(change(**{"If-Match": '"v7"'})) == (412, "request.version_mismatch")


def test_a_code_is_one_of_its_zone(shop, keeper):
    here, there = zone(shop, keeper)["id"], zone(shop, keeper)["id"]
    made(shop, keeper, flat(here))
    taken = shop.post(METHODS, flat(here), headers=keeper)
    assert code(taken) == (409, "shipping.code_taken") and pointers(taken) == ["/code"]
    other = made(shop, keeper, flat(there))
    moved = shop.patch(f"{METHODS}/{other['id']}", {"zone_id": here}, headers={**keeper, "If-Match": '"v1"'})
    assert code(moved) == (409, "shipping.code_taken")


def test_a_zone_holds_a_hundred_methods(shop, keeper):
    full = zone(shop, keeper)["id"]
    for number in range(100):
        made(shop, keeper, flat(full, f"m{number}"))
    assert code(shop.post(METHODS, flat(full, "m100"), headers=keeper)) == (409, "shipping.too_many_methods")
    outside = made(shop, keeper, flat(zone(shop, keeper)["id"], "m101"))
    moved = shop.patch(f"{METHODS}/{outside['id']}", {"zone_id": full}, headers={**keeper, "If-Match": '"v1"'})
    assert code(moved) == (409, "shipping.too_many_methods")


@pytest.mark.parametrize("more, expected", [
    ({"zone_id": "zone_0000000000zzz"}, "/zone_id"), ({"zone_id": "x"}, "/zone_id"), ({"code": "By Post"}, "/code"), ({"name": ""}, "/name"),
    ({"kind": "pigeon"}, "/kind"), ({"position": -1}, "/position"), ({"weight_min_grams": 5, "weight_max_grams": 4}, "/weight_max_grams"),
    ({"rates": []}, "/rates"), ({"rates": [{"currency": "CNY"}]}, "/rates/0/price_minor"), ({"rates": [{"currency": "XYZ", "price_minor": 1}]}, "/rates/0/currency"),
    ({"rates": [{"currency": "CNY", "price_minor": 1}] * 2}, "/rates/1/currency"), ({"rates": [{"currency": "CNY", "price_minor": -1}]}, "/rates/0/price_minor"),
    ({"rates": [{"currency": "CNY", "price_minor": 1, "steps": [{"price_minor": 1}]}]}, "/rates/0/steps"),
    ({"kind": "by_weight", "rates": [{"currency": "CNY", "steps": [{"up_to": 2, "price_minor": 1}, {"up_to": 2, "price_minor": 1}]}]}, "/rates/0/steps/1/up_to"),
    ({"kind": "by_weight", "rates": [{"currency": "CNY", "steps": [{"price_minor": 1}], "further_kg_minor": 1}]}, "/rates/0/further_kg_minor"),
    ({"kind": "by_amount", "rates": [{"currency": "CNY", "steps": [{"up_to": 1, "price_minor": 1}], "further_kg_minor": 1}]}, "/rates/0/further_kg_minor"),
    ({"kind": "by_amount", "rates": [{"currency": "CNY", "steps": [], "amount_min_minor": 2, "amount_max_minor": 1}]}, "/rates/0/amount_max_minor")])
def test_a_bad_method_is_refused_by_pointer(shop, keeper, more, expected):
    world = shop.get(ZONES + "?limit=1", headers=keeper).json()["data"][0]["id"]
    answer = shop.post(METHODS, {**flat(world, "never"), **more}, headers=keeper)
    assert code(answer) == (422, "request.invalid_field") and expected in pointers(answer), answer.text


def test_what_is_made_twice_with_one_key_is_made_once(shop, keeper):
    headers = {**keeper, "Idempotency-Key": key()}
    body = {"name": "Once", "destinations": [{"country": country()}]}
    first, again = (shop.post(ZONES, body, headers=headers) for _ in range(2))
    assert first.json() == again.json() and again.headers["Idempotent-Replayed"] == "true"
    headers = {**keeper, "Idempotency-Key": key()}
    first, again = (shop.post(METHODS, flat(first.json()["id"]), headers=headers) for _ in range(2))
    assert first.status_code == 201 and first.json() == again.json() and again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("path", [ZONES, METHODS])
def test_lists_are_read_page_by_page(shop, keeper, path):
    home = zone(shop, keeper)["id"]
    for number in range(3):
        zone(shop, keeper)
        made(shop, keeper, flat(home, f"p{number}"))
    seen, cursor = [], ""
    while True:
        page = shop.get(f"{path}?limit=2{cursor}", headers=keeper).json()
        seen += [each["id"] for each in page["data"]]
        if page["page"]["next"] is None:
            break
        cursor = "&cursor=" + page["page"]["next"]
    assert len(seen) >= 4 and seen == sorted(set(seen))
    other = METHODS if path == ZONES else f"{METHODS}?zone={home}"
    joint = "&" if "?" in other else "?"
    assert code(shop.get(f"{other}{joint}{cursor[1:]}", headers=keeper)) == (400, "request.cursor_mismatch")
    assert shop.get(f"{path}?limit=0", headers=keeper).status_code == 422
    assert shop.get(f"{path}?sort=name", headers=keeper).status_code == 400


def test_methods_of_one_zone_are_listed(shop, keeper):
    home = zone(shop, keeper)["id"]
    only = made(shop, keeper, flat(home))
    assert shop.get(f"{METHODS}?zone={home}", headers=keeper).json()["data"] == [only]
    assert pointers(shop.get(METHODS + "?zone=x", headers=keeper)) == ["query:zone"]


def test_only_those_who_may_change_settings_see_or_change_shipping(shop, keeper):
    home = zone(shop, keeper)["id"]
    method = made(shop, keeper, flat(home))["id"]
    calls = [("GET", ZONES, None), ("POST", ZONES, {"name": "x", "destinations": []}), ("GET", f"{ZONES}/{home}", None),
             ("PATCH", f"{ZONES}/{home}", {}), ("DELETE", f"{ZONES}/{home}", None), ("GET", METHODS, None), ("POST", METHODS, flat(home)),
             ("GET", f"{METHODS}/{method}", None), ("PATCH", f"{METHODS}/{method}", {}), ("DELETE", f"{METHODS}/{method}", None)]
    for headers, expected in (({}, 401), (shop.signed_in(), 403), (shop.staff("orders_write", "catalog_write"), 403)):
        for verb, path, body in calls:
            options = {} if body is None else {"json": body}
            assert shop.call(verb, path, headers={**headers, "If-Match": "*"}, **options).status_code == expected, (verb, path)
    assert shop.get(f"{ZONES}/{home}", headers=shop.owner()).status_code == 200


def test_every_change_is_in_the_audit_log(shop, keeper):
    home = zone(shop, keeper)["id"]
    method = made(shop, keeper, flat(home))["id"]
    every = {**keeper, "If-Match": "*"}
    shop.patch(f"{METHODS}/{method}", {"position": 5}, headers=every)
    shop.patch(f"{ZONES}/{home}", {"name": "y"}, headers=every)
    shop.delete(f"{METHODS}/{method}", headers=every)
    shop.delete(f"{ZONES}/{home}", headers=every)
    with closing(sqlite3.connect(shop.data / "shop.sqlite")) as database:
        acts = database.execute("SELECT action, subject FROM audit_log WHERE subject IN (?, ?) ORDER BY id", [home, method]).fetchall()
    assert sorted(acts) == sorted([
        ("shipping.zone.create", home), ("shipping.method.create", method), ("shipping.method.update", method),
        ("shipping.zone.update", home), ("shipping.method.delete", method), ("shipping.zone.delete", home)])
