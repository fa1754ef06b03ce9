"""Calls over TLS, to a server with a certificate of our own making, for localhost."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from domain.ports.http_caller import Call, Reply
from infra.http.caller import PooledCaller


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate and its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begin = datetime.now(UTC) - timedelta(days=1)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    unprotected = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    file.write_bytes(key.private_bytes(pem, pkcs8, unprotected) + signed.public_bytes(pem))
    return file


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readline() != b"\r\n":
        if reader.at_eof():
            break
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")
    await writer.drain()
    writer.close()


def called(certificate: Path, host: str, trusted: bool) -> Reply:
    async def scene() -> Reply:
        served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        served.load_cert_chain(certificate)
        server = await asyncio.start_server(_serve, "127.0.0.1", 0, ssl=served)
        caller = PooledCaller(
            frozenset({"127.0.0.1"}), tls=ssl.create_default_context(cafile=str(certificate)) if trusted else None
        )
        reply = await caller.call(Call("GET", f"https://{host}:{server.sockets[0].getsockname()[1]}/", timeout=120))
        await caller.close()
        server.close()
        return reply

    return asyncio.run(scene())


def test_a_server_whose_certificate_is_trusted_is_called(certificate):
    reply = called(certificate, "localhost", trusted=True)

    assert (reply.status, reply.body) == (200, b"secret")


def test_a_certificate_that_nobody_trusts_is_an_error(certificate):
    reply = called(certificate, "localhost", trusted=False)

    assert (reply.status, reply.refused) == (0, False)
    assert "certificate" in reply.error.lower()


def test_a_certificate_for_another_host_is_an_error(certificate):
    reply = called(certificate, "127.0.0.1", trusted=True)

    assert reply.status == 0
    assert "certificate" in reply.error.lower()
