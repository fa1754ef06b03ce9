"""The send queue's program in Redis: its parts are joined to one script, in which each uses what stands in those before it."""

from pathlib import Path
from typing import Final

PARTS: Final = ("layout", "turns", "chains", "pushing", "leases", "taking", "outcomes", "terms")
"""`layout` says how the queue lies in Redis; the others add their operations."""

_RUN: Final = "return operations[operation]()\n"

SCRIPT: Final = "\n".join(
    [*((Path(__file__).parent / f"{part}.lua").read_text(encoding="utf-8") for part in PARTS), _RUN]
)
