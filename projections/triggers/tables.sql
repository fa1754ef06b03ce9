-- Triggers: {uuid, id, type, keywords, match, channel?, flow, created_on}.
create table triggers (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index triggers_created on triggers (org, created_on desc, uuid desc);
