"""Who works in the shop, in a real browser; what has become of accounts and roles is asked of the shop."""
import os
import uuid

import pytest

from tests.web.browser import journey
from tests.web.office import PASSWORD, session

desktop, phone = pytest.param(False, "zh-CN", id="desktop-chinese"), pytest.param(True, "en", id="phone-english")
# Each on one; where pictures are asked for, on both.
pictured = "CADDY_SCREENSHOTS" in os.environ
on_desktop = pytest.mark.parametrize("phone, language", [desktop, phone] if pictured else [desktop])
on_phone = pytest.mark.parametrize("phone, language", [desktop, phone] if pictured else [phone])


def role(shop, name, *permissions):
    made = shop.post("/admin/roles", {"name": name, "description": "仓库 Warehouse", "permissions": list(permissions)}, headers=shop.owner())
    assert made.status_code == 201, made.text
    return made.json()["id"]


def colleague(shop, role_id=None):
    body = {"email": f"{uuid.uuid4().hex[:12]}@example.com", "name": "李雷", "role": "staff" if role_id else "admin", "role_ids": [role_id] if role_id else [], "password": PASSWORD}
    made = shop.post("/admin/users", body, headers=shop.owner())
    assert made.status_code == 201, made.text
    return made.json()


@on_desktop
def test_roles_are_made_merged_and_removed(office, phone, language):
    mark = uuid.uuid4().hex[:6]
    held, name = f"客服 {mark}", f"仓库 {mark}"
    colleague(office, role(office, held, "orders_read", "customers_read", "refunds"))
    journey(office, "admin_staff.js", "roles", session=session(office), phone=phone, dark=phone, language=language, refused=[409, 412], role=name, held=held, rival=office.owner())
    names = [one["name"] for one in office.get("/admin/roles", headers=office.owner()).json()["data"]]
    assert held in names and name not in names


@on_phone
def test_a_colleague_is_taken_on_given_a_role_and_disabled(office, phone, language):
    mark = uuid.uuid4().hex[:6]
    held, second = f"客服 {mark}", f"仓库 {mark}"
    present = colleague(office, role(office, held, "orders_read", "customers_read", "refunds"))
    role(office, second, "orders_read", "inventory_write")
    mine = session(office)
    me = office.get("/me", headers={"Authorization": f"Bearer {mine['access_token']}"}).json()
    email = f"{mark}@example.com"
    journey(office, "admin_staff.js", "people", session=mine, phone=phone, dark=phone, language=language, refused=[401, 409, 412], taken=present["email"], email=email,
            held=held, second=second, own=me["id"], me=me["email"], rival=office.owner())
    [user] = office.get("/admin/users", params={"q": email}, headers=office.owner()).json()["data"]
    assert user["status"] == "disabled" and sorted(one["name"] for one in user["roles"]) == sorted([held, second])


def test_nobody_gives_what_they_lack(office):
    journey(office, "admin_staff.js", "limits", session=session(office, "users_manage", "orders_read"), admin=colleague(office)["id"], language="en", dark=True)
