"""Which channel types have links."""

from collections.abc import Mapping

from domain.ports.http_caller import HttpCaller
from gateways.channels.media_addresses import MediaAddresses
from gateways.connections.link import LinkType
from gateways.connections.smpp.link import smpp_links
from gateways.connections.telegram_polling.link import telegram_links


def link_types(
    allowed_hosts: frozenset[str], http: HttpCaller, media: MediaAddresses | None = None
) -> Mapping[str, LinkType]:
    """By the channel type's code. `allowed_hosts`: addresses that may be called although they aren't public; `http` is of the event loop
    in which the links run; `media` gives files that only a channel's key opens addresses of ours."""
    return {"SMP": LinkType(smpp_links(allowed_hosts)), "TG": telegram_links(http, media)}
