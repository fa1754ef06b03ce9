"""`evenkeel channel try`: what would be sent, without sending it."""

import json
from pathlib import Path

import pytest

from gateways.cli.main import main
from tests.gateways.channels.description.test_descriptions import WELL

SEND = """
[[example]]
title = "A message is sent"
send = "Hello"
outcome = "wired"
[[example.exchange]]
request = "POST https://aggregator.example/send"
body = "to=%2B250788123123&text=Hello&key=secret"
"""


def test_the_requests_of_a_type_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["channel", "try", "YO", "--text", "Muraho", "--answer", "ybs_autocreate_status=OK", "--json"])

    tried = json.loads(capsys.readouterr().out)
    assert (status, tried["status"]) == (0, "wired")
    assert "sms_content=Muraho" in tried["requests"][0]["url"]


def test_a_description_of_one_s_own_is_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.toml"
    file.write_text(WELL + SEND)

    status = main(["channel", "try", str(file), "--config", '{"key": "k1"}'])

    assert status == 0
    assert "to=%2B250788123123&text=Are+you+well%3F&key=k1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["XX"], "no channel type 'XX'"),
        (["YO", "--config", "[]"], "--config"),
        (["YO", "--config", '{"max_length": "long"}'], "max_length"),
        (["YO", "--to", "250788123123"], "--to"),
    ],
)
def test_what_can_not_be_tried_is_named(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["channel", "try", *arguments]) != 0
    assert says in capsys.readouterr().err
