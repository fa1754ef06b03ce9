"""Whatever comes over a link that stays open (X's stream, Telegram's updates) is facts or nothing, and never holds up what follows."""

from random import Random
from typing import Any

import orjson
from hypothesis import given

from gateways.channels.catalogue import channel_types
from gateways.channels.contract import Channel, Received
from gateways.channels.facts import Facts
from gateways.channels.types.x import X
from gateways.channels.types.x.receiving import read_delivered
from gateways.connections.telegram_polling.updates import Updates
from gateways.connections.x.lines import Delivered, read_line
from tests.gateways.fuzz.doors import NOW, channel, new_id, shape_faults
from tests.gateways.fuzz.hostile import BODIES, as_json, by_chance, damaged, examples, spoiled
from tests.gateways.fuzz.seeds import seeds_of

SAID: dict[str, Any] = {
    "data": {"event_type": "dm.received", "filter": {"user_id": "4400"}, "payload": {
        "direct_message_events": [{"type": "message_create", "id": "1801", "created_timestamp": "1760000000500", "message_create": {
            "sender_id": "5150", "target": {"recipient_id": "handle_id"}, "message_data": {"text": "Muraho https://t.co/x", "entities": {"urls": [
                {"url": "https://t.co/x", "expanded_url": "https://a.example"}]}, "attachment": {"media": {"media_url_https": "https://p.example",
                "url": "https://t.co/y", "video_info": {"variants": [{"bitrate": 1, "content_type": "video/mp4", "url": "https://v.example"}]}},
                "location": {"shared_coordinate": {"coordinates": {"coordinates": [30.06, -1.95]}}}}}}}],
        "users": {"5150": {"data": {"name": "Aline", "username": "alineu"}, "name": "Aline", "screen_name": "alineu"}}}},
}  # fmt: skip


def of(code: str) -> Channel:
    raw = channel(channel_types()[code], 0)
    return Channel(raw["uuid"], "org", code, raw["address"], "", "RW", tuple(raw["schemes"]), raw["config"])


def lines(chance: Random) -> bytes:
    line = as_json(spoiled(SAID, chance))
    return chance.choice((line, line, line, damaged(line, chance), chance.choice(BODIES)))


def test_a_line_of_x_s_stream_is_facts_or_nothing() -> None:
    handle, facts = of("TWT"), Facts(new_id, lambda: NOW)
    taken = [0]

    @examples(300)
    @given(line=by_chance(lines))
    def hear(line: bytes) -> None:
        said = read_line(line)
        if isinstance(said, Delivered):
            messages = read_delivered(handle, said.payload, new_id)
            events = facts.of(X, handle, Received(tuple(messages)))
            assert not [fault for event in events for fault in shape_faults(event["type"], event["data"])]
            taken[0] += len(events)

    hear()
    assert taken[0] > 50


def updates(chance: Random) -> list[Any]:
    made = [spoiled(seed.fields, chance) for seed in chance.choices(seeds_of(channel_types()["TG"]), k=3)]
    return [{**orjson.loads(as_json(each)), "update_id": number} for number, each in enumerate(made) if _arrives(each)]


def _arrives(update: Any) -> bool:
    """What is no JSON the client doesn't pass on."""
    try:
        return isinstance(orjson.loads(as_json(update)), dict)
    except orjson.JSONDecodeError:
        return False


def test_updates_of_telegram_are_facts_or_nothing() -> None:
    taken = [0]

    @examples(150)
    @given(batch=by_chance(updates))
    def poll(batch: list[Any]) -> None:
        reader = Updates(of("TG"), Facts(new_id, lambda: NOW), lambda heard: None)
        events = reader.read(batch)
        assert not [fault for event in events for fault in shape_faults(event["type"], event["data"])]
        taken[0] += len(events)

    poll()
    assert taken[0] > 50
