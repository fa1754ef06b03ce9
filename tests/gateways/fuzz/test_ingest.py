"""Whatever comes to a channel's address: never a 500, never a half-handled request, never another workspace's data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from gateways.channels.catalogue import channel_types
from gateways.ingest.app import TYPES_BY_ADDRESS
from tests.gateways.fuzz.doors import Doors, faults, uuid_of
from tests.gateways.fuzz.hostile import examples, hostile
from tests.gateways.fuzz.seeds import seeds_of

CALLED = [code for code, kind in channel_types().items() if kind.actions]


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    made = Doors(Path(tmp_path_factory.mktemp("fuzz")))
    yield made
    made.close()


def path_of(code: str, action: str) -> str:
    if code in TYPES_BY_ADDRESS:
        return f"/c/{code.lower()}/{action}"
    return f"/c/{code.lower()}/{uuid_of(code)}/{action}"


@pytest.mark.parametrize("genuine", [True, False], ids=["signed", "as it came"])
@pytest.mark.parametrize("code", CALLED)
def test_a_channel_bears_whatever_comes(
    code: str, genuine: bool, doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    if genuine:  # every signature is taken for right, so that what lies behind it is reached
        monkeypatch.setattr("hmac.compare_digest", lambda *_: True)
        monkeypatch.setattr("gateways.channels.types.freshchat._verify", lambda *_: None)
    taken = [0]

    @examples(30 if genuine else 10)
    @given(request=hostile(seeds_of(channel_types()[code])))
    def call(request: Any) -> None:
        action, asked = request
        answer, records = doors.call(path_of(code, action), asked)
        taken[0] += len(records)
        wrong = faults(answer, records, uuid_of(code), doors.org_of)
        assert not wrong, (wrong, answer.body[:500])

    call()
    if genuine:
        assert taken[0], "none of the requests was understood: the seeds are not what the type reads"
