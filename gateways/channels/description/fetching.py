"""Downloading what contacts sent, from aggregators that keep files behind the key of the channel."""

from collections.abc import Mapping

from gateways.channels.channel_type import Fetcher, plain_fetch
from gateways.channels.contract import Channel, ConfigField, FetchPlan, HttpRequest, SendOptions
from gateways.channels.description.section import Section
from gateways.channels.description.settings import names_of, values_of
from gateways.channels.description.templates import Render, template
from gateways.channels.sending import basic_authorization


def fetcher(section: Section | None, settings: tuple[ConfigField, ...]) -> Fetcher:
    """Compiles the `fetch` of a description: the start of the aggregator's own addresses (`from`), and `basic` or `headers` that open them.

    Files elsewhere are downloaded without: whoever knows a channel's address could have its key sent to a place of theirs.
    """
    if section is None:
        return plain_fetch
    start, known = section.text("from"), names_of(settings)
    if not start.startswith("https://") or "/" not in start.removeprefix("https://"):
        raise section.wrong("from", "the start of an https address is expected, up to a slash behind the host")
    basic = section.optional_text("basic")
    pair = template(basic, known, f"{section.place}.basic") if basic else None
    headers: Mapping[str, Render] = {
        name: template(value, known, f"{section.place}.headers.{name}")
        for name, value in section.table("headers").items()
    }
    section.finish()

    def fetch(channel: Channel, attachment: str, options: SendOptions) -> FetchPlan:
        request = yield from plain_fetch(channel, attachment, options)
        if request is None or not attachment.startswith(start):
            return request
        variables = values_of(settings, channel.config)
        filled = {name: render(variables) for name, render in headers.items()}
        if pair:
            filled["Authorization"] = basic_authorization(pair(variables))
        return HttpRequest("GET", attachment, filled)

    return fetch
