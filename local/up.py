"""Bring a copy of the application up, and down again."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local import frontend, publish, release
from local.cloud import Cloud, LocalError
from local.deploy import build, changes, community, imports, outputs, seed, settle, stack
from local.engine import process
from local.progress import Phase, Progress
from local.tool import Tool

TOOL_SECONDS = 600


@dataclass(frozen=True)
class Report:
    """What there is to say of a copy that is up.

    Attributes
    ----------
    outputs
        What a client needs to know, as written to outputs.json.
    release
        The name of what is deployed.
    changed
        What this time changed.
    left_out
        The resources that the engine cannot hold.
    """

    outputs: dict[str, str]
    release: str
    changed: tuple[changes.Change, ...]
    left_out: tuple[stack.Resource, ...]


def up(cloud: Cloud, progress: Progress) -> Report:
    """Make the copy run what the sources say; doing it again changes only what changed.

    An engine that this starts does not outlive a failure; one that ran before goes on with what it had.

    Raises
    ------
    LocalError, EngineError
        When a step fails.
    """
    with cloud.to_itself(), build.workshop(cloud) as folder:
        build.check_syntax(cloud.project)
        given = build.parameters(cloud.project)
        known = outputs.read(cloud)
        if _has_usable_engine(cloud):
            return _bring(cloud, folder, given, known, progress)
        _remove(cloud)
        process.claim(cloud.port)
        try:
            process.launch(cloud.folder, cloud.port)
            return _bring(cloud, folder, given, known, progress)
        except BaseException as error:
            _remove(cloud, keep_logs=isinstance(error, Exception))
            raise


def down(cloud: Cloud) -> bool:
    """End the copy and remove all that it left; tell whether there was anything."""
    with cloud.to_itself():
        existed = cloud.folder.exists()
        _remove(cloud)
        return existed


def _has_usable_engine(cloud: Cloud) -> bool:
    """Tell whether the copy's engine runs, answers, and is what would be started now."""
    engine = process.find(cloud.folder)
    return (
        engine is not None and engine.alive and engine.made_of == process.fingerprint() and engine.answers()
    )


def _remove(cloud: Cloud, *, keep_logs: bool = False) -> None:
    """End the engine and what it spawned, even where it is gone itself, and remove the copy's files."""
    engine = process.find(cloud.folder)
    if engine is not None:
        engine.stop()
    logs = {path.name: path.read_bytes() for path in cloud.folder.glob("*.log")} if keep_logs else {}
    cloud.forget()
    for name, content in logs.items():
        cloud.folder.mkdir(exist_ok=True)
        (cloud.folder / name).write_bytes(content)


def _bring(
    cloud: Cloud, folder: Path, given: Mapping[str, str], known: Mapping[str, str], progress: Progress
) -> Report:
    """Build, while the engine starts, and deploy."""
    try:
        _build(cloud, folder, given, progress)
        given = {**given, release.PARAMETER: release.digest(build.built(folder).parent, given)}
        with progress.phase("package") as phase:
            _finish("sam package", build.package(cloud, folder), phase)
        with progress.phase("deploy") as phase:
            before = changes.snapshot(stack.nested(cloud))
            seed.push_credentials(cloud, given)
            stack.deploy(cloud, build.packaged(cloud), given, phase)
            stacks = list(stack.nested(cloud))
            after = changes.snapshot(stacks)
            changed = changes.between(before, after)
            phase.note = changes.summary(changed)
        resources = [resource for one in stacks for resource in one.resources]
        with progress.phase("check") as phase:
            # Against what was checked, not what was there: an earlier run may have been stopped in between.
            checked = cloud.folder / "checked.json"
            unchecked = changes.between(changes.kept(checked), after)
            with _put_back_on_failure(cloud, given):
                count = imports.check(cloud, build.built(folder).parent, resources, unchecked)
            changes.keep(after, checked)
            phase.note = f"{count} functions import" if count else ""
        with progress.phase("settle") as phase:
            restored = settle.settle(cloud, stacks)
            phase.note = f"set what the engine drops: {', '.join(restored)}" if restored else "nothing to set"
        with progress.phase("seed") as phase:
            told = outputs.collect(cloud)
            told |= seed.seed(cloud, told["UserPoolId"], known)
            if "StockTable" in told:
                seed.fill_shelves(cloud, told["StockTable"])
            if "CatalogApiUrl" in told:
                seed.fill_catalogue(cloud, told)
            if "MobileApiUrl" in told:
                community.settle_in(cloud, told)
            outputs.write(cloud, told)
            phase.note = told["DemoUser"]
        if "WebBucket" in told:
            with progress.phase("publish") as phase:
                phase.note = publish.bring(told)
        left_out = tuple(row for row in resources if row.physical_id.startswith(stack.PLACEHOLDER))
        return Report(told, given[release.PARAMETER], tuple(changed), left_out)
    except publish.PublishError as error:
        raise LocalError(str(error)) from None
    except (ClientError, BotoCoreError) as error:
        engine = process.find(cloud.folder)
        if engine is not None and engine.alive:
            raise LocalError(" ".join(str(error).split())) from error
        raise process.failure(cloud.folder) from error


def _build(cloud: Cloud, folder: Path, given: Mapping[str, str], progress: Progress) -> None:
    """Build, and wait for the engine meanwhile."""
    starting = progress.start("engine")
    engine = process.find(cloud.folder)
    runs = engine is not None and engine.answers()
    starting.note = f"{cloud.url}, {'was running' if runs else 'its gaps filled'}"
    building = progress.start("build")
    tool = build.build(cloud, folder, given)
    app = frontend.start_build(cloud.folder / "web.log")
    try:
        process.await_answer(cloud.folder)
        progress.finish(starting)
        _finish("sam build", tool, building)
        progress.finish(building)
        with progress.phase("web app"):
            frontend.finish_build(app)
    finally:
        tool.end()
        app.end()


def _finish(what: str, tool: Tool, phase: Phase) -> None:
    """Wait for SAM CLI, showing what it is at; end it when this ends early."""
    try:
        deadline = time.monotonic() + TOOL_SECONDS
        while tool.code is None and time.monotonic() < deadline:
            phase.note = build.doing(tool.said)
            time.sleep(0.05)
        if tool.code != 0:
            raise build.explain(what, tool)
        phase.note = ""
    finally:
        tool.end()


@contextmanager
def _put_back_on_failure(cloud: Cloud, given: Mapping[str, str]) -> Iterator[None]:
    """Deploy what was good before when the block fails; when it does not, what is there now is good."""
    good, parameters = cloud.folder / "deployed.yaml", cloud.folder / "deployed.json"
    try:
        yield
    except LocalError as error:
        if not good.exists():
            raise
        stack.deploy(cloud, good, json.loads(parameters.read_text()))
        raise LocalError(f"{error} (what was deployed before was put back)") from None
    shutil.copy(build.packaged(cloud), good)
    parameters.write_text(json.dumps(dict(given)))
