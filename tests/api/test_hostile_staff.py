"""A hostile member of staff at work: he gets no further than his permissions, nothing that he writes runs, and all of it is told."""
import re
import uuid

import pytest

from tests.api.test_access_walk import operations
from tests.shop import Shop

PASSWORD = "a long password here"
SCRIPTS = ('<script>window.taken=1</script>', '<img src=x onerror="window.taken=1">', '<svg onload="window.taken=1"><a href="javascript:taken()">x</a></svg>',
           '<a href="javascript:window.taken=1">x</a>', '<iframe srcdoc="&lt;script&gt;taken()&lt;/script&gt;"></iframe>', '<p style="background:url(javascript:x)">x</p>')


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop of this file's own: what is written here would be counted elsewhere."""
    own = Shop(tmp_path_factory.mktemp("hostile-staff")).start()
    yield own
    own.stop()


def permissions(shop):
    return [each["name"] for each in shop.get("/admin/permissions", headers=shop.owner()).json()["data"]]


def test_whoever_has_every_permission_but_one_gets_nothing_of_that_one(shop):
    known, wrong, walked = permissions(shop), [], 0
    rows = [(method, path, operation["x-permission"]) for method, path, operation in operations(shop)
            if operation.get("x-permission", "none") != "none"]
    assert {permission for _, _, permission in rows} <= set(known)
    for permission in sorted({each for _, _, each in rows}):
        headers = shop.staff(*(each for each in known if each != permission))
        for method, path, needed in rows:
            if needed != permission:
                continue
            walked += 1
            at = re.sub(r"{(\w+)\*?}", "x_0000000000001", path)
            answer = shop.http.request(method, shop.base + at, timeout=30, headers={**headers, "If-Match": "*"},
                                       **({} if method in ("GET", "DELETE") else {"json": {}}))
            if answer.status_code != 403:
                wrong.append(f"{method} {path} without {permission}: {answer.status_code}")
    assert walked == len(rows) > 30
    assert not wrong, "\n".join(wrong)


def test_he_makes_no_administrator_of_himself_or_of_his_friend_and_takes_no_administrators_account(shop):
    boss = shop.owner()
    chief = shop.get("/me", headers=boss).json()
    headers = shop.staff(*permissions(shop))
    me = shop.get("/me", headers=headers).json()
    friend = shop.register()["user"]
    everything = {**headers, "If-Match": "*"}
    for user, body in [(me["id"], {"role": "admin"}), (me["id"], {"role_ids": []}), (chief["id"], {"status": "disabled"}), (chief["id"], {"password": PASSWORD}),
                       (chief["id"], {"email": "taken@example.com"}), (chief["id"], {"role": "staff"}), (friend["id"], {"role": "admin"})]:
        answer = shop.http.patch(f"{shop.base}/api/v1/admin/users/{user}", json=body, headers=everything, timeout=30)
        assert answer.status_code in (403, 404, 422), (body, answer.text)
    answer = shop.http.post(shop.base + "/api/v1/admin/users", headers=headers, timeout=30,
                            json={"email": f"{uuid.uuid4().hex}@example.com", "role": "admin", "password": PASSWORD})
    assert answer.status_code == 403, answer.text
    assert shop.http.patch(f"{shop.base}/api/v1/admin/customers/{chief['id']}", json={"status": "disabled"}, headers=everything, timeout=30).status_code == 404
    now = shop.get("/me", headers=boss).json()
    assert (now["role"], now["email"]) == (chief["role"], chief["email"])
    assert shop.get("/me", headers=headers).json()["role"] == "staff"


def test_the_log_of_what_he_did_cannot_be_written_and_names_him(shop):
    headers = shop.staff(*permissions(shop))
    me = shop.get("/me", headers=headers).json()["id"]
    role = shop.post("/admin/roles", {"name": uuid.uuid4().hex, "permissions": []}, headers=headers).json()
    shop.delete(f"/admin/roles/{role['id']}", headers={**headers, "If-Match": "*"})
    told = shop.get(f"/admin/audit-log?filter[actor]={me}", headers=shop.owner()).json()["data"]
    assert [each["action"] for each in told] == ["identity.role.delete", "identity.role.create"]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("/api/v1/admin/audit-log", f"/api/v1/admin/audit-log/{told[0]['id']}"):
            assert shop.http.request(method, shop.base + path, json={}, headers={**headers, "If-Match": "*"}, timeout=30).status_code in (404, 405)
    assert shop.get(f"/admin/audit-log?filter[actor]={me}", headers=shop.owner()).json()["data"] == told


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_he_writes_into_a_product_is_text_or_harmless(shop, script):
    headers, handle = shop.staff("catalog_write"), f"hostile-{uuid.uuid4().hex[:12]}"
    made = shop.http.post(shop.base + "/api/v1/admin/products", timeout=30, headers=headers, json={
        "handle": handle, "title": script, "description": script, "vendor": script, "tags": [script], "status": "active",
        "option_names": ["Size"], "variants": [{"option_values": ["S"], "price": {"amount_minor": 100, "currency": "CNY"}}]})
    assert made.status_code == 201, made.text
    shop.http.post(f"{shop.base}/api/v1/admin/products/{made.json()['id']}/publish", headers={**headers, "If-Match": "*"}, timeout=30)
    shown = shop.http.get(f"{shop.base}/api/v1/products/{handle}", timeout=30)
    assert shown.status_code == 200, shown.text
    assert shown.json()["title"] == script, "a title is text, and pages show it as such"
    html = shown.json()["description"].lower()
    assert not re.search(r"<(script|svg|iframe)|\son\w+\s*=|javascript:|style\s*=", html), html
    assert shown.headers["Content-Type"].startswith("application/json") and shown.headers["X-Content-Type-Options"] == "nosniff"
