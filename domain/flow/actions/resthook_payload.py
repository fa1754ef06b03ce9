"""What subscribers of a resthook are sent about the run, the contact and what the contact said."""

from __future__ import annotations

from domain.expressions.template import compile_template

_CONTACT = 'object("uuid", contact.uuid, "name", contact.name, "urn", contact.urn, "language", contact.language)'
_FLOW = 'object("uuid", run.flow.uuid, "name", run.flow.name, "revision", run.flow.revision)'
_RUN = 'object("uuid", run.uuid, "created_on", run.created_on)'
_RESULTS = (
    "foreach_value(results, extract_object,"
    ' "value", "category", "category_localized", "input", "name", "node_uuid", "created_on")'
)
_URN = (
    'if(input.urn, object("scheme", urn_parts(input.urn).scheme, "path", urn_parts(input.urn).path,'
    ' "display", default(format_urn(input.urn), "")), null)'
)
_INPUT = (
    'if(input, object("uuid", input.uuid, "type", input.type, "created_on", input.created_on,'
    f' "channel", input.channel, "urn", {_URN}, "text", input.text,'
    ' "attachments", foreach(input.attachments, attachment_parts)), null)'
)

PAYLOAD = compile_template(
    f'@(json(object("contact", {_CONTACT}, "flow", {_FLOW}, "path", run.path, "results", {_RESULTS},'
    f' "run", {_RUN}, "input", {_INPUT}, "channel", if(input, input.channel, null))))'
)
"""The payload as a template, evaluated like any other: what it shows follows the same rules."""
