"""What is said while the log's server is away, and how it is overcome."""

from collections.abc import Callable

import pytest

from domain.errors import Fenced, Unavailable
from tests.conformance.event_log_suite.asking import (
    HERE,
    OpenLog,
    decision,
    eventually,
    gains,
    polled,
    record,
    sees_cursors,
    texts,
)


class OutageSuite:
    """For adapters whose server can go away. `server_away` kills it, `server_back` starts it again."""

    @pytest.fixture
    def server_away(self) -> Callable[[], None]:
        raise NotImplementedError

    @pytest.fixture
    def server_back(self) -> Callable[[], None]:
        raise NotImplementedError

    @pytest.fixture
    def open_log(self) -> OpenLog:
        raise NotImplementedError

    def test_an_outage_is_said_and_overcome_by_everything_that_was_open(self, open_log, server_away, server_back):
        log = open_log()
        log.append([record(text="before")])
        follower = log.follow({HERE: -1})
        assert texts(polled(follower, 1)) == ["before"]
        session = log.own("a")
        gains(session)
        session.commit(HERE, [decision("decided before")], b"before")
        assert texts(polled(follower, 1)) == ["decided before"]

        server_away()
        with pytest.raises(Unavailable):
            log.append([record(text="lost or doubled")])
        with pytest.raises(Unavailable):
            log.read(HERE, -1, 10)
        with pytest.raises(Unavailable):
            log.heads()
        with pytest.raises((Unavailable, Fenced)):
            session.commit(HERE, [decision("never")], b"never")
        server_back()

        eventually(lambda: log.append([record(text="after")]), "the log takes records again")
        assert gains(session, [HERE])[HERE] == b"before"
        session.commit(HERE, [decision("decided after")], b"after")
        heard: list[str] = []
        eventually(
            lambda: heard.extend(texts(follower.poll(0.2))) or "decided after" in heard,
            "the follower goes on",
        )
        assert [text for text in heard if text != "lost or doubled"] == ["after", "decided after"]
        assert sees_cursors(log, {HERE: b"after"})
        follower.close()
        session.close()
