-- A workspace's past: contacts with a question sent, an answer, a completed run each; numbers from %(first)s up to %(until)s.
-- Ids count down from -1: those of the decider are above zero, so none is met twice. Uuids follow the number, as real ones (v7) follow
-- the time; they end as the organization's does. Each contact's things happened a second after those of the one before.
create or replace function pg_temp.uuid_of(kind text, n bigint, org uuid) returns uuid immutable language sql as $$
    select (lpad(to_hex(n), 8, '0') || '-' || kind || '-7000-8000-' || right(org::text, 12))::uuid
$$;
create temporary table past on commit drop as
select n, %(org)s::uuid as org, pg_temp.uuid_of('c000', n, %(org)s) as contact, -(n + 1) as id, '25078' || lpad(n::text, 7, '0') as number,
    now() - make_interval(secs => %(until)s + 60 - n) as at
from generate_series(%(first)s::bigint, %(until)s::bigint - 1) n;

insert into contacts.contacts (org, id, uuid, name, name_words, language, status, created_on, modified_on, last_seen_on, tickets, fields, notes)
select org, id, contact, 'Contact ' || n, 'contact ' || n, 'eng', 'active', at, at, at, 0, '{}', '[]' from past;
insert into contacts.contact_urns (org, contact_id, scheme, path, priority) select org, id, 'tel', '+' || number, 1 from past;
insert into contacts.contact_groups select org, id, %(group)s, at from past;
insert into contacts.contact_group_counts select %(org)s, %(group)s, count(*) from past
on conflict (org, group_uuid) do update set count = contact_group_counts.count + excluded.count;

insert into messages.messages (org, id, uuid, contact_uuid, contact_id, urn, channel_uuid, direction, status, status_rank, visibility,
    text, attachments, quick_replies, origin, priority, flow_uuid, flow_name, labels, external_id, error_count, created_on, sent_on, modified_on)
select org, id * 2 + nth, pg_temp.uuid_of('a00' || nth, n, org), contact, id, 'tel:+' || number, %(channel)s,
    (array['out', 'in'])[nth + 1], (array['delivered', 'handled'])[nth + 1], (array[5, 9])[nth + 1], 'visible',
    (array['Do you have clean water at home?', 'yes'])[nth + 1], '[]', '[]', (array['flow', null])[nth + 1], (array['bulk', null])[nth + 1],
    %(flow)s, 'Poll', '{}', case nth when 1 then 'past-' || n end, 0, at + nth * interval '0.5 s', case nth when 0 then at + interval '0.1 s' end, at
from past, generate_series(0, 1) nth order by n, nth;

insert into runs.runs (org, id, uuid, flow_uuid, flow_name, contact_uuid, status, responded, path, results, created_on, modified_on, exited_on)
select org, id, pg_temp.uuid_of('b000', n, org), %(flow)s, 'Poll', contact, 'completed', true, '[]', '{}', at, at, at from past;
insert into runs.flow_run_counts select %(org)s, %(flow)s, 'completed', count(*) from past
on conflict (org, flow_uuid, status) do update set count = flow_run_counts.count + excluded.count;

insert into history.history
select org, contact, 1, 'contact_created', '{}', 'contact_created', pg_temp.uuid_of('e000', n, org), at, 0, -1, 0 from past;
