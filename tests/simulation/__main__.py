"""`make simulate SEEDS=n` runs the seeds 0 to n - 1 on all cores; `make simulate SEED=n` runs one. Prints what doesn't hold and the seed."""

import argparse
import logging
import multiprocessing
import os
import sys
from collections.abc import Sequence
from time import perf_counter

from tests.simulation.invariants import broken
from tests.simulation.world import World


def run(seed: int) -> tuple[int, list[str]]:
    """One seed; sentences about what does not hold."""
    logging.disable(logging.CRITICAL)
    try:
        return seed, broken(World(seed).run())
    except Exception as error:
        return seed, [f"a process failed: {error!r}"]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    options = parser.parse_args(arguments)
    seeds = (
        range(options.first, options.first + options.seeds)
        if options.seed is None
        else range(options.seed, options.seed + 1)
    )
    begun, failed = perf_counter(), 0
    with multiprocessing.Pool(min(os.cpu_count() or 1, len(seeds))) as pool:
        for seed, sentences in pool.imap_unordered(run, seeds, chunksize=8):
            failed += bool(sentences)
            for sentence in sentences:
                print(f"seed {seed}: {sentence} (again: make simulate SEED={seed})", flush=True)
    print(f"{len(seeds)} seeds, {failed} failed, {perf_counter() - begun:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
