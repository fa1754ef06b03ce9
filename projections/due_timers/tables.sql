-- What a contact's waiting session is due for: at most one time-out and one expiration.
create table due_timers (
    org uuid not null,
    contact uuid not null,
    kind text not null,                 -- wait_timeout, wait_expiration
    session uuid not null,
    sprint uuid,
    timeout_seconds int,                -- set while the time-out waits for its message to be sent
    due_on timestamptz,                 -- null until then
    primary key (org, contact, kind)
);
create index due_timers_due on due_timers (due_on) where due_on is not null;
create index due_timers_of_org on due_timers (org, due_on, contact, kind) where due_on is not null;

-- Messages whose leaving starts a wait's time-out.
create table awaited_messages (
    org uuid not null,
    message uuid not null,
    contact uuid not null,
    sprint uuid,
    id bigint not null,                 -- aggregators may name it by this
    primary key (org, message)
);
create index awaited_messages_id on awaited_messages (org, id);
create index awaited_messages_contact on awaited_messages (org, contact);
