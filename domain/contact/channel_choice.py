"""Which channel reaches a contact, and on which of its URNs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.contact.assets import SEND, Channel
from domain.contact.urns import ContactURN
from domain.urn.phones import country_of_number

CHOICES_KEPT = 16_384
"""Choices remembered per set of channels; a choice is two look-ups of a number's country, a memory is a dict probe."""


class ChannelChoice:
    """Chooses among an organization's channels, and remembers what it chose. One per set of channels."""

    __slots__ = ("_channels", "_chosen", "_delegates", "_serving")

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels
        self._serving: dict[tuple[str, str], list[Channel]] = {}
        self._chosen: dict[tuple[str, str], Channel | None] = {}
        self._delegates: dict[str, list[Channel]] = {}
        for channel in channels.values():
            if channel.parent:
                self._delegates.setdefault(channel.parent, []).append(channel)

    def channel_for(self, urn: ContactURN, role: str = SEND) -> Channel | None:
        """The channel that serves a URN in a role: the preferred one if it (still) can, else the best of the others."""
        key = (urn.encoded, role)
        if key in self._chosen:
            return self._chosen[key]
        if len(self._chosen) >= CHOICES_KEPT:
            self._chosen.clear()
        chosen = self._chosen[key] = self._choose(urn, role)
        return chosen

    def route_of(self, urns: Iterable[ContactURN], role: str = SEND) -> tuple[ContactURN, Channel] | None:
        """The first URN that a channel serves, and that channel."""
        for urn in urns:
            channel = self.channel_for(urn, role)
            if channel is not None:
                return urn, channel
        return None

    def country_of(self, urns: Iterable[ContactURN]) -> str:
        """The country of the channel that reaches the URNs' owner, else of the first number that shows one, else ""."""
        urns = tuple(urns)
        route = self.route_of(urns)
        if route is not None and route[1].country:
            return route[1].country
        for urn in urns:
            if urn.scheme == "tel":
                country = country_of_number(urn.path)
                if country:
                    return country
        return ""

    def _choose(self, urn: ContactURN, role: str) -> Channel | None:
        preferred = self._channels.get(urn.channel_uuid) if urn.channel_uuid else None
        acting = self._acting(preferred, role, urn.scheme) if preferred is not None else None
        if acting is not None:
            return acting
        candidates = self._candidates(role, urn.scheme)
        if urn.scheme == "tel":
            best = _best_for_number(urn.path, candidates)
        else:
            best = candidates[0] if candidates else None
        return self._acting(best, role, urn.scheme) if best is not None else None

    def _candidates(self, role: str, scheme: str) -> list[Channel]:
        """Channels that stand for themselves and serve the scheme in the role, in person or by a delegate."""
        candidates = self._serving.get((role, scheme))
        if candidates is None:
            candidates = [
                channel
                for channel in self._channels.values()
                if not channel.parent and self._acting(channel, role, scheme) is not None
            ]
            self._serving[role, scheme] = candidates
        return candidates

    def _acting(self, channel: Channel, role: str, scheme: str) -> Channel | None:
        """Who does it: the channel's delegate for the role if there is one, else the channel itself if it may."""
        if not channel.supports(scheme):
            return None
        delegate = next((each for each in self._delegates.get(channel.uuid, ()) if _serves(each, role, scheme)), None)
        return delegate or (channel if channel.has_role(role) else None)


def _serves(channel: Channel, role: str, scheme: str) -> bool:
    return channel.has_role(role) and channel.supports(scheme)


def _best_for_number(number: str, candidates: Iterable[Channel]) -> Channel | None:
    """Of the channels that may text or call the number, the one whose own number begins most like it."""
    country = country_of_number(number)
    fitting = [channel for channel in candidates if _crosses_no_border(channel, country)]
    if len(fitting) <= 1:
        return fitting[0] if fitting else None
    digits = number.lstrip("+")
    best, longest = fitting[0], -1
    for channel in fitting:
        overlap = max((_overlap(digits, prefix) for prefix in _prefixes(channel)), default=0)
        if overlap >= longest:
            best, longest = channel, overlap
    return best


def _crosses_no_border(channel: Channel, country: str) -> bool:
    return channel.allow_international or not country or not channel.country or channel.country == country


def _prefixes(channel: Channel) -> Iterable[str]:
    return (prefix.lstrip("+") for prefix in (channel.match_prefixes or (channel.address,)))


def _overlap(digits: str, prefix: str) -> int:
    """How many characters both begin with."""
    length = 0
    for ours, theirs in zip(digits, prefix, strict=False):
        if ours != theirs:
            break
        length += 1
    return length


def with_preferred_channel(urns: tuple[ContactURN, ...], channel: Channel | None) -> tuple[ContactURN, ...]:
    """The URNs when a channel is preferred: those it can serve are given to it and come first. None clears all."""
    if channel is None:
        return tuple(urn.with_channel("") for urn in urns)
    first: list[ContactURN] = []
    others: list[ContactURN] = []
    for urn in urns:
        if channel.supports(urn.scheme) and (not urn.channel_uuid or _is_portable(urn)):
            urn = urn.with_channel(channel.uuid)
        (first if urn.channel_uuid == channel.uuid else others).append(urn)
    return (*first, *others)


def _is_portable(urn: ContactURN) -> bool:
    """Whether any channel of the scheme can take the URN over from another."""
    return urn.scheme == "tel" or (urn.scheme == "whatsapp" and not urn.is_business_scoped)
