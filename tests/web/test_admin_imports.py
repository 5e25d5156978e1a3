"""Product files in the back office, in a real browser; what they made is asked of the shop."""
import pytest

from tests.web.browser import journey
from tests.web.office import session

HEAD = "Handle,Title,Published,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price\n"


@pytest.mark.parametrize("phone, language, currency", [(False, "zh-CN", ""), (True, "en", "eur")], ids=["desktop-chinese", "phone-english"])
def test_a_file_is_imported_followed_and_taken_out_again(office, phone, language, currency):
    order, _ = office.order(("spring-longjing", 1))
    handle = f"rice-bowl-{language.lower()}"
    csv = HEAD + f"{handle},饭碗,true,BOWL-{language},shopify,7,68.00\n" + f"no-price-{language.lower()},无价,true,FREE-{language},shopify,7,many\n"
    journey(office, "admin_imports.js", "imports", session=session(office), phone=phone, dark=phone, language=language,
            csv=csv, currency=currency, handle=handle, number=order["number"])
    made = office.get(f"/products/{handle}").json()
    assert made["title"] == "饭碗" and made["variants"][0]["price"] == {"amount_minor": 6800, "currency": currency.upper() or "CNY", "exponent": 2}
