from collections.abc import Iterator

import pytest

from tests.gateways.pages.installation import Pages, Site, served


@pytest.fixture
def site() -> Iterator[Site]:
    with served(Pages()) as site:
        yield site
