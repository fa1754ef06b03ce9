from collections.abc import Iterator

import pytest

from tests.gateways.pages.installation import Pages, Site, served


@pytest.fixture
def site() -> Iterator[Site]:
    with served(Pages()) as site:
        yield site


@pytest.fixture(scope="module")
def still_site() -> Iterator[Site]:
    """One for tests that only look."""
    with served(Pages()) as site:
        yield site
