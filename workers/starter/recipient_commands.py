"""A slice as the log gets it: a command for each recipient, each an input of its own."""

from hashlib import blake2b
from typing import Any

from domain.events.record import Event, Record
from domain.events.versions import version_of
from workers.starter.plans import Plan, Slice

_COMMANDS = {"flow_start": "start_contact", "broadcast": "broadcast_to_contact", "group": "check_group"}


def records_of(plan: Plan, part: Slice | None, recorded_on: int) -> list[Record]:
    """The slice's record, after that of the total if it is the first. A plan that reaches nobody has a total only."""
    records = []
    if plan.next_slice == 0:
        total = {plan.kind: plan.uuid, "total": plan.total}
        counted = _event(f"{plan.kind}_counted", f"{plan.uuid} counted", total)
        records.append(Record(plan.org, "fact", (counted,), recorded_on, "starter"))
    if part is not None:
        records.append(Record(plan.org, "command", tuple(_commands(plan, part)), recorded_on, "starter"))
    return records


def derived_id(name: str) -> str:
    """A uuid (version 8) that is the same for the same name: what is repeated after a crash is known by its ids."""
    digest = blake2b(name.encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


def _commands(plan: Plan, part: Slice) -> list[Event]:
    name, origin, uuid, nth = _COMMANDS[plan.kind], plan.kind, plan.uuid, part.first_nth
    if part.contacts:
        return [
            _event(name, uuid + contact, {origin: uuid, "contact": contact, "nth": at})
            for at, contact in enumerate(part.contacts, nth)
        ]
    if part.urns:
        return [
            _event(name, uuid + urn, {origin: uuid, "urn": urn, "new_uuid": derived_id(f"{uuid} new {urn}"), "nth": at})
            for at, urn in enumerate(part.urns, nth)
        ]
    contact: dict[str, Any] = {"uuid": part.made, "urns": [], "groups": [], "fields": {}}
    return [
        _event("create_contact", f"{uuid} make", {"contact": contact}),
        _event(name, f"{uuid} start {part.made}", {origin: uuid, "contact": part.made, "nth": nth}),
    ]


def _event(name: str, key: str, data: dict[str, Any]) -> Event:
    return {"type": name, "version": version_of(name), "id": derived_id(key), "data": data}
