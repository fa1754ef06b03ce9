"""Android phones that poll on schedule: what 5,000 of them cost, each syncing every ten minutes, through the real processes."""

import asyncio
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil

from tests.benchmarks.bench_system import cpu_of
from tests.fakes.android_phone import AndroidPhone
from tests.system.aggregator import Aggregator
from tests.system.installation import RunningInstallation, await_
from tests.system.workspace import BOTH_WAYS, SystemWorkspace

PHONES = 5_000
EVERY_SECONDS = 600
SAMPLE = 500  # phones, of which each syncs once at the pace of all
AT_ONCE = 16


def run() -> list[tuple[str, float, str]]:
    with tempfile.TemporaryDirectory(prefix="evenkeel-") as folder:
        aggregator = Aggregator().start()
        installation = RunningInstallation(Path(folder)).start()
        try:
            with installation.submitting() as submit:
                workspace = SystemWorkspace(installation, submit, aggregator)
            with httpx.Client(base_url=installation.base_url) as client:
                phones = [_paired(client, workspace, number) for number in range(SAMPLE)]
            await_("all are claimed", lambda: phones[-1].sync() == 200 and phones[-1].org_id > 0, seconds=60)
            return _polling(installation, phones)
        finally:
            installation.stop()
            aggregator.stop()


def _paired(client: httpx.Client, workspace: SystemWorkspace, number: int) -> AndroidPhone:
    def carry(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        answer = (
            client.request(method, path, content=body)
            if not client.is_closed
            else httpx.post(f"{workspace.installation.base_url}{path}", content=body)
        )
        return answer.status_code, answer.content

    phone = AndroidPhone(carry, time.time)
    phone.device = str(uuid.UUID(int=number + 1))
    phone.register()
    ((channel,),) = workspace.installation.rows(
        "select channel::text from android.relayers where relayer_id = %s", phone.relayer_id
    )
    made = {"uuid": channel, "type": "A", "name": "Phone", "address": f"+25078{number:07}", "country": "RW"}
    workspace.must_later("add_channel", channel=made | BOTH_WAYS | {"config": {"relayer_id": phone.relayer_id}})
    return phone


def _polling(installation: RunningInstallation, phones: list[AndroidPhone]) -> list[tuple[str, float, str]]:
    """First as fast as they can, then what the schedule's pace costs beyond an idle installation."""
    address = urlsplit(installation.base_url)
    for phone in phones:
        phone.sync()
    idle = _cpu_within(installation, 10.0)
    began, before = time.perf_counter(), sum(cpu_of(installation).values())
    asyncio.run(_at_pace(f"http://{address.netloc}", phones, PHONES / EVERY_SECONDS))
    seconds = time.perf_counter() - began
    share = (sum(cpu_of(installation).values()) - before) / seconds - idle
    return [
        (f"{PHONES} phones, one sync in {EVERY_SECONDS} s each", share * 100, "% of a core beyond idle"),
        ("  CPU of a sync, all processes", share / (PHONES / EVERY_SECONDS) * 1e6, "µs"),
        ("  idle installation", idle * 100, "% of a core"),
        ("  memory of web", psutil.Process(installation.processes()["web"]).memory_info().rss / 2**20, "MiB"),
    ]


def _cpu_within(installation: RunningInstallation, seconds: float) -> float:
    before = sum(cpu_of(installation).values())
    time.sleep(seconds)
    return (sum(cpu_of(installation).values()) - before) / seconds


async def _at_pace(url: str, phones: list[AndroidPhone], per_second: float) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        hands = asyncio.Semaphore(AT_ONCE)

        async def sync(phone: AndroidPhone) -> None:
            payload, _ = phone._payload([])
            ts = str(int(time.time()))
            path = f"/relayers/relayer/sync/{phone.relayer_id}/?ts={ts}&signature={phone.sign(ts, payload)}"
            async with hands:
                answer: Any = await client.post(path, content=payload)
                assert answer.status_code == 200, answer.text

        under_way = []
        for phone in phones:
            under_way.append(asyncio.create_task(sync(phone)))
            await asyncio.sleep(1 / per_second)
        await asyncio.gather(*under_way)
