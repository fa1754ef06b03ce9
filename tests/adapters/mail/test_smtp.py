"""Mail over SMTP, to a server in this process."""

import asyncio
import email
from contextlib import asynccontextmanager

import pytest

from domain.errors import Invalid
from domain.ports.mail import Mail
from infra.mail.smtp import SmtpSender, SmtpServer

MAIL = Mail(("ann@example.org", "bob@example.org"), "Sign-up", "caf\u00e9 \u2603\nSecond line", "request-1")


@asynccontextmanager
async def smtp_server(refuse: str = ""):
    """Gives its address and what it was told. `refuse`: the command it says no to."""
    lines: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        in_data = False
        while line := (await reader.readline()).decode().rstrip("\r\n") or (in_data and not reader.at_eof()):
            line = line if isinstance(line, str) else ""
            lines.append(line)
            command = line[:4].upper()
            if in_data:
                in_data = line != "."
                if not in_data:
                    writer.write(b"250 taken\r\n")
            elif refuse and line.upper().startswith(refuse):
                writer.write(b"550 no\r\n")
            elif command == "DATA":
                in_data = True
                writer.write(b"354 go on\r\n")
            elif command == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 fine\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"smtp://127.0.0.1:{port}/?from=flows%40example.org", lines
    finally:
        server.close()


def sent(refuse: str = "") -> tuple[str, list[str]]:
    async def scene() -> tuple[str, list[str]]:
        async with smtp_server(refuse) as (url, lines):
            return await SmtpSender(SmtpServer.at(url)).send(MAIL), lines

    return asyncio.run(asyncio.wait_for(scene(), 120))


def test_a_mail_reaches_everybody_with_its_own_id():
    error, lines = sent()

    assert error == ""
    assert [line for line in lines if line.upper().startswith("RCPT")] == [
        "rcpt TO:<ann@example.org>", "rcpt TO:<bob@example.org>"
    ]  # fmt: skip
    begin = lines.index("data") + 1
    message = email.message_from_bytes("\n".join(lines[begin:-2]).encode())
    assert (message["From"], message["Subject"]) == ("flows@example.org", "Sign-up")
    assert message["Message-ID"] == "<request-1@example.org>"
    assert message.get_payload(decode=True).decode().strip() == MAIL.body


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_refusal_is_said_in_a_sentence(command):
    error, _ = sent(refuse=command)

    assert error.startswith(("The mail", "The mail server refused"))


def test_a_server_that_is_not_there_is_said_in_a_sentence():
    error = asyncio.run(SmtpSender(SmtpServer.at("smtp://127.0.0.1:1/?from=a%40b.c")).send(MAIL))

    assert error.startswith("The mail can't be sent")


def test_a_subject_can_not_smuggle_a_header():
    async def scene() -> list[str]:
        async with smtp_server() as (url, lines):
            mail = Mail(("ann@example.org",), "Hi\r\nBcc: eve@example.org", "x", "1")
            assert await SmtpSender(SmtpServer.at(url)).send(mail) == ""
            return lines

    lines = asyncio.run(asyncio.wait_for(scene(), 120))

    assert "Subject: Hi Bcc: eve@example.org" in lines
    assert not any(line.startswith("Bcc") for line in lines)


def test_a_recipient_can_not_smuggle_a_header():
    async def scene() -> str:
        async with smtp_server() as (url, _):
            mail = Mail(("ann@example.org\r\nBcc: eve@example.org",), "Hi", "x", "1")
            return await SmtpSender(SmtpServer.at(url)).send(mail)

    assert asyncio.run(asyncio.wait_for(scene(), 120)).startswith("The mail can't be sent")


def test_the_address_of_a_server_is_read():
    server = SmtpServer.at("smtps://bob%40example.org:p%2Fw@mail.example.org/?from=flows%40example.org")

    assert server == SmtpServer("mail.example.org", 465, "flows@example.org", "bob@example.org", "p/w", encrypted=True)
    assert SmtpServer.at("smtp://bob%40example.org:pw@mail.example.org").sender == "bob@example.org"
    assert SmtpServer.at("smtp://mail.example.org/?from=a%40b.c").port == 587
    assert "p/w" not in repr(server)


@pytest.mark.parametrize(
    "url", ["", "mail.example.org", "http://mail.example.org", "smtp://mail.example.org", "smtp:///?from=a%40b"]
)
def test_an_address_that_can_not_be_read_is_refused(url):
    with pytest.raises(Invalid, match="smtp://user:password@host:port"):
        SmtpServer.at(url)
