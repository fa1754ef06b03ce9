"""The Android phones that registered, and the messages that wait for them. Adapter: `infra.postgres.relayers`.

A phone registers before any organization knows it, so its pairing (id, secret, claim code) can't be an event of one. It is claimed when
the log has a channel of the uuid that was set aside for it at its registration; released when that channel was removed. Neither is
kept here as truth: `claimed` only remembers that it was so once, to tell a released phone from a new one.

The outbox holds messages that left the send queue for the phone and that the phone has not reported on. Handing over is idempotent by message
id, and phones know a message's id again, so a crash at any point repeats an offer and never a text.

All methods raise Unavailable when the database is away.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Relayer:
    """`device` is the phone's own uuid, `channel` the uuid its channel has or will have, `calls` the newest calls it reported."""

    relayer_id: int
    device: str
    channel: str
    secret: str
    claim_code: str
    country: str = ""
    model: str = ""
    fcm_id: str = ""
    claimed: bool = False
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registration:
    """What a phone says of itself, with the secrets and the channel uuid that it gets if it is a new one."""

    device: str
    fcm_id: str
    country: str
    model: str
    secret: str
    claim_code: str
    channel: str


class Waiting(NamedTuple):
    """A message for a phone: `id` is the message's integer id, `phone` the number to send to."""

    channel: str
    id: int
    uuid: str
    org: str
    contact: str
    phone: str
    text: str
    created_on: datetime


class Relayers(Protocol):
    def register(self, registration: Registration) -> Relayer:
        """A known device keeps its id and channel and gets the new secret and code."""

    def find(self, relayer_id: int) -> Relayer | None: ...

    def find_by_device(self, device: str) -> Relayer | None:
        """The one that was not released."""

    def find_by_code(self, claim_code: str) -> Relayer | None:
        """One that waits to be claimed."""

    def mark_claimed(self, relayer_id: int) -> None:
        """It has a channel now: its code claims nothing any more."""

    def release(self, relayer_id: int) -> None:
        """Its channel was removed; a phone with this device uuid that registers again is a new one. Its outbox is emptied."""

    def seen(self, relayer_id: int, fcm_id: str, device: str, status: Mapping[str, Any], calls: Sequence[str]) -> None:
        """It synced: keep what it says of itself and the time."""

    def hand_over(self, messages: Sequence[Waiting]) -> None:
        """Put messages into outboxes; those that lie there already are passed over."""

    def waiting(self, channel: str, but: Collection[int], most: int) -> list[Waiting]:
        """The oldest messages of a channel's outbox except `but`."""

    def reported(self, channel: str, ids: Collection[int]) -> None:
        """The phone said what became of these: they leave the outbox."""

    def waiting_since_before(self, moment: datetime, most: int) -> list[Waiting]:
        """Messages that are too old to be sent still."""

    def to_wake(self, channels: Collection[str]) -> dict[str, str]:
        """FCM tokens of these channels' phones, by channel."""

    def sleeping(self, every_seconds: int, silent_seconds: int, given_up_seconds: int) -> dict[str, str]:
        """Phones not seen for `silent_seconds` but within `given_up_seconds`, woken at most every `every_seconds`: counted as woken now,
        so that of several processes one wakes a phone. FCM tokens by channel."""

    def forget_token(self, fcm_id: str) -> None:
        """FCM doesn't know it any more; the phone brings a new one with its next sync."""
