"""What is sold out says so wherever it is shown, at once, though lists and searches are kept and drop only what shows it."""
import uuid

import pytest

from tests.shop import Shop, key
from tests.waiting import until


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop of this file's own: what is made here would be counted elsewhere."""
    own = Shop(tmp_path_factory.mktemp("availability")).start()
    yield own
    own.stop()


def product(shop, word, quantity):
    made = shop.post("/admin/products", {
        "title": f"Rarity {word} {uuid.uuid4().hex[:8]}", "status": "active", "published": True, "option_names": ["Size"],
        "variants": [{"option_values": ["S"], "tracked": True, "policy": "deny", "price": {"amount_minor": 1000, "currency": "CNY"}}]}, headers=shop.owner())
    assert made.status_code == 201, made.text
    variant = made.json()["variants"][0]["id"]
    answer = shop.post(f"/admin/inventory/{variant}/adjust", {"delta": quantity, "reason": "counted"}, headers={**shop.owner(), "Idempotency-Key": key()})
    assert answer.status_code == 200, answer.text
    return made.json()["id"], variant


def shown(shop, path, **query):
    data = shop.get(path, params=query).json()["data"]
    return {each["id"]: each["availability"] for each in data}


def test_the_last_piece_is_gone_from_every_list_that_showed_it(shop):
    word = "w" + uuid.uuid4().hex[:10]
    (last, variant), (other, _) = product(shop, word, 1), product(shop, word, 50)
    until(lambda: set(shown(shop, "/search", q=word)) == {last, other})
    places = [("/search", {"q": word}), ("/products", {}), ("/products", {"expand": "variants"}), ("/products", {"sort": "-published_at", "limit": 5})]
    for path, query in places:
        for _ in range(2):   # the second is what was kept
            seen = shown(shop, path, **query)
            assert seen[last] in ("in_stock", "low_stock") and seen[other] == "in_stock", (path, query, seen)
    in_stock = {"q": word, "filter[in_stock]": "true"}
    assert set(shown(shop, "/search", **in_stock)) == {last, other}

    shop.order((variant, 1))

    for path, query in places:
        seen = shown(shop, path, **query)
        assert seen[last] == "out_of_stock" and seen[other] == "in_stock", (path, query, seen)
    assert set(shown(shop, "/search", **in_stock)) == {other}
    assert last not in shown(shop, "/products", **{"filter[in_stock]": "true"})
    facets = shop.get("/search", params={"q": word}).json()["facets"]["availability"]
    assert (facets["out_of_stock"], facets["in_stock"]) == (1, 1)
