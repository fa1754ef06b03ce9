"""The pages in a real browser: what a person sees and does, and what a screen reader and a small screen make of it."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from infra.embedded.kafka_download import cache_folder
from tests.gateways.pages.installation import CHANNEL, ORG, Pages, served

HERE = Path(__file__).parent / "browser"
PACKAGES = ("package.json", "package-lock.json")

pytestmark = pytest.mark.slow


class PagesWithDoor(Pages):
    """Beside the pages stands the channel's door, which keeps what phones write."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[dict[str, list[str]]] = []
        self.reported: list[str] = []
        self.asked_api: list[tuple[str, str]] = []

    @property
    def served(self) -> Any:
        return self._with_door

    def _exchanges(self) -> Any:
        """The API's, on two pages."""
        exchange = {
            "uuid": "1", "channel": CHANNEL, "type": "message_send", "direction": "out", "status": 400, "elapsed_ms": 12,
            "error": "<img src=x>", "notes": ["a note"], "messages": ["id:7"], "request": "POST /send <img src=x>",
            "response": "HTTP/1.1 400", "created_on": "2026-11-24T09:00:00Z",
        }  # fmt: skip
        if len(self.asked_api) > 1:
            return {"next": None, "previous": None, "results": [exchange]}
        following = "http://elsewhere.example/api/v2/channel_log.json?cursor=abc"
        return {"next": following, "previous": None, "results": [exchange], "counted": [{"count": 3}]}

    async def _with_door(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/api/v2/channel_log.json":
            self.asked_api.append((scope["query_string"].decode(), dict(scope["headers"])[b"authorization"].decode()))
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": json.dumps(self._exchanges()).encode()})
            return
        if not scope["path"].startswith("/c/"):
            await self.app(scope, receive, send)
            return
        if scope["path"].endswith("/receive"):
            self.written.append(parse_qs((await receive())["body"].decode()))
        else:
            self.reported.append(scope["path"].rpartition("/")[2] + "?" + scope["query_string"].decode())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        stored = {"data": [{"type": "msg", "msg_uuid": f"u-{len(self.written)}"}]}
        await send({"type": "http.response.body", "body": json.dumps(stored).encode()})


@pytest.fixture(scope="module")
def browser_folder() -> Path:
    """Where Chromium and its driver are, brought once by npm."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("node and npm are not installed")
    name = hashlib.sha256(b"".join((HERE / package).read_bytes() for package in PACKAGES)).hexdigest()[:12]
    folder = cache_folder() / f"browser-{name}"
    done = folder / "installed"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for package in PACKAGES:
            shutil.copy(HERE / package, folder / package)
        npm = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        fetched = subprocess.run(npm, cwd=folder, capture_output=True, text=True, timeout=300)
        if fetched.returncode:
            pytest.skip(f"npm could not bring Chromium: {fetched.stderr[-200:]}")
        done.touch()
    return folder


@pytest.fixture(scope="module")
def seen(browser_folder: Path) -> Iterator[tuple[dict[str, Any], PagesWithDoor]]:
    """What the browser saw, and what reached the door."""
    pages = PagesWithDoor()
    pages.append("message_received", "message_received")
    with served(pages) as site:
        command = ["node", str(HERE / "drive.mjs"), str(browser_folder), site.url, CHANNEL]
        environment = {**os.environ, "TMPDIR": str(browser_folder)}
        run = subprocess.run(command, capture_output=True, text=True, timeout=400, env=environment)
    assert run.returncode == 0, run.stderr[-2000:]
    yield json.loads(run.stdout), pages


Seen = tuple[dict[str, Any], PagesWithDoor]


def test_a_phone_writes_to_its_channel_s_door(seen: Seen) -> None:
    _, pages = seen

    assert pages.written[1:] == [
        {"from": ["+250788123123"], "text": ["Muraho <b>"]},
        {"from": ["+250788123123"], "text": ["Yes <i>"]},
    ]


def test_answers_are_shown_as_text_with_links_and_quick_replies(seen: Seen) -> None:
    saw, _ = seen

    assert saw["lines"] == [["in", "Muraho <b>"], ["out", "<img src=x onerror=alert(1)> "], ["in", "Yes <i>"]]
    assert saw["quick_replies"] == ["Yes <i>", "No"]
    assert saw["link"] == "https://example.com/a?b=1&c=2"
    assert saw["made_elements"] == 0


def test_the_aggregator_reports_what_a_phone_got(seen: Seen) -> None:
    _, pages = seen

    assert pages.reported == ["delivered?id=9", "delivered?id=7"]


def test_a_history_that_comes_late_wipes_nothing_off_the_screen(seen: Seen) -> None:
    saw, _ = seen

    assert saw["with_a_late_history"] == ["earlier", "written meanwhile", "delivered meanwhile"]


def test_what_was_written_is_shown_once_when_the_history_has_it(seen: Seen) -> None:
    saw, _ = seen

    assert sorted(saw["with_a_history_that_has_it"]) == ["earlier", "later", "written meanwhile"]


def test_phones_and_their_messages_survive_a_reload(seen: Seen) -> None:
    saw, _ = seen

    assert (saw["phones"], saw["phones_after_reload"]) == (2, 3)
    assert saw["number_after_reload"] == "+250788123123"
    assert (
        saw["lines_after_reload"] == 1
    )  # the answer; what the phone wrote comes from the read model, which is empty here


def test_the_log_moves(seen: Seen) -> None:
    saw, _ = seen

    assert saw["record"][2:] == ["fact", "door:EX", ORG[:8], "message_received ×2"]
    assert saw["readers"] == ["0", "12", "10", "2"]
    assert saw["parked"] == [f"{ORG} at 0.3"]


def test_the_channel_log_is_asked_with_the_token_and_shown_as_text(seen: Seen) -> None:
    saw, pages = seen

    assert pages.asked_api == [(f"channel={CHANNEL}&errors=true", "Token a-token"), ("cursor=abc", "Token a-token")]
    assert saw["exchange"][:6] == ["2026-11-24T09:00:00Z", "out", "message_send", "400", "12", "<img src=x>"]
    assert "POST /send <img src=x>" in saw["exchange"][6] and "a note" in saw["exchange"][6]
    assert saw["exchanges_said"] == "2 shown."
    assert saw["exchange_elements"] == 0


def test_the_channel_log_shows_what_was_asked_last_whatever_is_answered_last(seen: Seen) -> None:
    saw, _ = seen

    assert saw["exchanges_of_two_questions"] == ["of the second question"]


def test_nothing_goes_wrong_in_the_browser(seen: Seen) -> None:
    """No script error, no dialog, nothing that the content security policy had to stop."""
    saw, _ = seen

    assert saw["problems"] == []


@pytest.mark.parametrize("page", ["/", "/simulator", "/log", "/channels/log/"])
def test_a_page_fits_a_phone_and_is_accessible(seen: Seen, page: str) -> None:
    saw, _ = seen

    assert saw["overflow"][page] <= 0
    assert saw["accessibility"][page] == []
