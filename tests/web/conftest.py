import pytest

from tests.conftest import ROOT
from tests.shop import Shop


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    """A shop with the sample catalogue that all tests of the back office share: each makes what it needs."""
    with Shop(tmp_path_factory.mktemp("office"), WEBHOOKS_ALLOW_PRIVATE="true").serving(ROOT / "samples" / "catalogue" / "products.csv") as running:
        yield running
