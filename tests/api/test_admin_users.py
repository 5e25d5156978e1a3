"""Colleagues, staff roles and customers in the back office."""
import uuid

import pytest

PASSWORD = "a long password here"


def address():
    return f"{uuid.uuid4().hex}@example.com"


def colleague(shop, headers, role="staff", **body):
    return shop.post("/admin/users", {"email": address(), "role": role, "password": PASSWORD, **body}, headers=headers)


def code(answer):
    return answer.status_code, answer.json()["code"]


@pytest.fixture(scope="module")
def boss(shop):
    return shop.admin()


def test_a_role_is_made_changed_and_deleted(shop, boss):
    name = uuid.uuid4().hex
    made = shop.post("/admin/roles", {"name": name, "permissions": ["orders_read"]}, headers=boss)
    assert made.status_code == 201 and made.headers["ETag"] == '"v1"'
    assert made.headers["Cache-Control"] == "no-store"
    path = f"/admin/roles/{made.json()['id']}"

    assert code(shop.post("/admin/roles", {"name": name.upper(), "permissions": []}, headers=boss)) == (409, "identity.role_name_taken")
    assert code(shop.patch(path, {"permissions": []}, headers=boss)) == (428, "request.if_match_required")
    changed = shop.patch(path, {"permissions": ["refunds", "orders_read"]}, headers={**boss, "If-Match": '"v1"'})
    assert changed.status_code == 200 and changed.json()["permissions"] == ["orders_read", "refunds"]
    assert code(shop.patch(path, {"name": "x"}, headers={**boss, "If-Match": '"v1"'})) == (412, "request.version_mismatch")
    assert code(shop.patch(path, {}, headers={**boss, "If-Match": "*"})) == (422, "request.invalid_field")
    assert made.json()["id"] in [each["id"] for each in shop.get("/admin/roles", headers=boss).json()["data"]]

    assert shop.delete(path, headers={**boss, "If-Match": '"v2"'}).status_code == 204
    assert code(shop.get(path, headers=boss)) == (404, "identity.role_not_found")


def test_a_repeated_role_is_made_once(shop, boss):
    body = {"name": uuid.uuid4().hex, "permissions": []}
    headers = {**boss, "Idempotency-Key": str(uuid.uuid4())}
    first, second = (shop.post("/admin/roles", body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json() and second.headers["Idempotent-Replayed"] == "true"


def test_every_permission_is_described(shop, boss):
    listed = shop.get("/admin/permissions", headers=boss).json()["data"]
    assert {"users_manage", "orders_read", "audit_read", "jobs_manage"} <= {each["name"] for each in listed}
    assert all(each["description"] for each in listed)


def test_a_colleague_works_with_what_the_role_allows(shop):
    reader = shop.staff("customers_read")
    assert shop.get("/admin/customers", headers=reader).status_code == 200
    assert code(shop.get("/admin/users", headers=reader)) == (403, "request.forbidden")


def test_a_role_in_use_stays(shop, boss):
    role = shop.post("/admin/roles", {"name": uuid.uuid4().hex, "permissions": []}, headers=boss).json()
    made = colleague(shop, boss, role_ids=[role["id"]])
    assert made.status_code == 201 and made.json()["roles"] == [{"id": role["id"], "name": role["name"]}]
    refused = shop.delete(f"/admin/roles/{role['id']}", headers={**boss, "If-Match": "*"})
    assert code(refused) == (409, "identity.role_in_use")


def test_an_account_is_checked(shop, boss):
    assert code(colleague(shop, boss, role="customer")) == (422, "request.invalid_field")
    assert code(colleague(shop, boss, role="king")) == (422, "request.invalid_field")
    assert code(colleague(shop, boss, password="short")) == (422, "request.invalid_field")
    assert code(colleague(shop, boss, role_ids=["role_0000000000001"])) == (422, "request.invalid_field")
    taken = colleague(shop, boss).json()["email"]
    assert code(colleague(shop, boss, email=taken.upper())) == (409, "identity.email_taken")


def test_a_manager_gives_no_more_than_he_has(shop, boss):
    manager = shop.staff("users_manage")
    assert code(colleague(shop, manager, role="admin")) == (403, "identity.admin_only")
    refused = shop.post("/admin/roles", {"name": uuid.uuid4().hex, "permissions": ["refunds"]}, headers=manager)
    assert code(refused) == (403, "identity.permission_not_held")
    made = colleague(shop, manager)
    assert made.status_code == 201
    promoted = shop.patch(f"/admin/users/{made.json()['id']}", {"role": "admin"}, headers={**manager, "If-Match": "*"})
    assert code(promoted) == (403, "identity.admin_only")


def test_nobody_changes_his_own_account(shop, boss):
    own = shop.get("/me", headers=boss).json()["id"]
    for body in ({"role": "staff"}, {"status": "disabled"}):
        assert code(shop.patch(f"/admin/users/{own}", body, headers={**boss, "If-Match": "*"})) == (403, "identity.own_account")


def test_disabling_ends_the_sessions(shop, boss):
    made = colleague(shop, boss).json()
    signed_in = shop.post("/auth/login", {"email": made["email"], "password": PASSWORD}).json()
    token = {"Authorization": f"Bearer {signed_in['access_token']}"}
    assert shop.get("/me", headers=token).status_code == 200

    path = f"/admin/users/{made['id']}"
    tag = shop.get(path, headers=boss).headers["ETag"]
    changed = shop.patch(path, {"status": "disabled"}, headers={**boss, "If-Match": tag})
    assert changed.status_code == 200 and changed.json()["status"] == "disabled"
    assert shop.get("/me", headers=token).status_code == 401
    again = shop.post("/auth/login", {"email": made["email"], "password": PASSWORD})
    assert code(again) == (401, "identity.bad_credentials")


def test_accounts_are_found_by_the_beginning_of_their_address(shop, boss):
    prefix = uuid.uuid4().hex
    emails = [f"{prefix}.{each}@example.com" for each in "abc"]
    for email in emails:
        shop.register(email)
    seen, cursor = [], None
    while True:
        page = shop.get("/admin/customers", params={"q": prefix, "limit": 1, **({"cursor": cursor} if cursor else {})}, headers=boss).json()
        seen += [each["email"] for each in page["data"]]
        cursor = page["page"]["next"]
        if cursor is None:
            break
    assert seen == emails
    assert shop.get("/admin/users", params={"q": prefix, "role": "staff"}, headers=boss).json()["data"] == []
    for query in ({"role": "king"}, {"status": "gone"}):
        assert code(shop.get("/admin/users", params=query, headers=boss)) == (422, "request.invalid_field")
    assert code(shop.get("/admin/users", params={"cursor": "moon"}, headers=boss)) == (400, "request.cursor_mismatch")


def test_a_customer_is_locked_out(shop):
    reader, writer = shop.staff("customers_read"), shop.staff("customers_write")
    made = shop.register()["user"]
    path = f"/admin/customers/{made['id']}"
    found = shop.get(path, headers=reader)
    assert found.status_code == 200 and "password" not in found.text
    assert code(shop.patch(path, {"status": "disabled"}, headers={**reader, "If-Match": "*"})) == (403, "request.forbidden")
    changed = shop.patch(path, {"status": "disabled"}, headers={**writer, "If-Match": found.headers["ETag"]})
    assert changed.json()["status"] == "disabled"
    assert code(shop.post("/auth/login", {"email": made["email"], "password": "correct horse battery"})) == (401, "identity.bad_credentials")
    missing = shop.get("/admin/customers/cus_0000000000001", headers=reader)
    assert code(missing) == (404, "identity.customer_not_found")
