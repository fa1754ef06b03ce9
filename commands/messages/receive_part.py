"""A piece of a long message that the aggregator did not join: kept until all are here, then it is one message."""

from datetime import datetime
from typing import Any

from commands.conversations.find_or_begin import find_or_begin
from commands.deciding import Deciding
from commands.messages.receive_message import receive_message

Data = dict[str, Any]


def receive_part(deciding: Deciding, data: Data) -> None:
    """`data` as in message_part_received. A piece that comes again changes nothing; a new message may use an old reference."""
    conversation = find_or_begin(deciding, data["urn"], channel=data["channel"])
    key = f"{data['channel']}|{data['reference']}|{data['count']}"
    kept = _still_wanted(conversation.parts.get(key, {}), data)
    if kept.get(str(data["number"]), [""])[0] == data["text"] and str(data["number"]) in kept:
        return
    if len(kept) < len(conversation.parts.get(key, {})):
        deciding.record(conversation, "message_parts_joined", {"key": key})  # what is left of an older message
    piece = {name: data[name] for name in ("number", "count", "text", "message", "received_on")}
    deciding.record(conversation, "message_part_kept", {"key": key, **piece})
    pieces = conversation.parts[key]
    if len(pieces) < data["count"]:
        return
    deciding.record(conversation, "message_parts_joined", {"key": key})
    text = "".join(pieces[str(number)][0] for number in range(1, data["count"] + 1))
    joined: Data = {
        name: data[name] for name in ("channel", "urn", "external_id", "received_on", "message") if name in data
    }
    joined |= {"text": text, "attachments": []}
    receive_message(deciding, joined, {**deciding.given.event, "type": "message_received", "data": joined})


def _still_wanted(pieces: dict[str, list[str]], data: Data) -> dict[str, list[str]]:
    """Those that can belong to the same message as this one."""
    now = datetime.fromisoformat(data["received_on"])
    return {
        number: piece
        for number, piece in pieces.items()
        if (now - datetime.fromisoformat(piece[2])).total_seconds() <= data["keep_seconds"]
    }
