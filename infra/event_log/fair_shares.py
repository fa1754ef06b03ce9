"""Who should own which partition. Every member reckons it alone from the same facts, so they agree without a leader."""

from collections.abc import Mapping, Sequence


def fair_shares(members: Sequence[int], owners: Mapping[int, int | None]) -> dict[int, int]:
    """Partition -> member, evenly (shares differ by at most one) and with as few moves as that allows.

    `members` are the numbers of those alive; `owners` holds the present owner of every partition, None or a dead one if it has none.
    """
    if not members:
        return {}
    ranked = sorted(set(members))
    held: dict[int, list[int]] = {member: [] for member in ranked}
    for partition in sorted(owners):
        owner = owners[partition]
        if owner in held:
            held[owner].append(partition)
    least, extra = divmod(len(owners), len(ranked))
    # Those who hold most keep the shares that are larger by one.
    by_holding = sorted(ranked, key=lambda member: (-len(held[member]), member))
    quota = {member: least + (place < extra) for place, member in enumerate(by_holding)}
    shares = {partition: member for member in ranked for partition in held[member][: quota[member]]}
    free = [partition for partition in sorted(owners) if partition not in shares]
    for member in by_holding:
        missing = quota[member] - min(len(held[member]), quota[member])
        for partition in free[:missing]:
            shares[partition] = member
        free = free[missing:]
    return shares
