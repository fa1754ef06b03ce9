"""Channel types that the workspace describes itself (Evenkeel's own endpoint, RapidPro has none)."""

from typing import Any

from domain.errors import Invalid
from gateways.api_v2.answers import not_found, time_text, wrong_field
from gateways.api_v2.calls import NO_CONTENT, Call, Command
from gateways.api_v2.resources.catalogue_items import listing
from gateways.channels.own_types import checked_description
from gateways.http.read_pool import Reader

Data = dict[str, Any]


def _shown(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    return [
        {
            "uuid": str(row["uuid"]),
            "type": row["doc"]["code"].lower(),
            "name": row["doc"]["name"],
            "description": row["doc"]["text"],
            "created_on": time_text(row["created_on"]),
            "modified_on": time_text(row["modified_on"]),
        }
        for row in rows
    ]


get = listing("channel_types", _shown, keys=("code",))


def post(reader: Reader, call: Call) -> Command:
    """{description: TOML text}: a new one, or another text for the one of the same code."""
    text = call.body.get("description")
    if not isinstance(text, str) or not text:
        raise wrong_field("description", "This field is required.")
    try:
        kind = checked_description(text)
    except Invalid as error:
        raise wrong_field("description", error.sentence) from None
    described = {"uuid": call.new_id(), "code": kind.code, "name": kind.name, "text": text}

    def answer(reader: Reader, result: Data) -> tuple[int, Any]:
        sql = "select * from channel_types.channel_types where org = %s and uuid = %s::uuid"
        [shown] = _shown(reader, call, reader.rows(sql, call.org, result["uuid"]))
        return (201 if result["uuid"] == described["uuid"] else 200), shown

    return Command("add_channel_type", {"channel_type": described}, answer)


def delete(reader: Reader, call: Call) -> Command:
    _, uuid = call.must_look_up("uuid")
    sql = "select uuid from channel_types.channel_types where org = %s and uuid::text = %s and not removed"
    if reader.row(sql, call.org, uuid.lower()) is None:
        raise not_found()
    return Command("remove_channel_type", {"channel_type": uuid.lower()}, lambda reader, result: NO_CONTENT)
