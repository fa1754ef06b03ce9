-- Contacts. A deleted one keeps its ids and times only, and has no status.
create table contacts (
    org uuid not null,
    id bigint not null,
    uuid uuid not null,
    name text,
    name_words text,                    -- what searches for a part of the name look at: see domain/contact/query/name_words.py
    language text,
    status text,                        -- active, blocked, stopped, archived; null when deleted
    timezone text,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    last_seen_on timestamptz,
    flow_uuid uuid,                     -- the flow whose question the contact has not answered yet
    flow_name text,
    tickets int not null,               -- open ones
    fields jsonb not null,              -- {key: {text, number?, datetime?, state?, district?, ward?}}
    notes jsonb not null,               -- [{text, created_on, created_by}], the newest five, oldest first
    primary key (org, id)
);
create unique index contacts_uuid on contacts (org, uuid);
create index contacts_modified on contacts (org, modified_on desc, id desc) where status is not null;
create index contacts_deleted on contacts (org, modified_on desc, id desc) where status is null;

create table contact_urns (
    org uuid not null,
    contact_id bigint not null,
    scheme text not null,
    path text not null,
    priority int not null,              -- highest first
    channel uuid,                       -- the channel that the contact prefers for this URN
    display text,
    primary key (org, scheme, path)
);
create index contact_urns_contact on contact_urns (org, contact_id);

create table contact_groups (
    org uuid not null,
    contact_id bigint not null,
    group_uuid uuid not null,
    modified_on timestamptz not null,   -- the contact's
    primary key (org, contact_id, group_uuid)
);
create index contact_groups_group on contact_groups (org, group_uuid, modified_on desc, contact_id desc);

create table contact_group_counts (
    org uuid not null,
    group_uuid uuid not null,
    count bigint not null,
    primary key (org, group_uuid)
);
