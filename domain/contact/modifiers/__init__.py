"""Modifiers: the only way a contact changes."""

from domain.contact.modifiers.apply import apply_modifier
from domain.contact.modifiers.change import DEFAULT_RULES, ContactRules
from domain.contact.modifiers.modifier import Modifier
from domain.contact.modifiers.read_modifier import read_modifier

__all__ = ["DEFAULT_RULES", "ContactRules", "Modifier", "apply_modifier", "read_modifier"]
