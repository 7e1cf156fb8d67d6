"""How much CPU a cold start of create_order takes, beside what it is made of and what it could be.

Every case is a fresh process that imports AWS's runtime client and, through it, a handler, as Lambda's init
phase does. The cases take turns, in another order each round, so that a busy machine disturbs all alike. From
each one's CPU time (user and system) that of the interpreter and the runtime client alone, in the same round,
is taken off; ratios are within a round, and the medians and quartiles over the rounds are printed. No figure
here is Lambda's own: the ratios are what carries over (docs/cold-start.md).
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks import packages
from benchmarks.outcome import BenchmarkError, Check, Options, Outcome, progress
from layers.dependencies.build import BuildError

ROUNDS = 21
TARGET = 0.75
"""The most that create_order may take, in CPU time of the bare client."""

HERE = Path(__file__).resolve().parent
CREATE_ORDER = packages.ROOT / "functions/orders/create_order"

RUNTIME = "import awslambdaric.bootstrap as runtime\n"
HANDLER = RUNTIME + "runtime._get_handler('app.handler')\n"

ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_SESSION_TOKEN": "test",
    "AWS_LAMBDA_FUNCTION_NAME": "create_order",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "LAMBDA_TASK_ROOT": "/var/task",
    "ORDERS_TABLE": "orders",
    "IDEMPOTENCY_TABLE": "idempotency",
    "POWERTOOLS_SERVICE_NAME": "orders",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    # Lambda's file system is read-only: what has no bytecode is compiled again at every start.
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
}


class Case(NamedTuple):
    """A program, and the folders it finds its modules in."""

    name: str
    code: str
    path: tuple[Path, ...]


class Result(NamedTuple):
    """What a case took: CPU milliseconds above the runtime; its ratio to the bare client's, and quartiles."""

    name: str
    cpu_ms: float
    ratio: float
    quartiles: tuple[float, float]
    instructions: float | None


def create_order() -> Case:
    """Build the case that this is all about."""
    layers, runtime = packages.layers() / "python", runtime_client()
    return Case("create_order, as packaged here", HANDLER, (packages.function(CREATE_ORDER), layers, runtime))


def runtime_client() -> Path:
    """Return what the managed runtime brings."""
    return packages.installed("runtime", packages.ROOT / "locks/runtime.txt", bytecode=True)


def cases() -> list[Case]:
    """Build what is measured: first what is taken off all others, then what they are divided by."""
    runtime = runtime_client()
    floor, plain = (packages.function(HERE / "handlers" / name) for name in ("floor", "plain"))
    plain_lock = HERE / "handlers/plain/requirements.txt"
    compiled = packages.installed("plain", plain_lock, bytecode=True)
    not_compiled = packages.installed("plain", plain_lock, bytecode=False)
    bare = RUNTIME + "import boto3; boto3.client('dynamodb')"
    msgspec = packages.layer("dependencies") / "python"
    return [
        Case("interpreter and runtime client", RUNTIME, (runtime,)),
        Case("bare boto3.client, whole package, bytecode", bare, (compiled, runtime)),
        create_order(),
        Case("the floor: standard library and msgspec", HANDLER, (floor, msgspec, runtime)),
        Case("written plainly, with bytecode", HANDLER, (plain, compiled, runtime)),
        Case("written plainly, as SAM packages it", HANDLER, (plain, not_compiled, runtime)),
    ]


def measure(measured: list[Case], rounds: int, *, instructions: bool) -> list[Result]:
    """Run the cases in turns, each round in another order; return a result for all but the first."""
    order = random.Random(0)  # noqa: S311 - a shuffle, the same at every run
    for case in measured:  # once unmeasured: the files are then in memory, and a broken case shows at once
        cpu_ms(case)
    taken: dict[str, list[float]] = {case.name: [] for case in measured}
    for done in range(rounds):
        progress(f"round {done + 1} of {rounds}")
        for case in order.sample(measured, len(measured)):
            taken[case.name].append(cpu_ms(case))
    counts: dict[str, int] = {}
    for case in measured if instructions else ():
        progress(f"counting instructions: {case.name}")
        counts[case.name] = count_instructions(case)
    progress("")

    runtime, bare, *_ = measured
    above = {
        name: [cpu - floor for cpu, floor in zip(cpus, taken[runtime.name], strict=True)]
        for name, cpus in taken.items()
    }
    results = []
    for case in measured[1:]:
        ratios = [cpu / base for cpu, base in zip(above[case.name], above[bare.name], strict=True)]
        low, _, high = statistics.quantiles(ratios, n=4) if rounds > 1 else (ratios * 3)
        counted = None
        if counts:
            counted = (counts[case.name] - counts[runtime.name]) / (counts[bare.name] - counts[runtime.name])
        results.append(
            Result(
                case.name,
                statistics.median(above[case.name]),
                statistics.median(ratios),
                (low, high),
                counted,
            )
        )
    return results


def cpu_ms(case: Case) -> float:
    """Run `case` in a fresh process and return the CPU time it took, user and system, in milliseconds."""
    process = subprocess.Popen(  # noqa: S603 - this interpreter
        [sys.executable, "-c", case.code],
        env=environment(case),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchmarkError(f"{case.name} failed; its error is above")
    return (usage.ru_utime + usage.ru_stime) * 1000


def count_instructions(case: Case) -> int:
    """Return how many instructions `case` executes, by valgrind: the same at every run."""
    done = subprocess.run(  # noqa: S603 - this interpreter
        [
            *("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"),
            *(sys.executable, "-c", case.code),
        ],
        env=environment(case),
        check=True,
        capture_output=True,
        text=True,
    )
    (line,) = (line for line in done.stderr.splitlines() if "I refs" in " ".join(line.split()))
    return int(line.rsplit(":", 1)[1].replace(",", ""))


def environment(case: Case) -> dict[str, str]:
    """Return a function's environment variables and nothing of this process's."""
    return ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(map(str, case.path)), "HOME": "/nonexistent"}


def report(results: list[Result], rounds: int) -> str:
    """Return the table for a reader."""
    lines = [
        f"CPU of a cold start above the runtime's own, {rounds} rounds, Python {sys.version.split()[0]}",
        f"{'':44}{'ms':>7}{'ratio':>8}{'quartiles':>16}{'instructions':>15}",
    ]
    for name, cpu, ratio, (low, high), counted in results:
        quartiles, instructions = f"{low:.2f} to {high:.2f}", "" if counted is None else f"{counted:.3f}"
        lines.append(f"{name:44}{cpu:7.0f}{ratio:8.2f}{quartiles:>16}{instructions:>15}")
    ours = results[1].ratio
    verdict = "met" if ours <= TARGET else "MISSED"
    lines.append(
        f"create_order takes {ours:.2f} of the bare client; the target, at most {TARGET}, is {verdict}"
    )
    return "\n".join(lines)


def run(options: Options) -> Outcome:
    """Measure all cases."""
    rounds = options.rounds or ROUNDS
    progress("building what is measured")
    try:
        measured = cases()
    except (packages.PackageError, BuildError) as error:
        raise BenchmarkError(str(error)) from error
    instructions = shutil.which("valgrind") is not None and options.instructions
    results = measure(measured, rounds, instructions=instructions)
    figures = {"rounds": rounds, "results": [result._asdict() for result in results]}
    held = Check("CPU of create_order's cold start, of the bare client's", round(results[1].ratio, 3), TARGET)
    return Outcome(report(results, rounds), figures, [held])
