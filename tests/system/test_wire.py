"""Raw bytes that two programs could read differently, bare and behind a real nginx: what is hidden in them is never a request of its own."""
import re
import socket
import time

import pytest

from tests.api.test_http import STATUS_LINE
from tests.deploy.test_edge import Edge
from tests.waiting import until
from tools.local_fleet.manifests import edge as annotations

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\nX-Request-Id: hidden-request\r\n\r\n"   # the log tells of it by its id
POST = b"POST /api/v1/carts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
REFUSED = (b"400",)


def get(*lines, target=b"/health", version=b"HTTP/1.1"):
    return b"\r\n".join((b"GET " + target + b" " + version, *lines)) + b"\r\n\r\n"


# What is sent, and how the shop itself answers its first request. The connection is closed then.
TABLE = {
    "no Host": (get(), REFUSED),
    "two Hosts": (get(b"Host: a", b"Host: b"), REFUSED),
    "a Host of two words": (get(b"Host: a b"), REFUSED),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + HIDDEN, REFUSED),
    "lengths in a list": (POST + b"Content-Length: 2, 40\r\n\r\n{}" + HIDDEN, REFUSED),
    "a length with a sign": (POST + b"Content-Length: +2\r\n\r\n{}" + HIDDEN, REFUSED),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n{}" + HIDDEN, REFUSED),
    "a length in hexadecimal": (POST + b"Content-Length: 0x2\r\n\r\n{}" + HIDDEN, REFUSED),
    "a length beyond all": (POST + b"Content-Length: 18446744073709551618\r\n\r\n{}" + HIDDEN, (b"400", b"413")),
    "an empty length": (POST + b"Content-Length: \r\n\r\n" + HIDDEN, REFUSED),
    "length and chunks": (POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN, REFUSED),
    "chunks and length": (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + HIDDEN, REFUSED),
    "two codings": (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + HIDDEN, (b"400", b"501")),
    "a coding in disguise": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN, (b"400", b"501")),
    "a coding behind another": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + HIDDEN, (b"400", b"501")),
    "a coding with a tab": (POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN, (b"400", b"501")),
    "a blank before the colon": (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN, REFUSED),
    "chunks in HTTP/1.0": (b"POST /api/v1/carts HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN, REFUSED),
    "a chunk's size that is none": (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n" + HIDDEN, REFUSED),
    "a chunk's size with a sign": (POST + b"Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n" + HIDDEN, REFUSED),
    "a chunk's size beyond all": (POST + b"Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n" + HIDDEN, (b"400", b"413")),
    "a chunk that is longer than it says": (POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}}}\r\n0\r\n\r\n" + HIDDEN, REFUSED),
    "chunks with line feeds alone": (POST + b"Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n" + HIDDEN, REFUSED),
    "a line feed in a chunk's extension": (POST + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\nc\r\n{}\r\n0\r\n\r\n" + HIDDEN, REFUSED),
    "a line feed in a quoted extension": (POST + b"Transfer-Encoding: chunked\r\n\r\n2;a=\"\n\"\r\n{}\r\n0\r\n\r\n" + HIDDEN, REFUSED),
    "a folded line": (get(b"Host: a", b"X: a", b" b"), REFUSED),
    "line feeds alone": (b"GET /health HTTP/1.1\nHost: a\n\n", REFUSED),
    "a carriage return in a value": (get(b"Host: a", b"X: a\rTransfer-Encoding: chunked"), REFUSED),
    "a zero in a value": (get(b"Host: a", b"X: a\x00b"), REFUSED),
    "a name that is no token": (get(b"Host: a", b"X(y): 1"), REFUSED),
    "a line without a colon": (get(b"Host: a", b"nothing"), REFUSED),
    "a blank before the first line": (b" GET /health HTTP/1.1\r\nHost: a\r\n\r\n", REFUSED),
    "two blanks in the first line": (b"GET  /health HTTP/1.1\r\nHost: a\r\n\r\n", REFUSED),
    "a version that is none": (get(b"Host: a", version=b"HTTP/1.1.1"), (b"400", b"505")),
    "the next version's greeting": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (b"400", b"505")),
    "a path that climbs": (get(b"Host: a", target=b"/../etc/passwd"), REFUSED),
    "a path that climbs in disguise": (get(b"Host: a", target=b"/%2e%2e/x"), REFUSED),
    "a bad escape": (get(b"Host: a", target=b"/%zz"), REFUSED),
    "a zero in the path": (get(b"Host: a", target=b"/health\x00"), REFUSED),
    "a star that nobody may ask": (get(b"Host: a", target=b"*"), REFUSED),
}


@pytest.fixture(scope="module")
def edge(shop, tmp_path_factory):
    class Pod:
        address = f"127.0.0.1:{shop.port}"
    running = Edge(tmp_path_factory.mktemp("edge"), [Pod], annotations())
    yield running
    running.stop()


LAST = get(b"Host: a", b"Connection: close")


def say(port, data, ends=True):
    """All that comes back until the other side closes. An edge gives up a request whose caller says that he ends: let it hear `LAST`."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(data if ends else data + LAST)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:   # closed with bytes that nobody read
            pass
        return received


def requests_told(shop):
    return re.findall(r'"event":"http.request".*', (shop.directory / "serve.log").read_text())


def heard(shop, port, hidden):
    """What of the hidden the shop took for a request, by its id: everything up to a mark that is sent now is looked through."""
    mark = f"mark-{time.monotonic_ns()}"
    say(port, get(b"Host: a", b"X-Request-Id: " + mark.encode()), ends=False)
    until(lambda: any(mark in line for line in requests_told(shop)))
    return set(re.findall(f'"({hidden})"', "".join(requests_told(shop))))


@pytest.mark.parametrize("name", TABLE)
def test_what_two_programs_might_read_differently_is_refused_and_closed(shop, name):
    data, statuses = TABLE[name]
    answer = say(shop.port, data)
    assert [STATUS_LINE.match(answer)[1]] == STATUS_LINE.findall(answer), answer[:300]
    assert STATUS_LINE.match(answer)[1] in statuses, answer[:300]


def test_nothing_of_it_was_taken_for_a_request(shop):
    for data, _ in TABLE.values():
        say(shop.port, data)
    assert heard(shop, shop.port, "hidden-request") == set()


def test_nothing_of_it_becomes_a_request_behind_an_edge(shop, edge):
    """The edge may read lengths in its own way, and pass on as a second request what follows. Then it has an answer for it, and gives
    it here; a request that the shop alone had heard would be answered to somebody else."""
    answered = set()
    for number, (data, _) in enumerate(TABLE.values()):
        own = f"hidden-request-{number:04}".encode()
        answer = say(edge.port, data.replace(b"hidden-request", own), ends=False)
        assert STATUS_LINE.match(answer), answer[:300]
        if own in answer:
            answered.add(own.decode())
    alone = heard(shop, edge.port, "hidden-request-[0-9]+") - answered
    assert not alone, [list(TABLE)[int(each[-4:])] for each in alone]
