"""Redis over TLS, with a user and a password of its access control, and what is said where one is wrong."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from domain.errors import Unavailable
from gateways.connections.lease import RedisLeases
from gateways.connections.notes import RedisNotes
from infra.redis.connection import Refused, connect
from infra.redis.fair_queue import RedisFairQueue
from infra.redis.feed_cursor import RedisFeedCursor
from infra.redis.rate_counter import RedisRateCounter
from tests.certificates import Authority

pytestmark = pytest.mark.redis

USER, PASSWORD = "keel", "open/sesame"
NEEDED = ("~*", "+@all", "-@admin", "-@dangerous")


@pytest.fixture(scope="module")
def users(redis_url: str) -> Iterator[None]:
    admin = redis.Redis.from_url(redis_url)
    admin.execute_command("acl", "setuser", USER, "on", f">{PASSWORD}", *NEEDED)
    admin.execute_command("acl", "setuser", "reader", "on", f">{PASSWORD}", "~*", "+ping")
    yield
    admin.execute_command("acl", "deluser", USER, "reader")
    admin.close()


@pytest.fixture
def address(users: None, redis_port: int, authority: Authority) -> Callable[..., str]:
    def given(
        *,
        user: str = USER,
        password: str = PASSWORD,
        ca: Path = authority.file,
        host: str = "127.0.0.1",
        scheme: str = "rediss",
    ) -> str:
        escaped = password.replace("/", "%2F")
        return f"{scheme}://{user}:{escaped}@{host}:{redis_port}/0" + (
            f"?ssl_ca_certs={ca}" if scheme == "rediss" else ""
        )

    return given


def test_everything_in_redis_works_for_a_user_without_dangerous_commands(address):
    client = connect(address())
    prefix = f"tls-{uuid.uuid4().hex[:8]}"
    queue = RedisFairQueue(client, prefix)

    assert queue.begin_generation("first") and queue.generation() == "first"
    assert queue.sizes() == {}
    cursor = RedisFeedCursor(client, prefix)
    assert cursor.claim("worker", 5.0) and cursor.save("worker", {0: 7}) and cursor.read() == {0: 7}
    counter = RedisRateCounter(client)
    assert counter.count(f"{prefix}:calls", 1, 60) == 0 < counter.count(f"{prefix}:calls", 1, 60)
    notes = RedisNotes(client, prefix)
    notes.write("channel", "name", "value", 5.0)
    assert notes.read("channel", "name") == "value" and dict(notes.shown()) == {}
    leases = RedisLeases(client, prefix)
    assert set(leases.take("holder", ["channel"], 5.0)) == {"channel"}
    leases.release("holder", ["channel"])
    queue.clear()
    client.close()


WRONG = {
    "password": ({"password": "guessed"}, "refuses the user or the password that EVENKEEL_REDIS names"),
    "user": ({"user": "nobody"}, "refuses the user or the password that EVENKEEL_REDIS names"),
    "rights": ({"user": "reader"}, "does not allow the user that EVENKEEL_REDIS names"),
    "CA": ({"ca": None}, "not one we trust.*ssl_ca_certs"),
    "host": ({"host": "localhost"}, "not one we trust for that host"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said_without_the_password(address, tmp_path, wrong):
    given, expected = WRONG[wrong]
    if "ca" in given:
        given = {"ca": Authority(tmp_path, "stranger").file}
    client = connect(address(**given))

    with pytest.raises(Refused, match=expected) as raised:
        RedisFairQueue(client, "tls").generation()

    assert "guessed" not in raised.value.sentence and PASSWORD not in raised.value.sentence
    client.close()


def test_a_redis_that_hangs_up_on_plain_speech_may_want_tls(address):
    client = connect(address(scheme="redis"))

    with pytest.raises(Unavailable, match="rediss://"):
        RedisFairQueue(client, "tls").generation()

    client.close()
