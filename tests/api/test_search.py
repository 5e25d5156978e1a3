"""Finding products by words, on the sample catalogue."""
import sqlite3
import time
from pathlib import Path

import pytest

from tests.shop import Shop

SAMPLE = Path(__file__).resolve().parent.parent.parent / "samples" / "catalogue" / "products.csv"


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A shop with the sample catalogue, whose index has caught up."""
    running = Shop(tmp_path_factory.mktemp("search"))
    running.import_csv(SAMPLE)
    running.start()
    waiting = running.get("/products?limit=100").json()["data"]
    limit = time.monotonic() + 60
    while waiting:
        assert time.monotonic() < limit, f"not found: {[product['title'] for product in waiting]}"
        waiting = [product for product in waiting if product["handle"] not in handles(running, product["title"])]
        time.sleep(0.1)
    yield running
    running.stop()


def find(shop, words, **parameters):
    answer = shop.get("/search", params={"q": words, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


def handles(shop, words, **parameters):
    return [product["handle"] for product in find(shop, words, **parameters)["data"]]


def test_chinese_words_of_two_characters(sample):
    assert handles(sample, "茶壶")[0] == "celadon-teapot"
    assert handles(sample, "砚台") == ["inkstone-and-ink"]
    linen = handles(sample, "亚麻")
    assert {"linen-notebook", "linen-cushion"} <= set(linen)
    assert linen.index("linen-notebook") < len(linen)


def test_mixed_text_width_and_case(sample):
    assert handles(sample, "笔记本 LINEN")[0] == "linen-notebook"
    assert handles(sample, "笔记本linen") == handles(sample, "ＬＩＮＥＮ笔记本")


def test_beginnings_of_words(sample):
    assert "chrysanthemum-tea-bags" in handles(sample, "chrys")
    assert "inkstone-and-ink" in handles(sample, "inkst")


def test_titles_go_before_tags_and_tags_before_descriptions(sample):
    found = find(sample, "teapot", limit=100)
    assert found["match"] == "all"
    assert found["data"][0]["handle"] == "celadon-teapot"
    gifts = find(sample, "gift", limit=100)["data"]
    places = ["gift" in product["title"].lower() for product in gifts]
    assert places == sorted(places, reverse=True)


def test_every_word_counts_and_most_of_them_else(sample):
    assert handles(sample, "jasmine pearls") == ["jasmine-pearls"]
    some = find(sample, "jasmine pearls zeppelin")
    assert some["match"] == "some" and some["data"][0]["handle"] == "jasmine-pearls"
    none = find(sample, "zeppelin")
    assert none["data"] == [] and none["facets"]["price"] is None and none["facets"]["categories"] == []


def test_pages_are_the_whole_in_parts(sample):
    whole = handles(sample, "tea", limit=100)
    seen, cursor = [], None
    while True:
        page = find(sample, "tea", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [product["handle"] for product in page["data"]]
        cursor = page["page"]["next"]
        if cursor is None:
            break
    assert seen == whole and len(set(seen)) == len(seen) > 6
    other = sample.get("/search", params={"q": "cup", "cursor": find(sample, "tea", limit=3)["page"]["next"]})
    assert (other.status_code, other.json()["code"]) == (400, "request.cursor_mismatch")


def test_filters_and_facets(sample):
    everything = find(sample, "tea", limit=100)
    facets = everything["facets"]
    assert sum(facets["availability"].values()) == len(everything["data"])
    prices = [product["price_range"]["min"]["amount_minor"] for product in everything["data"]]
    assert (facets["price"]["min"]["amount_minor"], facets["price"]["max"]["amount_minor"]) == (min(prices), max(prices))
    shelf = facets["categories"][0]
    on_shelf = find(sample, "tea", limit=100, **{"filter[category]": shelf["handle"]})
    assert len(on_shelf["data"]) == shelf["count"]
    assert on_shelf["facets"]["categories"] == facets["categories"]
    cheap = find(sample, "tea", limit=100, **{"filter[price][lte]": min(prices), "filter[in_stock]": "true"})
    assert all(product["price_range"]["min"]["amount_minor"] == min(prices) for product in cheap["data"])
    assert find(sample, "tea", **{"filter[category]": "no-such-shelf"})["data"] == []


def test_suggestions(sample):
    titles = [each["title"] for each in sample.get("/search/suggest", params={"q": "茶"}).json()["data"]]
    assert 0 < len(titles) <= 10 and all("茶" in title for title in titles)
    assert sample.get("/search/suggest", params={"q": "jasmine pe"}).json()["data"][0]["handle"] == "jasmine-pearls"
    assert sample.get("/search/suggest", params={"q": "明前"}).json()["data"][0]["handle"] == "spring-longjing"


@pytest.mark.parametrize("path", ["/search", "/search/suggest"])
@pytest.mark.parametrize("words", [None, "", "   ", "?!", "x" * 201, "a\nb"])
def test_what_is_no_query_is_refused(sample, path, words):
    answer = sample.get(path, params={} if words is None else {"q": words})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid_field")
    assert answer.json()["errors"][0]["pointer"] == "query:q"


def test_bad_parameters_are_refused(sample):
    assert sample.get("/search?q=tea&filter[in_stock]=perhaps").status_code == 422
    assert sample.get("/search?q=tea&sort=price").status_code == 400
    assert sample.get("/search?q=tea&cursor=zzz").json()["code"] == "request.cursor_malformed"


def test_answers_may_be_shared(sample):
    assert sample.get("/search?q=tea").headers["Cache-Control"].startswith("public")
    assert sample.get("/search/suggest?q=tea").headers["Cache-Control"].startswith("public")


def test_what_is_not_published_is_not_found(shop):
    limit = time.monotonic() + 60
    while not handles(shop, "mug"):
        assert time.monotonic() < limit
        time.sleep(0.1)
    assert "hidden-vase" not in handles(shop, "vase", limit=100)
    assert "hidden-vase" not in [each["handle"] for each in shop.get("/search/suggest?q=hidden").json()["data"]]


def test_the_index_is_made_anew_on_the_command_line(fresh_shop):
    fresh_shop.import_csv(SAMPLE)
    fresh_shop.start(CACHE_L1_BYTES="0")   # what happens behind its back, a cache need not show
    base = sqlite3.connect(fresh_shop.data / "shop.sqlite", timeout=60)
    limit = time.monotonic() + 60
    while (base.execute("SELECT COUNT(*) FROM outbox_events WHERE status = 'waiting'").fetchone()[0]
           or not base.execute("SELECT COUNT(*) FROM search_builds WHERE finished = 1").fetchone()[0] or not handles(fresh_shop, "茶壶")):
        assert time.monotonic() < limit, "the index never caught up"
        time.sleep(0.1)
    base.execute("DELETE FROM search_terms")   # what an accident could do
    base.commit()
    base.close()
    assert handles(fresh_shop, "茶壶") == []
    done = fresh_shop.run("search", "rebuild")   # beside the shop that serves
    assert "made anew" in done.stdout
    assert handles(fresh_shop, "茶壶")[0] == "celadon-teapot"
    fresh_shop.stop()


def test_a_list_without_words_has_facets_that_agree_with_it(sample):
    """What a facet counts is what the list shows once it is narrowed to that."""
    facets = lambda **filters: sample.get("/search/facets", params=filters).json()   # noqa: E731
    listed = lambda **filters: sample.get("/products", params={"limit": 100, **filters}).json()["data"]   # noqa: E731
    whole = facets()
    assert sum(whole["availability"].values()) == len(listed())
    assert len(whole["vendors"]) > 1
    for vendor in whole["vendors"]:
        assert len(listed(**{"filter[vendor]": vendor["name"]})) == vendor["count"]
    vendor, shelf = whole["vendors"][0], whole["categories"][0]
    assert facets(**{"filter[vendor]": vendor["name"]})["vendors"] == whole["vendors"]
    on_shelf = facets(**{"filter[category]": shelf["handle"]})["vendors"][0]
    both = {"filter[category]": shelf["handle"], "filter[vendor]": on_shelf["name"]}
    within = facets(**both)
    assert sum(within["availability"].values()) == len(listed(**both))
    assert within["price"]["min"]["amount_minor"] == min(card["price_range"]["min"]["amount_minor"] for card in listed(**both))
    assert facets(**{"filter[category]": "nothing"}) == {
        "categories": [], "availability": {"in_stock": 0, "low_stock": 0, "out_of_stock": 0, "preorder": 0}, "price": None, "vendors": []}


def test_pages_of_one_vendor_go_on_and_their_cursor_belongs_to_it(sample):
    vendor = next(each for each in sample.get("/search/facets").json()["vendors"] if each["count"] > 1)
    first = sample.get("/products", params={"filter[vendor]": vendor["name"], "limit": 1, "count": "exact"}).json()
    assert first["page"]["count"] == vendor["count"] and first["page"]["next"]
    rest = sample.get("/products", params={"filter[vendor]": vendor["name"], "cursor": first["page"]["next"], "limit": 100}).json()["data"]
    assert len({card["id"] for card in [*first["data"], *rest]}) == vendor["count"]
    other = sample.get("/products", params={"cursor": first["page"]["next"]})
    assert (other.status_code, other.json()["code"]) == (400, "request.cursor_mismatch")
    found = find(sample, "tea", limit=100)
    for each in found["facets"]["vendors"]:
        assert len(find(sample, "tea", limit=100, **{"filter[vendor]": each["name"]})["data"]) == each["count"]
    assert sample.get("/search/facets", params={"filter[vendor]": "x" * 201}).status_code == 422
    assert sample.get("/search/facets", params={"q": "tea"}).json()["code"] == "request.unknown_parameter"
