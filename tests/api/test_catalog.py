"""What shoppers see of the catalogue."""
import pytest


def pages(shop, query):
    seen, cursor = [], None
    while True:
        answer = shop.get(f"/products?{query}" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += page["data"]
        cursor = page["page"]["next"]
        if cursor is None:
            return seen


def test_a_product_shows_all_that_a_page_needs(shop):
    product = shop.get("/products/linen-shirt").json()
    assert product["title"] == 'Linen "Summer" Shirt, 亚麻衬衫'
    assert product["options"] == [{"name": "Size", "values": ["S", "M", "L"]}, {"name": "Colour", "values": ["白 White", "蓝 Blue"]}]
    assert [variant["availability"] for variant in product["variants"]] == ["in_stock", "in_stock", "low_stock", "out_of_stock"]
    assert product["variants"][2]["price"] == {"amount_minor": 21900, "currency": "CNY", "exponent": 2}
    assert "script" not in product["description"] and "airy" in product["description"]
    assert "stock_quantity" not in str(product)


def test_a_product_is_found_by_id_as_by_handle(shop):
    by_handle = shop.get("/products/plain-mug").json()
    assert shop.get(f"/products/{by_handle['id']}").json() == by_handle
    assert by_handle["variants"][0]["compare_at_price"]["amount_minor"] == 7990
    assert by_handle["variants"][0]["barcode"] == "0123456789012"
    assert [media["url"] for media in by_handle["media"]] == ["https://pictures.example/mug.jpg", "https://pictures.example/mug-2.jpg"]


@pytest.mark.parametrize("handle", ["hidden-vase", "no-such-thing", "prod_0000000000000"])
def test_what_is_not_published_does_not_exist(shop, handle):
    answer = shop.get(f"/products/{handle}")
    assert (answer.status_code, answer.json()["code"]) == (404, "catalog.product_not_found")


def test_a_list_has_what_a_card_shows_and_the_same_as_the_product(shop):
    cards = {card["handle"]: card for card in shop.get("/products?limit=100").json()["data"]}
    for handle in ("linen-shirt", "plain-mug"):
        card, product = cards[handle], shop.get(f"/products/{handle}").json()
        assert set(card) == {"id", "handle", "title", "options", "thumbnail", "category_ids", "availability", "price_range",
                             "compare_at_price"}
        for name in ("id", "title", "options", "thumbnail", "availability", "price_range"):
            assert card[name] == product[name], name
        assert card["category_ids"] == [each["id"] for each in product["categories"]]
    assert cards["plain-mug"]["compare_at_price"] == {"amount_minor": 7990, "currency": "CNY", "exponent": 2}


def test_a_list_has_variants_where_they_are_asked_for(shop):
    whole = shop.get("/products?limit=3&sort=title&count=exact&expand=variants").json()
    plain = shop.get("/products?limit=3&sort=title&count=exact").json()
    assert whole["page"] == plain["page"]
    for card, full in zip(plain["data"], whole["data"], strict=True):
        assert "variants" not in card
        assert full == card | {"variants": shop.get(f"/products/{card['id']}").json()["variants"]}


@pytest.mark.parametrize("sort", ["-published_at", "published_at", "price", "-price", "title"])
def test_pages_give_each_product_once_in_order(shop, sort):
    products = pages(shop, f"sort={sort}&limit=7")
    whole = shop.get(f"/products?sort={sort}&limit=100").json()["data"]
    assert [product["id"] for product in products] == [product["id"] for product in whole]
    assert len({product["id"] for product in products}) == len(products) == 36
    if sort.endswith("price"):
        prices = [product["price_range"]["min"]["amount_minor"] for product in products]
        assert prices == sorted(prices, reverse=sort.startswith("-"))


def test_filters(shop):
    kitchen = shop.get("/products?filter[category]=stationery&limit=100").json()["data"]
    assert {product["handle"][:8] for product in kitchen} == {"notebook"}
    priced = shop.get("/products?filter[price][gte]=19900&filter[price][lte]=34900").json()["data"]
    assert {product["handle"] for product in priced} == {"linen-shirt", "last-lamp"}
    gone = shop.get("/products?filter[in_stock]=false").json()["data"]
    assert {"sold-out-scarf"} <= {product["handle"] for product in gone}
    assert {product["handle"] for product in shop.get("/products?q=笔记本&limit=100").json()["data"]} == {f"notebook-{n:02d}" for n in range(1, 31)}
    assert [product["handle"] for product in shop.get("/products?q=mug").json()["data"]] == ["plain-mug"]


def test_a_count_is_given_only_when_asked_for(shop):
    assert "count" not in shop.get("/products").json()["page"]
    page = shop.get("/products?count=exact&limit=1").json()["page"]
    assert (page["count"], page["relation"]) == (36, "eq")


@pytest.mark.parametrize("query, status, code", [
    ("limit=0", 422, "request.invalid_field"),
    ("limit=101", 422, "request.invalid_field"),
    ("limit=x", 422, "request.invalid_field"),
    ("expand=stock", 422, "request.invalid_field"),
    ("expand=", 422, "request.invalid_field"),
    ("sort=colour", 400, "catalog.unknown_sort"),
    ("filter[colour]=red", 400, "request.unknown_parameter"),
    ("page=2", 400, "request.unknown_parameter"),
    ("cursor=nonsense", 400, "request.cursor_malformed"),
    ("limit=1&limit=2", 400, "request.repeated_parameter"),
])
def test_bad_queries_are_refused_by_name(shop, query, status, code):
    answer = shop.get(f"/products?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_a_cursor_belongs_to_its_sort_and_filter(shop):
    cursor = shop.get("/products?limit=2&sort=price").json()["page"]["next"]
    for query in ("sort=title", "sort=price&filter[category]=home"):
        answer = shop.get(f"/products?limit=2&{query}&cursor={cursor}")
        assert (answer.status_code, answer.json()["code"]) == (400, "request.cursor_mismatch")


def test_categories_form_a_tree(shop):
    tree = shop.get("/categories").json()["data"]
    assert {"kitchen", "home", "clothing", "stationery", "gifts"} <= {category["handle"] for category in tree}
    one = shop.get("/categories/home").json()
    assert one["name"] == "Home"
    assert shop.get("/categories/nowhere").json()["code"] == "catalog.category_not_found"


def test_public_reads_are_cacheable_and_validate(shop):
    first = shop.get("/products/plain-mug")
    assert first.headers["Cache-Control"].startswith("public, max-age=")
    again = shop.get("/products/plain-mug", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and not again.content
    assert again.headers["ETag"] == first.headers["ETag"]
