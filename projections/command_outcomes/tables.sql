-- What became of each command: accepted with a result, refused with a sentence about a field, or failed in the decider.
create table command_outcomes (
    org uuid not null,
    command uuid not null,
    outcome text not null,              -- accepted, refused, failed
    result jsonb,
    field text,
    sentence text,
    recorded_on timestamptz not null,
    primary key (command)
);
