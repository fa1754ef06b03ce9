create table runs (
    org uuid not null,
    id bigint not null,
    uuid uuid not null,
    flow_uuid uuid not null,
    flow_name text,
    contact_uuid uuid not null,
    start_uuid uuid,
    parent_uuid uuid,
    session_uuid uuid,
    status text not null,               -- active, waiting, completed, expired, failed, interrupted
    responded boolean not null,
    path jsonb not null,                -- [{node, time}, …]
    results jsonb not null,             -- {key: {name, value, category, category_localized, node, time, input}}
    created_on timestamptz not null,
    modified_on timestamptz not null,
    exited_on timestamptz,
    primary key (org, id)
);
create unique index runs_uuid on runs (org, uuid);
create index runs_modified on runs (org, modified_on desc, id desc);
create index runs_flow on runs (org, flow_uuid, modified_on desc, id desc);
create index runs_contact on runs (org, contact_uuid, modified_on desc, id desc);
create index runs_responded on runs (org, responded, modified_on desc, id desc);
create index runs_flow_responded on runs (org, flow_uuid, responded, modified_on desc, id desc);

-- How many runs of each flow stand at each status; no row for none.
create table flow_run_counts (
    org uuid not null,
    flow_uuid uuid not null,
    status text not null,
    count bigint not null,
    primary key (org, flow_uuid, status)
);
