"""Where messages are put: labels and visibility, with the list of each label's messages and the count of the visible ones. Incoming ones are
put somewhere by users; whatever was said with a contact is wiped when the contact is deleted."""

from typing import Any

from psycopg2.extensions import connection as Connection

from projections.projection import LoggedEvent
from projections.set_sql import execute

Row = dict[str, Any]

# `before` and `changed` name the same messages; a deleted one has no labels as far as lists and counts go.
_LIST_AND_COUNT = """,
moved as (
    select b.org, b.id, b.created_on, b.visibility as was, c.visibility as "is",
        case when b.visibility = 'deleted' then '{}' else b.labels end as old,
        case when c.visibility = 'deleted' then '{}' else c.labels end as new
    from before b join changed c on c.org = b.org and c.id = b.id
    where b.labels <> '{}' or c.labels <> '{}'
),
dropped as (
    delete from message_labels l using (select *, unnest(old) as label from moved) g
    where l.org = g.org and l.label = g.label and l.created_on = g.created_on and l.id = g.id and g.label <> all (g.new)
),
listed as (
    insert into message_labels
    select org, label, created_on, id from (select *, unnest(new) as label from moved) p where label <> all (old)
    on conflict do nothing
)
insert into message_label_counts
select org, label, sum(n) from (
    select org, unnest(new) as label, 1 as n from moved where "is" = 'visible'
    union all select org, unnest(old), -1 from moved where was = 'visible'
) shift
group by org, label having sum(n) <> 0
on conflict (org, label) do update set count = message_label_counts.count + excluded.count
"""

_FILE = f"""
with change as (select * from json_to_recordset(%s) as l(org uuid, message uuid, added uuid[], removed uuid[],
    visibility text, at timestamptz)),
before as (
    select m.org, m.id, m.created_on, m.labels, m.visibility from messages m join change l on l.org = m.org and l.message = m.uuid
    where m.direction = 'in'
),
changed as (
    update messages m set
        labels = case when l.added = '{{}}' and l.removed = '{{}}' then m.labels else coalesce((
            select array_agg(distinct label order by label)
            from unnest(m.labels || l.added) label where label <> all (l.removed)
        ), '{{}}') end,
        visibility = case when m.visibility = 'deleted' then m.visibility else coalesce(l.visibility, m.visibility) end,
        text = case when l.visibility = 'deleted' then '' else m.text end,
        attachments = case when l.visibility = 'deleted' then '[]' else m.attachments end,
        modified_on = greatest(m.modified_on, l.at)
    from change l where m.org = l.org and m.uuid = l.message and m.direction = 'in'
    returning m.org, m.id, m.labels, m.visibility
){_LIST_AND_COUNT}
"""

_ARCHIVE = f"""
with change as (select * from json_to_recordset(%s) as r(org uuid, contact uuid, at timestamptz)),
before as (
    select m.org, m.id, m.created_on, m.labels, m.visibility, min(r.at) as at
    from messages m join change r on r.org = m.org and r.contact = m.contact_uuid
    where m.direction = 'in' and m.visibility = 'visible' and m.created_on <= r.at group by m.org, m.id
),
changed as (
    update messages m set visibility = 'archived', modified_on = greatest(m.modified_on, b.at)
    from before b where m.org = b.org and m.id = b.id
    returning m.org, m.id, m.labels, m.visibility
){_LIST_AND_COUNT}
"""

_WIPE = f"""
with gone as (select * from json_to_recordset(%s) as v(org uuid, contact uuid, at timestamptz)),
before as (
    select m.org, m.id, m.created_on, m.labels, m.visibility, g.at from messages m join gone g on g.org = m.org and g.contact = m.contact_uuid
),
changed as (
    update messages m set visibility = 'deleted', text = '', attachments = '[]', quick_replies = '[]', templating = null, urn = null,
        urn_auth = null, modified_on = greatest(m.modified_on, b.at)
    from before b where m.org = b.org and m.id = b.id
    returning m.org, m.id, m.labels, m.visibility
){_LIST_AND_COUNT}
"""

# A label without visible messages has no row, as one that never had any.
_DROP_EMPTY_COUNTS = """
delete from message_label_counts c using (select distinct org from json_to_recordset(%s) as v(org uuid)) touched
where c.org = touched.org and c.count = 0
"""


class Filing:
    """Where one message is put, and when: labels (whether it has each), and the last visibility it got."""

    __slots__ = ("at", "labels", "visibility")

    def __init__(self) -> None:
        self.at = ""
        self.labels: dict[str, bool] = {}
        self.visibility: str | None = None

    def show(self, visibility: str) -> None:
        """What is deleted stays so: nothing of it is left to be shown."""
        if self.visibility != "deleted":
            self.visibility = visibility

    def row(self, org: str, message: str) -> Row:
        return {
            "org": org,
            "message": message,
            "added": [uuid for uuid, has in self.labels.items() if has],
            "removed": [uuid for uuid, has in self.labels.items() if not has],
            "visibility": self.visibility,
            "at": self.at,
        }


class Filings:
    """What a batch says about where messages are put. That all of a contact's are put away concerns those that are visible at that
    moment, so it is carried out between what came before it and what came after."""

    def __init__(self) -> None:
        self._steps: list[dict[tuple[str, str], Filing] | list[Row]] = []
        self._gone: dict[tuple[str, str], Row] = {}

    def of(self, event: LoggedEvent, message: str) -> Filing:
        if not self._steps or isinstance(self._steps[-1], list):
            self._steps.append({})
        step = self._steps[-1]
        assert isinstance(step, dict)
        filing = step.setdefault((event.org, message), Filing())
        filing.at = max(filing.at, event.at)
        return filing

    def archive_all_of_contact(self, event: LoggedEvent) -> None:
        if not self._steps or isinstance(self._steps[-1], dict):
            self._steps.append([])
        step = self._steps[-1]
        assert isinstance(step, list)
        step.append({"org": event.org, "contact": event.of, "at": event.at})

    def wipe_all_of_contact(self, event: LoggedEvent) -> None:
        self._gone[event.org, event.of or ""] = {"org": event.org, "contact": event.of, "at": event.at}

    def write(self, connection: Connection) -> None:
        touched: list[Row] = []
        for step in self._steps:
            rows = step if isinstance(step, list) else [filing.row(*key) for key, filing in step.items()]
            execute(connection, _ARCHIVE if isinstance(step, list) else _FILE, rows)
            touched += rows
        gone = list(self._gone.values())
        execute(connection, _WIPE, gone)
        execute(connection, _DROP_EMPTY_COUNTS, [{"org": row["org"]} for row in (*touched, *gone)])
