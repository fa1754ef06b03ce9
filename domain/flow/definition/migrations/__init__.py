"""The steps from one version of the format to the next, oldest first.

A step changes the definition in place; it must get along with anything that is JSON, since validation comes after.
"""

from collections.abc import Callable
from typing import Any

Step = Callable[[dict[str, Any], Callable[[], str]], None]

STEPS: dict[str, Step] = {}
