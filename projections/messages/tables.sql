-- Messages in and out. Each folder has an index of its own, which gives its newest messages without a look at any other.
-- `status_rank` orders the statuses (see status_ladder.py): a message's status is the highest it was ever told.
create table messages (
    org uuid not null,
    id bigint not null,
    uuid uuid not null,
    contact_uuid uuid not null,
    contact_id bigint,
    urn text,
    channel_uuid uuid,
    direction text not null,            -- in, out
    status text not null,               -- handled for incoming ones
    status_rank smallint not null,
    visibility text not null,           -- visible, archived, deleted
    text text not null,
    attachments jsonb not null,         -- ["type:url", …]
    quick_replies jsonb not null,       -- [{type, text, extra}, …]
    locale text,
    templating jsonb,
    origin text,                        -- flow, broadcast, chat, ticket
    priority text,                      -- high, bulk
    flow_uuid uuid,
    flow_name text,
    broadcast_uuid uuid,
    labels uuid[] not null,
    external_id text,                   -- of an incoming one, at its aggregator
    urn_auth text,                      -- what the channel needs to answer this URN
    reply_to text,                      -- external id of the message that this one answers
    error_count int not null,
    next_attempt_on timestamptz,
    failed_reason text,
    created_on timestamptz not null,
    sent_on timestamptz,                -- not before created_on, whatever a phone's clock says
    modified_on timestamptz not null,
    primary key (org, id)
);
create unique index messages_uuid on messages (org, uuid);
create index messages_created on messages (org, created_on desc, id desc) where visibility <> 'deleted';
create index messages_contact on messages (org, contact_uuid, created_on desc, id desc);
create index messages_inbox on messages (org, created_on desc, id desc)
    where direction = 'in' and visibility = 'visible' and flow_uuid is null;
create index messages_flows on messages (org, created_on desc, id desc)
    where direction = 'in' and visibility = 'visible' and flow_uuid is not null;
create index messages_archived on messages (org, created_on desc, id desc) where direction = 'in' and visibility = 'archived';
create index messages_outbox on messages (org, created_on desc, id desc)
    where direction = 'out' and visibility = 'visible' and status in ('queued', 'errored');
create index messages_sent on messages (org, sent_on desc, id desc, created_on)     -- lists of what was created within a period walk here
    where direction = 'out' and visibility = 'visible' and status in ('wired', 'sent', 'delivered', 'read');
create index messages_failed on messages (org, created_on desc, id desc)
    where direction = 'out' and visibility = 'visible' and status = 'failed';
create index messages_unsent on messages (id) where direction = 'out' and status in ('queued', 'errored') and visibility <> 'deleted';
create index messages_broadcast on messages (org, broadcast_uuid, created_on desc, id desc)
    where broadcast_uuid is not null and visibility <> 'deleted';

-- The messages of each label in the order of lists, and how many of them are visible; no row for none. Deleted ones are in neither.
create table message_labels (
    org uuid not null,
    label uuid not null,
    created_on timestamptz not null,
    id bigint not null,
    primary key (org, label, created_on, id)
);
create table message_label_counts (
    org uuid not null,
    label uuid not null,
    count bigint not null,
    primary key (org, label)
);

-- What aggregators call the messages they took from us.
create table message_external_ids (
    org uuid not null,
    channel_uuid uuid not null,
    external_id text not null,
    message_id bigint not null,
    primary key (org, channel_uuid, external_id)
);

-- Parts of messages that left in several, or not whole at the first try (see parts.py).
create table message_parts (
    org uuid not null,
    message_id bigint not null,
    external_id text not null,          -- "" for what was not accepted yet
    channel_uuid uuid not null,
    rank smallint not null,             -- the highest that was told of it
    failed boolean not null,            -- whether it ever was told to have failed
    primary key (org, message_id, external_id)
);
create index message_parts_external_id on message_parts (org, channel_uuid, external_id) where external_id <> '';

-- How often an aggregator said of a message that it took that it could not deliver it, this time. `answered`: so many the sender knows of.
create table reported_errors (
    org uuid not null,
    message_id bigint not null,
    count int not null,
    answered int not null,
    last_on timestamptz,
    primary key (org, message_id)
);
create index reported_errors_new on reported_errors (last_on) where count > answered;

-- Reports about messages that are not known (yet) by what the report names them with. Exactly one of the three names is set.
create table unmatched_reports (
    org uuid not null,
    partition int not null,
    at_offset bigint not null,
    index int not null,
    message uuid,
    message_id bigint,
    channel uuid,
    external_id text,
    status text not null,
    rank smallint not null,
    sent_on timestamptz,
    at timestamptz not null,
    primary key (org, partition, at_offset, index)
);
create index unmatched_reports_message on unmatched_reports (org, message) where message is not null;
create index unmatched_reports_message_id on unmatched_reports (org, message_id) where message_id is not null;
create index unmatched_reports_external on unmatched_reports (org, channel, external_id) where external_id is not null;
