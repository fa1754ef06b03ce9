-- Tickets: {uuid, contact, status: open|closed, topic?: ref, assignee?: user ref|null, flow?: ref, opened_by?, closed_on?}.
create table tickets (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index tickets_modified on tickets (org, modified_on desc, uuid desc);
create index tickets_contact on tickets (org, (doc->>'contact'));

-- How many tickets of each topic are open and closed; no row for none.
create table ticket_counts (
    org uuid not null,
    topic text not null,                -- uuid, as the ticket has it
    status text not null,
    count bigint not null,
    primary key (org, topic, status)
);
