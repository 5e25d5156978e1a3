"""Others at the doors of one customer: every operation that names a thing is asked for with the ids of his, which exist."""
import re

import pytest

from tests.api.test_access_walk import operations
from tests.shop import ADDRESS, key


@pytest.fixture(scope="module")
def his(shop):
    """A customer, what is his (ids by the names that paths give them), and how he sees it."""
    customer = shop.signed_in()
    address = shop.post("/me/addresses", ADDRESS, headers=customer)
    assert address.status_code == 201, address.text
    ordered, proof = shop.cart(("plain-mug", 1), headers=customer)
    order = shop.checkout(ordered, proof).json()
    cart, _ = shop.cart(("plain-mug", 1), headers=customer)
    session = shop.get("/me/sessions", headers=customer).json()["data"][0]
    export = shop.post("/me/export", headers={**customer, "Idempotency-Key": key()})
    assert export.status_code == 202, export.text
    me = shop.get("/me", headers=customer).json()
    return {"customer": customer, "ids": {
        "customer": me["id"], "user": me["id"], "address": address.json()["id"], "order": order["id"], "payment": order["payment"]["id"],
        "cart": cart["id"], "line": cart["lines"][0]["id"], "session": session["id"], "variant": cart["lines"][0]["variant_id"],
        "export": export.json()["id"], "product": "plain-mug", "category": "home"}}


def seen(shop, his):
    """All that he has, as he sees it; when he was seen last is no part of it."""
    ids, headers = his["ids"], his["customer"]
    told = [shop.get(path, headers=headers) for path in (
        "/me", "/me/addresses", "/me/sessions", f"/orders/{ids['order']}", f"/carts/{ids['cart']}")]
    assert {each.status_code for each in told} == {200}, [each.text for each in told]
    return [re.sub(r'"(seen_at|last_used_at|used_at)":"[^"]*"', "", each.text) for each in told]


@pytest.fixture(scope="module")
def strangers(shop):
    _, proof = shop.cart(("plain-mug", 1))
    _, order_proof = shop.order(("plain-mug", 1))
    return {"nobody": {}, "another customer": shop.signed_in(), "the guest of another cart": proof, "the guest of another order": order_proof,
            "staff without a permission": shop.staff()}


def doors(shop, ids):
    """Operations that name something of his, public things aside, with his ids in place."""
    public = {"product", "category", "sale", "provider"}
    for method, path, _ in operations(shop):
        names = set(re.findall(r"{(\w+)\*?}", path))
        if names - public and names <= set(ids) and not path.startswith("/api/v1/sandbox/"):   # whoever has a bank's link is the payer
            yield method, re.sub(r"{(\w+)\*?}", lambda name: ids[name[1]], path)


BODIES = {"checkout": {"payment_provider": "sandbox"}, "payments": {"provider": "sandbox"}}


def body_of(path, ids):
    """One that would be right from its owner, so that the refusal is the stranger's and not the body's."""
    last = path.rsplit("/", 1)[-1]
    if "/lines/" in path:
        return {"quantity": 3}
    if last == "lines":
        return {"variant_id": ids["variant"], "quantity": 2}
    if "/me/addresses/" in path:
        return {**ADDRESS, "name": "A stranger"}
    if path.startswith("/api/v1/carts/") and last == ids["cart"]:
        return {"email": "stranger@example.com"}
    return BODIES.get(last, {})


def test_nobody_else_opens_what_is_his_or_changes_it(shop, his, strangers):
    before, opened, asked = seen(shop, his), [], 0
    for method, path in doors(shop, his["ids"]):
        for who, headers in strangers.items():
            asked += 1
            options = {} if method in ("GET", "DELETE") else {"json": body_of(path, his["ids"])}
            answer = shop.http.request(method, shop.base + path, timeout=30, headers={**headers, "If-Match": "*", "Idempotency-Key": key()}, **options)
            allowed = {401, 403} if path.startswith("/api/v1/admin/") else {401, 403, 404}
            if answer.status_code not in allowed:
                opened.append(f"{method} {path} answers {who} with {answer.status_code} {answer.text[:200]}")
    assert asked > 60
    assert not opened, "\n".join(opened)
    assert seen(shop, his) == before


def test_he_himself_gets_in_by_the_same_doors(shop, his):
    """Else the refusals above would show nothing."""
    statuses = {}
    for method, path in doors(shop, his["ids"]):
        if method == "GET" and "/admin/" not in path:
            statuses[path] = shop.http.get(shop.base + path, headers=his["customer"], timeout=30).status_code
    assert len(statuses) >= 2 and set(statuses.values()) <= {200}, statuses
