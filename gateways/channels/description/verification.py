"""Ways of knowing that a request comes from whom it says, to be named in descriptions and used by types in code."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from gateways.channels.channel_type import Inbound, RefuseRequest
from gateways.channels.description.section import Section
from gateways.channels.sending import as_text

Verify = Callable[[Inbound], None]


def same(found: str, wanted: str) -> bool:
    """Whether two texts are equal, in time that doesn't depend on where they differ."""
    return hmac.compare_digest(found.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


def hmac_hex(key: str, body: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(key.encode(), body, algorithm).hexdigest()


def hmac_base64(key: str, body: bytes, algorithm: str = "sha256") -> str:
    return base64.b64encode(hmac.new(key.encode(), body, algorithm).digest()).decode()


def sorted_sha1(*parts: str) -> str:
    """The signature of WeChat and its kin: the parts in order of the alphabet, joined, hashed."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


KINDS: Final = ("shared", "hmac_sha256_hex", "hmac_sha256_base64")


def verification(section: Section) -> Verify:
    """The check a description asks for: a header that must hold a setting, or the signature made with it."""
    kind = section.one_of("kind", KINDS)
    header, setting = section.text("header").lower(), section.text("config")
    prefix, optional = section.text("prefix", ""), section.flag("optional")
    status = section.number("status") or 400
    section.finish()

    def verify(inbound: Inbound) -> None:
        secret = as_text(inbound.channel.config.get(setting))
        if not secret and optional:
            return
        wanted = secret
        if kind != "shared":
            sign = hmac_hex if kind == "hmac_sha256_hex" else hmac_base64
            wanted = sign(secret, inbound.request.body)
        if not secret or not same(inbound.request.headers.get(header, ""), prefix + wanted):
            raise RefuseRequest(f"the header '{header}' is not what it should be", status)

    return verify
