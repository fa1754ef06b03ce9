"""Which URNs somebody may have: valid ones that nobody else holds."""

from commands.conversations.find_or_begin import normalised_urn
from commands.deciding import Deciding, identity_of
from domain.errors import Invalid


def free_urns(deciding: Deciding, urns: list[str], own: str | None) -> list[str]:
    """The URNs, normalised, each once. Raises Invalid naming the place of the first that is not valid or not free."""
    found: dict[str, None] = {}
    for place, urn in enumerate(urns):
        normal = normalised_urn(deciding, urn, field=f"urns.{place}")
        holder = deciding.conversations.by_urn(identity_of(normal))
        if holder is not None and holder.id != own and holder.contact["status"] != "deleted":
            raise Invalid("URN is in use by another contact.", field=f"urns.{place}")
        found[normal] = None
    return list(found)
