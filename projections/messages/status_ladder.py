"""A message's status never moves backwards: it is the highest rung that anybody reported, in whatever order the reports came.

*errored* (a try failed, another follows) stands under everything that says the message left; *failed* stands above *sent*, which
only says that the aggregator passed it on, and under *delivered* and *read*, which prove that it arrived after all. Because the
highest rung wins, folding reports needs no order: repeated, late and swapped reports give the same row.
"""

RANKS = {"queued": 0, "errored": 1, "wired": 2, "sent": 3, "failed": 4, "delivered": 5, "read": 6}

HANDLED = 9
"""The rank of incoming messages: no report moves them."""

LEFT_US = frozenset({"wired", "sent", "delivered", "read"})
"""Statuses that say the aggregator took the message."""
