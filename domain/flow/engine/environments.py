"""The environment that templates of a run are evaluated in: the organization's, merged with what the contact prefers.

The time zone is the contact's if it has one; its language comes first if the organization allows it; the country is that of
its channel or number. Few combinations exist in one organization, so each is made once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from domain.contact.contact import Contact
from domain.environment.environment import Environment
from domain.environment.zones import zone_named

if TYPE_CHECKING:
    from domain.flow.assets import Assets

COMBINATIONS_KEPT = 1_000


class MergedEnvironments:
    """The merged environments of one organization's environment."""

    __slots__ = ("_base", "_made", "_prompts")

    def __init__(self) -> None:
        self._base: Environment | None = None
        self._prompts: Mapping[str, str] | None = None
        self._made: dict[tuple[str, str, str], Environment] = {}

    def get(self, base: Environment, contact: Contact, assets: Assets, prompts: Mapping[str, str]) -> Environment:
        """The environment of a contact."""
        is_known = base is self._base and (prompts is self._prompts or prompts == self._prompts)
        if not is_known or len(self._made) >= COMBINATIONS_KEPT:
            self._base, self._prompts = base, prompts
            self._made.clear()
        key = (contact.timezone, contact.language, assets.channel_choice.country_of(contact.urns))
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = _merge(base, key, assets, prompts)
        return made


def merged_environment(base: Environment, contact: Contact, assets: Assets, prompts: Mapping[str, str]) -> Environment:
    """The organization's environment merged with what the contact prefers."""
    return assets.merged_environments.get(base, contact, assets, prompts)


def _merge(
    base: Environment, preferences: tuple[str, str, str], assets: Assets, prompts: Mapping[str, str]
) -> Environment:
    timezone, language, country = preferences
    changes: dict[str, Any] = {"prompts": prompts}
    if timezone:
        try:
            changes["timezone"] = zone_named(timezone)
        except ValueError:
            pass
    if language in base.allowed_languages:
        changes["allowed_languages"] = (language, *(other for other in base.allowed_languages if other != language))
    if country:
        changes["default_country"] = country
    if base.locations is None:
        changes["locations"] = assets.locations_for(base)
    return base.merged(**changes)
