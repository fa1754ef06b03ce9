"""`python -m tests.simulation.teeth [WORDS]`: the first seed that finds each fault whose name has these words."""

import logging
import sys

from tests.simulation.invariants import broken
from tests.simulation.teeth import FAULTS
from tests.simulation.world import World

SEEDS = 1_000


def main(words: str) -> int:
    logging.disable(logging.CRITICAL)
    missed = 0
    for name, fault in FAULTS.items():
        if words in name:
            found = next((seed for seed in range(SEEDS) if broken(World(seed, fault, give_up=200.0).run())), None)
            missed += found is None
            print(f"{name}: {found}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
