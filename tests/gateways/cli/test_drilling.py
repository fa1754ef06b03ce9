"""What `evenkeel drill` is told wrongly is refused before anything is started."""

import argparse

import pytest

from domain.errors import Invalid
from gateways.cli import drilling
from gateways.cli.drill.temporary import of_each_role
from gateways.cli.main import parser
from infra.settings import Settings


def options(*words: str) -> argparse.Namespace:
    return parser().parse_args(["drill", "poll", *words])


@pytest.mark.parametrize("words", [("--processes", "0"), ("--running", "--processes", "2")])
def test_processes_that_can_not_be_are_refused_by_name(words, tmp_path):
    with pytest.raises(Invalid) as refused:
        drilling.run_poll(options(*words), Settings.from_environment({}, tmp_path))

    assert refused.value.field == "--processes"


def test_so_many_processes_of_each_role_are_what_the_settings_understand(tmp_path):
    settings = Settings.from_environment({"EVENKEEL_PROCESSES": of_each_role(3)}, tmp_path)

    assert settings.processes == {"web": 3, "decider": 3, "projector": 3, "light": 3}
