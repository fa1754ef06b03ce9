-- Labels of messages: {uuid, id, name, created_on}.
create table labels (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index labels_created on labels (org, created_on desc, uuid desc);
