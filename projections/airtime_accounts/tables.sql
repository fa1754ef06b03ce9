-- Accounts with providers of airtime, one of a workspace: {uuid, id, type, url, key, secret, created_on}.
create table airtime_accounts (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
