"""The back office in a real browser: its frame, the dashboard, products and categories."""
import base64
import subprocess

import pytest

from tests.conftest import ROOT
from tests.web.browser import journey
from tests.web.office import PASSWORD, session

both = pytest.mark.parametrize("phone, language", [(False, "zh-CN"), (True, "en")], ids=["desktop-chinese", "phone-english"])


@pytest.fixture(scope="module")
def sold(office):
    """Orders that were paid, and one that was not."""
    for handle in ("celadon-teapot", "spring-longjing", "celadon-teapot"):
        order, proof = office.order((handle, 1))
        office.post(f"/sandbox/payments/{order['payment']['id']}/approve")
        office.wait_for_order(order, proof, "paid")
    office.order(("spring-longjing", 1))


def test_the_printed_link_opens_the_back_office_and_signing_in_does(fresh_shop):
    fresh_shop.start()
    link = fresh_shop.wait_for_log("admin.invitation")["url"]
    token = link.split("#token=")[1]
    journey(fresh_shop, "admin.js", "setup", language="en", link=f"{fresh_shop.base}/admin/setup#token={token}",
            email="boss@example.com", password=PASSWORD, refused=401)
    fresh_shop.stop()


def test_the_back_office_is_served_with_a_strict_policy_and_nothing_else_in_its_place(office):
    page = office.http.get(office.base + "/admin/")
    policy = page.headers["Content-Security-Policy"]
    assert page.status_code == 200 and "default-src 'self'" in policy and "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-cache"
    assert "noindex" in page.text and page.text.count("<script") == 1
    assert office.http.get(office.base + "/admin/orders/ord_anything").text == page.text
    short = office.http.get(office.base + "/admin", allow_redirects=False)
    assert short.status_code == 308 and short.headers["Location"] == "/admin/"
    assert office.http.get(office.base + "/admin/assets/nothing.js").status_code == 404
    script = page.text.split('src="')[1].split('"')[0]
    answer = office.http.get(office.base + script)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_the_signed_in_are_told_what_they_may_do(office):
    staff = office.staff("catalog_write", "orders_read")
    assert office.get("/me", headers=staff).json()["permissions"] == ["catalog_write", "orders_read"]
    assert "users_manage" in office.get("/me", headers=office.owner()).json()["permissions"]
    assert office.get("/me", headers=office.signed_in()).json()["permissions"] == []


@both
def test_the_dashboard_tells_how_the_shop_does(office, sold, phone, language):
    expired = {**session(office), "access_token": ""}   # is renewed before anything is asked
    journey(office, "admin.js", "dashboard", session=expired, phone=phone, dark=phone, language=language)


@both
def test_products_are_made_and_edited_while_somebody_else_does(office, phone, language):
    picture = base64.b64encode((ROOT / "samples/catalogue/images/blue-rim-rice-bowl.svg").read_bytes()).decode()
    journey(office, "admin.js", "products", session=session(office), rival=session(office), phone=phone, dark=phone, language=language, refused=412,
            title=f"梅子青碗 {language}", picture=picture)


@both
def test_categories_are_made_moved_and_removed(office, phone, language):
    journey(office, "admin.js", "categories", session=session(office), phone=phone, dark=phone, language=language, refused=409, title=f"茶席 {language}")


def test_a_member_of_staff_sees_what_his_role_opens(office):
    office.register(email="customer@example.com", password=PASSWORD)
    journey(office, "admin.js", "staff", session=session(office, "catalog_write"), other=session(office, "audit_read"),
            customer="customer@example.com", password=PASSWORD, language="zh-CN", dark=True)


def test_amounts_are_exact_and_changes_of_two_come_together():
    done = subprocess.run(["npm", "test", "--silent"], cwd=ROOT / "web" / "admin", capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
