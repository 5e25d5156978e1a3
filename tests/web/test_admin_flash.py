"""Flash sales in the back office, in a real browser; what became of the stock is asked of the shop."""
import time

import pytest

from tests.web.browser import journey
from tests.web.office import session


@pytest.mark.parametrize("phone, language", [(False, "zh-CN"), (True, "en")], ids=["desktop-chinese", "phone-english"])
def test_a_sale_is_drafted_armed_changed_by_two_at_once_and_ended(office, phone, language):
    levels = office.get("/admin/inventory", headers=office.owner(), params={"limit": 100}).json()["data"]
    skus = [level["sku"] or "" for level in levels]
    level = next(one for one in levels if one["sku"] and one["tracked"] and one["available"] > 20 and sum(sku.startswith(one["sku"]) for sku in skus) == 1)
    named = f"Tea {language}"
    journey(office, "admin_flash.js", "flash", session=session(office), rival=session(office, "catalog_write"), phone=phone, dark=phone, language=language,
            refused=[412], sku=level["sku"], named=named, begins=time.strftime("%Y-%m-%dT%H:%M"))

    sale, = [each for each in office.get("/admin/flash-sales", headers=office.owner()).json()["data"] if each["title"] == named]
    assert (sale["status"], sale["stock"], sale["quota"]) == ("cancelled", 6, 2)
    now = office.get(f"/admin/inventory/{level['variant_id']}", headers=office.owner()).json()
    assert now["available"] == level["available"], "what was not sold is back"
