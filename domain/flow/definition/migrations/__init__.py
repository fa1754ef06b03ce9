"""The steps from one version of the format to the next, oldest first, one file each.

A step changes the definition in place; it must get along with anything that is JSON, since validation comes after.
"""

from domain.flow.definition.migrations import (
    v13_1_0,
    v13_2_0,
    v13_3_0,
    v13_4_0,
    v13_5_0,
    v13_6_0,
    v13_6_1,
    v14_0_0,
    v14_1_0,
    v14_2_0,
    v14_3_0,
    v14_3_1,
    v14_4_0,
    v14_4_1,
    v14_4_2,
)
from domain.flow.definition.migrations.walk import Step

STEPS: dict[str, Step] = {
    "13.1.0": v13_1_0.migrate,
    "13.2.0": v13_2_0.migrate,
    "13.3.0": v13_3_0.migrate,
    "13.4.0": v13_4_0.migrate,
    "13.5.0": v13_5_0.migrate,
    "13.6.0": v13_6_0.migrate,
    "13.6.1": v13_6_1.migrate,
    "14.0.0": v14_0_0.migrate,
    "14.1.0": v14_1_0.migrate,
    "14.2.0": v14_2_0.migrate,
    "14.3.0": v14_3_0.migrate,
    "14.3.1": v14_3_1.migrate,
    "14.4.0": v14_4_0.migrate,
    "14.4.1": v14_4_1.migrate,
    "14.4.2": v14_4_2.migrate,
}

__all__ = ["STEPS", "Step"]
