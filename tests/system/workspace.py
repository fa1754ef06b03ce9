"""An organization of a running installation, with an EX and a KN channel to a fake aggregator."""

import hashlib
import json
import uuid
from typing import Any

from domain.events.record import Record
from gateways.cli.compose import Submit, open_log
from infra.clock import now_micros
from infra.ids import uuid7
from tests.system.aggregator import Aggregator
from tests.system.installation import SURVEY, RunningInstallation, await_, request

BOTH_WAYS = {"schemes": ["tel"], "roles": ["send", "receive"]}


class SystemWorkspace:
    """Made by commands, as everybody's is. `channel` is the one that messages come over: "EX" or "KN"."""

    def __init__(
        self,
        installation: RunningInstallation,
        submit: Submit,
        aggregator: Aggregator,
        *,
        name: str = "Water Ministry",
        kind: str = "EX",
        anon: bool = False,
    ) -> None:
        self.installation = installation
        self._submit = submit
        self._log = open_log(installation.settings)
        self.kind = kind
        self.org = str(uuid.uuid4())
        self.channel = str(uuid.uuid4())
        self.token = uuid.uuid4().hex
        profile = {"uuid": self.org, "name": name, "timezone": "Africa/Kigali", "country": "RW", "languages": ["eng"]}
        self.must("create_workspace", workspace={**profile, "date_style": "day_first", "anon": anon})
        user = {"uuid": str(uuid.uuid4()), "email": f"{self.org}@example.com", "name": "Ada", "role": "administrator"}
        self.must("add_user", user=user)
        self.user = {"uuid": user["uuid"], "email": user["email"]}
        self._issue(self.token, "administrator")
        config = aggregator.external_config() if kind == "EX" else aggregator.kannel_config()
        channel = {"uuid": self.channel, "type": kind, "name": "Short code", "address": "2020", "country": "RW"}
        self.must("add_channel", channel=channel | BOTH_WAYS | {"config": config})
        field = {"uuid": str(uuid.uuid4()), "key": "household", "name": "Household", "type": "number"}
        self.must("add_field", field=field)
        url = {"uuid": str(uuid.uuid4()), "key": "survey_url", "name": "Survey URL"}
        self.must("set_global", **{"global": url | {"value": f"http://127.0.0.1:{aggregator.port}/survey"}})
        await_known_at_the_door(self.receive_url)

    def must(self, name: str, **data: Any) -> dict[str, Any]:
        return self._submit(self.org, name, data)

    def must_later(self, name: str, **data: Any) -> None:
        """Append a command without waiting for what becomes of it."""
        event = {"type": name, "version": 1, "id": uuid7(), "data": data}
        self._log.append([Record(self.org, "command", (event,), now_micros(), "test")])

    def add_token(self, role: str) -> str:
        """A token of the same user, who may less with it."""
        token = uuid.uuid4().hex
        self._issue(token, role)
        return token

    def _issue(self, token: str, role: str) -> None:
        token_hash = hashlib.sha256(token.encode()).hexdigest()
        self.must("issue_api_token", token_hash=token_hash, user=self.user, role=role)

    def add_survey(self) -> str:
        definition = json.loads(SURVEY.read_bytes())["flows"][0] | {"uuid": str(uuid.uuid4())}
        flow = str(self.must("save_flow", definition=definition)["uuid"])
        trigger = {"uuid": str(uuid.uuid4()), "type": "keyword", "keywords": ["survey"], "match": "first", "flow": flow}
        self.must("add_trigger", trigger=trigger)
        return flow

    @property
    def receive_url(self) -> str:
        return f"{self.installation.base_url}/c/{self.kind.lower()}/{self.channel}/receive"

    def kannel_message(self, sender: str, text: str, external_id: str) -> dict[str, str]:
        """The form that Kannel posts for an incoming message."""
        return {"id": external_id, "ts": "1700000000", "sender": sender, "message": text}

    def status_url(self, status: str, message_id: str) -> str:
        base = f"{self.installation.base_url}/c/{self.kind.lower()}/{self.channel}"
        if self.kind == "EX":
            return f"{base}/{status}?id={message_id}"
        return f"{base}/status?uuid={message_id}&status={ {'delivered': 1, 'sent': 8, 'failed': 2}[status] }"


def await_known_at_the_door(receive_url: str) -> None:
    """A door hears of a new channel by itself, a moment after the read models. Nobody PUTs to a channel: it says so once it knows it."""
    await_("the door knows the channel", lambda: request("PUT", receive_url) == 405)
