"""Rates of tax in the back office, in a real browser."""
import pytest

from tests.web.browser import journey
from tests.web.office import session


@pytest.mark.parametrize("phone, language", [(False, "zh-CN"), (True, "en")], ids=["desktop-chinese", "phone-english"])
def test_a_rate_is_added_changed_by_two_at_once_and_removed(office, phone, language):
    journey(office, "admin_tax.js", "tax", session=session(office), rival=session(office, "settings_write"), phone=phone, dark=phone, language=language,
            refused=[409, 412], rate=f"PST {language}")

    assert office.get("/admin/tax-rates", headers=office.owner()).json()["data"] == []
    changes = office.get("/admin/audit-log", headers=office.owner(), params={"limit": 20}).json()["data"]
    assert [each["action"] for each in changes if each["action"].startswith("tax.rate.")][:3] == ["tax.rate.delete", "tax.rate.update", "tax.rate.update"]
