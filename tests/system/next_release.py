"""The next release, for the test of an upgrade: a copy of this tree in which events, state and a read model have changed.

Each change is what somebody who follows CONTRIBUTING would write; it is appended to the module in question. A message that comes in has
`words` instead of `text`, one that was handled says who heard it, conversations and channels are kept in another shape, and the read model of
messages has a table more.
"""

import shutil
from pathlib import Path

from tests.system.installation import ROOT

PACKAGES = ("domain", "commands", "projections", "infra", "workers", "gateways")

_CHANGES = {
    "domain/event_catalogue.py": """
from dataclasses import replace as _replace

_RAISED = {name: _replace(EVENT_TYPES[name], version=2) for name in ("message_received", "message_handled")}
EVENT_TYPES = MappingProxyType({**EVENT_TYPES, **_RAISED})
""",
    "domain/events/upcasters.py": """
def _with_words(event):
    data = {key: value for key, value in event["data"].items() if key != "text"}
    return {**event, "version": 2, "data": {**data, "words": event["data"]["text"]}}


def _with_hearer(event):
    message = {**event["data"]["message"], "heard_by": "the last release"}
    return {**event, "version": 2, "data": {**event["data"], "message": message}}


UPCASTERS = MappingProxyType(
    {**UPCASTERS, ("message_received", 1): _with_words, ("message_handled", 1): _with_hearer}
)
""",
    "domain/stored_shapes.py": """
CONVERSATION = Shapes("a conversation", 2, {1: lambda state: {**state, "said": list(state["said"])}})
_OF_ITEMS = MappingProxyType({**_OF_ITEMS, "channel": Shapes("a channel", 2, {1: lambda item: {**item, "lifted": True}})})
""",
    "gateways/channels/facts.py": """
_message_with_text = _message


def _message(message):
    data = _message_with_text(message)
    words = data.pop("text")
    return {**data, "words": words}
""",
    "commands/messages/receive_message.py": """
_receive_text, _handle_text = receive_message, handle_message


def receive_message(deciding, data, *more):
    _receive_text(deciding, {**data, "text": data["words"]}, *more)


def handle_message(deciding, conversation, data):
    _handle_text(deciding, conversation, {**data, "text": data.get("text", data.get("words"))})
""",
    "commands/deciding.py": """
_record_unheard = Deciding.record


def _record(self, conversation, name, data):
    if name == "message_handled":
        data = {**data, "message": {**data["message"], "heard_by": "this release"}}
    _record_unheard(self, conversation, name, data)


Deciding.record = _record
""",
    "projections/messages/tables.sql": """
create table message_hearers (org uuid not null, uuid uuid not null, heard_by text not null, primary key (org, uuid));
""",
    "projections/messages/apply.py": """
from dataclasses import replace as _replace

_apply_without_hearers = PROJECTION.apply


def _apply(events, connection):
    _apply_without_hearers(events, connection)
    messages = [(event.org, event.data["message"]) for event in events if event.type == "message_handled"]
    rows = [{"org": org, "uuid": message["uuid"], "heard_by": message["heard_by"]} for org, message in messages]
    insert(connection, "message_hearers", rows, "on conflict do nothing")


PROJECTION = _replace(
    PROJECTION, version=PROJECTION.version + 1, tables=(*PROJECTION.tables, "message_hearers"), apply=_apply
)
""",
}


def make_broken_release(folder: Path) -> Path:
    """One that does not even start."""
    package = folder / "gateways" / "cli"
    package.mkdir(parents=True)
    (package / "main.py").write_text("import sys\nsys.exit('this release is broken')\n")
    return folder


def make_next_release(folder: Path) -> Path:
    """The tree, in a new folder of this name."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, change in _CHANGES.items():
        with (folder / name).open("a") as file:
            file.write(change)
    return folder
