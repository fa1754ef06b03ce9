"""What every plan for sending shares: one request at a time, progress that survives an error, one table of failures.

A type's own part is a generator function `steps(progress)` that yields requests (mostly through `call`) and notes in
`progress` what got through; it raises `SendFailed` when something went wrong. `plan` makes the public plan of it.
"""

from base64 import b64encode
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import orjson

from domain.message.split_text import split_text
from gateways.channels.contract import (
    Channel,
    HttpRequest,
    HttpResponse,
    LogLine,
    OutgoingMessage,
    Remembered,
    SendOptions,
    SendOutcome,
    SendPlan,
)

RETRYABLE: Final = frozenset({"connection_failed", "connection_throttled"})
LONGEST_WAIT: Final = 24 * 3600.0
FILE_BYTES: Final = 16 << 20
"""The largest file that is carried over from where it lies to an aggregator that wants it uploaded."""

Steps = Generator[HttpRequest, HttpResponse, None]
Call = Generator[HttpRequest, HttpResponse, HttpResponse]
WaitOf = Callable[[HttpResponse, datetime], float | None]
"""The seconds that a response asks to wait, at a time; None when it doesn't say."""


class SendFailed(Exception):
    """Sending did not work: an error code of `SendOutcome`, a sentence, and whether trying again may help."""

    def __init__(
        self,
        code: str,
        text: str = "",
        *,
        external_code: str = "",
        retry: bool | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code, text)
        self.code, self.text, self.external_code = code, text, external_code
        self.retry = code in RETRYABLE if retry is None else retry
        self.retry_after = retry_after


@dataclass(slots=True)
class Progress:
    """What a plan has got through so far."""

    options: SendOptions
    external_ids: list[str] = field(default_factory=list)
    url: str = ""
    also_known_as: str | None = None
    remember: list[Remembered] = field(default_factory=list)
    forget: list[str] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)

    def note(self, code: str, text: str) -> None:
        """Adds a line for the channel's log."""
        self.log.append(LogLine(code, text))


def plan(steps: Callable[[Progress], Steps], options: SendOptions) -> SendPlan:
    """The public plan of a type's steps: whatever happens, it ends with an outcome."""
    progress = Progress(options, list(options.parts_done))
    try:
        yield from steps(progress)
    except SendFailed as failure:
        return _outcome(progress, failure)
    return _outcome(progress, None)


def _outcome(progress: Progress, failure: SendFailed | None) -> SendOutcome:
    remains: dict[str, Any] = {
        "external_ids": tuple(progress.external_ids),
        "url": progress.url,
        "also_known_as": progress.also_known_as,
        "remember": tuple(progress.remember),
        "forget": tuple(progress.forget),
        "log": tuple(progress.log),
    }
    if failure is None:
        return SendOutcome("wired", **remains)
    return SendOutcome(
        "errored" if failure.retry else "failed",
        error_code=failure.code,
        error_text=failure.text,
        external_code=failure.external_code,
        retry_after=failure.retry_after,
        contact_stopped=failure.code == "contact_stopped",
        **remains,
    )


def exchange(progress: Progress, request: HttpRequest, wait_of: WaitOf | None = None) -> Call:
    """One request; a connection that fails, a server that fails and throttling end the plan, to be tried again.

    `wait_of` reads how long a 429 of this aggregator asks to wait, if it says so elsewhere than in Retry-After.
    """
    progress.url = request.url.partition("?")[0].partition("#")[0]
    response = yield request
    if response.status == 429:
        raise SendFailed(
            "connection_throttled",
            "The aggregator asked to slow down.",
            retry_after=(wait_of or retry_after)(response, progress.options.now),
        )
    if response.status == 0 or response.status // 100 == 5:
        wait = retry_after(response, progress.options.now)
        raise SendFailed("connection_failed", f"The aggregator answered {response.status}.", retry_after=wait)
    return response


def call(progress: Progress, request: HttpRequest) -> Call:
    """As `exchange`, and anything but success ends the plan for good."""
    response = yield from exchange(progress, request)
    require_success(response)
    return response


def file_request(url: str) -> HttpRequest:
    """The download of a file that is to be carried over."""
    return HttpRequest("GET", url, answer_bytes=FILE_BYTES)


def download(progress: Progress, url: str) -> Call:
    """As `call`, for a file; half a file is none."""
    response = yield from call(progress, file_request(url))
    require_whole(response, url)
    return response


def require_whole(response: HttpResponse, url: str) -> None:
    """A file that is too large is a permanent failure."""
    if response.too_large:
        text = f"The file at {url[:200]} is larger than the {FILE_BYTES >> 20} MiB that can be carried over."
        raise SendFailed("message_invalid", text)


def require_success(response: HttpResponse) -> None:
    """A status other than 2xx is a permanent failure."""
    if response.status // 100 != 2:
        raise SendFailed("response_status", f"The aggregator answered {response.status}.")


def retry_after(response: HttpResponse, now: datetime) -> float | None:
    """The seconds to wait that a response asks for, at most a day; None when it doesn't say or can't be read."""
    value = next((value for name, value in response.headers.items() if name.lower() == "retry-after"), "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT)


def read_json(response: HttpResponse, code: str = "response_unparseable") -> Any:
    """The JSON of a response; anything else is a permanent failure with this code."""
    try:
        return orjson.loads(response.body)
    except orjson.JSONDecodeError:
        raise SendFailed(code, "The aggregator's answer is not JSON.") from None


def dig(value: Any, path: str) -> Any:
    """The value at a dotted path (`results.0.id`) of parsed JSON; None when there is nothing there.

    Aggregators change the case of names between versions, so a name that isn't there is looked for in any case.
    """
    for step in path.split("."):
        if isinstance(value, dict):
            value = value[step] if step in value else _in_any_case(value, step)
        elif isinstance(value, list) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def as_text(value: Any) -> str:
    """A scalar of JSON as text: null is empty, true and false are words; lists and objects are empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def _in_any_case(value: dict[str, Any], name: str) -> Any:
    folded = name.lower()
    return next((each for key, each in value.items() if key.lower() == folded), None)


def part_limit(channel: Channel, options: SendOptions, own: int | None) -> int | None:
    """The most a part may hold: the channel's setting, else the caller's, else the type's own; None is no limit."""
    configured = channel.config.get("max_length")
    try:
        limit = int(configured or 0)
    except (TypeError, ValueError):
        limit = 0
    return limit if limit > 0 else (options.max_length or own if own else None)


def text_parts(text: str, limit: int | None) -> tuple[str, ...]:
    """The parts of a text; a type without a limit sends it whole."""
    return split_text(text, limit) if limit else (text,)


def require_settings(channel: Channel, *names: str) -> None:
    """Raises SendFailed when the channel lacks one of these settings."""
    missing = [f"'{name}' is required" for name in names if channel.config.get(name) in (None, "")]
    if missing:
        raise SendFailed("channel_config", ", ".join(missing))


def urn_path(urn: str) -> str:
    """`tel:+250788383383#display` → `+250788383383`."""
    return urn.partition(":")[2].partition("#")[0]


def attachment(value: str) -> tuple[str, str]:
    """`image/jpeg:https://…` → its content type and its URL."""
    content_type, _, url = value.partition(":")
    return content_type, url


def text_and_links(message: OutgoingMessage) -> str:
    """The text, then one line for each attachment's URL."""
    return "\n".join([message.text] * bool(message.text) + [attachment(each)[1] for each in message.attachments])


def basic_authorization(pair: str) -> str:
    """The header for `user:password`."""
    return "Basic " + b64encode(pair.encode()).decode()


def callback_url(channel: Channel, options: SendOptions) -> str:
    """The start of the addresses under which the aggregator reaches this channel."""
    domain = channel.config.get("callback_domain") or options.installation.domain
    return f"https://{domain}/c/{channel.type.lower()}/{channel.uuid}"
