"""Actions and modifiers as somebody else writes them: read, and written again the same."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from domain.contact.modifiers import read_modifier
from domain.flow.assets import Assets
from domain.flow.definition.read_json import read_flow
from domain.flow.definition.shapes import write_object
from tests.conformance.documents import difference, plain
from tests.conformance.outcomes import checked, read_json
from tests.conformance.runner import Outcome

_NEVER_READ = (
    "made by code and never read: an attachment without a type (`type:url`) is refused in any definition that is read"
)
DELIBERATE = {"action send_broadcast 1": _NEVER_READ, "action send_msg 1": _NEVER_READ}
_ONLY_IN_VOICE = ("say_msg", "play_audio")


def run(folder: Path) -> Iterator[Outcome]:
    document = read_json(folder / "constructors.json")
    for name, action in _named("action", document["actions"]):
        yield checked(
            name,
            lambda action=action: difference(action_written_again(action), action),  # type: ignore[misc]
        )
    for name, modifier in _named("modifier", document["modifiers"]):
        yield checked(
            name,
            lambda modifier=modifier: difference(_modifier_written_again(modifier), modifier),  # type: ignore[misc]
        )


def _named(kind: str, documents: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names that stay the same whatever part of the documents a folder holds: type, and how many of it came before."""
    seen: Counter[str] = Counter()
    for document in documents:
        seen[document["type"]] += 1
        yield f"{kind} {document['type']} {seen[document['type']]}", document


def action_written_again(action: Mapping[str, Any]) -> Any:
    """An action read as part of a flow, and written."""
    flow = {
        "uuid": "8ca44c09-791d-453a-9799-a70dd3303306",
        "name": "Holder",
        "spec_version": "14.4.2",
        "language": "eng",
        "type": "voice" if action["type"] in _ONLY_IN_VOICE else "messaging",
        "nodes": [
            {
                "uuid": "a58be63b-907d-4a1a-856b-0bb5579d7507",
                "actions": [action],
                "exits": [{"uuid": "37d8813f-1402-4ad2-9cc2-e9054a96525b"}],
            }
        ],
    }
    read = read_flow(flow).nodes[0].actions[0]
    return plain({"type": read.type, **write_object(read)})


def _modifier_written_again(modifier: Mapping[str, Any]) -> Any:
    channels = [route.get("channel") for route in modifier.get("routes", ())]
    assets = Assets.from_json(
        {
            "channels": [channel for channel in (*channels, modifier.get("channel")) if channel],
            "fields": [modifier["field"]] if "field" in modifier else [],
            "groups": modifier.get("groups", []),
        }
    )
    read = read_modifier(modifier, assets)
    assert read is not None, "the modifier refers to something that is gone"
    return plain(read.to_json())
