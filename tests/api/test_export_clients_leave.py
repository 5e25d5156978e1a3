"""Clients that go away in the middle of a large file cost nothing that stays."""
import socket

import pytest

from tests.api.test_admin_imports import export, finished, submit
from tests.shop import Shop
from tests.system.measure_import import memory
from tests.waiting import until

PRODUCTS, TEXT_BYTES = 250, 64 * 1024   # three pages of products


@pytest.fixture
def shop(tmp_path_factory):
    # Memory that was freed goes back soon, or the sanitizer's own store of it would be measured.
    own = Shop(tmp_path_factory.mktemp("large"), ASAN_OPTIONS="quarantine_size_mb=8").start()
    yield own
    own.stop()   # whose exit code tells of leaks


def leave_in_the_middle(shop, admin, read_bytes):
    """Reads so much of the file and closes the connection under it."""
    host, port = shop.base.split("//")[1].split("/")[0].split(":")
    request = f"GET /api/v1/admin/exports/products.csv HTTP/1.1\r\nHost: shop\r\nAuthorization: {admin['Authorization']}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request.encode())
        seen = 0
        while seen < read_bytes:
            piece = connection.recv(65536)
            assert piece, f"the file ended after {seen} bytes"
            seen += len(piece)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")   # a reset, not a farewell


def test_clients_that_leave_a_large_file_leave_nothing_behind(shop):
    admin = shop.admin()
    lines = ["Handle,Title,Body (HTML),Variant Price"]
    lines += [f"large-{number},Large {number},{'tea ' * (TEXT_BYTES // 4 - 1)}tea.,1.00" for number in range(PRODUCTS)]
    job = finished(shop, admin, submit(shop, admin, "\r\n".join(lines).encode()), seconds=900)
    assert job["totals"]["created"] == PRODUCTS, job
    whole = export(shop, admin)
    assert len(whole) > PRODUCTS * TEXT_BYTES
    for _ in range(5):
        leave_in_the_middle(shop, admin, 2 * 1024 * 1024)
    before = memory(shop.process, "VmRSS")
    for number in range(20):
        leave_in_the_middle(shop, admin, 1 if number % 2 else 2 * 1024 * 1024)
    # A page of the file is 6 MiB; that a client has gone is noticed after he went.
    until(lambda: memory(shop.process, "VmRSS") - before < 30)
    assert export(shop, admin) == whole
