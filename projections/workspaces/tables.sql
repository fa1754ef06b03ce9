-- Workspaces: {uuid, id, name, timezone, country, languages, date_style, anon, created_on}; `uuid` is `org`.
create table workspaces (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index workspaces_created on workspaces (org, created_on desc, uuid desc);

-- Who works in a workspace: {uuid, email, name, role}.
create table users (
    org uuid not null,
    uuid uuid not null,
    id bigint,
    doc jsonb not null,
    created_on timestamptz not null,
    modified_on timestamptz not null,
    removed boolean not null,
    primary key (org, uuid)
);
create index users_created on users (org, created_on desc, uuid desc);

-- The key itself is known to its owner only; here is its SHA-256 (hex).
create table api_tokens (
    org uuid not null,
    token_hash text not null,
    user_uuid uuid,
    email text,
    role text not null,
    issued_on timestamptz not null,
    primary key (token_hash)
);
