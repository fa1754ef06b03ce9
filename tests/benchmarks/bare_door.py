"""The ceiling for an ingest door: it reads the body, appends it as it is and answers. Run as a program: `bare_door DSN PORT PARTITIONS`."""

import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson

from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from gateways.cli.web import serve
from infra.clock import now_micros
from infra.event_log.postgres import PostgresEventLog
from infra.ids import uuid7
from infra.settings import Settings

ORG = "0192fc2e-6d9c-7bd5-8f5c-000000000000"
ANSWER = orjson.dumps({"message": "Accepted", "data": []})
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))],
}


class BareDoor:
    """Nothing is looked up, read or checked."""

    def __init__(self, commit: GroupCommit) -> None:
        self._commit = commit

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        data = {"body": message["body"].decode(), "query": scope["query_string"].decode()}
        event = {"type": "message_received", "version": 1, "id": uuid7(), "data": data}
        await self._commit.append(ORG, "fact", "bench", (event,))
        await send(START)
        await send({"type": "http.response.body", "body": ANSWER})


def main(dsn: str, port: int) -> None:
    settings = Settings.from_environment({"EVENKEEL_PORT": str(port)}, Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory() as folder:
        commit = GroupCommit(PostgresEventLog(dsn), Spool(Path(folder)), now_micros)
        commit.start()
        web = SimpleNamespace(application=BareDoor(commit), end_streams=lambda: None)
        serve(web, settings, lambda: print("ready", flush=True), threading.Event())  # type: ignore[arg-type]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
