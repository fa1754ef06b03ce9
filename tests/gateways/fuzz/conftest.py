from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateways.fuzz.doors import Doors


@pytest.fixture(scope="package")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    made = Doors(Path(tmp_path_factory.mktemp("fuzz")))
    yield made
    made.close()


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every signature is taken for right, so that what lies behind it is reached."""
    monkeypatch.setattr("hmac.compare_digest", lambda *_: True)
    monkeypatch.setattr("gateways.channels.types.freshchat._verify", lambda *_: None)
    monkeypatch.setattr("gateways.channels.types.messagebird._claims", lambda *_: {})
