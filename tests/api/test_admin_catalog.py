"""The back office of the catalogue: products, variants, categories, and two editors of one product."""
import json
import sqlite3
import uuid
from contextlib import closing

import pytest

from tests.shop import Shop, key

CNY = "CNY"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop of this module's own: what is made here would be counted elsewhere."""
    own = Shop(tmp_path_factory.mktemp("back-office")).start()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def admin(shop):
    return shop.admin()


def price(amount):
    return {"amount_minor": amount, "currency": CNY}


def made(shop, admin, **more):
    body = {"handle": f"made-{uuid.uuid4().hex[:12]}", "title": "Made Here", "option_names": ["Size"],
            "variants": [{"option_values": ["S"], "sku": "MADE-S", "price": price(1000)},
                         {"option_values": ["L"], "price": price(2000), "internal_attributes": {"Cost per item": "7.00"}}],
            "attributes": {"Material": "oak"}, "internal_attributes": {"Supplier": "next door"}, "tags": ["new"], **more}
    answer = shop.post("/admin/products", body, headers=admin)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"].endswith(answer.json()["id"]) and answer.headers["ETag"].startswith('"v1')
    return answer.json()


def path_of(product):
    return f"/admin/products/{product['id']}"


def match(admin, version):
    return {**admin, "If-Match": f'"v{version}"'}


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return answer.json()


def test_a_product_is_made_shown_and_published(shop, admin):
    product = made(shop, admin)
    assert (product["status"], product["published"], product["version"]) == ("draft", False, 1)
    assert product["variants"][1]["internal_attributes"] == {"Cost per item": "7.00"}
    assert shop.get(f"/products/{product['handle']}").status_code == 404
    answer = shop.post(path_of(product) + "/publish", headers=admin)
    assert (answer.status_code, answer.json()["status"], answer.json()["published"]) == (200, "active", True)
    public = shop.get(f"/products/{product['handle']}")
    assert public.json()["attributes"] == {"Material": "oak"} and "Supplier" not in public.text and "7.00" not in public.text
    assert shop.post(path_of(product) + "/unpublish", headers=admin).json()["published"] is False
    assert shop.get(f"/products/{product['handle']}").status_code == 404


def test_a_repeated_creation_is_one_product(shop, admin):
    body = {"title": f"Once {uuid.uuid4().hex}", "variants": [{"price": price(100)}]}
    headers = {**admin, "Idempotency-Key": key()}
    first, second = (shop.post("/admin/products", body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 201 and first.json()["id"] == second.json()["id"]
    refused(shop.post("/admin/products", body, headers=admin), 409, "catalog.handle_taken")


def test_a_faulty_product_hears_of_its_faults(shop, admin):
    refused(shop.post("/admin/products", {"title": "None"}, headers=admin), 422, "catalog.invalid_product")
    refused(shop.post("/admin/products", {"title": None}, headers=admin), 422, "request.invalid_field")
    refused(shop.post("/admin/products", {"title": "X", "colour": "red"}, headers=admin), 422, "request.invalid_field")
    answer = shop.post("/admin/products", {"title": f"X {uuid.uuid4()}", "category_ids": ["ctg_0000000000001"],
                                           "variants": [{"price": price(1)}]}, headers=admin)
    assert refused(answer, 422, "catalog.invalid_product")["errors"][0]["pointer"] == "/category_ids/0"


def test_a_product_stands_in_fifty_categories_at_most(shop, admin):
    ids = [shop.post("/admin/categories", {"name": f"Shelf {uuid.uuid4().hex[:8]}"}, headers=admin).json()["id"] for _ in range(51)]
    body = {"title": f"Everywhere {uuid.uuid4()}", "variants": [{"price": price(1)}], "category_ids": ids}
    errors = refused(shop.post("/admin/products", body, headers=admin), 422, "catalog.invalid_product")["errors"]
    assert [(error["pointer"], error["code"]) for error in errors] == [("/category_ids", "too_many")]
    product = shop.post("/admin/products", {**body, "category_ids": ids[:50]}, headers=admin)
    assert product.status_code == 201 and len(product.json()["categories"]) == 50, product.text
    order = {"ids": [product.json()["id"]], "action": "add_category", "category_id": ids[50]}
    one_more = shop.post("/admin/products/bulk", order, headers=admin).json()["results"][0]
    assert one_more["code"] == "catalog.invalid_product" and one_more["outcome"] != "done", one_more
    changed = shop.patch(path_of(product.json()), {"category_ids": ids}, headers=match(admin, 1))
    assert refused(changed, 422, "catalog.invalid_product")["errors"][0]["pointer"] == "/category_ids"


def test_two_editors_of_one_product(shop, admin):
    product = made(shop, admin)
    first = shop.patch(path_of(product), {"title": "First"}, headers=match(admin, 1))
    assert (first.status_code, first.json()["version"]) == (200, 2) and first.headers["ETag"].startswith('"v2')
    late = refused(shop.patch(path_of(product), {"title": "Second"}, headers=match(admin, 1)), 412, "request.version_mismatch")
    assert late["current_version"] == 2
    assert shop.patch(path_of(product), {"vendor": "Second"}, headers=match(admin, 2)).json()["title"] == "First"
    refused(shop.patch(path_of(product), {"title": "Blind"}, headers=admin), 428, "request.if_match_required")


def test_a_change_leaves_what_it_does_not_name(shop, admin):
    product = made(shop, admin)
    changed = shop.patch(path_of(product), {"seo": {"title": "For search"}, "option_names": ["Grösse"]},
                         headers=match(admin, 1)).json()
    assert [v["id"] for v in changed["variants"]] != [] and changed["option_names"] == ["Grösse"]
    assert changed["internal_attributes"] == {"Supplier": "next door"} and changed["seo"]["title"] == "For search"
    again = shop.patch(path_of(product), {"title": changed["title"]}, headers=match(admin, 2)).json()
    assert again["version"] == 2
    refused(shop.patch(path_of(product), {"handle": "other"}, headers=match(admin, 2)), 422, "request.invalid_field")


def test_the_tag_of_a_compressed_answer_is_good_for_a_change(shop, admin):
    path = path_of(made(shop, admin))
    tag = shop.get(path, headers={**admin, "Accept-Encoding": "gzip"}).headers["ETag"]
    assert tag == '"v1-gzip"'
    assert shop.patch(path, {"title": "Seen"}, headers={**admin, "If-Match": tag}).status_code == 200


def test_a_removed_product_is_archived(shop, admin):
    product = made(shop, admin, status="active", published=True)
    refused(shop.delete(path_of(product), headers=admin), 428, "request.if_match_required")
    refused(shop.delete(path_of(product), headers=match(admin, 9)), 412, "request.version_mismatch")
    assert shop.delete(path_of(product), headers=match(admin, 1)).status_code == 204
    assert shop.get(path_of(product), headers=admin).json()["status"] == "archived"
    assert shop.get(f"/products/{product['handle']}").status_code == 404


def test_variants_come_change_and_go(shop, admin):
    product = made(shop, admin)
    added = shop.post(path_of(product) + "/variants", {"option_values": ["XL"], "price": price(3000)}, headers=admin)
    assert added.status_code == 201 and [v["title"] for v in added.json()["variants"]] == ["S", "L", "XL"]
    variant = added.json()["variants"][2]["id"]
    path = f"/admin/variants/{variant}"
    refused(shop.patch(path, {"sku": "XL"}, headers=admin), 428, "request.if_match_required")
    refused(shop.patch(path, {"sku": "XL"}, headers=match(admin, 1)), 412, "request.version_mismatch")
    changed = shop.patch(path, {"sku": "XL", "price": None}, headers=match(admin, 2)).json()
    assert (changed["variants"][2]["sku"], changed["variants"][2]["price"]) == ("XL", None)
    refused(shop.patch(path, {"option_values": ["XXL"]}, headers=match(admin, 3)), 422, "request.invalid_field")
    gone = shop.delete(path, headers=match(admin, 3)).json()
    assert [v["title"] for v in gone["variants"]] == ["S", "L"]
    refused(shop.patch(path, {"sku": "XL"}, headers=match(admin, 4)), 404, "catalog.variant_not_found")
    again = shop.post(path_of(product) + "/variants", {"option_values": ["S"]}, headers=admin)
    refused(again, 422, "catalog.invalid_product")


def test_pictures_are_ordered_and_known_again(shop, admin):
    product = made(shop, admin)
    one, two = {"url": "/media/one.png", "alt": "One"}, {"url": "https://pictures.example/two.png", "alt": "Two"}
    put = shop.call("PUT", path_of(product) + "/media", json={"media": [one, two]}, headers=match(admin, 1))
    assert put.status_code == 200, put.text
    ids = {media["url"]: media["id"] for media in put.json()["media"]}
    swapped = shop.call("PUT", path_of(product) + "/media", json={"media": [two, one]}, headers=match(admin, 2)).json()
    assert [(m["url"], m["id"]) for m in swapped["media"]] == [(two["url"], ids[two["url"]]), (one["url"], ids[one["url"]])]
    refused(shop.call("PUT", path_of(product) + "/media", json={"media": []}, headers=admin), 428, "request.if_match_required")


def test_many_products_at_once_each_with_its_result(shop, admin):
    products = [made(shop, admin) for _ in range(2)]
    ids = [product["id"] for product in products] + ["prod_0000000000001"]
    results = shop.post("/admin/products/bulk", {"ids": ids, "action": "publish"}, headers=admin).json()["results"]
    assert [result["outcome"] for result in results] == ["changed", "changed", "refused"]
    assert results[2]["code"] == "catalog.product_not_found"
    again = shop.post("/admin/products/bulk", {"ids": ids[:2], "action": "publish"}, headers=admin).json()["results"]
    assert [result["outcome"] for result in again] == ["unchanged", "unchanged"]
    refused(shop.post("/admin/products/bulk", {"ids": [], "action": "publish"}, headers=admin), 422, "request.invalid_field")
    refused(shop.post("/admin/products/bulk", {"ids": ids, "action": "add_category"}, headers=admin), 422,
            "request.invalid_field")


def test_the_list_has_every_status_in_every_order(shop, admin):
    words = uuid.uuid4().hex
    drafts = [made(shop, admin, title=f"{title} {words}") for title in "CAB"]
    shop.post(path_of(drafts[0]) + "/publish", headers=admin)

    def titles(query):
        found, cursor = [], ""
        while cursor is not None:
            page = shop.get(f"/admin/products?q={words}&limit=2&{query}&cursor={cursor}".replace("&cursor=&", "&").removesuffix("&cursor="),
                            headers=admin).json()
            found += [each["title"][0] for each in page["data"]]
            cursor = page["page"]["next"]
        return "".join(found)

    assert titles("sort=title") == "ABC" and titles("sort=created_at") == "CAB" and titles("sort=-created_at") == "BAC"
    assert titles("sort=-updated_at")[0] == "C" and titles("filter[status]=draft&sort=title") == "AB"
    refused(shop.get("/admin/products?sort=price", headers=admin), 400, "catalog.unknown_sort")
    refused(shop.get("/admin/products?filter[status]=sold", headers=admin), 422, "request.invalid_field")


def category(shop, admin, name, **more):
    answer = shop.post("/admin/categories", {"name": f"{name} {uuid.uuid4().hex[:8]}", **more}, headers=admin)
    assert answer.status_code == 201, answer.text
    return answer.json()


def listed(shop, where):
    return [product["id"] for product in shop.get(f"/products?filter[category]={where['id']}").json()["data"]]


def test_a_moved_category_takes_its_products_along(shop, admin):
    old, new = category(shop, admin, "Old"), category(shop, admin, "New")
    child = category(shop, admin, "Child", parent_id=old["id"])
    product = made(shop, admin, status="active", published=True, category_ids=[child["id"]])
    assert listed(shop, old) == [product["id"]] and listed(shop, new) == []
    path = f"/admin/categories/{child['id']}"
    moved = shop.patch(path, {"parent_id": new["id"]}, headers=match(admin, 1))
    assert (moved.status_code, moved.json()["version"]) == (200, 2)
    assert listed(shop, old) == [] and listed(shop, new) == [product["id"]] == listed(shop, child)
    refused(shop.patch(path, {"name": "Late"}, headers=match(admin, 1)), 412, "request.version_mismatch")
    refused(shop.patch(f"/admin/categories/{new['id']}", {"parent_id": child["id"]}, headers=match(admin, 1)), 409,
            "catalog.category_cycle")
    refused(shop.delete(path, headers=match(admin, 2)), 409, "catalog.category_not_empty")
    shop.post("/admin/products/bulk", {"ids": [product["id"]], "action": "remove_category", "category_id": child["id"]},
              headers=admin)
    assert listed(shop, new) == []
    assert shop.delete(path, headers=match(admin, 2)).status_code == 204
    refused(shop.get(path, headers=admin), 404, "catalog.category_not_found")


def test_categories_stand_eight_deep_and_have_one_handle_each(shop, admin):
    parent = category(shop, admin, "Root")
    root = parent
    for level in range(7):
        parent = category(shop, admin, f"Level {level}", parent_id=parent["id"])
    refused(shop.post("/admin/categories", {"name": "Deep", "parent_id": parent["id"]}, headers=admin), 409,
            "catalog.category_too_deep")
    refused(shop.post("/admin/categories", {"name": "Same", "handle": root["handle"]}, headers=admin), 409,
            "catalog.category_handle_taken")
    refused(shop.patch(f"/admin/categories/{root['id']}", {"name": "X"}, headers=admin), 428, "request.if_match_required")


@pytest.mark.parametrize("method,path", [("GET", "/admin/products"), ("POST", "/admin/products"), ("GET", "/admin/categories"),
                                         ("POST", "/admin/products/bulk")])
def test_customers_have_no_business_here(shop, method, path):
    assert shop.call(method, path, json={}).status_code == 401
    refused(shop.call(method, path, json={}, headers=shop.signed_in()), 403, "request.forbidden")


def test_what_is_not_there_is_not_found(shop, admin):
    refused(shop.get("/admin/products/prod_0000000000001", headers=admin), 404, "catalog.product_not_found")
    refused(shop.patch("/admin/products/prod_0000000000001", {}, headers=match(admin, 1)), 404, "catalog.product_not_found")
    refused(shop.delete("/admin/variants/var_0000000000001", headers=match(admin, 1)), 404, "catalog.variant_not_found")


def test_staff_needs_the_permission_and_it_is_enough(shop):
    answer = shop.get("/admin/products", headers=shop.staff("orders_read"))
    refused(answer, 403, "request.forbidden")
    editor = shop.staff("catalog_write")
    product = made(shop, editor)
    assert shop.patch(path_of(product), {"title": "Theirs"}, headers=match(editor, 1)).status_code == 200


def test_every_change_is_in_the_audit_log(shop, admin):
    product = made(shop, admin)
    shop.patch(path_of(product), {"title": "Afterwards"}, headers=match(admin, 1))
    shop.patch(path_of(product), {"title": "Late"}, headers=match(admin, 1))
    with closing(sqlite3.connect(shop.data / "shop.sqlite")) as database:
        acts = database.execute("SELECT action, before_json, after_json FROM audit_log WHERE subject = ? ORDER BY id",
                                [product["id"]]).fetchall()
    assert [act[0] for act in acts] == ["catalog.product.create", "catalog.product.update"]
    assert json.loads(acts[1][1])["title"] == "Made Here" and json.loads(acts[1][2])["title"] == "Afterwards"
