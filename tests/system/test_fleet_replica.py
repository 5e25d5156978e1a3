"""A read-only copy of the database, made by the server's own replication: it lags, it is gone, and nobody decides on what it says."""
import itertools
import time
from contextlib import contextmanager

import pytest

from tests import mariadb
from tests.fleet import Fleet
from tests.waiting import until


@pytest.fixture
def database():
    server = mariadb.MariaDb(mariadb.fast_folder("caddy-mariadb-"), "--log-bin=changes", "--server-id=1").install().start().create_user()
    server.client("CREATE USER 'copy'@'127.0.0.1' IDENTIFIED BY 'copy'; GRANT REPLICATION SLAVE ON *.* TO 'copy'@'127.0.0.1'")
    yield server
    server.remove()


@pytest.fixture
def replica(database):
    server = mariadb.MariaDb(mariadb.fast_folder("caddy-mariadb-"), "--server-id=2", "--read-only").install().start()
    server.client(f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={database.port}, MASTER_USER='copy', MASTER_PASSWORD='copy', "
                  "MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1; START SLAVE")
    yield server
    server.remove()


@contextmanager
def lag(replica):
    """Changes arrive there and are not carried out."""
    replica.client("STOP SLAVE SQL_THREAD")
    try:
        yield
    finally:
        replica.client("START SLAVE SQL_THREAD")


def price(pod):
    """As the catalogue shows it."""
    answer = pod.get("/products/ticket")
    assert answer.status_code == 200, answer.text
    return answer.json()["variants"][0]["price"]["amount_minor"]


def make_dearer(pod, admin, variant, amount_minor):
    """By staff, who see at once what they did."""
    path = "/admin/products/" + pod.get("/products/ticket").json()["id"]
    before = pod.get(path, headers=admin)
    currency = before.json()["variants"][0]["price"]["currency"]
    done = pod.patch(f"/admin/variants/{variant}", {"price": {"amount_minor": amount_minor, "currency": currency}},
                     headers={**admin, "If-Match": before.headers["ETag"]})
    assert done.status_code == 200, done.text
    assert pod.get(path, headers=admin).json()["variants"][0]["price"]["amount_minor"] == amount_minor


def connections_of(replica):
    return int(replica.query(f"SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{mariadb.USER}'")[0][0])


def test_a_copy_may_be_old_and_nobody_decides_on_it(tmp_path, database, replica):
    with Fleet(tmp_path, database, pods=2, workers=1, DB_READ_HOST=f"127.0.0.1:{replica.port}") as fleet:
        first, second = fleet.pods
        until(lambda: [pod.http.get(pod.base + "/api/v1/products/ticket", timeout=30).status_code for pod in fleet.pods] == [200, 200])
        fleet.prepare()
        admin = first.admin()
        assert price(first) == price(second) == 2500
        until(lambda: price(first) and connections_of(replica) > 0)   # what was read before the copy had it is not read there

        with lag(replica):
            make_dearer(first, admin, fleet.variant, 3000)
            assert price(second) == 2500, "the copy is not asked"
            # Whoever writes sees what he wrote, at any pod, and pays what the primary says.
            cart, proof = second.cart((fleet.variant, 2))
            assert first.get(f"/carts/{cart['id']}", headers=proof).json()["totals"]["subtotal"]["amount_minor"] == 6000
            answer = first.checkout(cart, proof)
            assert answer.status_code == 201, answer.text
            order = answer.json()
            seen = second.get(f"/orders/{order['id']}", headers={"X-Order-Token": order["token"]})
            assert seen.status_code == 200 and seen.json()["totals"]["subtotal"]["amount_minor"] == 6000
        caught_up = until(lambda: price(first) == price(second) == 3000)

        replica.kill()
        since = time.monotonic()
        make_dearer(first, admin, fleet.variant, 3500)
        until(lambda: price(first) == price(second) == 3500)   # the primary answers meanwhile
        slowest = time.monotonic() - since
        assert first.wait_for_log("db.replica_away")
        replica.start()
        amounts = itertools.count(3501)

        def is_asked_again():
            """A change makes the pods read it anew, from the copy once they have it again."""
            amount = next(amounts)
            make_dearer(first, admin, fleet.variant, amount)
            until(lambda: price(first) == price(second) == amount)
            return connections_of(replica) > 0

        back = until(is_asked_again)
        print(f"a copy that lagged: caught up within {caught_up * 1000:.0f} ms; gone: a change was seen everywhere after {slowest * 1000:.0f} ms; "
              f"back: asked again after {back * 1000:.0f} ms")
        assert slowest < 15
        fleet.stop()
        assert fleet.audit().returncode == 0
