"""Sending e-mail."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """`message_id` is the same when the same mail is handed over again, so that servers and readers recognise the repetition."""

    to: tuple[str, ...]
    subject: str
    body: str
    message_id: str


class MailSender(Protocol):
    async def send(self, mail: Mail) -> str:
        """Hand it to the mail server; "" if it took it, else a sentence that says why not."""
