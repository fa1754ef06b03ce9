"""No secret reaches the channel log, however it is written."""

import asyncio
import json
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.ports.channel_log import Question
from domain.ports.http_caller import Call, Reply
from gateways.channels.catalogue import channel_types
from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import Channel, HttpRequest, HttpResponse, Installation, Remembered, SendOutcome
from gateways.channels.description.examples import ADDRESSES, example_channel
from gateways.channels.log.exchange_text import MAX_CHARS, reply_text, request_text
from gateways.channels.log.figures import Figures
from gateways.channels.log.recorder import Incoming, Recorder
from gateways.channels.log.secrets import MASK, SecretMasks, mask_named
from gateways.channels.log.writer import ChannelLogWriter
from infra.ids import uuid7
from infra.memory.channel_log import MemoryChannelLog
from tests.gateways.channels.types.test_firebase import ACCOUNT, PEM
from workers.sender.attempt import Attempts
from workers.sender.outgoing import Outgoing

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SHARED = Installation("evenkeel.example", "sh4red-app-s3cret", "sh4red-w3bhook", "sh4red-t0ken")
NEEDED: dict[str, Any] = {
    "SW": {"base_url": "https://a.example"},
    "TW": {"base_url": "https://a.example"},
    "FCM": {"FCM_CREDENTIALS_JSON": ACCOUNT},
}
"""Settings without which nothing is sent, though none of them alone is required."""


def channel(uuid: str = "ch-1", **config: Any) -> Channel:
    return Channel(uuid, "org", "EX", "2020", config=config)


class Kind:
    def __init__(self, *secrets: str) -> None:
        self._secrets = secrets

    def secrets(self, config: Any) -> tuple[str, ...]:
        return self._secrets


@pytest.mark.parametrize(
    ("secret", "text", "masked"),
    [
        ("s3cret", "k=s3cret&x=1", "k=**********&x=1"),
        ("p/w+1 x", "k=p%2Fw%2B1+x or p%2Fw%2B1%20x", "k=********** or **********"),
        ("Bearer abcdefgh", "Said: Bearer abcdefgh, abcdefgh", "Said: **********, **********"),
        ('quo"te\\d', '{"k": "quo\\"te\\\\d"}', '{"k": "**********"}'),
        ("caf\u00e9-s3cret", '{"k": "caf\\u00e9-s3cret"}', '{"k": "**********"}'),
        ("a<b&c", "<k>a&lt;b&amp;c</k>", "<k>**********</k>"),
        ("s3cret-w0rd", "czNjcmV0LXcwcmQ=", "**********"),
        ("abc", "abc is too short to be told from words", "abc is too short to be told from words"),
    ],
)
def test_secrets_are_masked_however_they_are_written(secret: str, text: str, masked: str) -> None:
    assert SecretMasks().of(channel(), Kind(secret))(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("GET /send?user=bob&password=abc&to=1", "GET /send?user=bob&password=**********&to=1"),
        (
            "access_token=EAAB&x=1\r\n\r\nclient_secret=abc",
            "access_token=**********&x=1\r\n\r\nclient_secret=**********",
        ),
        ('{"access_token" : "ab\\"c", "n": 1}', '{"access_token" : "**********", "n": 1}'),
        ('{"api-key":"abc cut of', '{"api-key":"**********'),
        ("<m><password>ab c</password><to>1</to></m>", "<m><password>**********</password><to>1</to></m>"),
        ("can't call 'https://bob:pw@host/x'", "can't call 'https://**********@host/x'"),
        ("text=my password is long&key=1", "text=my password is long&key=**********"),
        ("nothing=here", "nothing=here"),
    ],
)
def test_what_is_named_like_a_secret_is_masked_though_nobody_told_us(text: str, masked: str) -> None:
    assert mask_named(text) == masked


def test_masks_follow_the_channels_settings() -> None:
    masks, before, after = SecretMasks(), channel(token=1), channel(token=2)
    masks.of(before, Kind("old-secret"))

    assert masks.of(after, Kind("new-secret"))("new-secret") == MASK


def test_of_a_type_that_is_not_known_every_setting_is_a_secret_and_of_one_that_is_only_its_own() -> None:
    masks, of = SecretMasks(), channel(where="over-there", key="s3cret-key")

    assert masks.of(of, None)("over-there s3cret-key") == f"{MASK} {MASK}"
    assert masks.of(of, Kind("s3cret-key"))("over-there s3cret-key") == f"over-there {MASK}"


def test_a_secret_at_the_cut_is_not_shown_in_part() -> None:
    mask = SecretMasks().of(channel(), Kind("s3cret" * 10))
    for before in (MAX_CHARS - 70, 4 * MAX_CHARS - 30):
        shown = request_text(HttpRequest("POST", "http://a/", {}, body=b"x" * before + b"s3cret" * 10), mask)
        assert len(shown) <= MAX_CHARS and "s3c" not in shown
    repeated = request_text(HttpRequest("POST", "http://a/", {}, body=b"s3cret" * 10 * 1_000), mask)
    assert "s3c" not in repeated


def test_an_exchange_is_text_whatever_went_over_the_wire() -> None:
    headers = (("A", "b"), ("Set-Cookie", "x"), ("Location", "https://b:pw@a/?token=x&y=1"))
    reply = reply_text(Reply(200, headers, b"\xff\x00ok", "OK"), str)

    assert (
        reply
        == f"HTTP/1.1 200 OK\r\nA: b\r\nSet-Cookie: {MASK}\r\nLocation: https://{MASK}@a/?token={MASK}&y=1\r\n\r\n\ufffd\ufffdok"
    )
    assert reply_text(Reply(0, error="no"), str) == ""
    assert (
        request_text(HttpRequest("GET", "https://bob:pw@h:81/p?q=1"), str)
        == "GET /p?q=1 HTTP/1.1\r\nHost: h:81\r\n\r\n"
    )


# ---- every channel type -----------------------------------------------------------------------------------------------------


class Telltale:
    """An aggregator that repeats whatever it is told, and gives out tokens."""

    def __init__(self) -> None:
        self.asked: list[Call] = []

    async def call(self, call: Call) -> Reply:
        self.asked.append(call)
        said = {"url": call.url, "headers": dict(call.headers), "body": call.body.decode(errors="replace")}
        body = {"access_token": "fresh-t0ken-of-theirs", "expires_in": 3600, "ok": True, "you_said": said}
        return Reply(200, (("X-You-Called", call.url),), json.dumps(body).encode(), "OK", elapsed_ms=3)


def telling_channel(kind: BuiltType) -> tuple[Channel, list[str]]:
    """A channel of the type whose secrets can be told apart, and these."""
    made = example_channel(kind)
    secrets = {each.name: f's3cr/t \u00e9+{each.name}"&<' for each in kind.fields if each.kind == "secret"}
    config = {**made.config, **secrets, **NEEDED.get(kind.code, {})}
    telling = Channel("ch-" + kind.code, "org", kind.code, made.address, "", "RW", made.schemes, config)
    if kind.code == "FCM":
        secrets["private_key"] = PEM
    return telling, [
        *secrets.values(),
        "fresh-t0ken-of-theirs",
        "urn-auth-t0ken",
        SHARED.meta_app_secret,
        SHARED.meta_system_user_token,
    ]


def kept_of(work: Any) -> str:
    """All text that the log kept of what `work(recorder)` did."""
    kept = MemoryChannelLog()
    writer = ChannelLogWriter(kept, lambda: NOW, days=7)
    work(Recorder(writer, Figures(), uuid7, lambda: NOW, SHARED))
    writer.flush()
    found = kept.find(Question("org"))
    assert found
    return "\n".join(
        "\n".join((each.request, each.response, each.error, *each.notes, *each.messages)) for each in found
    )


def leaks(kept: str, secrets: list[str]) -> list[str]:
    """What of the secrets can be read, decoded as well as a thief would."""
    from html import unescape
    from urllib.parse import unquote, unquote_plus

    decoded = [
        kept,
        unquote(kept),
        unquote_plus(kept),
        unescape(kept),
        kept.encode().decode("unicode-escape", "replace"),
    ]
    decoded.append(json.dumps(kept))
    for word in set(kept.replace('"', " ").replace("'", " ").split()):
        try:
            decoded.append(b64decode(word, validate=True).decode())
        except ValueError:
            continue
    return [secret for secret in secrets if any(secret in text for text in decoded)]


@pytest.mark.parametrize("code", [code for code in channel_types() if code != "A"])  # messages of phones are collected
def test_no_secret_of_a_type_is_kept_when_it_sends(code: str) -> None:
    kind = channel_types()[code]
    telling, secrets = telling_channel(kind)
    scheme = kind.schemes[0]
    message = {
        "uuid": uuid7(), "id": 10, "urn": f"{scheme}:{ADDRESSES.get(scheme, '10001')}", "text": "Are you well?",
        "urn_auth": "urn-auth-t0ken", "created_on": "2026-11-24T08:00:00Z",
    }  # fmt: skip
    outside = Telltale()

    def send_twice(recorder: Recorder) -> None:
        attempts = Attempts(outside, lambda _: kind, lambda: NOW, SHARED, recorder)
        outgoing = Outgoing("org", telling.uuid, "c", message)
        for _ in range(2):  # the second time with what the first time left to remember
            asyncio.run(attempts.make(outgoing, telling))

    kept = kept_of(send_twice)

    assert leaks(kept, secrets) == []
    assert outside.asked, kept


@pytest.mark.parametrize("code", list(channel_types()))
def test_no_secret_of_a_type_is_kept_when_it_is_called(code: str) -> None:
    kind = channel_types()[code]
    telling, secrets = telling_channel(kind)
    body = json.dumps({"repeated": secrets}) + "".join(f"&{nth}={each}" for nth, each in enumerate(secrets))
    headers = {
        "host": "evenkeel.example",
        "authorization": secrets[0],
        "x-told": secrets[0],
        "cookie": "urn-auth-t0ken",
    }
    request = HttpRequest(
        "POST", "https://evenkeel.example/c/x/y/receive", headers, b"token=urn-auth-t0ken", body.encode()
    )

    def called(recorder: Recorder) -> None:
        response = HttpResponse(400, {"x": secrets[0]}, secrets[-1].encode())
        came = Incoming(
            request,
            response,
            "message_receive",
            1,
            f"wrong {secrets[0]}",
            secrets=("urn-auth-t0ken", "fresh-t0ken-of-theirs"),
        )
        recorder.received(telling, kind, came)

    assert leaks(kept_of(called), secrets) == []


def test_a_token_that_was_fetched_is_a_secret_too() -> None:
    exchanges = [
        (HttpRequest("POST", "https://a.example/send/T0K3N-in-path", {"x-t": "T0K3N"}), Reply(200, (), b"T0K3N"))
    ]
    message = {"uuid": uuid7(), "id": 1, "urn": "tel:+1"}
    outcome = SendOutcome("wired", remember=(Remembered("token", "T0K3N", 60),))

    for remembered, came in (((), outcome), (("T0K3N",), SendOutcome("wired"))):
        kept = kept_of(lambda r, c=came, k=remembered: r.sent(channel(), Kind(), message, exchanges, c, k))
        assert "T0K3N" not in kept and "POST /send/" in kept


@pytest.mark.parametrize("code", list(channel_types()))
def test_settings_that_are_named_like_secrets_are_secrets(code: str) -> None:
    named = [
        each.name
        for each in channel_types()[code].fields
        if any(word in each.name for word in ("password", "token", "secret", "api_key", "auth", "pass"))
    ]
    kinds = {each.name: each.kind for each in channel_types()[code].fields}
    names_of_accounts = {"auth_type", "nexmo_api_key", "api_token_user", "access_token_until"}

    assert [name for name in named if kinds[name] != "secret" and name not in names_of_accounts] == []
