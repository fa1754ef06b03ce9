"""`make bench [ONLY=name]`: runs every benchmark and prints its figures. No test fails on a time."""

import importlib
import sys
from pathlib import Path


def main(only: list[str]) -> None:
    for file in sorted(Path(__file__).parent.glob("bench_*.py")):
        if only and not any(name in file.stem for name in only):
            continue
        module = importlib.import_module(f"tests.benchmarks.{file.stem}")
        if not hasattr(module, "run"):
            continue
        print(f"== {file.stem.removeprefix('bench_')}", flush=True)
        for name, value, unit in module.run() or ():
            print(f"{name:<60} {value:>12,.1f} {unit}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
