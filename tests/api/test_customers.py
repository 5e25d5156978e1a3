"""What a customer does with an account: profile, addresses, devices, mails, a copy, the end."""
import email
import email.policy
import re
import socketserver
import sqlite3
import threading
import time
import uuid
from pathlib import Path

import pytest

CATALOGUE = Path(__file__).resolve().parent.parent / "fixtures" / "catalogue.csv"
PASSWORD = "correct horse battery"
NEW_PASSWORD = "another horse entirely"


def bearer(account):
    return {"Authorization": f"Bearer {account['access_token']}"}


def code(answer):
    return answer.status_code, answer.json()["code"]


def mails(shop, to):
    found = []
    for path in sorted((shop.data / "mail").glob("*.eml")):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if mail["To"] == to:
            found.append(mail)
    return found


def wait_for_mail(shop, to, page, seconds=60):
    """The newest mail to somebody with a link to a page, and the link's token."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        for mail in reversed(mails(shop, to)):
            link = re.search(r"http\S+" + page + r"#token=(\S+)", mail.get_body(("plain",)).get_content())
            if link:
                return mail, link.group(1)
        time.sleep(0.05)
    raise AssertionError(f"no mail to {to} with {page}")


# -- profile ---------------------------------------------------------------------------------------------------


def test_a_profile_is_shown_and_changed(shop):
    me = bearer(shop.register())
    shown = shop.get("/me", headers=me)
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert (shown.json()["locale"], shown.json()["phone"]) == ("zh-CN", "")
    changed = shop.patch("/me", {"name": " Lin Wei ", "phone": "+86 138 0000 0000", "locale": "en"}, headers=me).json()
    assert (changed["name"], changed["phone"], changed["locale"]) == ("Lin Wei", "+86 138 0000 0000", "en")
    assert shop.patch("/me", {}, headers=me).json() == changed
    assert shop.get("/me", headers=me).json() == changed


@pytest.mark.parametrize("body, pointer", [
    ({"name": "a\nb"}, "/name"), ({"name": "x" * 101}, "/name"), ({"phone": "1" * 33}, "/phone"),
    ({"locale": "fr"}, "/locale"), ({"email": "other@example.com"}, "/email"), ({"role": "admin"}, "/role")])
def test_bad_profiles_are_refused_by_pointer(shop, body, pointer):
    answer = shop.patch("/me", body, headers=bearer(shop.register()))
    assert code(answer) == (422, "request.invalid_field") and answer.json()["errors"][0]["pointer"] == pointer


def test_the_language_of_mails_follows_the_browser(shop):
    to = f"{uuid.uuid4().hex}@example.com"
    account = shop.post("/auth/register", {"email": to, "password": PASSWORD}, headers={"Accept-Language": "fr, en-GB;q=0.9, zh;q=0.2"}).json()
    assert shop.get("/me", headers=bearer(account)).json()["locale"] == "en"
    assert wait_for_mail(shop, to, "/account/verify")[0]["Subject"] == "Confirm your e-mail address"


def test_nothing_of_this_is_for_strangers(shop):
    for method, path in [("GET", "/me"), ("PATCH", "/me"), ("DELETE", "/me"), ("GET", "/me/addresses"), ("POST", "/me/addresses"),
                         ("GET", "/me/sessions"), ("DELETE", "/me/sessions"), ("POST", "/me/export"), ("POST", "/me/password"),
                         ("POST", "/me/email/verification")]:
        assert code(shop.call(method, path, json={})) == (401, "request.sign_in_required"), path


# -- addresses -------------------------------------------------------------------------------------------------


def test_addresses_come_and_go_and_one_is_the_default(shop):
    me = bearer(shop.register())
    assert shop.get("/me/addresses", headers=me).json()["data"] == []
    first = shop.post("/me/addresses", {"name": "林晓", "city": "厦门市"}, headers=me)
    assert first.status_code == 201 and first.json()["is_default"] and first.json()["country"] == "CN"
    assert first.headers["Location"] == f"/api/v1/me/addresses/{first.json()['id']}"
    second = shop.post("/me/addresses", {"city": "杭州市", "is_default": True}, headers=me).json()
    listed = shop.get("/me/addresses", headers=me).json()["data"]
    assert [(each["city"], each["is_default"]) for each in listed] == [("厦门市", False), ("杭州市", True)]
    path = f"/me/addresses/{second['id']}"
    changed = shop.patch(path, {"line1": "文三路 1 号"}, headers=me).json()
    assert (changed["line1"], changed["city"], changed["version"]) == ("文三路 1 号", "杭州市", 2)
    assert shop.get(path, headers=me).json() == changed
    refused = shop.patch(path, {"is_default": False}, headers=me)
    assert code(refused) == (422, "request.invalid_field") and refused.json()["errors"][0]["pointer"] == "/is_default"
    assert shop.delete(path, headers=me).status_code == 204
    assert code(shop.get(path, headers=me)) == (404, "customers.address_not_found")
    assert shop.get("/me/addresses", headers=me).json()["data"][0]["is_default"]


def test_a_repeated_address_is_one(shop):
    me = {**bearer(shop.register()), "Idempotency-Key": str(uuid.uuid4())}
    first = shop.post("/me/addresses", {"city": "厦门市"}, headers=me)
    again = shop.post("/me/addresses", {"city": "厦门市"}, headers=me)
    assert again.json() == first.json() and again.headers["Idempotent-Replayed"] == "true"
    assert len(shop.get("/me/addresses", headers=me).json()["data"]) == 1


def test_bad_addresses_are_refused_by_pointer(shop):
    me = bearer(shop.register())
    for body, pointer in [({"country": "China"}, "/country"), ({"line1": "x" * 201}, "/line1"), ({"city": "a\nb"}, "/city")]:
        answer = shop.post("/me/addresses", body, headers=me)
        assert code(answer) == (422, "request.invalid_field") and answer.json()["errors"][0]["pointer"] == pointer


def test_addresses_have_a_limit(shop):
    me = bearer(shop.register())
    for _ in range(50):
        assert shop.post("/me/addresses", {}, headers=me).status_code == 201
    assert code(shop.post("/me/addresses", {}, headers=me)) == (409, "customers.too_many_addresses")


def test_a_strangers_address_is_not_found(shop):
    mine = shop.post("/me/addresses", {}, headers=bearer(shop.register())).json()
    other = bearer(shop.register())
    path = f"/me/addresses/{mine['id']}"
    for answer in (shop.get(path, headers=other), shop.patch(path, {}, headers=other), shop.delete(path, headers=other)):
        assert code(answer) == (404, "customers.address_not_found")


# -- devices ---------------------------------------------------------------------------------------------------


def test_devices_are_listed_and_signed_out(shop):
    first = shop.register()
    to = first["user"]["email"]
    others = [shop.post("/auth/login", {"email": to, "password": PASSWORD}, headers={"User-Agent": f"device {i}"}).json() for i in range(3)]
    listed = shop.get("/me/sessions", headers=bearer(first)).json()["data"]
    assert len(listed) == 4 and [each["current"] for each in listed] == [False, False, False, True]
    newest = listed[0]
    assert newest["user_agent"] == "device 2"
    assert shop.delete(f"/me/sessions/{newest['id']}", headers=bearer(first)).status_code == 204
    assert shop.get("/me", headers=bearer(others[2])).status_code == 401
    assert code(shop.delete(f"/me/sessions/{newest['id']}", headers=bearer(first))) == (404, "identity.session_not_found")
    stranger = bearer(shop.register())
    assert code(shop.delete(f"/me/sessions/{listed[1]['id']}", headers=stranger)) == (404, "identity.session_not_found")
    assert shop.delete("/me/sessions", headers=bearer(first)).status_code == 204
    assert [shop.get("/me", headers=bearer(each)).status_code for each in (first, *others)] == [200, 401, 401, 401]


# -- passwords and mails ---------------------------------------------------------------------------------------


def test_a_password_is_changed_and_the_other_devices_go(shop):
    first = shop.register()
    to = first["user"]["email"]
    second = shop.post("/auth/login", {"email": to, "password": PASSWORD}).json()
    wrong = shop.post("/me/password", {"current_password": "nonsense", "new_password": NEW_PASSWORD}, headers=bearer(first))
    assert code(wrong) == (422, "identity.wrong_password")
    weak = shop.post("/me/password", {"current_password": PASSWORD, "new_password": "short"}, headers=bearer(first))
    assert code(weak) == (422, "request.invalid_field") and weak.json()["errors"][0]["pointer"] == "/new_password"
    done = shop.post("/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}, headers=bearer(first))
    assert done.status_code == 204
    assert shop.get("/me", headers=bearer(first)).status_code == 200
    assert shop.get("/me", headers=bearer(second)).status_code == 401
    assert shop.post("/auth/login", {"email": to, "password": PASSWORD}).status_code == 401
    assert shop.post("/auth/login", {"email": to, "password": NEW_PASSWORD}).status_code == 200


def test_guessing_a_password_behind_a_token_is_stopped(shop):
    me = bearer(shop.register())
    answers = [shop.post("/me/password", {"current_password": "nonsense", "new_password": NEW_PASSWORD}, headers=me) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert answers[-1].json()["code"] == "identity.too_many_attempts" and int(answers[-1].headers["Retry-After"]) > 0


def test_a_forgotten_password_is_set_anew_by_mail(shop):
    account = shop.register()
    to = account["user"]["email"]
    known = shop.post("/auth/password/forgot", {"email": to})
    unknown = shop.post("/auth/password/forgot", {"email": f"{uuid.uuid4().hex}@example.com"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json()) == (202, {})
    mail, token = wait_for_mail(shop, to, "/account/reset")
    assert mail["Subject"] == "重设您的密码" and mail["Message-ID"].startswith("<evt_")
    assert token not in (shop.directory / "serve.log").read_text()
    weak = shop.post("/auth/password/reset", {"token": token, "password": "short"})
    assert code(weak) == (422, "request.invalid_field")
    assert shop.post("/auth/password/reset", {"token": token, "password": NEW_PASSWORD}).status_code == 204
    again = shop.post("/auth/password/reset", {"token": token, "password": NEW_PASSWORD})
    assert code(again) == (410, "identity.link_invalid")
    assert shop.get("/me", headers=bearer(account)).status_code == 401
    signed_in = shop.post("/auth/login", {"email": to, "password": NEW_PASSWORD})
    assert shop.get("/me", headers=bearer(signed_in.json())).json()["email_verified_at"]


def test_links_that_nobody_mailed_are_worth_nothing(shop):
    for token in ("", "x", "a" * 43):
        assert code(shop.post("/auth/password/reset", {"token": token, "password": NEW_PASSWORD})) == (410, "identity.link_invalid")
        assert code(shop.post("/auth/email/verify", {"token": token})) == (410, "identity.link_invalid")
        setup = shop.post("/auth/setup", {"token": token, "email": "a@example.com", "password": NEW_PASSWORD})
        assert code(setup) == (410, "identity.link_invalid")
    assert code(shop.post("/auth/password/forgot", {"email": "nobody"})) == (422, "request.invalid_field")


def test_an_address_is_verified_by_mail(shop):
    account = shop.register()
    to = account["user"]["email"]
    _, token = wait_for_mail(shop, to, "/account/verify")
    reset = shop.post("/auth/password/reset", {"token": token, "password": NEW_PASSWORD})
    assert code(reset) == (410, "identity.link_invalid"), "a link is good for its own purpose alone"
    assert shop.post("/me/email/verification", headers=bearer(account)).status_code == 202
    assert shop.post("/auth/email/verify", {"token": token}).status_code == 204
    assert shop.get("/me", headers=bearer(account)).json()["email_verified_at"]
    assert code(shop.post("/auth/email/verify", {"token": token})) == (410, "identity.link_invalid")


def test_mails_cannot_be_asked_for_without_end(shop):
    me = bearer(shop.register())
    answers = [shop.post("/me/email/verification", headers=me) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert answers[-1].json()["code"] == "identity.too_many_attempts"


class MailServer(socketserver.ThreadingTCPServer):
    """As much of SMTP as one delivery needs; refuses the first so many mails."""
    allow_reuse_address = daemon_threads = True

    def __init__(self, refusals):
        super().__init__(("127.0.0.1", 0), MailSession)
        self.refusals, self.received = refusals, []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class MailSession(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 test")
        for line in self.rfile:
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                self.say("354 go on")
                body = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.received.append(body)
                self.say("250 taken")
            elif verb == b"MAIL" and self.server.refusals > 0:
                self.server.refusals -= 1
                self.say("451 try again")
            elif verb == b"QUIT":
                return self.say("221 bye")
            else:
                self.say("250 ok")


def test_mails_go_to_a_server_and_are_tried_again(fresh_shop):
    server = MailServer(refusals=1)
    fresh_shop.start(SMTP_HOST="127.0.0.1", SMTP_PORT=str(server.server_address[1]), SMTP_TLS="none", MAIL_FROM="Tea 茶 <shop@example.com>")
    fresh_shop.register("lin@example.com")
    limit = time.monotonic() + 60
    while not server.received and time.monotonic() < limit:
        time.sleep(0.05)
    mail = email.message_from_bytes(server.received[0], policy=email.policy.default)
    assert (mail["To"], mail["From"], mail["Subject"]) == ("lin@example.com", "Tea 茶 <shop@example.com>", "请确认您的电子邮箱")
    assert "/account/verify#token=" in mail.get_body(("plain",)).get_content()
    assert server.refusals == 0 and not (fresh_shop.data / "mail").exists()
    fresh_shop.stop()
    server.shutdown()


# -- a copy, and the end ---------------------------------------------------------------------------------------


def test_a_copy_holds_everything(shop):
    account = shop.register()
    me = bearer(account)
    address = shop.post("/me/addresses", {"city": "厦门市"}, headers=me).json()
    made = shop.post("/me/export", headers=me)
    assert made.status_code == 202
    assert code(shop.post("/me/export", headers=me)) == (429, "customers.export_too_soon")
    path = made.headers["Location"]
    copy = shop.get(path, headers=me)
    document = copy.json()
    assert "attachment" in copy.headers["Content-Disposition"]
    assert document["profile"]["email"] == account["user"]["email"] and document["addresses"] == [address]
    assert document["orders"] == [] and document["orders_complete"] and len(document["sessions"]) == 1
    assert code(shop.get(path, headers=bearer(shop.register()))) == (404, "customers.export_not_found")


def test_a_closed_account_is_gone(shop):
    account = shop.register()
    me, to = bearer(account), account["user"]["email"]
    shop.post("/me/addresses", {"city": "厦门市"}, headers=me)
    assert code(shop.delete("/me", headers=me, json={"password": "nonsense"})) == (422, "identity.wrong_password")
    assert code(shop.delete("/me", headers=me, json={})) == (422, "request.invalid_field")
    assert shop.delete("/me", headers=me, json={"password": PASSWORD}).status_code == 204
    assert shop.get("/me", headers=me).status_code == 401
    assert shop.post("/auth/refresh", {"refresh_token": account["refresh_token"]}).status_code == 401
    assert shop.post("/auth/login", {"email": to, "password": PASSWORD}).status_code == 401
    assert shop.register(to)["user"]["id"] != account["user"]["id"], "the address is free again"


def test_a_closed_account_leaves_no_cart_behind(fresh_shop):
    fresh_shop.import_csv(CATALOGUE)
    fresh_shop.start()
    me = bearer(fresh_shop.register())
    fresh_shop.cart(("plain-mug", 1), headers=me)
    other, proof = fresh_shop.cart(("plain-mug", 1))
    assert fresh_shop.delete("/me", headers=me, json={"password": PASSWORD}).status_code == 204

    def counted(table):
        with sqlite3.connect(fresh_shop.data / "shop.sqlite") as base:
            return base.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]

    limit = time.monotonic() + 60
    while (counted("carts"), counted("cart_lines")) != (1, 1):
        assert time.monotonic() < limit, "the cart is still there"
        time.sleep(0.05)
    assert fresh_shop.get(f"/carts/{other['id']}", headers=proof).status_code == 200
    fresh_shop.stop()


def test_an_administrator_does_not_close_the_account(shop):
    answer = shop.delete("/me", headers=shop.admin(), json={"password": "a long password here"})
    assert code(answer) == (409, "identity.staff_account")


# -- the first administrator -----------------------------------------------------------------------------------


def test_the_first_start_invites_an_administrator_once(fresh_shop):
    fresh_shop.start(PUBLIC_URL="https://shop.example.com/")
    url = fresh_shop.wait_for_log("admin.invitation")["url"]
    assert url.startswith("https://shop.example.com/admin/setup#token=")
    token = url.partition("=")[2]
    body = {"token": token, "email": "boss@example.com", "password": "a long password here"}
    weak = fresh_shop.post("/auth/setup", {**body, "password": "short"})
    assert code(weak) == (422, "request.invalid_field")
    made = fresh_shop.post("/auth/setup", body)
    assert made.status_code == 201 and made.json()["user"]["role"] == "admin"
    assert fresh_shop.get("/me", headers=bearer(made.json())).json()["role"] == "admin"
    assert code(fresh_shop.post("/auth/setup", {**body, "email": "two@example.com"})) == (410, "identity.link_invalid")
    fresh_shop.stop()
    where = len((fresh_shop.directory / "serve.log").read_bytes())
    fresh_shop.start()
    assert b"admin.invitation" not in (fresh_shop.directory / "serve.log").read_bytes()[where:]
    fresh_shop.stop()


def test_an_invitation_is_void_once_there_is_an_administrator(fresh_shop):
    fresh_shop.start()
    token = fresh_shop.wait_for_log("admin.invitation")["url"].partition("=")[2]
    fresh_shop.admin()
    answer = fresh_shop.post("/auth/setup", {"token": token, "email": "two@example.com", "password": "a long password here"})
    assert code(answer) == (409, "identity.setup_done")
    fresh_shop.stop()
