"""What editors may write survives a product file: out, in and out again, byte for byte; the rest is refused at once."""
import csv
import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.test_admin_imports import export, finished, report, submit
from tests.shop import Shop

# What goes wrong in files: separators, quotes, line ends, blanks at the edges (Unicode's, too), formulas, entities.
LETTERS = list("abÄ龙") + list(" ,;\"'\n\r\t>=&<:/\\|#-") + ["\u00a0", "\u3000", "\u2028", "\ufeff", "\u0130", "\u212a"]
TEXTS = st.one_of(
    st.text(st.sampled_from(LETTERS), max_size=8),
    st.sampled_from(["", " ", "a, b", "\"a\"", " a", "a ", "a\r\nb", "a\nb\n", "\ta", "=1+1", "a > b", "'", "\"", "a\"\"b", "[]"]))
NAMES = st.one_of(TEXTS, st.sampled_from([
    "Care", "care", "CARE", "Title", "Type", "Tags", "Status", "Handle", "Category Paths", "Product Category", "Variant SKU",
    "Variant Metafield", "Variant Inventory Tracker", "Variant Inventory Qty", "Cost per item", "cost per item", "Option4 Value",
    "Option1 Name", "Product Attribute: x", "product internal: x", "Column 3", "Image Src", "Price / Japan", "Price Currency"]))
ATTRIBUTES = st.dictionaries(NAMES, TEXTS, max_size=3)
MARKUP = st.lists(st.one_of(TEXTS, st.sampled_from([
    "<p>", "</p>", "<pre>", "</pre>", "<br>", "&#13;", "&#10;", "&nbsp;", "&amp;", "<b>", "<table>", "<a href='/x'>", "\r\n"])),
    max_size=5).map("".join)
OPTIONS = st.one_of(TEXTS, st.sampled_from(["Title", "title", "Size", "Option 1"]))
VALUES = st.one_of(TEXTS, st.sampled_from(["Default Title", "default title", "S", "M"]))
PICTURES = st.builds(lambda url, alt: {"url": url, "alt": alt}, st.sampled_from([
    "https://example.com/a.jpg", "http://example.com/b.jpg?x=1,2", "pictures/c.jpg", "/media/0011.png", "/elsewhere/d.jpg",
    "//example.com/e.jpg", "../f.jpg", "g\\h.jpg", " i.jpg", "j k.jpg", "l\"m.jpg"]), TEXTS)
PRICES = st.one_of(st.none(), st.builds(lambda amount, currency: {"amount_minor": amount, "currency": currency},
                                        st.integers(0, 10**9), st.sampled_from(["CNY", "JPY", "USD", "KWD"])))


@st.composite
def variants(draw):
    names = draw(st.lists(OPTIONS, max_size=2))
    combinations = draw(st.lists(st.tuples(*[VALUES for _ in names]), min_size=1, max_size=3, unique=True))
    currency = draw(st.sampled_from(["CNY", "JPY", "KWD"]))
    amounts = st.one_of(st.none(), st.integers(0, 10**6).map(lambda amount: {"amount_minor": amount, "currency": currency}))
    one = {"price": amounts, "compare_at_price": amounts, "grams": st.integers(0, 5000), "tracked": st.booleans(),
           "weight_unit": st.sampled_from(["g", "kg", "oz", "lb"]), "policy": st.sampled_from(["deny", "backorder"]),
           "taxable": st.booleans(), "requires_shipping": st.booleans()}
    return {"option_names": names,
            "variants": [{"option_values": list(values), **draw(st.fixed_dictionaries(one))} for values in combinations]}


def of_variant(field, values):
    return values.map(lambda value: {"variants": [{"tracked": True, field: value}]})


def of_product(field, values):
    return values.map(lambda value: {field: value})


FIELDS = [
    of_product("title", TEXTS), of_product("vendor", TEXTS), of_product("description", MARKUP),
    of_product("seo", st.fixed_dictionaries({"title": TEXTS, "description": TEXTS})),
    of_product("tags", st.lists(TEXTS, max_size=3)), of_product("attributes", ATTRIBUTES),
    of_product("internal_attributes", ATTRIBUTES), of_product("media", st.lists(PICTURES, max_size=3)),
    of_product("status", st.sampled_from(["draft", "active", "archived"])), of_product("published", st.booleans()),
    variants(), of_variant("sku", TEXTS), of_variant("barcode", TEXTS), of_variant("attributes", ATTRIBUTES),
    of_variant("internal_attributes", ATTRIBUTES), of_variant("compare_at_price", PRICES)]
# One or two things of a product are odd, or nearly every one would be refused for something.
ODD = st.lists(st.one_of(FIELDS), min_size=1, max_size=2)


def differences(first, second):
    """The cells in which two files differ, for people."""
    rows = [list(csv.reader(io.StringIO(file.decode(), newline=""))) for file in (first, second)]
    if rows[0][0] != rows[1][0]:
        return [("columns", sorted(set(rows[0][0]) ^ set(rows[1][0])))]
    return [(one[0], name, before, after) for one, other in itertools.zip_longest(*rows, fillvalue=[])
            for name, before, after in itertools.zip_longest(rows[0][0], one, other) if before != after][:20]


def assert_same(first, second):
    assert first == second, differences(first, second)


@pytest.fixture
def shops(tmp_path_factory):
    both = [Shop(tmp_path_factory.mktemp(name)).start() for name in ("here", "there")]
    yield both
    for each in both:
        each.stop()


def category_ids(shop, admin):
    """Some categories with the names that the shop takes, below one another."""
    made, parent = [], None
    for name in ("Tea", "Green, fresh", "\"Quoted\"", "A > B", "★", "'s Tea", "[]", "茶 Tea", "x" * 255):
        for level, below in enumerate({None, parent}):
            answer = shop.post("/admin/categories", {"name": name, "parent_id": below, "handle": f"c{len(made)}-{level}"},
                               headers=admin)
            assert answer.status_code in (201, 422), answer.text
            if answer.status_code == 201:
                parent = parent if len(made) % 3 else answer.json()["id"]
                made.append(answer.json()["id"])
    assert len(made) > 10
    return made


def write_products(shop, admin):
    """Odd products, and how many of them were taken and refused."""
    numbers, outcomes = itertools.count(), {201: 0, 422: 0}
    categories = st.lists(st.sampled_from(category_ids(shop, admin)), max_size=3, unique=True)
    odd = st.one_of(ODD, of_product("category_ids", categories).map(lambda each: [each]),
                    categories.map(lambda ids: [{"category_ids": ids, "attributes": {"Product Category": "Tea"}}]))

    @settings(max_examples=250, deadline=None, derandomize=True, database=None)
    @given(odd)
    def write(fields):
        number = next(numbers)
        body = {"handle": f"odd-{number:04d}", "title": f"Odd {number}", "variants": [{"price": {"amount_minor": 100, "currency": "CNY"}}]}
        for each in fields:
            body.update(each)
        answer = shop.post("/admin/products", body, headers=admin)
        assert answer.status_code in outcomes, (body, answer.text)
        outcomes[answer.status_code] += 1
        if answer.status_code == 422:
            assert all(error["pointer"] for error in answer.json()["errors"]), answer.text

    write()
    return outcomes


def imported(shop, admin, file):
    job = finished(shop, admin, submit(shop, admin, file), seconds=400)
    refused = [entry for entry in report(shop, admin, job) if entry["outcome"] == "refused"] if job["totals"]["refused"] else []
    assert job["status"] == "done" and not refused, (job, refused)
    return job["totals"]


def test_whatever_editors_may_write_comes_back_from_a_file_as_it_was(shops):
    here, there = shops
    admin, their_admin = here.admin(), there.admin()
    outcomes = write_products(here, admin)
    assert outcomes[201] > 60 and outcomes[422] > 20, outcomes
    first = export(here, admin)
    totals = imported(here, admin, first)
    assert (totals["created"], totals["unchanged"]) == (0, outcomes[201]), (totals, differences(first, export(here, admin)))
    assert_same(first, export(here, admin))
    assert imported(there, their_admin, first)["created"] == outcomes[201]
    assert_same(first, export(there, their_admin))


PLAIN = {"title": "Plain", "variants": [{"price": {"amount_minor": 100, "currency": "CNY"}}]}


@pytest.mark.parametrize("fields,pointer", [
    ({"title": "Plain "}, "/title"), ({"vendor": "\u00a0Caddy"}, "/vendor"), ({"handle": "plain "}, "/handle"),
    ({"seo": {"title": "Plain\n"}}, "/seo_title"), ({"tags": ["a, b"]}, "/tags/0"), ({"tags": ["a", " b"]}, "/tags/1"),
    ({"tags": ["a", "a"]}, "/tags/1"), ({"attributes": {"Care": ""}}, "/attributes"),
    ({"attributes": {"Care ": "by hand"}}, "/attributes"), ({"internal_attributes": {"Notes": "a\r\nb"}}, "/internal_attributes"),
    ({"media": [{"url": "/elsewhere/a.png"}]}, "/media/0/url"), ({"media": [{"url": "https://a.example/b.png", "alt": " c"}]}, "/media/0/alt"),
    ({"option_names": ["Title"], "variants": [{"option_values": ["Default Title"]}]}, "/option_names"),
    ({"option_names": ["Size"], "variants": [{"option_values": ["S "]}]}, "/variants/0/option_values"),
    ({"variants": [{"sku": " A"}]}, "/variants/0/sku"), ({"variants": [{"attributes": {"Care": ""}}]}, "/variants/0/attributes")])
def test_what_a_file_would_lose_is_refused_with_its_place(shop, fields, pointer):
    answer = shop.post("/admin/products", {**PLAIN, **fields}, headers=shop.owner())
    assert (answer.status_code, answer.json()["code"]) == (422, "catalog.invalid_product"), answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]], answer.text
