"""What a page of products weighs on the wire, with the sample catalogue."""
import pytest

from tests.conftest import ROOT
from tests.shop import Shop

PAGE_BYTES_MAX = 4 * 1024


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    own = Shop(tmp_path_factory.mktemp("answer-size"))
    own.import_csv(ROOT / "samples" / "catalogue" / "products.csv")
    own.start()
    yield own
    own.stop()


def test_a_page_of_20_products_weighs_no_more_than_4_kib_in_gzip(shop):
    answer = shop.call("GET", "/products?limit=20", headers={"Accept-Encoding": "gzip"})
    weight = int(answer.headers["Content-Length"])
    assert answer.headers["Content-Encoding"] == "gzip"
    assert 500 < weight <= PAGE_BYTES_MAX, f"{weight} bytes"
    assert len(answer.json()["data"]) == 20
