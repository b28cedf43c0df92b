"""Test the tests: change the package in one place at a time and count the changes that no test notices.

python tools/mutation.py minigraph/functions/costs.py
python tools/mutation.py minigraph/training minigraph/engine --sample 100 --json FILE

Cosmic Ray finds the places and makes the changes; what it lacks, the removal of a call whose value is not used, is
added here. Annotations are left alone, and one change is drawn for each place and kind. Every mutant meets the tests of
its own folder first, then, with `--whole`, the whole suite. Copies of the repository are changed, never the repository.
What survives is printed as a difference: it is either a hole in the tests or a change without effect, which only a
reader can tell. Needs Linux or macOS; a mutant takes some seconds.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

from environment import ROOT, prepare, run

Position = tuple[int, int]
LEFT_OUT = (".git", ".venv", ".bench", ".hypothesis", ".*_cache", "__pycache__", "build", "dist", "out")
WHOLE = "-n auto"
"""What pytest is given for the whole suite."""


class RemoveCall:
    """An operator for Cosmic Ray: replaces a statement that is nothing but a call by `pass`."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Position, Position]]:
        if node.type == "atom_expr" and node.parent.type == "simple_stmt" and node.children[-1].children[0] == "(":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        from cosmic_ray.ast import get_ast

        name = get_ast("pass").children[0]
        name.prefix = node.get_first_leaf().prefix
        return name


class Mutant(NamedTuple):
    """A change: which file, by which operator of Cosmic Ray, at which of its places."""

    module: Path
    operator: str
    occurrence: int
    line: int


class Outcome(NamedTuple):
    """What the tests made of a mutant; `killed_by` is "folder", "suite" or, for a survivor, "nothing"."""

    mutant: Mutant
    killed_by: str
    difference: str


def main(arguments: Sequence[str]) -> int:
    """Run this file in the environment of the repository, or with `--here` in the one it is in."""
    if "--here" not in arguments:
        prepare("mutation")
        return run(__file__, "--here", *arguments)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="+", type=Path, metavar="MODULE", help="files or folders of the package")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--sample", type=int, metavar="N", help="draw N mutants instead of trying all")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn (0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="mutants at the same time")
    parser.add_argument("--tests", metavar="ARGUMENTS", help="give pytest these in place of the tests of the folder")
    parser.add_argument("--whole", action="store_true", help="try survivors with the whole suite, minutes for each")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every outcome there")
    options = parser.parse_args(arguments)
    files = [file for path in options.modules for file in ([path] if path.suffix else sorted(path.rglob("*.py")))]
    mutants = [mutant for file in files for mutant in find_mutants(file.resolve().relative_to(ROOT), options.seed)]
    if options.sample is not None:
        mutants = random.Random(options.seed).sample(mutants, min(options.sample, len(mutants)))
    print(f"{len(mutants)} mutants of {len(files)} files", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        outcomes = try_all(mutants, Path(folder), options.jobs, options.whole, options.tests)
    report(outcomes)
    if options.json is not None:
        figures = [outcome._asdict() | {"mutant": outcome.mutant._asdict()} for outcome in outcomes]
        options.json.write_text(json.dumps(figures, indent=1, default=str) + "\n", encoding="utf-8")
    return 0


def find_mutants(module: Path, seed: int) -> Iterator[Mutant]:
    """Yield the mutants of a file, relative to the repository: one, drawn by the seed, for each place and kind."""
    from cosmic_ray.ast import ast_nodes, get_ast_from_path

    tree = get_ast_from_path(ROOT / module)
    ignored = without_effect((ROOT / module).read_text(encoding="utf-8"))
    choices: dict[tuple[Position, str], list[Mutant]] = {}
    for name, operator in operators().items():
        places = (place for node in ast_nodes(tree) for place in operator.mutation_positions(node))
        for occurrence, (start, _) in enumerate(places):
            if not any(first <= start < last for first, last in ignored):
                choices.setdefault((start, name.split("_")[0]), []).append(Mutant(module, name, occurrence, start[0]))
    draw = random.Random(f"{module} {seed}")
    for key in sorted(choices):
        yield draw.choice(choices[key])


def operators() -> dict[str, Any]:
    """Return the operators by name: those of Cosmic Ray that take no arguments, and `RemoveCall`."""
    from cosmic_ray import plugins

    found = {name: plugins.get_operator(name) for name in plugins.operator_names()}
    return {name: kind() for name, kind in found.items() if not kind.arguments()} | {"RemoveCall": RemoveCall()}


def without_effect(source: str) -> list[tuple[Position, Position]]:
    """Return where annotations, type aliases and overloads begin and end: a change of them has no effect."""
    spans = []
    for node in ast.walk(ast.parse(source)):
        ignored: list[ast.expr | ast.stmt | None] = []
        if isinstance(node, ast.arg | ast.AnnAssign):
            ignored.append(node.annotation)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            ignored.append(node)
        if isinstance(node, ast.FunctionDef):
            ignored.append(node.returns)
            ignored += [node, *node.decorator_list] if "overload" in map(ast.unparse, node.decorator_list) else []
        spans += [span(part) for part in ignored if part is not None]
    return spans


def span(node: ast.expr | ast.stmt) -> tuple[Position, Position]:
    """Return line and column of the first character, and those behind the last; a decorator's @ belongs to it."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (node.lineno, node.col_offset - 1), (node.end_lineno, node.end_col_offset)


def try_all(mutants: list[Mutant], folder: Path, jobs: int, whole: bool, chosen: str | None) -> list[Outcome]:
    """Try every mutant, several at a time, each in a copy of the repository; `chosen` tests replace its own."""
    copies: SimpleQueue[Path] = SimpleQueue()
    for job in range(jobs):
        copies.put(Path(shutil.copytree(ROOT, folder / str(job), ignore=shutil.ignore_patterns(*LEFT_OUT))))
    limits = {}
    copy = copies.get()
    for tests in sorted({chosen or own_tests(mutant.module) for mutant in mutants} | ({WHOLE} if whole else set())):
        began = time.monotonic()
        if not passes(copy, tests, 3600):
            sys.exit(f"Without any change, these tests fail: python -m pytest {tests}")
        limits[tests] = 30 + 5 * jobs * (time.monotonic() - began)
    copies.put(copy)

    def attempt(mutant: Mutant) -> Outcome:
        copy = copies.get()
        try:
            outcome = try_one(mutant, copy, limits, chosen or own_tests(mutant.module))
        finally:
            copies.put(copy)
        print("." if outcome.killed_by != "nothing" else "S", end="", flush=True)
        return outcome

    with ThreadPoolExecutor(jobs) as threads:
        outcomes = list(threads.map(attempt, mutants))
    print()
    return outcomes


def try_one(mutant: Mutant, copy: Path, limits: dict[str, float], own: str) -> Outcome:
    """Change a file of the copy, run its own tests and the suite if they have a limit in seconds, and put it back."""
    import difflib

    from cosmic_ray.mutating import use_mutation

    with use_mutation(copy / mutant.module, operators()[mutant.operator], mutant.occurrence) as (before, after):
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
        difference = "\n".join([f"{mutant.module} ({mutant.operator.removeprefix('core/')})", *list(lines)[2:]])
        for tests, killer in ((own, "folder"), (WHOLE, "suite")):
            if tests in limits and not passes(copy, tests, limits[tests]):
                return Outcome(mutant, killer, difference)
    return Outcome(mutant, "nothing", difference)


def own_tests(module: Path) -> str:
    """Return what pytest is to run first: the tests of the module's folder or of the module, and its doctests."""
    tests = Path("tests", *module.parts[1:-1]) if len(module.parts) > 2 else Path("tests", f"test_{module.name}")
    return shlex.join([tests.as_posix() if (ROOT / tests).exists() else "tests", module.as_posix()])


def passes(copy: Path, tests: str, limit: float) -> bool:
    """Return whether pytest passes in a copy; a run over the limit of seconds counts as a failure."""
    from cosmic_ray.testing import TestOutcome, run_tests

    # Absolute, since tests start processes in other folders.
    path = shlex.quote(str(copy))
    command = f"cd {path} && PYTHONPATH={path} {shlex.quote(sys.executable)} -m pytest -q -x {tests}"
    outcome, _ = run_tests(shlex.join(["sh", "-c", command]), limit)
    return bool(outcome == TestOutcome.SURVIVED)


def report(outcomes: list[Outcome]) -> None:
    """Print the survivors, and the figures by file."""
    for outcome in outcomes:
        if outcome.killed_by == "nothing":
            print(f"\n{outcome.difference}")
    print(f"\n{'file':<44}{'mutants':>8}{'by folder':>10}{'by suite':>9}{'survive':>8}{'killed':>8}")
    modules = sorted({outcome.mutant.module for outcome in outcomes})
    for name, chosen in [(str(module), [module]) for module in modules] + [("all", modules)]:
        ends = [outcome.killed_by for outcome in outcomes if outcome.mutant.module in chosen]
        folder, suite, nothing = (ends.count(end) for end in ("folder", "suite", "nothing"))
        share = 100 * (folder + suite) / max(1, len(ends))
        print(f"{name:<44}{len(ends):>8}{folder:>10}{suite:>9}{nothing:>8}{share:>7.1f}%")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
