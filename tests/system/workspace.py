"""An organization of a running installation, with an EX channel to a fake aggregator."""

import hashlib
import json
import uuid
from typing import Any

from gateways.cli.compose import Submit
from tests.system.aggregator import Aggregator
from tests.system.installation import SURVEY, RunningInstallation


class SystemWorkspace:
    """Made by commands, as everybody's is."""

    def __init__(
        self, installation: RunningInstallation, submit: Submit, aggregator: Aggregator, name: str = "Water Ministry"
    ) -> None:
        self.installation = installation
        self._submit = submit
        self.org = str(uuid.uuid4())
        self.channel = str(uuid.uuid4())
        self.token = uuid.uuid4().hex
        profile = {"uuid": self.org, "name": name, "timezone": "Africa/Kigali", "country": "RW", "languages": ["eng"]}
        self.must("create_workspace", workspace={**profile, "date_style": "day_first", "anon": False})
        user = {"uuid": str(uuid.uuid4()), "email": f"{self.org}@example.com", "name": "Ada", "role": "administrator"}
        self.must("add_user", user=user)
        token_hash = hashlib.sha256(self.token.encode()).hexdigest()
        reference = {"uuid": user["uuid"], "email": user["email"]}
        self.must("issue_api_token", token_hash=token_hash, user=reference, role="administrator")
        channel = {"uuid": self.channel, "type": "EX", "name": "Short code", "address": "2020", "country": "RW"}
        roles = {"schemes": ["tel"], "roles": ["send", "receive"], "config": aggregator.config()}
        self.must("add_channel", channel=channel | roles)
        field = {"uuid": str(uuid.uuid4()), "key": "household", "name": "Household", "type": "number"}
        self.must("add_field", field=field)
        url = {"uuid": str(uuid.uuid4()), "key": "survey_url", "name": "Survey URL"}
        self.must("set_global", **{"global": url | {"value": f"http://127.0.0.1:{aggregator.port}/survey"}})

    def must(self, name: str, **data: Any) -> dict[str, Any]:
        return self._submit(self.org, name, data)

    def add_survey(self) -> str:
        definition = json.loads(SURVEY.read_bytes())["flows"][0] | {"uuid": str(uuid.uuid4())}
        flow = str(self.must("save_flow", definition=definition)["uuid"])
        trigger = {"uuid": str(uuid.uuid4()), "type": "keyword", "keywords": ["survey"], "match": "first", "flow": flow}
        self.must("add_trigger", trigger=trigger)
        return flow

    @property
    def receive_url(self) -> str:
        return f"{self.installation.base_url}/c/ex/{self.channel}/receive"

    def status_url(self, status: str, message_id: str) -> str:
        return f"{self.installation.base_url}/c/ex/{self.channel}/{status}?id={message_id}"
