-- Contact fields: {uuid, id, key, name, type, created_on}.
create table fields (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index fields_created on fields (org, created_on desc, uuid desc);
