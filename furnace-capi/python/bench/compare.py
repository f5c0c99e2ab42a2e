#!/usr/bin/env python3
"""compare.py ROOT: this package beside furnace 0.0.10, in one run, in the same root directory. As root.

ROOT is a small system without systemd-tmpfiles (with it, both wait for that program). Without ROOT one is made of the
machine's own programs. The original is fetched from PyPI into a venv that is thrown away; FURNACE_ORIGINAL names a Python
that has it already.

Each figure is the median of its kind; both take turns, so that a machine that changes its mind does so for both. The exit
status tells whether the ratios that are promised hold.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, List

GIB = 1 << 30
#: What is measured, and how many times faster it must be.
PROMISED = {"enter": 30.0, "run from 1 GiB": 10.0}


def measure(which: str, root: str, turns: int) -> Dict[str, List[float]]:
    """Seconds that each thing takes, in this very process and with whichever furnace it imports."""
    import furnace
    from furnace.context import ContainerContext

    if hasattr(furnace, "Error") != (which == "this"):
        raise SystemExit("%s is not the furnace that was to be measured" % furnace.__file__)
    found: Dict[str, List[float]] = {"enter": [], "run": [], "leave": [], "run from 1 GiB": []}

    def run(container: ContainerContext, name: str) -> None:
        begun = time.perf_counter()
        container.run(["/bin/true"], check=True)
        found[name].append(time.perf_counter() - begun)

    for _ in range(turns):
        begun = time.perf_counter()
        container = ContainerContext(root).__enter__()
        entered = time.perf_counter()
        found["enter"].append(entered - begun)
        run(container, "run")
        begun = time.perf_counter()
        container.__exit__(None, None, None)
        found["leave"].append(time.perf_counter() - begun)
    ballast = bytearray(GIB)
    # Each page is written to: memory that is only promised costs a fork nothing.
    ballast[::4096] = b"x" * (GIB // 4096)
    with ContainerContext(root) as container:
        for _ in range(turns):
            run(container, "run from 1 GiB")
    return found


def measured(which: str, python: str, root: str, turns: int) -> Dict[str, List[float]]:
    # What PYTHONPATH names is not the original's.
    kept = {name: value for name, value in os.environ.items() if which == "this" or name != "PYTHONPATH"}
    command = [python, __file__, "--measure", which, "--turns", str(turns), root]
    done = subprocess.run(command, env=kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    if done.returncode:
        raise SystemExit("%s could not measure:\n%s" % (python, done.stderr))
    return dict(json.loads(done.stdout.splitlines()[-1]))


def original(directory: str) -> str:
    """A Python that has furnace 0.0.10."""
    given = os.environ.get("FURNACE_ORIGINAL")
    if given:
        return given
    python = os.path.join(directory, "original", "bin", "python")
    try:
        subprocess.run([sys.executable, "-m", "venv", os.path.join(directory, "original")], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "furnace==0.0.10"], check=True)
    except subprocess.CalledProcessError:
        print(
            "SKIPPED: furnace 0.0.10 cannot be had from PyPI here, so there is nothing to compare with", file=sys.stderr
        )
        raise SystemExit(77) from None
    return python


def compare(root: str, turns: int, rounds: int) -> bool:
    with tempfile.TemporaryDirectory() as directory:
        pythons = {"original": original(directory), "this": sys.executable}
        found: Dict[str, Dict[str, List[float]]] = {"original": {}, "this": {}}
        for _ in range(rounds):
            for which, python in pythons.items():
                for name, seconds in measured(which, python, root, turns).items():
                    found[which].setdefault(name, []).extend(seconds)
    kept = True
    print("%-16s %12s %12s %8s" % ("", "0.0.10", "this", "ratio"))
    for name in found["this"]:
        theirs, ours = (statistics.median(figures[name]) * 1000 for figures in found.values())
        promised = PROMISED.get(name)
        kept = kept and (promised is None or theirs / ours >= promised)
        remark = "" if promised is None else "  (promised: %g)" % promised
        print("%-16s %9.3f ms %9.3f ms %7.1f%s" % (name, theirs, ours, theirs / ours, remark))
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?")
    parser.add_argument("--turns", type=int, default=20, help="how often each thing is done in a round")
    parser.add_argument("--rounds", type=int, default=3, help="how often the two take turns")
    parser.add_argument("--measure", choices=("this", "original"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.root, arguments.turns)))
        return
    if arguments.root:
        kept = compare(arguments.root, arguments.turns, arguments.rounds)
    else:
        sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
        from roots import make_root

        with tempfile.TemporaryDirectory() as directory:
            kept = compare(str(make_root(Path(directory) / "root")), arguments.turns, arguments.rounds)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
