-- Ticket topics: {uuid, id, name, created_on}.
create table topics (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index topics_created on topics (org, created_on desc, uuid desc);
