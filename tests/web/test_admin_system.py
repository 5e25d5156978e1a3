"""What those who run the shop look at, in a real browser; what became of the jobs is asked of the shop."""
import pytest

from tests.waiting import until
from tests.web.browser import journey
from tests.web.office import session

both = pytest.mark.parametrize("phone, language", [(False, "zh-CN"), (True, "en")], ids=["desktop-chinese", "phone-english"])
ERROR = "the index did not answer"


@both
def test_the_system_is_shown_without_its_secrets(office, phone, language):
    secrets = [office.secret("jwt-secret"), office.secret("sandbox-secret")]
    journey(office, "admin_system.js", "system", session=session(office, "jobs_manage"), phone=phone, dark=phone, language=language, secrets=secrets)


def park(shop, kind, count):
    """Arranges what only hours of failures would: jobs that were given up."""
    done = f"SELECT id FROM outbox_events WHERE type = '{kind}' AND status = 'done' ORDER BY id LIMIT {count}"
    until(lambda: len(shop.query(done)) == count)
    for [event] in shop.query(done):
        shop.query(f"UPDATE outbox_events SET status = 'parked', attempts = 12, last_error = '{ERROR}' WHERE id = {event}")


@both
def test_jobs_that_stopped_run_again(office, phone, language):
    operator = office.staff("jobs_manage")
    parked = lambda: office.get("/admin/jobs?filter[state]=parked", headers=operator).json()["data"]   # noqa: E731
    park(office, "catalog.product_changed", 3)
    assert len(parked()) == 3
    journey(office, "admin_system.js", "jobs", session=session(office), phone=phone, dark=phone, language=language, refused=422, parked=3, error=ERROR)
    assert parked() == []


@both
def test_the_books_of_the_stock_are_checked(office, phone, language):
    journey(office, "admin_system.js", "books", session=session(office, "inventory_write"), phone=phone, dark=phone, language=language)
