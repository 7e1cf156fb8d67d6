"""The command line of the laptop cloud: errors become one line and an exit code."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from local import logs
from local.cloud import Cloud, LocalError, named_by, running
from local.deploy import outputs
from local.engine import process
from local.progress import Progress
from local.up import Report, down, up

CONSOLE = Console(highlight=False, soft_wrap=True)
INTERRUPTED = 130
HISTORY_SECONDS = 3600
CLEANUP_SECONDS = 30
TESTING_PROCESSES = 4
"""More than most laptops have to spare, since tests wait for longer than they compute."""
LEVELS = {
    "DEBUG": "dim",
    "INFO": "green",
    "WARN": "yellow",
    "WARNING": "yellow",
    "ERROR": "red",
    "CRITICAL": "red",
}


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code: 0 done, 1 failed, 2 not understood, 130 stopped by the user."""
    parsed = _parsed(arguments)
    # However a terminal, make or a service manager ends this, the same clean-up follows. Ctrl-C is set too: a
    # shell has what runs in the background ignore it, and what that starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        code: int = parsed.command(parsed)
    except (LocalError, process.EngineError) as error:
        print(f"local: {error}", file=sys.stderr)
        return 1
    except (ClientError, BotoCoreError) as error:
        print(f"local: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("local: stopped.", file=sys.stderr)
        return INTERRUPTED
    return code


class Terminated(KeyboardInterrupt):
    """Something else than Ctrl-C ends the command, and has not told what the command spawned."""


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Understand a command line; what follows `test` is pytest's, options too."""
    if arguments[:1] == ["test"] and not {"-h", "--help"} & set(arguments[1:2]):
        return argparse.Namespace(command=_test, pytest=arguments[1:])
    return _parser().parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="The laptop cloud.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    add("up", _up, "Build and deploy the application on LOCAL_PORT, or update it where it runs.")
    add("run", _run, "The same, then show what functions log; Ctrl-C stops it all.")
    stop = add("down", _down, "Stop what runs on LOCAL_PORT and remove all that it left.")
    stop.add_argument("--all", action="store_true", help="on every port")
    follow = add("logs", _logs, "Follow what one function logs.")
    follow.add_argument("function", help="its name, such as create_order")
    told = add("outputs", _outputs, "Print the outputs of what runs on LOCAL_PORT.")
    told.add_argument("name", nargs="?", help="only this one, such as OrdersApiUrl")
    test = add("test", _test, "Run pytest against a stack of its own on a free port.")
    test.add_argument("pytest", nargs=argparse.REMAINDER, help="what pytest is given")
    return parser


def _bring_up(cloud: Cloud) -> Report:
    with Progress(CONSOLE) as progress:
        report = up(cloud, progress)
    CONSOLE.print(
        f"ready      {progress.seconds:6.1f} s"
        if not CONSOLE.is_terminal
        else f"\nReady in {progress.seconds:.1f} s."
    )
    return report


def _present(report: Report) -> None:
    """Print what a user needs next."""
    shown = {name: value for name, value in report.outputs.items() if value.startswith("http")}
    width = max(map(len, [*shown, "Demo sign-in"]))
    CONSOLE.print()
    for name, value in shown.items():
        CONSOLE.print(Text.assemble((f"{name:{width}}  ", "bold"), value))
    people = f"{report.outputs['DemoUser']} or {report.outputs['DemoStaff']}"
    CONSOLE.print(
        Text.assemble((f"{'Demo sign-in':{width}}  ", "bold"), f"{people}  {report.outputs['DemoPassword']}")
    )
    if report.left_out:
        names = ", ".join(f"{row.name} ({row.type})" for row in report.left_out)
        CONSOLE.print(Text(f"\nLeft out, because the engine cannot hold them: {names}"))


def _up(_: argparse.Namespace) -> int:
    cloud = named_by(os.environ)
    report = _bring_up(cloud)
    cloud.point_latest_here()
    _present(report)
    return 0


def _run(_: argparse.Namespace) -> int:
    cloud = named_by(os.environ)
    report = _bring_up(cloud)
    try:
        cloud.point_latest_here()
        _present(report)
        CONSOLE.print("\nServing; what functions log follows. Ctrl-C stops it all.\n")
        _show(cloud, logs.groups(cloud), time.time())
        raise process.EngineError("The engine ended.")
    except KeyboardInterrupt:
        return 0
    finally:
        _take_down(cloud)
        CONSOLE.print("\nStopped; nothing is left running.")


def _show(cloud: Cloud, named: dict[str, str], since: float) -> None:
    """Print the lines of functions for as long as the engine runs."""
    width = max(map(len, named))

    def engine_runs() -> bool:
        engine = process.find(cloud.folder)
        return engine is not None and engine.alive

    for line in logs.follow(cloud, named, since=since, goes_on=engine_runs):
        at = line.time.astimezone().strftime("%H:%M:%S.%f")[:-3]
        CONSOLE.print(
            Text.assemble(
                (f"{at}  ", "dim"),
                (f"{line.function:{width}}  ", "cyan"),
                (f"{line.level:5}  ", LEVELS.get(line.level, "")),
                line.message,
                (f"  {line.fields}" if line.fields else "", "dim"),
            )
        )


def _take_down(cloud: Cloud) -> None:
    """Bring a copy down, whatever signals a hurried user sends meanwhile."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    down(cloud)


def _down(parsed: argparse.Namespace) -> int:
    for cloud in running() if parsed.all else [named_by(os.environ)]:
        existed = down(cloud)
        CONSOLE.print(
            f"Port {cloud.port}: stopped." if existed else f"Port {cloud.port}: nothing was running."
        )
    return 0


def _serving() -> Cloud:
    """Return the copy on LOCAL_PORT, which has to be up."""
    cloud = named_by(os.environ)
    engine = process.find(cloud.folder)
    if engine is None or not engine.alive or not cloud.outputs.exists():
        raise LocalError(f"Nothing runs on port {cloud.port}: bring it up with `make up`.")
    return cloud


def _logs(parsed: argparse.Namespace) -> int:
    cloud = _serving()
    named = logs.groups(cloud)
    if parsed.function not in named:
        raise LocalError(f"There is no function {parsed.function!r}: there are {', '.join(sorted(named))}.")
    with contextlib.suppress(KeyboardInterrupt):
        _show(cloud, {parsed.function: named[parsed.function]}, time.time() - HISTORY_SECONDS)
    return 0


def _outputs(parsed: argparse.Namespace) -> int:
    known = outputs.read(_serving())
    if parsed.name is None:
        print(json.dumps(known, indent=2, sort_keys=True))
        return 0
    if parsed.name not in known:
        raise LocalError(f"There is no output {parsed.name!r}: there are {', '.join(sorted(known))}.")
    print(known[parsed.name])
    return 0


def _pytest(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """Run pytest; where this is interrupted, let it clean up what its tests have started."""
    shared_out = ["--numprocesses", str(TESTING_PROCESSES), "--dist", "loadscope"]
    command = [sys.executable, "-m", "pytest", *shared_out, *arguments]
    tests = subprocess.Popen(command, cwd=process.ROOT, env=env)
    try:
        return tests.wait()
    except KeyboardInterrupt as interrupt:
        if isinstance(interrupt, Terminated):
            tests.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            tests.wait(CLEANUP_SECONDS)
        tests.kill()
        raise


def _test(parsed: argparse.Namespace) -> int:
    cloud = Cloud(process.free_port())
    try:
        _bring_up(cloud)
        return _pytest(parsed.pytest, {**os.environ, "LENS_OUTPUTS": str(cloud.outputs)})
    finally:
        _take_down(cloud)
