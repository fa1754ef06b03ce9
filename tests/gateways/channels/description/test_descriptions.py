"""Descriptions: the examples in each are true, and what is wrong with one is said with its place."""

import pytest

from gateways.channels.channel_type import BuiltType, Example
from gateways.channels.description.examples import problems
from gateways.channels.description.load import load_descriptions, read_description
from gateways.channels.description.section import DescriptionError

DESCRIBED = load_descriptions()
EXAMPLES = [(kind, example) for kind in DESCRIBED for example in kind.examples]

WELL = """
type = "ZZ"
name = "Some aggregator"
[config]
key = "secret!"
[[receive]]
action = "receive"
require = ["from"]
message.urn = { from = "from" }
message.text = "text"
[[send.request]]
url = "https://aggregator.example/send"
form = { to = "{to}", text = "{text}", key = "{config.key}" }
[[example]]
title = "A message comes in"
receive = "receive"
body = "from=%2B250788123123&text=Hello"
gives = [{ urn = "tel:+250788123123", text = "Hello" }]
"""


@pytest.mark.parametrize(("kind", "example"), EXAMPLES, ids=[f"{k.code}: {e.title}" for k, e in EXAMPLES])
def test_the_example_is_true(kind: BuiltType, example: Example) -> None:
    assert problems(kind, example) == []


@pytest.mark.parametrize("kind", DESCRIBED, ids=[kind.code for kind in DESCRIBED])
def test_every_description_shows_a_message_in_and_a_message_out(kind: BuiltType) -> None:
    assert any(example.action == "receive" for example in kind.examples)
    assert any(example.text for example in kind.examples)


def test_an_example_that_is_not_true_is_noticed() -> None:
    kind = read_description(WELL.replace('text = "Hello" }]', 'text = "Bye" }]'))

    assert "expected" in problems(kind, kind.examples[0])[0]


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (("form = {", "fold = {"), "unknown fold"),
        (("{text}", "{txet}"), "no variable 'txet'"),
        (("{config.key}", "{config.kye}"), "no variable 'config.kye'"),
        (("secret!", "hidden!"), "config.key"),
        (('name = "Some aggregator"', ""), "name"),
        (('action = "receive"', 'action = "receive"\nparse = "yaml"'), "receive[0].parse"),
        (("{text}", "{text|shout}"), "no filter 'shout'"),
        (("[[example]]", "[[exsample]]"), "example"),
        (("[config]", "[config"), "description"),
        (("[config]", 'one_of = [["key"], ["kye"]]\n[config]'), "one_of"),
        (("[[example]]", '[[send.fail]]\nhttp = "4xx"\nas = "response_status"\n[[example]]'), "send.fail[0].http"),
    ],
)
def test_a_mistake_is_named_with_its_place(wrong: tuple[str, str], place: str) -> None:
    with pytest.raises(DescriptionError) as error:
        read_description(WELL.replace(*wrong))

    assert place in str(error.value)
