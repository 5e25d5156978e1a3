"""Where the shop ships to and for how much, in a real browser; what has become of it is asked of the shop."""
import os
import uuid

import pytest

from tests.web.browser import journey
from tests.web.office import session

desktop, phone = pytest.param(False, "zh-CN", id="desktop-chinese"), pytest.param(True, "en", id="phone-english")
# On one; where pictures are asked for, on both.
on_phone = pytest.mark.parametrize("phone, language", [desktop, phone] if "CADDY_SCREENSHOTS" in os.environ else [phone])


@on_phone
def test_a_zone_gets_a_way_of_shipping_is_merged_and_removed(office, phone, language):
    name, province = f"北方 {uuid.uuid4().hex[:6]}", f"Lapland {uuid.uuid4().hex[:6]}"
    before = office.get("/admin/shipping-methods", params={"limit": 100}, headers=office.owner()).json()["data"]
    journey(office, "admin_shipping.js", "shipping", session=session(office, "settings_write", "orders_read"), phone=phone, dark=phone, language=language, refused=[409, 412], zone=name,
            country="FI", province=province, rival=office.owner())
    zones = office.get("/admin/shipping-zones", params={"limit": 100}, headers=office.owner()).json()["data"]
    assert name not in [zone["name"] for zone in zones]
    assert office.get("/admin/shipping-methods", params={"limit": 100}, headers=office.owner()).json()["data"] == before
