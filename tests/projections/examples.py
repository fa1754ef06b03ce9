"""Records as the decider, the sender and the doors write them, for tests of read models and of the API over them."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from domain.events.partitioning import partition_of
from domain.events.record import Kind, Record, StoredRecord

Event = dict[str, Any]

BEGIN = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
_NAMES = uuid.UUID("0b9e7f5c-5d0a-4c51-8f6c-0e5d8f1f7a11")


def uuid_of(name: str) -> str:
    """The same uuid for the same name, in every run."""
    return str(uuid.uuid5(_NAMES, name))


def time_text(second: float) -> str:
    """RFC 3339, this many seconds after the story begins."""
    return (BEGIN + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")


class Story:
    """What happened in one organization, told record by record; each is a second after the one before."""

    def __init__(self, org: str = "kigali", partitions: int = 8) -> None:
        self.org = uuid_of(org)
        self.partitions = partitions
        self.records: list[Record] = []
        self._event_ids = count(1)
        self._numbers = count(1)
        self._versions: dict[str, int] = {}
        self.contacts: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.channel = {"uuid": uuid_of(f"{org} channel"), "name": "Short code"}
        self.flow = {"uuid": uuid_of(f"{org} flow"), "name": "Registration"}

    # ---- the log --------------------------------------------------------------------------------------------------------

    def tell(self, kind: Kind, *events: Event) -> "Story":
        recorded_on = int((BEGIN + timedelta(seconds=len(self.records))).timestamp()) * 1_000_000
        self.records.append(Record(self.org, kind, tuple(events), recorded_on, "test"))
        return self

    def stored(self, after: int = -1) -> list[StoredRecord]:
        partition = partition_of(self.org, self.partitions)
        return [StoredRecord(partition, at, record) for at, record in enumerate(self.records) if at > after]

    @property
    def now(self) -> str:
        return time_text(len(self.records))

    def event(self, name: str, data: dict[str, Any], of: str | None = None) -> Event:
        event = {"type": name, "version": 1, "id": uuid_of(f"{self.org} event {next(self._event_ids)}"), "data": data}
        if of:
            self._versions[of] = self._versions.get(of, 0) + 1
            event |= {"of": of, "n": self._versions[of]}
        return event

    def number(self) -> int:
        return next(self._numbers) * self.partitions + partition_of(self.org, self.partitions)

    # ---- configuration --------------------------------------------------------------------------------------------------

    def configured(self) -> "Story":
        """A workspace with a user, a token ("secret-key" plus the organization's first 4 characters), a channel and a flow."""
        workspace = {
            "uuid": self.org, "id": 1, "name": "Kigali Health", "timezone": "Africa/Kigali", "country": "RW",
            "languages": ["eng", "fra"], "date_style": "day_first", "anon": False, "created_on": self.now,
        }  # fmt: skip
        self.tell("configuration", self.event("workspace_created", {"workspace": workspace}, self.org))
        user = {"uuid": uuid_of(f"{self.org} user"), "email": "ann@example.com", "name": "Ann Lee", "role": "editor"}
        self.tell("configuration", self.event("user_added", {"user": user}, user["uuid"]))
        self.token("administrator")
        channel = {
            **self.channel, "id": self.number(), "type": "EX", "address": "8282", "country": "RW", "schemes": ["tel"],
            "roles": ["send", "receive"], "config": {"send_url": "http://localhost/send"}, "created_on": self.now,
        }  # fmt: skip
        self.tell("configuration", self.event("channel_added", {"channel": channel}, channel["uuid"]))
        return self.saved_flow()

    def token(self, role: str, key: str | None = None) -> str:
        import hashlib

        key = key or f"secret-key-{self.org[:4]}"
        data = {
            "token_hash": hashlib.sha256(key.encode()).hexdigest(),
            "user": {"uuid": uuid_of(f"{self.org} user"), "email": "ann@example.com"},
            "role": role,
        }
        self.tell("configuration", self.event("api_token_issued", data, self.org))
        return key

    def saved_flow(self, **changes: Any) -> "Story":
        flow = {
            **self.flow, "id": 77, "type": "messaging", "revision": 1, "spec_version": "14.4.1",
            "expire_after_minutes": 720, "saved_on": self.now, "created_on": self.now, **changes,
        }  # fmt: skip
        info = {
            "results": [{"key": "color", "name": "Color", "categories": ["Red", "Other"], "node_uuids": [uuid_of("n")]}]
        }
        definition = {"uuid": flow["uuid"], "name": flow["name"], "spec_version": "14.4.1", "nodes": []}
        data = {"flow": flow, "definition": definition, "info": info}
        return self.tell("configuration", self.event("flow_saved", data, flow["uuid"]))

    def item(self, kind: str, name: str, **rest: Any) -> str:
        """A field, group, label, topic or global of this name; returns its uuid."""
        item = {
            "uuid": uuid_of(f"{self.org} {kind} {name}"),
            "id": self.number(),
            "name": name,
            "created_on": self.now,
            **rest,
        }
        verb = "set" if kind == "global" else "added"
        self.tell("configuration", self.event(f"{kind}_{verb}", {kind: item}, item["uuid"]))
        return str(item["uuid"])

    # ---- contacts -------------------------------------------------------------------------------------------------------

    def contact(self, name: str, *urns: str, groups: Iterable[dict[str, Any]] = (), **rest: Any) -> str:
        """A new contact; returns its uuid."""
        contact = {
            "uuid": uuid_of(f"{self.org} contact {name}"), "id": self.number(), "name": name, "status": "active",
            "created_on": self.now, "urns": list(urns), "groups": list(groups), "fields": {}, **rest,
        }  # fmt: skip
        self.contacts[contact["uuid"]] = {key: contact[key] for key in ("uuid", "id", "name")}
        self.tell("decision", self.event("contact_created", {"contact": contact}, contact["uuid"]))
        return str(contact["uuid"])

    def change(self, contact: str, name: str, **data: Any) -> "Story":
        """A decision event about a contact."""
        return self.tell("decision", self.event(name, data, contact))

    # ---- messages -------------------------------------------------------------------------------------------------------

    def incoming(self, contact: str, text: str, **rest: Any) -> dict[str, Any]:
        message = self._message(contact, text) | {"visibility": "visible"} | rest
        self.change(contact, "message_handled", message=message)
        return message

    def outgoing(self, contact: str, text: str, **rest: Any) -> dict[str, Any]:
        message = self._message(contact, text)
        message |= {"quick_replies": [], "status": "queued", "origin": "flow", "priority": "high"} | rest
        self.change(contact, "message_created", message=message)
        return message

    def _message(self, contact: str, text: str) -> dict[str, Any]:
        number = self.number()
        return {
            "uuid": uuid_of(f"{self.org} message {number}"), "id": number, "contact": self.contacts[contact],
            "urn": "tel:+250788123123", "channel": self.channel, "text": text, "attachments": [],
            "created_on": self.now,
        }  # fmt: skip

    def sent(self, message: dict[str, Any], status: str = "wired", **rest: Any) -> "Story":
        """The sender's report."""
        data = {
            "message": message["uuid"], "id": message["id"], "channel": self.channel["uuid"],
            "contact": message["contact"]["uuid"], "status": status, "external_ids": [], "error_count": 0, **rest,
        }  # fmt: skip
        return self.tell("report", self.event("message_sent", data))

    def reported(self, status: str, **names: Any) -> "Story":
        """An aggregator's report, naming the message by message=, message_id= or external_id=."""
        data = {"channel": self.channel["uuid"], "status": status, "reported_on": self.now, **names}
        return self.tell("report", self.event("delivery_reported", data))

    # ---- runs -----------------------------------------------------------------------------------------------------------

    def run(self, contact: str, **rest: Any) -> str:
        """A run that asks a question and waits; returns its uuid."""
        number = self.number()
        run = {
            "uuid": uuid_of(f"{self.org} run {number}"), "id": number, "flow": self.flow, "created_on": self.now,
            "session": uuid_of(f"{self.org} session {number}"), **rest,
        }  # fmt: skip
        steps = [{"node": uuid_of("node 1"), "time": self.now}]
        self.tell(
            "decision",
            self.event("run_started", {"run": run}, contact),
            self.event("run_advanced", self._advanced(run["uuid"], "waiting", steps, False), contact),
            self.event("session_advanced", self.session(number, "waiting"), contact),
        )
        return str(run["uuid"])

    def _advanced(self, run: str, status: str, steps: list[dict[str, Any]], responded: bool) -> dict[str, Any]:
        return {
            "run": run, "flow": self.flow, "status": status, "steps": steps, "responded": responded, "modified_on": self.now,
        }  # fmt: skip

    def session(self, number: int, status: str, **wait: Any) -> dict[str, Any]:
        waiting = status == "waiting"
        data: dict[str, Any] = {
            "uuid": uuid_of(f"{self.org} session {number}"),
            "sprint": uuid_of(f"{self.org} sprint {len(self.records)}"),
            "status": status,
            "session": {"runs": []} if waiting else None,
        }
        return data | ({"wait": {"expires_on": time_text(len(self.records) + 600), **wait}} if waiting else {})

    def answered(self, contact: str, run: str, value: str, category: str = "All Responses") -> "Story":
        """The contact answers the run's question, and the run completes."""
        result = {
            "run": run, "name": "Favorite Color", "value": value, "category": category, "node": uuid_of("node 1"),
            "created_on": self.now, "input": value,
        }  # fmt: skip
        steps = [{"node": uuid_of("node 2"), "time": self.now}]
        ended = {"run": run, "flow": self.flow, "status": "completed", "exited_on": self.now}
        return self.tell(
            "decision",
            self.event("run_result_changed", result, contact),
            self.event("run_advanced", self._advanced(run, "active", steps, True), contact),
            self.event("run_ended", ended, contact),
            self.event("session_advanced", self.session(0, "completed"), contact),
        )
