"""Tax rates in the back office: set up, changed, taken away, and by whom."""
import sqlite3

import pytest

from tests.conftest import ROOT
from tests.shop import Shop, key


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop of its own: rates change what everything costs."""
    with Shop(tmp_path_factory.mktemp("shop")).serving(ROOT / "tests" / "fixtures" / "catalogue.csv") as running:
        yield running


@pytest.fixture(scope="module")
def clerk(shop):
    return shop.staff("settings_write")


def code(answer):
    return answer.status_code, answer.json()["code"]


def pointers(answer):
    assert code(answer) == (422, "request.invalid_field"), answer.text
    return [error["pointer"] for error in answer.json()["errors"]]


def create(shop, clerk, **body):
    answer = shop.post("/admin/tax-rates", {"name": "VAT", "country": "DE", "rate_millionths": 190000, **body}, headers=clerk)
    assert answer.status_code == 201, answer.text
    return answer.json(), answer


def test_a_rate_is_set_up_read_changed_and_taken_away(shop, clerk):
    rate, answer = create(shop, clerk, province="Bayern", stacking="adds", category="books")
    one = answer.headers["Location"].removeprefix("/api/v1")
    assert answer.headers["ETag"] == '"v1"' and answer.headers["Cache-Control"] == "private, no-store"
    assert {name: rate[name] for name in ("name", "country", "province", "category", "rate_millionths", "stacking", "version")} == {
        "name": "VAT", "country": "DE", "province": "Bayern", "category": "books", "rate_millionths": 190000,
        "stacking": "adds", "version": 1}
    shown = shop.get(one, headers=clerk)
    assert shown.json() == rate and shown.headers["ETag"] == '"v1"' and shown.headers["Cache-Control"] == "private, no-store"
    changed = shop.patch(one, {"rate_millionths": 99750}, headers={**clerk, "If-Match": '"v1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"v2"'), changed.text
    assert changed.json() == {**rate, "rate_millionths": 99750, "version": 2, "updated_at": changed.json()["updated_at"]}
    gone = shop.delete(one, headers={**clerk, "If-Match": '"v2"'})
    assert gone.status_code == 204 and gone.headers["Cache-Control"] == "private, no-store"
    assert code(shop.get(one, headers=clerk)) == (404, "tax.not_found")
    assert code(shop.patch(one, {}, headers={**clerk, "If-Match": "*"})) == (404, "tax.not_found")
    assert code(shop.delete(one, headers={**clerk, "If-Match": "*"})) == (404, "tax.not_found")


def test_a_change_says_which_version_it_saw(shop, clerk):
    rate, answer = create(shop, clerk, country="FR")
    one = f"/admin/tax-rates/{rate['id']}"
    for call in (lambda headers: shop.patch(one, {"name": "TVA"}, headers=headers), lambda headers: shop.delete(one, headers=headers)):
        assert code(call(clerk)) == (428, "request.if_match_required")
        assert code(call({**clerk, "If-Match": "v1"})) == (400, "request.if_match_malformed")
        stale = call({**clerk, "If-Match": '"v9"'})
        assert code(stale) == (412, "request.version_mismatch") and stale.json()["current_version"] == 1
    assert shop.get(one, headers=clerk).json() == rate
    assert shop.delete(one, headers={**clerk, "If-Match": '"v1"'}).status_code == 204


def test_the_same_rate_twice_is_refused_by_its_name(shop, clerk):
    rate, _ = create(shop, clerk, country="IT", province="Lazio")
    twin = shop.post("/admin/tax-rates", {"name": "VAT", "country": "IT", "province": " LAZIO", "rate_millionths": 1}, headers=clerk)
    assert code(twin) == (409, "tax.duplicate_rate") and twin.json()["errors"][0]["pointer"] == "/name"
    other, _ = create(shop, clerk, country="IT", province="Lazio", name="Other")
    renamed = shop.patch(f"/admin/tax-rates/{other['id']}", {"name": "VAT"}, headers={**clerk, "If-Match": '"v1"'})
    assert code(renamed) == (409, "tax.duplicate_rate")
    assert shop.get(f"/admin/tax-rates/{other['id']}", headers=clerk).json() == other


@pytest.mark.parametrize("body,pointer", [
    ({"name": " "}, "/name"), ({"name": "x" * 101}, "/name"), ({"country": "Germany"}, "/country"), ({"country": "de"}, "/country"),
    ({"province": ""}, "/province"), ({"category": "two words"}, "/category"), ({"category": "exempt"}, "/category"),
    ({"rate_millionths": -1}, "/rate_millionths"), ({"rate_millionths": 1000001}, "/rate_millionths"),
    ({"category": "zero"}, "/rate_millionths"), ({"stacking": "adds"}, "/stacking"),
])
def test_what_makes_no_sense_is_refused_by_pointer(shop, clerk, body, pointer):
    answer = shop.post("/admin/tax-rates", {"name": "VAT", "country": "AT", "rate_millionths": 200000, **body}, headers=clerk)
    assert pointers(answer) == [pointer]


def test_what_may_not_be_null_is_not(shop, clerk):
    rate, _ = create(shop, clerk, country="PL")
    change = {"name": None, "rate_millionths": None, "stacking": None}
    answer = shop.patch(f"/admin/tax-rates/{rate['id']}", change, headers={**clerk, "If-Match": '"v1"'})
    assert pointers(answer) == ["/name", "/rate_millionths", "/stacking"]
    assert shop.patch(f"/admin/tax-rates/{rate['id']}", {"country": "CZ"}, headers={**clerk, "If-Match": '"v1"'}).status_code in (400, 422)


def test_a_key_makes_one_rate(shop, clerk):
    headers = {**clerk, "Idempotency-Key": key()}
    body = {"name": "VAT", "country": "ES", "rate_millionths": 210000}
    first, again = (shop.post("/admin/tax-rates", body, headers=headers) for _ in range(2))
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_list_is_paged_and_may_be_of_one_country(shop, clerk):
    for name in ("A", "B", "C"):
        create(shop, clerk, country="NL", name=name)
    seen, cursor = [], ""
    while cursor is not None:
        answer = shop.get(f"/admin/tax-rates?filter[country]=NL&limit=2{cursor}", headers=clerk)
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "private, no-store"
        seen += [rate["name"] for rate in answer.json()["data"]]
        token = answer.json()["page"]["next"]
        cursor = token and f"&cursor={token}"
        if token:
            assert code(shop.get(f"/admin/tax-rates?cursor={token}", headers=clerk)) == (400, "request.cursor_mismatch")
    assert seen == ["A", "B", "C"]
    assert len(shop.get("/admin/tax-rates?limit=100", headers=clerk).json()["data"]) > 3
    assert shop.get("/admin/tax-rates?filter[country]=nl", headers=clerk).status_code == 422
    assert shop.get("/admin/tax-rates?sort=name", headers=clerk).status_code == 400


def test_only_who_may_change_settings_sees_or_changes_rates(shop, clerk):
    rate, _ = create(shop, clerk, country="PT")
    one = f"/admin/tax-rates/{rate['id']}"
    body = {"name": "VAT", "country": "BE", "rate_millionths": 1}
    for headers, expected in (({}, 401), (shop.signed_in(), 403), (shop.staff("catalog_write", "orders_write"), 403)):
        tagged = {**headers, "If-Match": '"v1"'}
        answers = [shop.get("/admin/tax-rates", headers=headers), shop.post("/admin/tax-rates", body, headers=headers),
                   shop.get(one, headers=headers), shop.patch(one, {}, headers=tagged), shop.delete(one, headers=tagged)]
        assert [answer.status_code for answer in answers] == [expected] * 5
    assert shop.get(one, headers=shop.owner()).json() == rate


def test_what_was_done_is_in_the_log(shop, clerk):
    rate, _ = create(shop, clerk, country="SE")
    shop.patch(f"/admin/tax-rates/{rate['id']}", {"name": "Moms"}, headers={**clerk, "If-Match": '"v1"'})
    shop.delete(f"/admin/tax-rates/{rate['id']}", headers={**clerk, "If-Match": '"v2"'})
    with sqlite3.connect(shop.data / "shop.sqlite") as database:
        acts = database.execute("SELECT action FROM audit_log WHERE subject = ? ORDER BY id", (rate["id"],)).fetchall()
    assert [act for (act,) in acts] == ["tax.rate.create", "tax.rate.update", "tax.rate.delete"]
