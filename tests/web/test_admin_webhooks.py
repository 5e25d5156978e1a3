"""Webhooks in the back office, in a real browser, with a receiver that listens."""
import pytest

from tests.api.test_webhooks import Receiver
from tests.web.browser import journey
from tests.web.office import session


@pytest.fixture
def receiver():
    listening = Receiver()
    yield listening
    listening.close()


@pytest.mark.parametrize("phone, language", [(False, "zh-CN"), (True, "en")], ids=["desktop-chinese", "phone-english"])
def test_a_webhook_is_added_tried_sent_again_paused_and_removed(office, receiver, phone, language):
    journey(office, "admin_webhooks.js", "webhooks", session=session(office), rival=session(office, "webhooks_manage"), phone=phone, dark=phone,
            language=language, refused=[412, 422], hook=receiver.url)

    assert [headers["X-Caddy-Event"] for headers, _ in receiver.calls] == ["ping", "ping"]
    assert receiver.calls[0][1] == receiver.calls[1][1], "what is sent again is what was sent"
    assert office.get("/admin/webhooks", headers=office.owner()).json()["data"] == []
