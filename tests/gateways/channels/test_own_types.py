"""Channel types that workspaces describe themselves: checked whole before they are taken. The one in CONTRIBUTING.md works as it stands."""

import re
from pathlib import Path

import pytest

from domain.errors import Invalid
from gateways.channels.catalogue import type_of
from gateways.channels.contract import Channel
from gateways.channels.own_types import checked_description

CONTRIBUTING = Path(__file__).resolve().parents[3] / "CONTRIBUTING.md"


def described() -> str:
    found = re.search(r"```toml\n(.*?)```", CONTRIBUTING.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_description_in_contributing_works() -> None:
    kind = checked_description(described())

    assert (kind.code, kind.name, len(kind.examples)) == ("ACME", "Acme SMS", 2)
    assert kind.check_config({"url": "https://aggregator.example"}) == ["'key' is required"]


@pytest.mark.parametrize(
    ("old", "new", "field", "said"),
    [
        ('type = "ACME"', 'type = "KN"', "type", "KN is a channel type that is there already"),
        ('text = "Hello" }]', 'text = "Good bye" }]', "example", "expected"),
        ("[[send.request]]", "[[send.requests]]", "description", "request"),
        ("{config.key}", "{config.pass}", "description", "config.pass"),
        ('outcome = "wired"', 'outcome = "failed"', "example", "wired"),
        ("[config]", "[config", "description", "description"),
    ],
)
def test_what_is_wrong_with_a_description_is_said(old: str, new: str, field: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_description(described().replace(old, new))

    assert refused.value.field == field
    assert said in refused.value.sentence


def test_a_pattern_that_would_take_for_ever_elsewhere_takes_no_time() -> None:
    answer = "a" * 50_000
    text = described().replace(
        "[[example]]", "[[send.fail]]\nbody = '(a+)+$b'\nas = \"rejected_with_reason\"\n[[example]]", 1
    )
    kind = checked_description(text.replace("[[example.exchange]]", f'[[example.exchange]]\nanswer = "{answer}"'))

    assert kind.code == "ACME"


def test_a_pattern_that_is_none_is_refused() -> None:
    text = described().replace(
        "[[example]]", "[[send.fail]]\nbody = '(?=a)'\nas = \"rejected_with_reason\"\n[[example]]", 1
    )
    with pytest.raises(Invalid, match="regular expression"):
        checked_description(text)


def test_a_channel_has_the_type_that_its_workspace_described() -> None:
    channel = Channel("uuid", "org", "ACME", "2020", description=described())

    assert type_of(channel).name == "Acme SMS"
    assert type_of(channel) is type_of(channel)
