"""Access tokens that have to be fetched before sending, kept by the sender until shortly before they expire."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

import orjson

from gateways.channels.contract import Channel, HttpRequest, HttpResponse, Remembered
from gateways.channels.description.dates import number_or_none
from gateways.channels.description.section import Section
from gateways.channels.description.templates import Render, Variables, form_template, template
from gateways.channels.sending import Progress, SendFailed, as_text, dig, exchange

TOKEN: Final = "access_token"
MARGIN: Final = 60
"""Seconds before its end from which a token is no longer used: a request may take a while."""


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Where tokens come from: the request, and where the answer holds the token and its life."""

    key: str
    method: str
    url: Render
    form: Render | None
    path: str
    seconds_path: str
    seconds: int
    failure: str = "channel_config"

    def get(
        self, channel: Channel, variables: Variables, progress: Progress
    ) -> Generator[HttpRequest, HttpResponse, str]:
        """The remembered token, or a new one, which is noted to be remembered."""
        known = progress.options.remembered.get(self.key)
        if known:
            return known
        headers: dict[str, str] = {"Accept": "application/json"}
        body = b""
        if self.form:
            body, headers["Content-Type"] = self.form(variables).encode(), "application/x-www-form-urlencoded"
        request = HttpRequest(self.method, self.url(variables), headers, body=body)
        response = yield from exchange(progress, request)
        return fresh_token(response, progress, self.path, self.seconds_path, self.seconds, self.failure)


def fresh_token(
    response: HttpResponse,
    progress: Progress,
    path: str = "access_token",
    seconds_path: str = "expires_in",
    seconds: int = 3600,
    failure: str = "channel_config",
) -> str:
    """The token in an answer, noted to be remembered. Raises SendFailed when there is none."""
    try:
        answer = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        answer = None
    token = as_text(dig(answer, path)) if response.status // 100 == 2 else ""
    if not token:
        raise SendFailed(failure, f"No access token was given (status {response.status}).")
    life = number_or_none(dig(answer, seconds_path)) or seconds
    progress.remember.append(Remembered(TOKEN, token, max(life - MARGIN, 1)))
    return token


def token_source(section: Section, known: set[str], urls: frozenset[str]) -> TokenSource:
    """Compiles the `token` of a description."""
    form = section.table("form")
    source = TokenSource(
        key=TOKEN,
        method=section.one_of("method", ("GET", "POST"), "POST"),
        url=template(section.text("url"), known, f"{section.place}.url", "url", urls),
        form=form_template(form, known, f"{section.place}.form") if form else None,
        path=section.text("path", "access_token"),
        seconds_path=section.text("seconds_path", "expires_in"),
        seconds=section.number("seconds") or 3600,
        failure=section.one_of("failure", ("channel_config", "response_status"), "response_status"),
    )
    section.finish()
    return source
