"""Calls of the API are counted per organization and scope, for all processes together."""

import uuid

import pytest

from gateways.api_v2.answers import Refused
from gateways.api_v2.throttle import Throttle
from infra.redis.connection import connect
from infra.redis.rate_counter import RedisRateCounter


def test_the_call_above_the_limit_is_told_when_to_come_again(redis_url: str) -> None:
    throttle, org = Throttle(RedisRateCounter(connect(redis_url)), 3), str(uuid.uuid4())
    other = Throttle(RedisRateCounter(connect(redis_url)), 3)
    throttle.check(org, "contacts")
    other.check(org, "contacts")
    throttle.check(org, "contacts")

    with pytest.raises(Refused) as refused:
        other.check(org, "contacts")

    assert refused.value.status == 429
    assert 3000 <= int(refused.value.headers["Retry-After"]) <= 3600
    assert refused.value.body["detail"].startswith("Request was throttled. Expected available in 3")


def test_scopes_and_organizations_are_counted_apart(redis_url: str) -> None:
    throttle, org = Throttle(RedisRateCounter(connect(redis_url)), 1), str(uuid.uuid4())

    throttle.check(org, "contacts")
    throttle.check(org, "messages")
    throttle.check(org, "flows")
    throttle.check(str(uuid.uuid4()), "contacts")
    with pytest.raises(Refused):
        throttle.check(org, "groups")


def test_without_redis_everybody_is_let_through() -> None:
    throttle = Throttle(RedisRateCounter(connect("redis://127.0.0.1:1")), 1)

    throttle.check("org", "contacts")
    throttle.check("org", "contacts")


def test_a_limit_of_nothing_is_none() -> None:
    Throttle(RedisRateCounter(connect("redis://127.0.0.1:1")), 0).check("org", "contacts")


def test_who_comes_again_when_told_does_not_come_too_early() -> None:
    class AlmostOver:
        def count(self, key: str, limit: int, seconds: int) -> float:
            return 10.2

    with pytest.raises(Refused) as refused:
        Throttle(AlmostOver(), 1).check("org", "contacts")

    assert refused.value.headers == {"Retry-After": "11"}
    assert refused.value.body == {"detail": "Request was throttled. Expected available in 11 seconds."}
