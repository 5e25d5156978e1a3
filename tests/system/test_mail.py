"""Mails over SMTP: a server of Debian's (aiosmtpd) that encrypts and asks who is there, greylists, refuses, goes away."""
import email
import email.policy
import ssl
import subprocess
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.mariadb import free_port

USER, PASSWORD = b"shop", b"a password of the mail server"


def authority(folder, name):
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


class Inbox:
    """What the server does with mails: the first answers are given, all that follow are taken."""

    def __init__(self, *answers):
        self.answers, self.tries, self.mails = list(answers), 0, []

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.tries += 1
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        assert session.ssl and session.authenticated, "nothing is sent in the clear, or without a name"
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"


def sign_in(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER, PASSWORD)
    return AuthResult(success=good, handled=good)


@pytest.fixture
def keys(tmp_path):
    return authority(tmp_path, "mail")


@pytest.fixture
def serve(keys):
    running = []

    def start(inbox, port=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*keys)
        controller = Controller(inbox, hostname="127.0.0.1", port=port or free_port(), tls_context=context, require_starttls=True,
                                authenticator=sign_in, auth_required=True, ready_timeout=60)
        controller.start()
        running.append(controller)
        return controller.port

    yield start
    for controller in running:
        controller.stop()


def settings(port, certificate, **others):
    return {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_CA": str(certificate), "SMTP_USER": USER.decode(),
            "SMTP_PASSWORD": PASSWORD.decode(), "MAIL_FROM": "Tea 茶 <shop@example.com>", **others}


def wait_until(holds, what, seconds=60):
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, what
        time.sleep(0.05)


def only_event(shop):
    [event] = shop.query("SELECT status, attempts, last_error FROM outbox_events WHERE type = 'identity.registered'")
    return event


def test_a_mail_goes_out_encrypted_and_signed_in_in_both_forms(fresh_shop, serve, keys):
    inbox = Inbox()
    fresh_shop.start(**settings(serve(inbox), keys[0]))
    answer = fresh_shop.call("POST", "/auth/register", headers={"Accept-Language": "en"},
                             json={"email": "lin@example.com", "password": "correct horse battery", "name": "Lin <b>Wei</b>"})
    assert answer.status_code == 201
    wait_until(lambda: inbox.mails, "the mail did not come")
    [mail] = inbox.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == ("lin@example.com", "Tea 茶 <shop@example.com>", "Confirm your e-mail address")
    assert mail["Message-ID"].startswith("<evt_") and mail["Message-ID"].endswith("@example.com>")
    assert mail.get_content_type() == "multipart/alternative"
    text, page = mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()
    assert "Hello Lin <b>Wei</b>," in text and "/account/verify#token=" in text
    assert "Hello Lin &lt;b&gt;Wei&lt;/b&gt;," in page and '<a href="http' in page
    wait_until(lambda: only_event(fresh_shop)[0] == "done", "the event did not end")
    fresh_shop.stop()
    assert len(inbox.mails) == 1


def test_a_greylisted_mail_is_tried_again_and_comes_once(fresh_shop, serve, keys):
    inbox = Inbox("451 4.7.1 greylisted, come back", "421 4.3.2 not now")
    fresh_shop.start(**settings(serve(inbox), keys[0]))
    fresh_shop.register("lin@example.com")
    wait_until(lambda: only_event(fresh_shop)[0] == "done", "the mail was not tried again")
    assert inbox.tries == 3 and len(inbox.mails) == 1
    fresh_shop.stop()


def test_a_recipient_that_the_server_refuses_is_parked_at_once(fresh_shop, serve, keys):
    inbox = Inbox("550 5.1.1 no such mailbox")
    fresh_shop.start(**settings(serve(inbox), keys[0]))
    fresh_shop.register("nobody@example.com")
    wait_until(lambda: only_event(fresh_shop)[0] == "parked", "the mail is tried again and again")
    status, attempts, error = only_event(fresh_shop)
    assert attempts == 1 and "550" in error and "nobody@example.com" not in error
    assert inbox.tries == 1 and inbox.mails == []
    fresh_shop.stop()


def test_a_server_that_is_away_gets_the_mail_when_it_is_back(fresh_shop, serve, keys):
    port = free_port()
    fresh_shop.start(**settings(port, keys[0]))
    fresh_shop.register("lin@example.com")
    wait_until(lambda: only_event(fresh_shop)[2], "nothing was tried")
    inbox = Inbox()
    serve(inbox, port)
    wait_until(lambda: only_event(fresh_shop)[0] == "done", "the mail was not tried again")
    assert [mail["To"] for mail in inbox.mails] == ["lin@example.com"]
    fresh_shop.stop()


def test_a_server_that_cannot_prove_itself_gets_nothing(fresh_shop, serve, tmp_path):
    inbox = Inbox()
    another, _ = authority(tmp_path, "another")
    fresh_shop.start(**settings(serve(inbox), another))
    fresh_shop.register("lin@example.com")
    wait_until(lambda: only_event(fresh_shop)[2], "nothing was tried")
    status, _, error = only_event(fresh_shop)
    assert status == "waiting" and "certificate" in error.lower(), "ours to repair: the mail waits"
    assert inbox.tries == 0 and inbox.mails == []
    fresh_shop.stop()


def test_a_wrong_password_parks_no_mail(fresh_shop, serve, keys):
    inbox = Inbox()
    fresh_shop.start(**settings(serve(inbox), keys[0], SMTP_PASSWORD="wrong"))
    fresh_shop.register("lin@example.com")
    wait_until(lambda: only_event(fresh_shop)[2], "nothing was tried")
    assert only_event(fresh_shop)[0] == "waiting" and inbox.mails == []
    fresh_shop.stop()
