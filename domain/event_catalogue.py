"""Every event of the log: its name, newest version, the aggregate it belongs to and the fields that carry personal data.

Shapes are given as they stand in an event's `data`. Conventions: a *reference* is {"uuid", "name"}; a *contact reference* is
{"uuid", "id", "name"}; times are RFC 3339 texts in UTC with microseconds; `id`s are integers unique in the installation (the decider
gives them out: number × partitions + partition); `urn` is "scheme:path" text. Absent means unknown or empty.

Inputs come from doors and workers, decisions from the decider only, reports go to the read models as they are (see `events.record`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Role = Literal["fact", "command", "report", "decision", "configuration"]


@dataclass(frozen=True, slots=True)
class EventType:
    """`of`: which aggregate an event's `of` names ("" for inputs and reports); `personal`: paths in `data` with personal data."""

    name: str
    role: Role
    of: Literal[
        "",
        "conversation",
        "workspace",
        "channel",
        "flow",
        "trigger",
        "group",
        "field",
        "label",
        "global",
        "topic",
        "broadcast",
        "flow_start",
        "user",
        "campaign",
        "llm",
        "channel_type",
        "airtime_account",
    ] = ""
    personal: tuple[str, ...] = ()
    version: int = 1


_TYPES = (
    # ---- facts: what happened outside -------------------------------------------------------------------------------------
    # {channel: uuid, urn, text, attachments: [..], external_id?, received_on, message: uuid, name?: of the contact, payload?: {},
    #  also_known_as?: a second URN of the contact, auth_tokens?: {name: token} to answer the URN with}
    EventType(
        "message_received",
        "fact",
        personal=("urn", "text", "attachments", "name", "payload", "also_known_as", "auth_tokens"),
    ),
    # {channel, urn, text, reference, number: from 1, count, keep_seconds, external_id?, received_on, message: uuid}: a piece of a long one
    EventType("message_part_received", "fact", personal=("urn", "text")),
    # {channel: uuid, type: "stop_contact"|"new_conversation"|"referral"|"welcome_message"|"urn_learned"|…, urn, extra: {}, occurred_on,
    #  name?, auth_tokens?, external_id?: the aggregator's, by which a repetition is known, also_known_as?: a second URN of the contact}
    EventType("channel_event_occurred", "fact", personal=("urn", "extra", "name", "auth_tokens", "also_known_as")),
    # {contact: uuid, kind: "wait_timeout"|"wait_expiration"|"session_expiration", session: uuid, sprint: uuid, due_on}
    EventType("timer_fired", "fact"),
    # {contact: uuid, request: uuid of the service_requested event, answer: {…}}
    EventType("service_answered", "fact", personal=("answer",)),
    # {flow_start: uuid, total: int}    and    {broadcast: uuid, total: int}: the starter knows how many there will be
    EventType("flow_start_counted", "fact"),
    EventType("broadcast_counted", "fact"),
    EventType(
        "group_counted", "fact"
    ),  # {group: uuid, total}: so many contacts may have to join a group that has a query
    # ---- commands: what somebody wants; the event's own id names the command ------------------------------------------------
    # {workspace: {uuid, name, timezone, country?, languages: [..], date_style, anon}}
    EventType("create_workspace", "command"),
    # {user: {uuid, email, name, role}, password_hash?}            {token_hash: sha256 hex, user: {uuid, email}, role}
    EventType("add_user", "command", personal=("user",)),
    EventType("issue_api_token", "command"),
    # {changes: {quiet_hours: "21:00-07:00" | ""}}
    EventType("change_workspace", "command"),
    # {channel: {uuid, type, name, address, country?, schemes, roles, config, parent?: uuid of the channel it sends for, match_prefixes?: [..],
    #  allow_international?}}      {channel: uuid, changes: {…}, settings?: {of config: value, null removes it}}     {channel: uuid}
    EventType("add_channel", "command"),
    EventType("change_channel", "command"),
    EventType("remove_channel", "command"),
    # {channel: uuid, reason?}     {channel: uuid}: what is to be sent waits until then
    EventType("pause_channel", "command"),
    EventType("resume_channel", "command"),
    # {definition: RapidPro flow JSON of any version}                {flow: uuid, archived: bool}
    EventType("save_flow", "command"),
    EventType("archive_flow", "command"),
    # {trigger: {uuid, type: "keyword"|"catch_all"|"new_conversation"|"referral"|"ticket_closed", keywords: [..], match: "first"|"only",
    #  referrer_id?, channel?: uuid, groups?: [uuid], exclude_groups?: [uuid], flow: uuid}}
    EventType("add_trigger", "command"),
    # {field: {uuid, key, name, type}}  {group: {uuid, name, query?}}  {label: {uuid, name}}  {global: {uuid, key, name, value}}
    # {topic: {uuid, name}}
    EventType("add_field", "command"),
    EventType("add_group", "command"),
    EventType("add_label", "command"),
    EventType("set_global", "command", personal=("global.value",)),
    EventType("add_topic", "command"),
    # {llm: {uuid, name, type: "openai", url: up to /v1, model, api_key?}}: a language model that flows may ask
    EventType("add_llm", "command"),
    # {channel_type: {uuid, code, name, text}}: a description (TOML) of the workspace's own, checked by who submits it; one with the same
    # code takes the other's place     {channel_type: uuid}
    EventType("add_channel_type", "command"),
    EventType("remove_channel_type", "command"),
    # {airtime_account: {uuid, type: "dtone", url, key, secret}}: what flows send airtime from, in place of the one there was
    EventType("set_airtime_account", "command"),
    # the four above with unless_there: true are accepted, and change nothing, when there is one of that uuid, name or key
    # {group: uuid, changes: {name}}, {field: uuid, changes: {name?, type?}} …                        {group: uuid}, {label: uuid}
    EventType("change_field", "command"),
    EventType("change_group", "command"),
    EventType("change_label", "command"),
    EventType("change_topic", "command"),
    EventType("remove_group", "command"),
    EventType("remove_label", "command"),
    # {contact: {uuid, name?, language?, urns: [..], groups: [uuid..], fields: {key: value}, note?}}
    EventType("create_contact", "command", personal=("contact",)),
    # {contact: uuid | urn: text (creates when unknown, under new_uuid), new_uuid, changes: {name?, language?, urns?, groups?,
    #  fields?, note?, status?}}
    EventType("change_contact", "command", personal=("urn", "changes")),
    EventType("delete_contact", "command", personal=("urn",)),
    # {contacts: [uuid], action: "add"|"remove"|"block"|"unblock"|"interrupt"|"archive_messages"|"delete", group?: uuid}
    EventType("act_on_contacts", "command"),
    # {messages: [{message: uuid, contact: uuid}], action: "label"|"unlabel"|"archive"|"restore"|"delete", label?: reference}
    EventType("act_on_messages", "command"),
    # {tickets: [{ticket: uuid, contact: uuid}], action: "assign"|"add_note"|"change_topic"|"close"|"reopen", assignee?: uuid|null,
    #  note?, topic?: uuid}; the outcome has failures: [ticket uuid], which were as wanted already
    EventType("act_on_tickets", "command", personal=("note",)),
    # {message: {uuid, text, attachments, quick_replies}, contact?: uuid, urn?: text, new_uuid}
    EventType("send_message", "command", personal=("message.text", "message.attachments", "urn")),
    # {broadcast: {uuid, translations: {lang: {text, attachments, quick_replies}}, base_language, contacts: [uuid], groups: [uuid], urns: [..]}}
    EventType("create_broadcast", "command", personal=("broadcast.translations", "broadcast.urns")),
    # {flow_start: {uuid, flow: uuid, contacts, groups, urns, params, restart_participants, exclude_active}}
    EventType("create_flow_start", "command", personal=("flow_start.urns", "flow_start.params")),
    # {flow_start: uuid, contact?: uuid, urn?: text, new_uuid?, nth: int}: one contact of a start's batch
    EventType("start_contact", "command", personal=("urn",)),
    # {group: uuid, contact: uuid, nth: int}: see whether the contact belongs to a new group that has a query
    EventType("check_group", "command"),
    # {broadcast: uuid, contact?: uuid, urn?: text, new_uuid?, nth: int}
    EventType("broadcast_to_contact", "command", personal=("urn",)),
    # ---- reports: facts for the read models -----------------------------------------------------------------------------------
    # {channel: uuid, message_id?: int, message?: uuid, external_id?, status: "wired"|"sent"|"delivered"|"read"|"failed"|"errored", reported_on}
    EventType("delivery_reported", "report"),
    # by the sender: {message: uuid, id, channel, contact, status: "wired"|"sent"|"delivered"|"errored"|"failed", external_ids: [..],
    # error_count, next_attempt_on?, failed_reason?, error?: {code, text}, sent_on?, answers?: how many errors that the aggregator reported
    # since it took the message it answers}
    EventType("message_sent", "report"),
    # by the relayer door: {channel, power_source, power_status, power_level: percent, network_type, device, os, app_version,
    # pending, retry, incoming: numbers of messages, synced_on}
    EventType("phone_synced", "report"),
    # {channel, message?: uuid, direction: "in"|"out", request, response, elapsed_ms, error?}: kept in the channel log, which forgets
    # (domain/ports/channel_log.py); logs of earlier programs hold them here
    EventType("exchange_logged", "report", personal=("request", "response")),
    # ---- configuration: decisions about the workspace --------------------------------------------------------------------------
    # {workspace: {uuid, id, name, timezone, country, languages, date_style, anon, created_on}}
    EventType("workspace_created", "configuration", "workspace"),
    EventType("workspace_changed", "configuration", "workspace"),  # {workspace: uuid, changes}
    EventType("user_added", "configuration", "user", personal=("user",)),
    EventType("api_token_issued", "configuration", "workspace"),
    # {channel: {…as in add_channel, id, created_on}}           {channel: uuid, changes}       {channel: uuid, name}
    EventType("channel_added", "configuration", "channel"),
    EventType("channel_changed", "configuration", "channel"),
    EventType("channel_removed", "configuration", "channel"),
    # {channel: uuid, paused_on, reason}     {channel: uuid}
    EventType("channel_paused", "configuration", "channel"),
    EventType("channel_resumed", "configuration", "channel"),
    # {flow: {uuid, id, name, type, revision, spec_version, expire_after_minutes, saved_on, created_on}, definition, info: inspection}
    EventType("flow_saved", "configuration", "flow"),
    EventType("flow_archived", "configuration", "flow"),
    # as in the commands, with id and created_on
    EventType("trigger_added", "configuration", "trigger"),
    EventType("trigger_removed", "configuration", "trigger"),  # {trigger: uuid}
    EventType("field_added", "configuration", "field"),
    EventType("group_added", "configuration", "group"),
    EventType("label_added", "configuration", "label"),
    EventType("field_changed", "configuration", "field"),  # {field: uuid, changes}, and so on
    EventType("group_changed", "configuration", "group"),
    EventType("label_changed", "configuration", "label"),
    EventType("topic_changed", "configuration", "topic"),
    EventType("group_removed", "configuration", "group"),  # {group: uuid, name}
    EventType("label_removed", "configuration", "label"),
    EventType("global_set", "configuration", "global", personal=("global.value",)),
    EventType("topic_added", "configuration", "topic"),
    EventType("llm_added", "configuration", "llm"),
    # as in the command, with id and created_on; {channel_type: uuid, changes: {name, text}}; {channel_type: uuid, code}
    EventType("channel_type_added", "configuration", "channel_type"),
    EventType("channel_type_changed", "configuration", "channel_type"),
    EventType("channel_type_removed", "configuration", "channel_type"),
    EventType("airtime_account_set", "configuration", "airtime_account"),
    # {broadcast: {…as in create_broadcast, id, created_on, created_by?}}
    EventType("broadcast_created", "configuration", "broadcast", personal=("broadcast.translations", "broadcast.urns")),
    # {flow_start: {…as in create_flow_start with flow as reference, id, created_on, created_by?, origin: "api"|"flow"|"trigger"}}
    EventType("flow_start_created", "configuration", "flow_start", personal=("flow_start.urns", "flow_start.params")),
    # {flow_start: uuid, total}          {broadcast: uuid, total}: status started; both end when as many contacts were handled
    EventType("flow_start_begun", "configuration", "flow_start"),
    EventType("broadcast_begun", "configuration", "broadcast"),
    EventType("group_begun", "configuration", "group"),
    # ---- decisions about a contact; `of` is the contact's uuid -----------------------------------------------------------------
    # {contact: {uuid, id, name?, language?, status, timezone?, created_on, urns: [..], groups: [ref], fields: {key: {text,…}}}}
    EventType("contact_created", "decision", "conversation", personal=("contact",)),
    EventType("contact_name_changed", "decision", "conversation", personal=("name",)),  # {name}
    EventType("contact_language_changed", "decision", "conversation"),  # {language}
    EventType("contact_timezone_changed", "decision", "conversation"),  # {timezone}
    EventType("contact_status_changed", "decision", "conversation"),  # {status: active|blocked|stopped|archived}
    EventType("contact_last_seen_changed", "decision", "conversation"),  # {last_seen_on}
    EventType(
        "contact_field_changed", "decision", "conversation", personal=("value",)
    ),  # {field: {key,name}, value: {text,…}|null}
    EventType("contact_groups_changed", "decision", "conversation"),  # {groups_added?: [ref], groups_removed?: [ref]}
    EventType(
        "contact_urns_changed", "decision", "conversation", personal=("urns",)
    ),  # {urns: [..]} highest priority first
    # {urn, auth: token}: what the URN's channel needs to answer it
    EventType("contact_urn_auth_changed", "decision", "conversation", personal=("urn", "auth")),
    EventType("contact_note_added", "decision", "conversation", personal=("text",)),  # {text, created_on, created_by}
    EventType("contact_deleted", "decision", "conversation"),  # {urns: []}
    # {message: {uuid, id, contact: contact reference, urn, channel: reference, text, attachments, external_id?, created_on,
    #  flow?: reference (the flow that took it), visibility: "visible"|"archived"}}; the contact was last seen at its created_on
    EventType(
        "message_handled",
        "decision",
        "conversation",
        personal=("message.text", "message.attachments", "message.urn", "message.contact.name"),
    ),
    # {key, number, count, text, message, received_on, keep_seconds}: a piece of a long message waits for the others; {key}: all are here
    EventType("message_part_kept", "decision", "conversation", personal=("text",)),
    EventType("message_parts_joined", "decision", "conversation"),
    # {message: uuid (of the repetition), external_id, original: uuid}: the same message came again; nothing else happens
    EventType("message_repeated", "decision", "conversation"),
    # {message: {uuid, id, contact: contact reference, urn?, channel?: reference, text, attachments, quick_replies: [{type,text,extra}],
    #  locale?, templating?, status: "queued"|"failed", failed_reason?, origin: "flow"|"broadcast"|"chat"|"ticket", priority: "high"|"bulk",
    #  urn_auth?: token, timezone?: the contact's, flow?: reference, broadcast?: uuid, created_on, reply_to?: external id of the message it answers,
    #  session_status?: "W"|"C"|"I"|"F": of the flow's session after the sprint,
    #  wait?: {session, sprint, timeout_seconds} when the flow waits for an answer to it with a time-out}}
    EventType(
        "message_created",
        "decision",
        "conversation",
        personal=("message.urn_auth", "message.text", "message.attachments", "message.urn", "message.contact.name"),
    ),
    # {run: {uuid, id, flow: reference, start?: uuid, parent?: uuid, created_on, session: uuid}}
    EventType("run_started", "decision", "conversation"),
    # {run: uuid, name, value, category, category_localized?, node, created_on, input?, extra?, previous?}
    EventType("run_result_changed", "decision", "conversation", personal=("value", "extra", "input", "previous")),
    # {as run_result_changed, without previous}: saved once more with the value and category it had; everything else of it is replaced
    EventType("run_result_repeated", "decision", "conversation", personal=("value", "extra", "input")),
    # {run: uuid, flow: reference, status: "active"|"waiting"|…, steps: [{node, time}] new ones, responded: bool, modified_on}
    EventType("run_advanced", "decision", "conversation"),
    # {run: uuid, flow: reference, status: completed|expired|failed|interrupted, exited_on}
    EventType("run_ended", "decision", "conversation"),
    # {session: the engine's session JSON when it begins to wait, null when it has ended; or changes: what is new of it since (see
    #  domain/conversation/session_changes.py), uuid, sprint, status, wait?: {timeout_on?, timeout_seconds?, expires_on, hint?},
    #  groups_checked?: fingerprint of the queries that the contact's groups are in line with from now on}
    EventType("session_advanced", "decision", "conversation", personal=("session", "changes")),
    # {request: {uuid, kind: webhook|email|llm|airtime|…, …}, pending: how to go on}: the run waits for an answer
    EventType("service_requested", "decision", "conversation", personal=("request", "pending")),
    # {request: uuid}: its answer is here; what it leads to follows
    EventType("service_call_ended", "decision", "conversation"),
    # {input: the event that came while an answer was awaited; it is decided afterwards, in order}
    EventType("input_deferred", "decision", "conversation", personal=("input",)),
    # {origin: start|broadcast uuid, kind: "flow_start"|"broadcast", contact reference, outcome: "started"|"skipped", reason?}: one of a start
    EventType(
        "input_taken_up", "decision", "conversation"
    ),  # {input: its event id}: the first deferred input is decided now
    # {message: uuid, labels_added?: [ref], labels_removed?: [ref]}       {message: uuid, visibility: "visible"|"archived"|"deleted"}
    EventType("message_labels_changed", "decision", "conversation"),
    EventType("message_visibility_changed", "decision", "conversation"),
    EventType("contact_messages_archived", "decision", "conversation"),  # {}: all that the contact wrote until then
    # {ticket: {uuid, status, topic?: ref, assignee?: user ref}, flow?: ref, opened_by?: actor}        {ticket_uuid, …}
    EventType("ticket_opened", "decision", "conversation"),
    EventType("ticket_closed", "decision", "conversation"),
    EventType("ticket_reopened", "decision", "conversation"),
    EventType(
        "ticket_assignee_changed", "decision", "conversation"
    ),  # {ticket_uuid, assignee: user ref|null, previous?}
    EventType("ticket_topic_changed", "decision", "conversation"),  # {ticket_uuid, topic: ref}
    EventType("ticket_note_added", "decision", "conversation", personal=("note",)),  # {ticket_uuid, note}
    EventType("start_contact_done", "decision", "conversation"),
    EventType("broadcast_contact_done", "decision", "conversation"),
    EventType("group_checked", "decision", "conversation"),  # {origin: group uuid}
    # engine events that only history shows, and events of channels: {event: the engine's JSON, seen?: {as: what knows a repetition, event: id}}
    EventType("flow_noted", "decision", "conversation", personal=("event",)),
    # ---- decisions about an input --------------------------------------------------------------------------------------------
    EventType("command_accepted", "decision"),  # {command: event id, result: {uuid?, id?, …}}
    EventType("command_refused", "decision"),  # {command: event id, field?, sentence}
    # {input: {id, type}, error, trace}: deciding raised twice; an operator can have it decided again
    EventType("input_refused", "decision"),
)

EVENT_TYPES: Mapping[str, EventType] = MappingProxyType({each.name: each for each in _TYPES})
