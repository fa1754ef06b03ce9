"""E-mail over SMTP, one connection per mail, in a thread: smtplib waits."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit

from domain.errors import Invalid
from domain.ports.mail import Mail

TIMEOUT = 15.0  # seconds for each step of the conversation
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """`starttls`: encrypt after the greeting if the server offers it; `smtps` addresses encrypt from the start."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    encrypted: bool = False

    @staticmethod
    def at(url: str) -> "SmtpServer":
        """`smtp://user:password@host:port/?from=name%40example.org`. Raises Invalid."""
        parts = urlsplit(url)
        sender = (parse_qs(parts.query).get("from") or [""])[0] or unquote(parts.username or "")
        if parts.scheme not in _PORTS or not parts.hostname or "@" not in sender:
            raise Invalid(
                "The mail server's address must be smtp://user:password@host:port/?from=sender@example.org",
                field="smtp",
            )
        return SmtpServer(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            sender=sender,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            encrypted=parts.scheme == "smtps",
        )


class SmtpSender:
    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def send(self, mail: Mail) -> str:
        try:
            await asyncio.to_thread(self._send, mail)
        except smtplib.SMTPRecipientsRefused as refused:
            return "The mail server refused " + ", ".join(refused.recipients)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return f"The mail can't be sent: {error}"
        return ""

    def _send(self, mail: Mail) -> None:
        server = self._server
        message = EmailMessage()
        message["From"] = server.sender
        message["To"] = ", ".join(mail.to)
        message["Subject"] = " ".join(mail.subject.split())
        message["Message-ID"] = f"<{mail.message_id}@{server.sender.rpartition('@')[2]}>"
        message["Date"] = formatdate()
        message.set_content(mail.body)
        context = ssl.create_default_context()
        if server.encrypted:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        with connection:
            connection.ehlo()
            if not server.encrypted and connection.has_extn("starttls"):
                connection.starttls(context=context)
                connection.ehlo()
            if server.password:
                connection.login(server.user, server.password)
            connection.send_message(message)
