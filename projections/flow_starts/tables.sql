-- Flow starts: {uuid, id, flow, contacts, groups, urns, params, restart_participants, exclude_active, origin, created_on}; `total` once known.
create table flow_starts (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index flow_starts_asked on flow_starts (org, modified_on desc, uuid desc)
    where not removed and doc->>'origin' in ('api', 'ui');     -- what lists show: not those of triggers and flows
create index flow_starts_id on flow_starts (org, id);

-- How many contacts of each were handled.
create table flow_start_progress (
    org uuid not null,
    uuid uuid not null,
    handled bigint not null,
    modified_on timestamptz not null,
    primary key (org, uuid)
);
