"""Which channel types have links."""

from collections.abc import Callable, Mapping
from typing import Protocol

from domain.ports.http_caller import HttpCaller
from domain.ports.http_stream import HttpStreams
from gateways.channels.contract import Channel
from gateways.channels.media_addresses import MediaAddresses
from gateways.connections.link import LinkType
from gateways.connections.smpp.link import smpp_links
from gateways.connections.telegram_polling.link import telegram_links
from gateways.connections.x.link import x_links


class Http(HttpCaller, HttpStreams, Protocol):
    """An HTTP client of the event loop in which the links run."""


def link_types(
    allowed_hosts: frozenset[str],
    http: Http,
    last_received: Callable[[Channel], str | None],
    media: MediaAddresses | None = None,
) -> Mapping[str, LinkType]:
    """By the channel type's code. `allowed_hosts`: addresses that may be called although they aren't public; `last_received`: see x_links;
    `media` gives files that only a channel's key opens addresses of ours."""
    return {
        "SMP": LinkType(smpp_links(allowed_hosts)),
        "TG": telegram_links(http, media),
        "TWT": x_links(http, http, last_received, media),
    }
