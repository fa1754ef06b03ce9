"""Finding what an action refers to, and saying so when it is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from domain.contact.assets import User
from domain.expressions.template import Template, compile_template
from domain.flow.definition.references import GroupReference, LabelReference, UserReference
from domain.flow.engine.execution import Execution


class _Wanted(NamedTuple):
    uuid: str
    name: str
    match: Template | None


class NamedReferences:
    """References to groups or labels, by uuid or by a template for the name."""

    __slots__ = ("_kind", "_wanted")

    def __init__(self, kind: str, references: Iterable[GroupReference | LabelReference]) -> None:
        self._kind = kind
        self._wanted = tuple(
            _Wanted(ref.uuid, ref.name, compile_template(ref.name_match) if ref.is_variable else None)
            for ref in references
        )

    def found(self, x: Execution) -> list[Any]:
        """The assets, without those that don't exist: an event says so for each."""
        assets: Mapping[str, Any] = getattr(x.assets, f"{self._kind}s")
        found = []
        for wanted in self._wanted:
            asset = assets.get(wanted.uuid) if wanted.match is None else self._named(x, wanted.match)
            if asset is not None:
                found.append(asset)
            elif wanted.match is None:
                x.log_missing(self._kind, wanted.uuid, wanted.name)
        return found

    def _named(self, x: Execution, match: Template) -> Any:
        name, is_fine = x.text(match)
        if not is_fine:
            return None
        asset = x.assets.named(f"{self._kind}s", name)
        if asset is None:
            x.log_error(f"No such {self._kind} with name '{name}'", f"{self._kind}:missing", {"name": name})
        return asset


def found_user(x: Execution, reference: UserReference, email: Template | None) -> User | None:
    """The user that is referred to by uuid or by a template for the e-mail address."""
    if email is None:
        user = x.assets.users.get(reference.uuid)
        if user is None:
            x.log_missing("user", reference.uuid, reference.name)
        return user
    address, is_fine = x.text(email)
    if not is_fine:
        return None
    found: User | None = x.assets.named("users", address)
    if found is None:
        x.log_error(f"No such user with email '{address}'", "user:missing", {"email": address})
    return found
