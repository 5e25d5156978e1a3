"""Black-box tests start the real program on free ports and a data directory of their own, and stop it by process id."""
import os
import subprocess
from pathlib import Path

import pytest

from tests.shop import Shop, program

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """One shop for the whole run, with the catalogue of tests/fixtures, sandbox payments and generous limits."""
    with Shop(tmp_path_factory.mktemp("shop")).serving(ROOT / "tests" / "fixtures" / "catalogue.csv") as running:
        yield running


@pytest.fixture
def fresh_shop(tmp_path):
    """A shop of the test's own: not started, nothing imported. Stopped at the end, whatever happened."""
    own = Shop(tmp_path)
    yield own
    own.kill()


@pytest.fixture
def cli(tmp_path):
    """Runs a subcommand on a data directory of the test's own."""

    def run(*arguments, **options):
        environment = {**os.environ, **options.pop("env", {})}
        return subprocess.run(
            [program(), *map(str, arguments)], capture_output=True, text=True, timeout=120, env=environment, **options
        )

    return run
