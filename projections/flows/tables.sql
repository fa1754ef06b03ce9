-- Flows: {uuid, id, name, type, revision, spec_version, expire_after_minutes, saved_on, created_on, archived?, info}.
create table flows (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index flows_created on flows (org, created_on desc, uuid desc);
create index flows_modified on flows (org, modified_on desc, uuid desc);

-- The newest definition of each flow; older revisions stand in the history.
create table flow_definitions (
    org uuid not null,
    uuid uuid not null,
    revision int,
    definition jsonb not null,
    primary key (org, uuid)
);
