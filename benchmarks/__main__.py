"""`python -m benchmarks [NAME ...]`: run the benchmarks and print their tables."""

import importlib
import sys

BENCHMARKS = ("derivation", "codegen", "attention", "causal_head", "sticky_seeds", "mutation",
              "flows", "audit")  # fmt: skip


def main(names: list[str]) -> int:
    """Run the benchmarks called ``names``, all if there are none."""
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"benchmarks: {unknown} unknown; there are {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        print(f"== {name}")
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
