"""Against a message centre that isn't ours: the server of the package smpp34 (`pip install smpp34`); skipped where it isn't installed."""

import asyncio
import contextlib

import pytest

from infra.embedded.child_process import free_port
from tests.gateways.connections.smpp.desk import Desk, until
from tests.gateways.connections.smpp.test_sending import story

smpp34 = pytest.importorskip("smpp34", reason="pip install smpp34")


class Centre:
    """Throttles one in ten, sends receipts, and one text from a phone for each bind."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[bytes] = []
        self.sessions: dict = {}
        self.others: set[asyncio.Task] = set()
        self._server: smpp34.Server

    async def start(self) -> None:
        """On a port that nobody took between our look and its bind."""
        for _ in range(10):
            self.port = free_port()
            self._server = smpp34.Server("127.0.0.1", self.port, system_id="theirs")
            with contextlib.suppress(OSError):
                await self._server.start()
                return
        raise AssertionError("no port could be had")

    async def run(self) -> None:
        asked = 0
        while True:
            event = await self._server.next()
            if isinstance(event, smpp34.Esme):
                self.sessions[event.session_id] = event
                self._later(event.deliver_sm("12345", b"hello you", source_addr="250788123123", source_addr_ton=1))
            elif isinstance(event, smpp34.SubmitSmEvent):
                asked += 1
                if asked % 10 == 0:
                    event.reject(smpp34.ESME_RTHROTTLED)
                    continue
                self.taken.append(bytes(event.short_message))
                event.accept(f"{len(self.taken):X}")
                receipt = f"id:{len(self.taken):010X} sub:001 dlvrd:001 stat:DELIVRD err:000".encode()
                self._later(self.sessions[event.session_id].deliver_sm("12345", receipt, esm_class=4))

    def _later(self, sending) -> None:
        task = asyncio.ensure_future(sending)
        self.others.add(task)
        task.add_done_callback(self.others.discard)


def test_texts_receipts_and_throttling():
    async def tell():
        centre = Centre()
        await centre.start()
        serving = asyncio.create_task(centre.run())
        d = Desk(centre, {"window": 4})
        try:
            outcomes = await d.send_all([f"text {number}" for number in range(20)] + ["a" * 200])
            await until(lambda: len(d.reports) == 21)

            assert {each.status for each in outcomes} == {"wired"}
            assert sorted(centre.taken[:20] + [each[6:] for each in centre.taken if each[0] == 5])[:2] == [
                b"a" * 47,
                b"a" * 153,
            ]
            assert len(centre.taken) == 22
            assert {each["status"] for each in d.reports} == {"delivered"}
            ids = {id for each in outcomes[:20] for id in each.external_ids}
            assert {each.get("external_id") or each["message"] for each in d.reports} == ids | {"message-21"}
            assert [each["text"] for each in d.facts] == ["hello you"]
            assert d.held.link.counts["throttled"] == 2
            assert d.held.text == "Bound to theirs as transceiver."
        finally:
            await d.held.end()
            serving.cancel()

    story(tell)
