"""The messages that cases send."""

from typing import Any

from gateways.channels.contract import (
    MediaFile,
    OutgoingMessage,
    QuickReply,
    Template,
    TemplateComponent,
    TemplateVariable,
)


def message_of(document: dict[str, Any], raw: dict[str, Any]) -> OutgoingMessage:
    return OutgoingMessage(
        id=10,
        uuid=document["harness"]["msg_uuid"],
        urn=raw["urn"],
        text=raw.get("text") or "",
        attachments=tuple(raw.get("attachments") or ()),
        quick_replies=tuple(
            QuickReply(r.get("type") or "text", r.get("text") or "", r.get("extra") or "")
            for r in raw.get("quick_replies") or ()
        ),
        locale=raw.get("locale") or "",
        template=template_of(raw.get("templating")),
        response_to_external_id=raw.get("response_to_external_id") or "",
        urn_auth=raw.get("urn_auth") or "",
        contact_urns=(raw["urn"], *(raw.get("contact_other_urns") or ())),
        high_priority=bool(raw.get("high_priority")),
        origin=raw.get("origin") or "flow",
        session_status=raw.get("session_status") or (raw.get("session") or {}).get("status", ""),
        flow_name=(raw.get("flow") or {}).get("name", ""),
    )


def template_of(raw: dict[str, Any] | None) -> Template | None:
    if not raw:
        return None
    return Template(
        name=raw["template"]["name"],
        language=raw.get("language") or "",
        external_id=raw.get("external_id") or "",
        namespace=raw.get("namespace") or "",
        locale=raw.get("locale") or "",
        variables=tuple(TemplateVariable(v["type"], v["value"]) for v in raw.get("variables") or ()),
        components=tuple(
            TemplateComponent(c["type"], c.get("name") or "", c.get("variables") or {})
            for c in raw.get("components") or ()
        ),
    )


def media_of(raw: dict[str, Any]) -> MediaFile:
    alternates = tuple(media_of(each) for each in raw.get("alternates") or [])
    size, width, height = raw.get("size") or 0, raw.get("width") or 0, raw.get("height") or 0
    return MediaFile(
        raw["content_type"], raw["url"], size, width, height, raw["path"], alternates, raw.get("duration") or 0
    )
