"""A phone with the relayer app (2.4 to 2.8), as far as a server sees it: what it says, how it signs, what it keeps and repeats.

`carry(method, path, body)` brings a request to the server and gives (status, body). Faults of the real app that a server must bear:
answers may be lost (`loses_answers`), and then everything is said again.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

Command = dict[str, Any]
MOST_COMMANDS = 50


class AndroidPhone:
    def __init__(self, carry: Callable[[str, str, bytes], tuple[int, bytes]], clock: Callable[[], float]) -> None:
        self._carry = carry
        self._clock = clock
        self.device, self.fcm_id = "5f3c-device", "fDx:APA91b"
        self.relayer_id, self.secret, self.claim_code, self.org_id = -1, "", "", -1
        self.queued: list[Command] = []
        self.outbox: dict[int, Command] = {}
        self.pending: list[int] = []
        self.retry: list[int] = []
        self.inbox_ids: dict[str, int | None] = {}
        self.loses_answers = False

    # ---- what happens on the phone -------------------------------------------------------------------------------------------

    def sms_arrives(self, phone: str, text: str, at: float | None = None) -> None:
        millis = int((self._clock() if at is None else at) * 1000)
        self.queued.append({"cmd": "mo_sms", "phone": phone, "msg": text, "ts": millis})

    def call_missed(self, phone: str) -> None:
        self.queued.append(
            {"cmd": "call", "phone": phone, "type": "mo_miss", "ts": int(self._clock() * 1000), "dur": 0}
        )

    def says(self, name: str, message: int) -> None:
        """mt_sent, mt_dlvd, mt_fail: what became of a message."""
        self.queued.append({"cmd": name, "msg_id": message, "ts": int(self._clock() * 1000)})

    def sends_all(self) -> list[tuple[str, str]]:
        """The radio is free: (phone, text) of what was waiting."""
        sent = [(self.outbox[number]["phone"], self.outbox[number]["msg"]) for number in self.pending]
        for number in self.pending:
            self.says("mt_sent", number)
        self.pending = []
        return sent

    # ---- talking to the server -----------------------------------------------------------------------------------------------

    def register(self) -> int:
        status, body = self._post("/relayers/relayer/register/", self._payload([])[0])
        if status == 200:
            self._obey(json.loads(body)["cmds"], [])
        return status

    def sync(self) -> int:
        """One sync, of at most 50 queued commands. The status of the answer, 0 if it was lost."""
        payload, said = self._payload(self.queued[:MOST_COMMANDS])
        ts = str(int(self._clock()))
        path = f"/relayers/relayer/sync/{self.relayer_id}/?ts={ts}&signature={self.sign(ts, payload)}"
        status, body = self._post(path, payload)
        if self.loses_answers:
            return 0
        if status == 200:
            self._obey(json.loads(body)["cmds"], said)
        return status

    def sign(self, ts: str, payload: bytes) -> str:
        mac = hmac.new((self.secret + ts).encode(), payload, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac).decode()

    def _post(self, path: str, payload: bytes) -> tuple[int, bytes]:
        return self._carry("POST", path, payload)

    def _payload(self, queued: list[Command]) -> tuple[bytes, list[Command]]:
        fcm = {"cmd": "fcm", "fcm_id": self.fcm_id, "uuid": self.device}
        status = {
            "cmd": "status", "p_src": "BAT", "p_lvl": 81, "p_sts": "DIS", "net": "LTE", "pending": self.pending,
            "retry": self.retry, "org_id": self.org_id, "cc": "RW", "dev": "SM-A125F", "os": "12", "app_version": "2.6.0",
        }  # fmt: skip
        commands = [{**each, "p_id": place} for place, each in enumerate([fcm, status, *queued], 1)]
        return json.dumps({"cmds": commands}).replace("/", "\\/").encode(), queued

    def _obey(self, commands: list[Command], said: list[Command]) -> None:
        for command in commands:
            match command["cmd"]:
                case "reg":
                    self.claim_code = command["relayer_claim_code"]
                    self.secret, self.relayer_id = command["relayer_secret"], command["relayer_id"]
                case "claim":
                    self.org_id = command["org_id"]
                case "rel":
                    self.relayer_id, self.secret, self.org_id = -1, "", -1
                case "ack":
                    self._acknowledged(said[command["p_id"] - 3], command.get("extra"))
                case "mt_bcast":
                    for recipient in command["to"]:
                        self._told_to_send(recipient, command["msg"])

    def _acknowledged(self, command: Command, extra: Command | None) -> None:
        self.queued.remove(command)
        if command["cmd"] == "mo_sms":
            self.inbox_ids[command["msg"]] = (extra or {}).get("msg_id")

    def _told_to_send(self, recipient: Command, text: str) -> None:
        """A message that is known by its id is not sent again; it says again that it was."""
        if recipient["id"] in self.outbox:
            if recipient["id"] not in self.pending:
                self.says("mt_sent", recipient["id"])
            return
        self.outbox[recipient["id"]] = {"phone": recipient["phone"], "msg": text}
        self.pending.append(recipient["id"])
