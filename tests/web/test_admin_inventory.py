"""Stock in the back office, in a real browser; what the ledger holds after it is asked of the shop."""
import pytest

from tests.web.browser import journey
from tests.web.office import session


@pytest.mark.parametrize("phone, language, at", [(False, "zh-CN", 0), (True, "en", 1)], ids=["desktop-chinese", "phone-english"])
def test_stock_is_adjusted_and_its_mark_set_while_somebody_else_does(office, phone, language, at):
    levels = office.get("/admin/inventory", headers=office.owner(), params={"limit": 100}).json()["data"]
    skus = [level["sku"] or "" for level in levels]
    plenty = [level for level in levels if level["sku"] and level["tracked"] and level["on_hand"] > 20 and not level["low"]
              and sum(sku.startswith(level["sku"]) for sku in skus) == 1]
    level = plenty[-1 - at]
    journey(office, "admin_inventory.js", "inventory", session=session(office), rival=session(office), phone=phone, dark=phone, language=language,
            refused=[409, 412], sku=level["sku"], variant=level["variant_id"], before=level["on_hand"], reason=f"破损 {language}")

    path = f"/admin/inventory/{level['variant_id']}"
    now = office.get(path, headers=office.owner()).json()
    assert (now["on_hand"], now["low_at"], now["low"]) == (5, 9, True)
    newest, before = office.get(f"{path}/movements", headers=office.owner()).json()["data"][:2]
    assert (before["quantity"], before["reason"]) == (-2, f"破损 {language}")
    assert newest["quantity"] == 5 - (level["on_hand"] - 2)
