-- Broadcasts: {uuid, id, translations, base_language, contacts, groups, urns, created_on, created_by?}; `total` once it is known.
create table broadcasts (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index broadcasts_created on broadcasts (org, created_on desc, uuid desc);
create index broadcasts_id on broadcasts (org, id);

-- How many contacts of each were handled.
create table broadcast_progress (
    org uuid not null,
    uuid uuid not null,
    handled bigint not null,
    modified_on timestamptz not null,
    primary key (org, uuid)
);
