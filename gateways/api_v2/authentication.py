"""Who calls: a token, in a header of its own or as the password of HTTP Basic. Only its SHA-256 is known to us."""

import base64
import hashlib
from collections.abc import Mapping

from gateways.api_v2.answers import Refused
from gateways.api_v2.calls import Caller
from gateways.http.read_pool import Reader

MAY_CALL = ("administrator", "editor")
_FIND = """
select t.org::text, t.email, t.user_uuid::text, t.role, w.doc as workspace
from workspaces.api_tokens t join workspaces.workspaces w on w.org = t.org where t.token_hash = %s"""


def authenticate(reader: Reader, headers: Mapping[str, str]) -> Caller:
    """Refuses with 403, as clients expect."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "token" and given.strip():
        return _by_key(reader, given.strip(), None)
    if scheme.lower() == "basic":
        email, _, key = _decoded(given).partition(":")
        return _by_key(reader, key, email)
    raise Refused(403, {"detail": "Authentication credentials were not provided."})


def _decoded(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode()
    except ValueError:
        return ""


def _by_key(reader: Reader, key: str, email: str | None) -> Caller:
    row = reader.row(_FIND, hashlib.sha256(key.encode()).hexdigest())
    if (
        row is None
        or row["role"] not in MAY_CALL
        or (email is not None and (row["email"] or "").lower() != email.lower())
    ):
        raise Refused(403, {"detail": "Invalid token" if email is None else "Invalid token or email"})
    return Caller(row["org"], row["email"] or "", row["user_uuid"] or "", row["role"], row["workspace"])
