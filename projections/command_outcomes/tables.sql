-- What became of each command: accepted with a result, refused with a sentence about a field, or failed in the decider.
-- Kept for a day: whoever gave the command waits for seconds.
create table command_outcomes (
    org uuid not null,
    command uuid not null,
    outcome text not null,              -- accepted, refused, failed
    result jsonb,
    field text,
    sentence text,
    recorded_on timestamptz not null,
    partition int not null,
    primary key (command)
);
create index command_outcomes_by_age on command_outcomes (partition, recorded_on);
