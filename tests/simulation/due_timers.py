"""When waits are over, folded from the log in memory as the product's read model does it in SQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.events.record import Event, StoredRecord
from projections.messages.status_ladder import LEFT_US


class DueTimers:
    """`due`: by organization and contact, {session, sprint, seconds, due_on: "" until the question has left, asked: its message}."""

    def __init__(self) -> None:
        self.due: dict[tuple[str, str], dict[str, Any]] = {}
        self._asked: dict[str, str] = {}  # the message that asks a sprint's question
        self._contacts: dict[str, tuple[str, str]] = {}  # whom a message asks

    def take(self, stored: StoredRecord) -> None:
        """To be given an organization's records in their order."""
        record = stored.record
        for event in record.events:
            self._take(record.org, event, datetime.fromtimestamp(record.recorded_on / 1e6, UTC))

    def _take(self, org: str, event: Event, at: datetime) -> None:
        data = event["data"]
        if event["type"] == "session_advanced":
            self.due.pop((org, event["of"]), None)
            wait = data.get("wait") or {}
            if wait.get("timeout_seconds") and data.get("status", "waiting") == "waiting":
                self.due[org, event["of"]] = {
                    "session": data["uuid"],
                    "sprint": data["sprint"],
                    "seconds": wait["timeout_seconds"],
                    "due_on": "",
                    "asked": self._asked.pop(data["sprint"], ""),
                }
        elif event["type"] == "message_created" and data["message"].get("wait"):
            self._asked[data["message"]["wait"]["sprint"]] = data["message"]["uuid"]
            self._contacts[data["message"]["uuid"]] = (org, event["of"])
        elif event["type"] in ("message_sent", "delivery_reported") and data["status"] in (*LEFT_US, "failed"):
            timer = self.due.get(self._contacts.get(data["message"], ("", "")))
            if timer and not timer["due_on"] and timer["asked"] == data["message"]:
                sent_on = datetime.fromisoformat(data["sent_on"]) if data.get("sent_on") else at
                timer["due_on"] = (sent_on + timedelta(seconds=timer["seconds"])).isoformat()
