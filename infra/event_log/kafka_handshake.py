"""What comes before the first request on a connection to a broker: TLS, and our user and password. What goes wrong with them in sentences
that name the setting."""

import socket
import ssl
from collections.abc import Callable
from typing import Any, NoReturn

from kafka.errors import UnsupportedSaslMechanismError
from kafka.net.sasl import get_sasl_mechanism
from kafka.protocol.api_message import ApiMessage

from infra.event_log.kafka_requests import sasl_authenticate, sasl_handshake
from infra.event_log.kafka_security import KafkaSecurity, NotLetIn

_EXPIRED = 10
_OTHER_HOST = (62, 64)
_ALERT = b"\x15\x03"
_NO_TLS = ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")


class HungUp(ConnectionResetError):
    """A broker closed the connection before it had answered anything. It may be going down, or we speak with it in a wrong way."""


def encrypt(plain: socket.socket, host: str, where: str, security: KafkaSecurity) -> socket.socket:
    """`where`: host:port, for errors. Raises NotLetIn, or OSError where it may pass."""
    context = security.context()
    try:
        return context.wrap_socket(plain, server_hostname=host.rstrip("."))
    except OSError as error:
        raise_refusal(error, where, security)


def sign_in(ask: Callable[[ApiMessage], Any], where: str, security: KafkaSecurity) -> float:
    """`ask` gives the answer to a request. Returns for how many seconds we may stay, 0 for ever. Raises NotLetIn."""
    code = ask(sasl_handshake(security.mechanism))
    if code.error_code == UnsupportedSaslMechanismError.errno:
        takes = ", ".join(code.mechanisms) or "none"
        raise NotLetIn(
            f"Kafka at {where} does not take the mechanism {security.mechanism} of EVENKEEL_KAFKA_MECHANISM: it takes {takes}."
        )
    if code.error_code:
        raise NotLetIn(
            f"Kafka at {where} wants no password on this port: EVENKEEL_KAFKA_SECURITY is {security.protocol}."
        )
    mechanism = get_sasl_mechanism(security.mechanism)(**security.sasl_settings())
    while True:
        answer = ask(sasl_authenticate(mechanism.auth_bytes()))
        if answer.error_code:
            raise NotLetIn(
                f"Kafka at {where} refuses the user {security.user!r} with the mechanism {security.mechanism}:"
                f" see EVENKEEL_KAFKA_USER and EVENKEEL_KAFKA_PASSWORD ({_said(answer)})."
            )
        try:
            mechanism.receive(answer.auth_bytes)
        except (ValueError, KeyError) as error:
            raise NotLetIn(
                f"Kafka at {where} could not prove that it knows the password of {security.user!r}: it is not the Kafka that"
                " EVENKEEL_LOG should name."
            ) from error
        if mechanism.is_done():
            return float(answer.session_lifetime_ms or 0) / 1000


def raise_refusal(error: OSError, where: str, security: KafkaSecurity) -> NoReturn:
    """What a broken connection means before anything was answered on it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        raise NotLetIn(_of_certificate(error, where, security)) from error
    reason = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
    if any(each in reason for each in _NO_TLS):
        raise NotLetIn(
            f"Kafka at {where} does not speak TLS on this port: EVENKEEL_KAFKA_SECURITY is {security.protocol}."
        ) from error
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        wants = (
            f"refuses our certificate {security.certificate!r}: see EVENKEEL_KAFKA_CERTIFICATE"
            if security.certificate
            else "wants a certificate from us: EVENKEEL_KAFKA_CERTIFICATE names none"
        )
        raise NotLetIn(f"Kafka at {where} {wants} ({_in_words(reason)}).") from error
    if "ALERT" in reason:
        raise NotLetIn(f"Kafka at {where} could not agree on TLS with us ({_in_words(reason)}).") from error
    if isinstance(error, ConnectionError | ssl.SSLError):
        raise HungUp(_hung_up(where, security)) from error
    raise error


def raise_no_answer(beginning: bytearray, where: str, security: KafkaSecurity) -> None:
    """If what a broker sent is no answer but TLS's alert: it could not read what we sent."""
    if not security.encrypts and beginning.startswith(_ALERT):
        raise NotLetIn(
            f"Kafka at {where} speaks TLS on this port: EVENKEEL_KAFKA_SECURITY is {security.protocol},"
            " expected SSL or SASL_SSL."
        )


def _hung_up(where: str, security: KafkaSecurity) -> str:
    wants = {
        "PLAINTEXT": "does it want TLS or a password",
        "SSL": "does it speak TLS, and does it want a password",
        "SASL_PLAINTEXT": "does it want TLS, or no password",
        "SASL_SSL": "does it speak TLS",
    }
    return (
        f"Kafka at {where} closed the connection before it answered:"
        f" {wants[security.protocol]}? EVENKEEL_KAFKA_SECURITY is {security.protocol}."
    )


def _of_certificate(error: ssl.SSLCertVerificationError, where: str, security: KafkaSecurity) -> str:
    said = error.verify_message.rstrip(".")
    if error.verify_code in _OTHER_HOST:
        return (
            f"The certificate of Kafka at {where} is not that host's ({said}): name the brokers in EVENKEEL_LOG as their"
            " certificates do; EVENKEEL_KAFKA_CHECK_HOST=off would trust any host."
        )
    if error.verify_code == _EXPIRED:
        return f"The certificate of Kafka at {where}, or of who signed it, has expired."
    trusted = (
        f"EVENKEEL_KAFKA_CA is {security.ca!r}"
        if security.ca
        else "EVENKEEL_KAFKA_CA names nobody, so only whom this machine trusts counts"
    )
    return f"The certificate of Kafka at {where} was not signed by anybody we trust ({said}): {trusted}."


def _in_words(reason: str) -> str:
    return reason.lower().replace("_", " ")


def _said(answer: Any) -> str:
    return (answer.error_message or "it does not say why").rstrip(".")
