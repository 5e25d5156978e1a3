"""Who did what, in a real browser: what has just been done through the API is found, told in words and led to."""
import os
import uuid

import pytest

from tests.web.browser import journey
from tests.web.office import session

desktop, phone = pytest.param(False, "zh-CN", id="desktop-chinese"), pytest.param(True, "en", id="phone-english")
on_desktop = pytest.mark.parametrize("phone, language", [desktop, phone] if "CADDY_SCREENSHOTS" in os.environ else [desktop])


@on_desktop
def test_the_log_is_searched_and_read(office, phone, language):
    mark = uuid.uuid4().hex[:6]
    mine, other = session(office), session(office)
    doer = {"Authorization": f"Bearer {other['access_token']}"}
    actor = office.get("/me", headers=doer).json()["id"]
    # Done by another administrator: a product with its tags, its price, a role.
    draft = {"title": f"茶杯 {mark}", "tags": ["茶", "旧"], "variants": [{"sku": f"CUP-{mark}", "price": {"amount_minor": 12900, "currency": "CNY"}}]}
    product = office.post("/admin/products", draft, headers=doer)
    assert product.status_code == 201, product.text
    made, title = product.json(), f"盖碗 {mark}"
    changed = office.patch(f"/admin/products/{made['id']}", {"title": title, "tags": ["茶", "新"]}, headers={**doer, "If-Match": product.headers["ETag"]})
    assert changed.status_code == 200, changed.text
    price = {"price": {"amount_minor": 9950, "currency": "CNY"}}
    assert office.patch(f"/admin/variants/{made['variants'][0]['id']}", price, headers={**doer, "If-Match": changed.headers["ETag"]}).status_code == 200
    assert office.post("/admin/roles", {"name": f"客服 {mark}", "permissions": ["orders_read", "refunds"]}, headers=doer).status_code == 201
    given = {"product": made["id"], "actor": actor}
    journey(office, "admin_audit.js", "log", session=mine, phone=phone, dark=phone, language=language, person="周明", acts=4, title=title, gone="旧", kept="茶", price="99.50", **given)
    journey(office, "admin_audit.js", "reader", session=session(office, "audit_read"), language=language, **given)
