"""Calls over TLS, to a server with a certificate of our own making (for localhost, for a hundred years)."""

import asyncio
import ssl
from pathlib import Path

from domain.ports.http_caller import Call, Reply
from infra.http.caller import PooledCaller

CERTIFICATE = Path(__file__).with_name("localhost.pem")


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readline() != b"\r\n":
        if reader.at_eof():
            break
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")
    await writer.drain()
    writer.close()


def called(host: str, trusted: bool) -> Reply:
    async def scene() -> Reply:
        served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        served.load_cert_chain(CERTIFICATE)
        server = await asyncio.start_server(_serve, "127.0.0.1", 0, ssl=served)
        caller = PooledCaller(
            frozenset({"127.0.0.1"}), tls=ssl.create_default_context(cafile=str(CERTIFICATE)) if trusted else None
        )
        reply = await caller.call(Call("GET", f"https://{host}:{server.sockets[0].getsockname()[1]}/", timeout=5))
        await caller.close()
        server.close()
        return reply

    return asyncio.run(scene())


def test_a_server_whose_certificate_is_trusted_is_called():
    reply = called("localhost", trusted=True)

    assert (reply.status, reply.body) == (200, b"secret")


def test_a_certificate_that_nobody_trusts_is_an_error():
    reply = called("localhost", trusted=False)

    assert (reply.status, reply.refused) == (0, False)
    assert "certificate" in reply.error.lower()


def test_a_certificate_for_another_host_is_an_error():
    reply = called("127.0.0.1", trusted=True)

    assert reply.status == 0
    assert "certificate" in reply.error.lower()
