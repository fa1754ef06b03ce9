"""A person or a program writes to one contact."""

from typing import Any

from commands.conversations.find_or_begin import find_or_begin, normalised_urn
from commands.conversations.record_sprint import record_message
from commands.deciding import Deciding
from commands.starts.start_contact import routed
from domain.errors import Invalid

Data = dict[str, Any]

MAX_TEXT = 4096


def send_message(deciding: Deciding, data: Data) -> None:
    """`data` as in the command send_message. A contact that can't be reached still gets the message, failed with its reason."""
    content = data["message"]
    if not content.get("text") and not content.get("attachments"):
        raise Invalid("Must provide either text or attachments.", field="text")
    if len(content.get("text") or "") > MAX_TEXT:
        raise Invalid(f"Ensure this field has no more than {MAX_TEXT} characters.", field="text")
    if data.get("contact"):
        conversation = deciding.contact(data["contact"])
    else:
        conversation = find_or_begin(
            deciding, normalised_urn(deciding, data.get("urn") or "", "contact"), uuid=data.get("new_uuid")
        )
    message = record_message(
        deciding, conversation, routed(deciding, conversation, content), uuid=content["uuid"], origin="chat"
    )
    deciding.accept(uuid=message["uuid"], id=message["id"])
