"""Customers in the back office, in a real browser; what became of the account is asked of the shop."""
import uuid

import pytest

from tests.web.browser import journey
from tests.web.office import PASSWORD, session


@pytest.mark.parametrize("phone, language", [(False, "zh-CN"), (True, "en")], ids=["desktop-chinese", "phone-english"])
def test_a_customer_is_found_with_his_orders_and_locked_out_for_a_while(office, phone, language):
    account = {"email": f"{uuid.uuid4().hex[:12]}@example.com", "password": PASSWORD, "name": "韩梅"}
    made = office.post("/auth/register", account)
    assert made.status_code == 201, made.text
    mine = {"Authorization": "Bearer " + office.post("/auth/login", {key: account[key] for key in ("email", "password")}).json()["access_token"]}
    cart, _ = office.cart(("celadon-teapot", 1), headers=mine)
    order = office.checkout(cart, mine).json()
    customer = made.json()["user"]["id"]
    journey(office, "admin_customers.js", "customers", session=session(office), rival=session(office), clerk=session(office, "customers_read"),
            phone=phone, dark=phone, language=language, refused=[412], email=account["email"], customer=customer, number=order["number"])

    assert office.get(f"/admin/customers/{customer}", headers=office.owner()).json()["status"] == "active"
    assert office.get("/me", headers=mine).status_code == 401, "whoever was locked out is signed out"
