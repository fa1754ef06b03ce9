"""How a decider reads its inputs."""

import time
from threading import Thread

from domain.events.record import StoredRecord
from tests.conformance.event_log_suite.asking import (
    HERE,
    NEIGHBOUR,
    ORG,
    SECONDS_TO_WAIT,
    OpenedLog,
    decision,
    eventually,
    gains,
    inputs_of,
    record,
    texts,
)


class DecidersReadingSuite(OpenedLog):
    def test_a_decider_reads_inputs_only_and_learns_how_far_it_looked(self, log):
        session = log.own("a")
        gains(session)
        session.commit(HERE, [decision("d")], b"c")
        positions = log.append(
            [record(kind=kind, text=kind) for kind in ("report", "fact", "report", "command", "report")]
        )

        found = inputs_of(session, count=2)

        assert texts(found) == ["fact", "command"]
        eventually(
            lambda: session.read(HERE, found[-1].offset, 10) == ([], positions[-1].offset),
            "the reader moves on past the report at the end",
        )
        session.close()

    def test_a_decider_reads_no_more_than_it_asks_for(self, log):
        positions = log.append([record(text=str(number)) for number in range(10)])
        session = log.own("a")
        gains(session)
        inputs_of(session, count=10)

        records, looked = session.read(HERE, -1, 3)

        assert texts(records) == ["0", "1", "2"]
        assert looked == positions[2].offset
        again, _ = session.read(HERE, looked, 3)
        assert texts(again) == ["3", "4", "5"]
        session.close()

    def test_a_decider_reads_one_organization_up_to_an_offset(self, log):
        given = [record((ORG, NEIGHBOUR)[number % 2], text=str(number)) for number in range(40)]
        positions = log.append(given)
        session = log.own("a")
        gains(session)
        inputs_of(session, count=40)

        found = inputs_of(session, positions[3].offset, 8, org=ORG, until=positions[19].offset)

        assert texts(found) == ["4", "6", "8", "10", "12", "14", "16", "18"]
        assert session.read(HERE, positions[18].offset, 10, org=ORG, until=positions[19].offset) == (
            [],
            positions[19].offset,
        )
        assert session.read(HERE, positions[30].offset, 10, until=positions[19].offset) == ([], positions[30].offset)
        session.close()

    def test_slices_of_several_organizations_and_the_head_do_not_disturb_each_other(self, log):
        log.append([record((ORG, NEIGHBOUR)[number % 2], text=str(number)) for number in range(60)])
        session = log.own("a")
        gains(session)
        found: dict[str | None, list[StoredRecord]] = {ORG: [], NEIGHBOUR: [], None: []}
        looked: dict[str | None, int] = dict.fromkeys(found, -1)

        def all_read() -> bool:
            for org in found:
                records, looked[org] = session.read(HERE, looked[org], 4, org=org)
                found[org] += records
            session.wait(0.01)
            return len(found[None]) >= 60 and len(found[ORG]) >= 30 and len(found[NEIGHBOUR]) >= 30

        eventually(all_read, "everything is read")
        assert texts(found[None]) == [str(number) for number in range(60)]
        assert texts(found[ORG]) == [str(number) for number in range(0, 60, 2)]
        assert texts(found[NEIGHBOUR]) == [str(number) for number in range(1, 60, 2)]
        session.close()

    def test_waiting_ends_when_an_input_comes(self, log):
        session = log.own("a")
        gains(session)
        for _ in range(3):
            session.read(HERE, -1, 10)
            session.wait(0.02)
        began = time.monotonic()
        writer = Thread(target=log.append, args=([record(text="news")],))
        writer.start()

        session.wait(SECONDS_TO_WAIT)

        assert time.monotonic() - began < SECONDS_TO_WAIT / 2
        assert texts(inputs_of(session)) == ["news"]
        writer.join()
        session.close()
