"""Ids and the clock of the machine."""

import time
from datetime import UTC
from uuid import UUID

from infra.clock import now, now_micros
from infra.ids import uuid7


def test_an_id_is_a_uuid_of_version_7_with_the_time_in_front() -> None:
    before = time.time_ns() // 1_000_000
    made = UUID(uuid7())
    after = time.time_ns() // 1_000_000
    assert made.version == 7 and made.variant == UUID("00000000-0000-7000-8000-000000000000").variant
    assert before <= made.int >> 80 <= after


def test_ids_made_at_the_same_moment_differ() -> None:
    assert len({uuid7() for _ in range(5_000)}) == 5_000


def test_the_clock_is_in_utc_and_both_its_faces_agree() -> None:
    first, second, third = now_micros(), now(), now_micros()
    assert second.tzinfo is UTC
    assert first - 1 <= second.timestamp() * 1e6 <= third + 1
