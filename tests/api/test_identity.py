"""Accounts, sign-in, tokens."""
import base64
import json
import uuid

import pytest

PASSWORD = "correct horse battery"


def address():
    return f"{uuid.uuid4().hex}@example.com"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_registering_signs_in(shop):
    email = address()
    account = shop.register(email)
    assert account["token_type"] == "Bearer" and account["expires_in"] == 900
    me = shop.get("/me", headers=bearer(account["access_token"])).json()
    assert (me["email"], me["role"]) == (email, "customer")
    taken = shop.post("/auth/register", {"email": email.upper(), "password": PASSWORD})
    assert (taken.status_code, taken.json()["code"]) == (409, "identity.email_taken")


@pytest.mark.parametrize("body, pointer", [
    ({"email": "nobody", "password": PASSWORD}, "/email"),
    ({"email": "a@example.com", "password": "short"}, "/password"),
    ({"email": "a@example.com", "password": "1234567890"}, "/password"),
    ({"email": "a@example.com"}, "/password"),
    ({"email": "a@example.com", "password": PASSWORD, "role": "admin"}, "/role"),
    ({"email": "a@example.com", "password": PASSWORD, "name": "a\nb"}, "/name"),
])
def test_bad_registrations_are_refused_by_pointer(shop, body, pointer):
    answer = shop.post("/auth/register", body)
    assert answer.status_code == 422 and pointer in [each["pointer"] for each in answer.json()["errors"]], answer.text


def test_a_wrong_password_and_an_unknown_address_look_alike(shop):
    email = address()
    shop.register(email)
    wrong = shop.post("/auth/login", {"email": email, "password": "not the password"})
    unknown = shop.post("/auth/login", {"email": address(), "password": "not the password"})
    for answer in (wrong, unknown):
        assert (answer.status_code, answer.json()["code"]) == (401, "identity.bad_credentials")
    assert wrong.json()["detail"] == unknown.json()["detail"]


def test_five_failures_close_an_account_for_a_while(shop):
    for email in (address(), shop.register()["user"]["email"]):
        answers = [shop.post("/auth/login", {"email": email, "password": "wrong wrong wrong"}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        assert answers[-1].json()["code"] == "identity.too_many_attempts" and int(answers[-1].headers["Retry-After"]) > 0
        right = shop.post("/auth/login", {"email": email, "password": PASSWORD})
        assert right.status_code == 429


def test_refresh_tokens_rotate_and_a_stolen_one_ends_the_session(shop):
    first = shop.register()
    second = shop.post("/auth/refresh", {"refresh_token": first["refresh_token"]}).json()
    third = shop.post("/auth/refresh", {"refresh_token": second["refresh_token"]}).json()
    stolen = shop.post("/auth/refresh", {"refresh_token": first["refresh_token"]})
    assert (stolen.status_code, stolen.json()["code"]) == (401, "identity.refresh_reused")
    dead = shop.post("/auth/refresh", {"refresh_token": third["refresh_token"]})
    assert dead.status_code == 401
    assert shop.get("/me", headers=bearer(third["access_token"])).status_code == 401


def test_signing_out_ends_the_session(shop):
    account = shop.register()
    answer = shop.post("/auth/logout", headers=bearer(account["access_token"]))
    assert answer.status_code == 204
    assert shop.get("/me", headers=bearer(account["access_token"])).status_code == 401
    assert shop.post("/auth/refresh", {"refresh_token": account["refresh_token"]}).status_code == 401


def test_tokens_that_nobody_signed_are_worth_nothing(shop):
    token = shop.register()["access_token"]
    head, body, signature = token.split(".")

    def encode(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    def decode(part):
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    claims = decode(body)
    forged = [
        "", "x", "a.b.c", f"{head}.{body}.", f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
        f"{encode({'alg': 'none', 'typ': 'JWT'})}.{body}.", f"{head}.{encode({**claims, 'role': 'admin'})}.{signature}",
        f"{encode({**decode(head), 'alg': 'RS256'})}.{body}.{signature}", f"{encode({**decode(head), 'kid': '../../etc'})}.{body}.{signature}"]
    for each in forged:
        answer = shop.get("/me", headers=bearer(each))
        assert answer.status_code == 401 and "WWW-Authenticate" in answer.headers, (each, answer.text)
    assert shop.get("/me").json()["code"] == "request.sign_in_required"


def test_an_administrator_is_made_on_the_command_line(fresh_shop):
    made = fresh_shop.run("admin", "create", "--email", "boss@example.com", "--password-stdin", input="a long password here\n")
    assert "boss@example.com" in made.stdout
    again = fresh_shop.run("admin", "create", "--email", "boss@example.com", "--password-stdin", input="a long password here\n", check=False)
    assert again.returncode == 65 and again.stderr
    weak = fresh_shop.run("admin", "create", "--email", "two@example.com", "--password-stdin", input="short\n", check=False)
    assert weak.returncode == 65 and "password" in weak.stderr
    fresh_shop.start()
    account = fresh_shop.post("/auth/login", {"email": "boss@example.com", "password": "a long password here"}).json()
    assert account["user"]["role"] == "admin"
    fresh_shop.stop()
