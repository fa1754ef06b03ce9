"""Every read model, in the order in which they are built. A test finds omissions."""

from projections.airtime_accounts.apply import PROJECTION as airtime_accounts
from projections.broadcasts.apply import PROJECTION as broadcasts
from projections.channel_types.apply import PROJECTION as channel_types
from projections.channels.apply import PROJECTION as channels
from projections.command_outcomes.apply import PROJECTION as command_outcomes
from projections.contacts.apply import PROJECTION as contacts
from projections.due_timers.apply import PROJECTION as due_timers
from projections.fields.apply import PROJECTION as fields
from projections.flow_starts.apply import PROJECTION as flow_starts
from projections.flows.apply import PROJECTION as flows
from projections.globals.apply import PROJECTION as globals_
from projections.groups.apply import PROJECTION as groups
from projections.history.apply import PROJECTION as history
from projections.labels.apply import PROJECTION as labels
from projections.llms.apply import PROJECTION as llms
from projections.messages.apply import PROJECTION as messages
from projections.projection import Projection
from projections.runs.apply import PROJECTION as runs
from projections.tickets.apply import PROJECTION as tickets
from projections.topics.apply import PROJECTION as topics
from projections.triggers.apply import PROJECTION as triggers
from projections.workspaces.apply import PROJECTION as workspaces

CATALOGUE: tuple[Projection, ...] = (
    workspaces,
    channels,
    channel_types,
    fields,
    groups,
    labels,
    globals_,
    topics,
    llms,
    airtime_accounts,
    triggers,
    flows,
    contacts,
    messages,
    runs,
    tickets,
    flow_starts,
    broadcasts,
    history,
    due_timers,
    command_outcomes,
)


def read_model(name: str) -> Projection:
    """The read model of this name. Raises KeyError."""
    return next(each for each in CATALOGUE if each.name == name)
