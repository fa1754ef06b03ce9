"""What every follower does."""

import time
from threading import Thread

from domain.events.record import StoredRecord
from tests.conformance.event_log_suite.asking import (
    ELSEWHERE,
    HERE,
    ORGS,
    PARTITIONS,
    SECONDS_TO_WAIT,
    OpenedLog,
    eventually,
    polled,
    record,
    texts,
)


class FollowingSuite(OpenedLog):
    """The part of it that followers keep."""

    def test_a_follower_gives_what_is_there_and_then_what_comes(self, log):
        log.append([record(text="1"), record(ELSEWHERE, text="other")])
        follower = log.follow({HERE: -1})

        assert texts(polled(follower, 1)) == ["1"]
        log.append([record(text="2")])
        assert texts(polled(follower, 1)) == ["2"]
        follower.close()

    def test_a_follower_starts_after_the_offset_it_is_given(self, log):
        positions = log.append([record(text=str(number)) for number in range(5)])
        follower = log.follow({HERE: positions[2].offset})

        assert texts(polled(follower, 2)) == ["3", "4"]
        follower.close()

    def test_a_poll_is_woken_by_a_record(self, log):
        follower = log.follow({HERE: -1, 1: -1})
        follower.poll(0)
        began = time.monotonic()
        writer = Thread(target=log.append, args=([record(text="news")],))
        writer.start()

        found = follower.poll(SECONDS_TO_WAIT)

        assert texts(found) == ["news"]
        assert time.monotonic() - began < SECONDS_TO_WAIT / 2
        writer.join()
        follower.close()

    def test_a_poll_ends_when_its_time_is_over(self, log):
        follower = log.follow(dict.fromkeys(range(PARTITIONS), -1))

        assert follower.poll(0.02) == []
        follower.close()

    def test_a_follower_of_some_kinds_passes_over_the_others_and_says_so(self, log):
        log.append([record(kind=kind, text=kind) for kind in ("report", "fact", "report")])
        follower = log.follow({HERE: -1}, ("fact",))

        assert texts(polled(follower, 1)) == ["fact"]

        eventually(
            lambda: not follower.poll(0.01) and follower.positions()[HERE] >= log.heads()[HERE],
            "the follower's position reaches the head, whose record it does not want",
        )
        log.append([record(text="next")])
        assert texts(polled(follower, 1)) == ["next"]
        follower.close()

    def test_positions_are_those_of_the_records_given(self, log):
        positions = log.append([record(text=str(number)) for number in range(6)])
        follower = log.follow({HERE: -1})

        given = eventually(lambda: follower.poll(0.2, limit=2), "two records")

        assert texts(given) == ["0", "1"]
        assert follower.positions()[HERE] == positions[1].offset
        follower.close()

    def test_a_poll_gives_no_more_than_its_limit_and_loses_nothing(self, log):
        log.append([record(org, text=org) for org in ORGS])
        follower = log.follow(dict.fromkeys(range(PARTITIONS), -1))
        found: list[StoredRecord] = []

        def all_given() -> bool:
            page = follower.poll(0.2, limit=5)
            assert len(page) <= 5
            found.extend(page)
            return len(found) >= len(ORGS)

        eventually(all_given, "all records are given")
        assert sorted(texts(found)) == sorted(ORGS)
        follower.close()

    def test_a_follower_goes_on_where_it_is_sent(self, log):
        positions = log.append([record(text=str(number)) for number in range(5)])
        follower = log.follow({HERE: -1})
        polled(follower, 5)

        follower.seek(HERE, positions[1].offset)
        assert texts(polled(follower, 3)) == ["2", "3", "4"]
        follower.seek(HERE, -1)
        assert follower.positions()[HERE] == -1
        assert len(polled(follower, 5)) == 5
        follower.close()

    def test_a_busy_partition_does_not_keep_the_others_waiting(self, log):
        log.append([record(text=str(number)) for number in range(300)])
        log.append([record(ELSEWHERE, text="quiet")])
        follower = log.follow({HERE: -1, 1: -1})

        pages = [eventually(lambda: follower.poll(1.0, limit=50), "a page") for _ in range(5)]

        assert "quiet" in [text for page in pages for text in texts(page)]
        follower.close()
