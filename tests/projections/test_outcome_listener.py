"""Who waits for a command's outcome is told it, however busy the process is that listens."""

import os
import resource
from collections.abc import Callable, Iterator

import pytest
from psycopg2.extensions import connection as Connection

from projections.command_outcomes.waiting import OutcomeListener
from tests.projections.conftest import Tables
from tests.projections.examples import Story, uuid_of

MORE_THAN_SELECT_BEARS = 1_100


@pytest.fixture
def many_open_files() -> Iterator[None]:
    """As in a process that serves many connections: whatever is opened next has a high number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = MORE_THAN_SELECT_BEARS + 200
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"only {hard} files may be open")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(MORE_THAN_SELECT_BEARS)]
    yield
    for each in opened:
        os.close(each)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_outcomes_are_told_though_the_process_has_many_files_open(
    tables: Tables, connect: Callable[[], Connection], many_open_files: None
) -> None:
    listener = OutcomeListener(connect)
    listener.start()
    first, second = uuid_of("first command"), uuid_of("second command")
    story = Story()
    for command in (first, second):
        outcome = listener.expect(command)
        tables.project(story.tell("decision", story.event("command_accepted", {"command": command, "result": {}})))
        assert outcome.result(60).accepted
    listener.close()
