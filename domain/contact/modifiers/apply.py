"""Changing a contact, and keeping its groups in line with what it became."""

from __future__ import annotations

from domain.contact.assets import ContactAssets
from domain.contact.contact import Contact
from domain.contact.groups import regrouped
from domain.contact.modifiers.change import DEFAULT_RULES, Change, ContactRules, Event
from domain.contact.modifiers.modifier import Modifier
from domain.contact.world import World
from domain.environment.environment import Environment


def apply_modifier(
    modifier: Modifier,
    contact: Contact,
    environment: Environment,
    assets: ContactAssets,
    world: World,
    rules: ContactRules = DEFAULT_RULES,
) -> tuple[Contact, list[Event]]:
    """Applies a modifier and, if it changed anything, re-evaluates the groups that depend on what it touches.

    Returns:
        The contact (the same object when nothing changed) and the events, errors among them, in order.
    """
    change = Change(environment, assets, world, rules)
    changed = modifier.apply(contact, change)
    if changed is not contact:
        changed = regroup(changed, change, modifier.touches)
    return changed, change.events


def regroup(contact: Contact, change: Change, touched: tuple[str, ...] | None) -> Contact:
    """Brings the contact's groups in line with their queries.

    Args:
        touched: what changed since they were in line, None when anything may have.
    """
    contact, added, removed = regrouped(contact, change.environment, change.assets.query_groups, touched)
    if added or removed:
        details = {}
        if added:
            details["groups_added"] = [group.reference() for group in added]
        if removed:
            details["groups_removed"] = [group.reference() for group in removed]
        change.log("contact_groups_changed", **details)
    return contact
