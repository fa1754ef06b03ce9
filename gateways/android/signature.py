"""How a phone proves who it is: HMAC-SHA256 over the raw body, keyed by its secret and the time of the request (specs, 2.1)."""

import base64
import hashlib
import hmac

WINDOW_SECONDS = 15 * 60


def sign(secret: str, ts: str, body: bytes) -> str:
    """URL-safe base64 with padding. `ts` as it stands in the URL: Unix seconds."""
    digest = hmac.new((secret + ts).encode(), body, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode()


def is_signed(secret: str, ts: str, body: bytes, signature: str) -> bool:
    return hmac.compare_digest(sign(secret, ts, body).encode(), signature.strip().encode())


def is_timely(ts: int, now: float) -> bool:
    return abs(now - ts) <= WINDOW_SECONDS
