"""To the next release under traffic: not a callback is refused, everything is in the log once, and read models equal a rebuild."""

import http.client
import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from gateways.cli.taking_over import REQUEST, RESULT, signal_supervisor
from projections.catalogue import read_model
from tests.system.aggregator import Aggregator
from tests.system.api_client import ApiClient
from tests.system.installation import ROOT, RunningInstallation, await_, running
from tests.system.next_release import make_broken_release, make_next_release
from tests.system.workspace import SystemWorkspace

CONTACTS = 12
PAUSE = 0.04  # seconds between two requests of a contact
CONNECTION_KEPT = 6  # contacts whose aggregator keeps its connection open; the others' opens one for each request


class Traffic:
    """Contacts write, one thread for each, and what we say to them is reported as delivered; a program reads and writes over the API."""

    def __init__(self, workspace: SystemWorkspace, aggregator: Aggregator) -> None:
        self._workspace = workspace
        self._aggregator = aggregator
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(CONTACTS)]
        self._threads.append(threading.Thread(target=self._ask))
        self.answers: Counter[str] = Counter()
        self.api_answers: Counter[int | str] = Counter()
        self.written: set[str] = set()
        self.reported: set[str] = set()
        self.longest = 0.0

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        connection = None
        sender = f"+25078800{number:04}"
        line = 0
        while not self._over.wait(PAUSE):
            connection = connection or self._connect()
            told = next((each for each in self._aggregator.taken[-50:] if self._is_news(each, sender)), None)
            if told is None:
                line += 1
                text, name = "survey" if line % 10 == 1 else f"line {line}", f"{number}-{line}"
                answer = self._post(connection, self._workspace.kannel_message(sender, text, name))
                self.written.add(name)
            else:
                answer = self._get(connection, self._workspace.status_url("delivered", told["id"]))
                self.reported.add(told["id"])
            if answer != "200" or number >= CONNECTION_KEPT:
                connection.close()
                connection = None

    def _is_news(self, message: dict[str, str], sender: str) -> bool:
        return message["to"] == sender and message["id"] not in self.reported

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._workspace.installation.port, timeout=120)

    def _post(self, connection: http.client.HTTPConnection, form: dict[str, str]) -> str:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._request(connection, "POST", self._workspace.receive_url, urlencode(form), headers)

    def _get(self, connection: http.client.HTTPConnection, url: str) -> str:
        return self._request(connection, "GET", url, None, {})

    def _request(
        self, connection: http.client.HTTPConnection, method: str, url: str, body: str | None, headers: dict[str, str]
    ) -> str:
        parts = urlsplit(url)
        began = time.monotonic()
        try:
            connection.request(method, f"{parts.path}?{parts.query}", body, headers)
            response = connection.getresponse()
            response.read()
            answer = str(response.status)
        except (OSError, http.client.HTTPException) as error:
            answer = repr(error)
        self.answers[answer] += 1
        self.longest = max(self.longest, time.monotonic() - began)
        return answer

    def _ask(self) -> None:
        client = ApiClient(self._workspace.installation.base_url, self._workspace.token)
        number = 0
        while not self._over.wait(0.2):
            number += 1
            contact = {"name": "Ada", "urns": [f"tel:+25079900{number:04}"]}
            try:
                self.api_answers[client.get("messages", folder="inbox").status] += 1
                self.api_answers[client.post("contacts", contact).status] += 1
            except OSError as error:
                self.api_answers[repr(error)] += 1


def test_an_upgrade_under_traffic_refuses_not_one_callback(
    server_folder: Path, tmp_path: Path, aggregator: Aggregator
) -> None:
    release = make_next_release(tmp_path / "release")
    with running(server_folder / "upgrade") as installation:
        with installation.submitting() as submit:
            workspace = SystemWorkspace(installation, submit, aggregator, kind="KN")
            workspace.add_survey()
        traffic = _upgraded_under_traffic(workspace, aggregator, release, make_broken_release(tmp_path / "broken"))
        _check_what_was_written(workspace, traffic)


def _upgraded_under_traffic(workspace: SystemWorkspace, aggregator: Aggregator, release: Path, broken: Path) -> Traffic:
    installation = workspace.installation
    before = installation.processes()

    with Traffic(workspace, aggregator) as traffic:
        await_("some traffic", lambda: traffic.answers["200"] > 200)
        assert "is broken" in asked_to_give_way(installation, broken)
        upgraded = installation.upgrade_to(release)
        at_the_end = traffic.answers["200"]
        await_("some more traffic", lambda: traffic.answers["200"] > at_the_end + 150)

    print(
        f"{traffic.answers}, API {traffic.api_answers}, the longest took {traffic.longest:.2f} s; {upgraded['steps']}"
    )
    assert set(traffic.answers) == {"200"}
    assert set(traffic.api_answers) == {200, 201}
    after = installation.processes()
    for name in ("supervisor", "postgres", "redis"):
        assert after[name] == before[name]
    for name in ("web", "projector", "decider", "light"):
        assert after[name] != before[name]
    return traffic


def _check_what_was_written(workspace: SystemWorkspace, traffic: Traffic) -> None:
    installation = workspace.installation
    log = Log(installation, workspace.org)
    await_("everything is decided", lambda: len(log.read("message_handled")) == len(traffic.written), seconds=300)
    received = log.read("message_received")
    assert Counter(event["data"]["external_id"] for event in received) == Counter(traffic.written)
    reports = [event["data"]["message"] for event in log.read("delivery_reported")]
    assert Counter(reports) == Counter(traffic.reported)
    assert log.read("input_refused") == []
    for events in (received, log.read("message_handled")):
        assert {event["version"] for event in events} == {1, 2}, "both releases have written"

    await_("everything is shown", lambda: sum(heard(installation).values()) == len(traffic.written))
    assert set(heard(installation)) == {"the last release", "this release"}
    [(version,)] = installation.rows("select version from projections.read_models where name = 'messages'")
    assert version == read_model("messages").version + 1
    assert all(each["switched"] for each in installation.evenkeel("rebuild", "all"))
    assert "upgrade it" in installation.upgrade_to(ROOT)["error"], "the last release can't read what this one wrote"
    assert installation.rows("select 1 from projections.set_aside") == []


def asked_to_give_way(installation: RunningInstallation, code: Path) -> str:
    """What the supervisor says when it is asked to give way to a program that does not start, whose command line can't ask itself."""
    run = installation.folder / "run"
    (run / REQUEST).write_text(json.dumps({"id": "broken", "python": sys.executable, "code": str(code)}))
    signal_supervisor(installation.processes()["supervisor"])

    def answer() -> str:
        result = json.loads((run / RESULT).read_text()) if (run / RESULT).exists() else {}
        return str(result["said"]) if result.get("state") == "failed" else ""

    return str(await_("the refusal", answer))


def heard(installation: RunningInstallation) -> dict[str, int]:
    """How many messages the new table of the new read model has, by the release that heard them."""
    return dict(installation.rows("select heard_by, count(*) from messages.message_hearers group by 1"))


class Log:
    """As it was written: this tree can't read what the next release writes."""

    def __init__(self, installation: RunningInstallation, org: str) -> None:
        self._installation = installation
        self._org = org

    def read(self, name: str) -> list[dict[str, dict[str, str]]]:
        rows = self._installation.rows(
            'select body from event_log.records where org = %s order by partition, "offset"', self._org
        )
        events = [event for (body,) in rows for event in json.loads(bytes(body))["events"]]
        return [event for event in events if event["type"] == name]
