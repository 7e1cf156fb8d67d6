"""The laptop cloud comes up, takes changes, survives what happens to it, and leaves nothing behind."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
from rich.console import Console

from local import logs, versions
from local.cloud import STACK_NAME, Cloud, LocalError
from local.deploy import imports
from local.deploy.changes import Change
from local.engine import process
from local.progress import Progress
from local.up import Report, down, up

APP = Path(__file__).parent / "app"
HANDLER = "greetings/greet/app.py"
LOG_SECONDS = STOP_SECONDS = 60

RUN = """
import sys
from pathlib import Path
from local import cli, cloud

home, project = map(Path, sys.argv[1:])
cli.named_by = lambda environ: cloud.Cloud(int(environ["LOCAL_PORT"]), home, project)
sys.exit(cli.main(["run"]))
"""
"""What `python -m local run` does, for another application."""


class Laptop:
    """A copy of the small application on a port of its own, with sources that a test may change."""

    def __init__(self, folder: Path) -> None:
        self.sources = folder / "sources"
        shutil.copytree(APP, self.sources)
        self.cloud = Cloud(process.free_port(), home=folder / "home", project=self.sources)
        self.report: Report

    def up(self) -> Report:
        """Bring it up."""
        with Progress(Console(file=io.StringIO())) as progress:
            self.report = up(self.cloud, progress)
        return self.report

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a source."""
        path = self.sources / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def back(self) -> str:
        """Put the release before back; return its name."""
        found = versions.functions(self.cloud.client, STACK_NAME)
        return versions.move(self.cloud.client("lambda"), found, versions.before(found)).release

    def greeting(self, report: Report) -> str:
        """Ask the function, through its API."""
        answer = requests.get(f"{report.outputs['ApiUrl']}/greeting", timeout=30)
        assert answer.status_code == 200
        return answer.text

    def processes(self) -> list[psutil.Process]:
        """Return the engine and what it spawned."""
        engine = process.find(self.cloud.folder)
        assert engine is not None
        return [found for found in psutil.process_iter() if os.getsid(found.pid) == engine.pid]


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    """A copy that is brought down again."""
    made = Laptop(tmp_path)
    yield made
    down(made.cloud)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def are_gone(members: list[psutil.Process]) -> bool:
    return not any(found.is_running() and found.status() != psutil.STATUS_ZOMBIE for found in members)


def test_it_comes_up_takes_a_change_and_refuses_a_bad_one(laptop: Laptop) -> None:
    first = laptop.up()
    assert laptop.greeting(first) == "hello"

    again = laptop.up()
    assert again.changed == ()
    assert again.outputs == first.outputs

    laptop.edit(HANDLER, '"body": GREETING', '"body": GREETING + " again"')
    changed = laptop.up()
    assert changed.changed == (Change(("Greetings", "Greet"), "updated"),)
    assert changed.outputs == first.outputs
    assert laptop.greeting(changed) == "hello again"

    laptop.edit("words/words.py", '"hello"', '"good day"')
    assert laptop.greeting(laptop.up()) == "good day again"
    assert laptop.back() == changed.release
    assert laptop.greeting(changed) == "hello again"
    assert laptop.back() == first.release
    assert laptop.greeting(changed) == "hello"

    laptop.edit("words/words.py", '"good day"', '"hello"')
    assert laptop.up().release == changed.release
    assert laptop.greeting(changed) == "hello again"

    laptop.edit(HANDLER, "from words", "from wards")
    with pytest.raises(LocalError, match=r"^Greetings/Greet does not import: .*app\.py, line 3: .*'wards'"):
        laptop.up()
    assert laptop.greeting(changed) == "hello again"

    laptop.edit("greetings/template.yaml", "AWS::DynamoDB::Table", "AWS::DynamoDB::Chair")
    with pytest.raises(LocalError, match=r"AWS::DynamoDB::Chair"):
        laptop.up()
    assert laptop.greeting(changed) == "hello again"


@pytest.fixture(scope="module")
def one_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """A copy that is up."""
    made = Laptop(tmp_path_factory.mktemp("laptop"))
    try:
        made.up()
        yield made
    finally:
        down(made.cloud)


class TestWhileItIsUp:
    """What happens to a copy that is up, one thing after the other."""

    @pytest.fixture
    def laptop(self, one_for_all: Laptop) -> Laptop:
        return one_for_all

    def test_what_functions_log_can_be_followed(self, laptop: Laptop) -> None:
        began = time.time()
        laptop.greeting(laptop.report)
        deadline = time.monotonic() + LOG_SECONDS

        lines = logs.follow(
            laptop.cloud, logs.groups(laptop.cloud), since=began, goes_on=lambda: time.monotonic() < deadline
        )

        assert next(line.message for line in lines if line.function == "greet") == "hello"

    def test_a_change_whose_check_was_interrupted_is_checked_the_next_time(
        self, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        laptop.edit(HANDLER, "from words", "from wards")

        def interrupted(*_: object) -> int:
            raise KeyboardInterrupt

        with monkeypatch.context() as during:
            during.setattr(imports, "check", interrupted)
            with pytest.raises(KeyboardInterrupt):
                laptop.up()

        with pytest.raises(LocalError, match=r"^Greetings/Greet does not import"):
            laptop.up()
        assert laptop.greeting(laptop.report) == "hello"
        laptop.edit(HANDLER, "from wards", "from words")

    def test_two_stand_side_by_side(self, laptop: Laptop, tmp_path: Path) -> None:
        other = Laptop(tmp_path)
        other.edit("words/words.py", "hello", "bonjour")
        try:
            others = other.up()

            assert laptop.greeting(laptop.report) == "hello"
            assert other.greeting(others) == "bonjour"
        finally:
            down(other.cloud)
        assert laptop.greeting(laptop.report) == "hello"

    def test_it_recovers_from_the_death_of_its_engine(self, laptop: Laptop) -> None:
        before = laptop.report
        laptop.greeting(before)
        members = laptop.processes()
        engine = process.find(laptop.cloud.folder)
        assert engine is not None
        assert len(members) > 1

        os.kill(engine.pid, signal.SIGKILL)
        after = laptop.up()

        assert laptop.greeting(after) == "hello"
        assert after.outputs["DemoPassword"] == before.outputs["DemoPassword"]
        assert are_gone(members)

    def test_an_engine_that_is_out_of_date_is_restarted(
        self, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = process.find(laptop.cloud.folder)

        monkeypatch.setattr(process, "fingerprint", lambda: "of changed gap-fillers")
        report = laptop.up()

        after = process.find(laptop.cloud.folder)
        assert before is not None
        assert after is not None
        assert not before.alive
        assert after.pid != before.pid
        assert laptop.greeting(report) == "hello"


def test_bringing_it_down_after_the_death_of_its_engine_leaves_nothing(laptop: Laptop) -> None:
    laptop.greeting(laptop.up())
    members = laptop.processes()
    engine = process.find(laptop.cloud.folder)
    assert engine is not None

    os.kill(engine.pid, signal.SIGKILL)
    was_there = down(laptop.cloud)

    assert was_there
    assert are_gone(members)
    assert is_free(laptop.cloud.port)
    assert not laptop.cloud.folder.exists()
    assert not down(laptop.cloud)


def test_a_first_deploy_that_fails_leaves_nothing_running(laptop: Laptop) -> None:
    laptop.edit("people/template.yaml", "UserPoolId: !Ref Pool, GroupName", "UserPoolId: nowhere, GroupName")

    with pytest.raises(LocalError, match=r"^People: Members: UserPool nowhere not found"):
        laptop.up()

    assert is_free(laptop.cloud.port)
    assert {path.suffix for path in laptop.cloud.folder.iterdir()} == {".log"}


def test_a_taken_port_is_refused_with_the_name_of_its_holder(laptop: Laptop) -> None:
    told = rf"^Port {laptop.cloud.port} is taken by .* \(process {os.getpid()}\)"

    with (
        socket.create_server(("127.0.0.1", laptop.cloud.port)),
        pytest.raises(process.EngineError, match=told),
    ):
        laptop.up()


def test_a_run_that_is_stopped_while_it_builds_leaves_nothing() -> None:
    """Of this project itself, whose web app is built meanwhile."""
    stopped(Cloud(process.free_port()), [sys.executable, "-m", "local", "run"], signal.SIGINT, "engine")


@pytest.mark.parametrize(("sign", "phase"), [(signal.SIGTERM, "package"), (signal.SIGINT, "Serving")])
def test_a_run_that_is_stopped_leaves_nothing(tmp_path: Path, sign: signal.Signals, phase: str) -> None:
    small = Laptop(tmp_path)
    stopped(small.cloud, [sys.executable, "-c", RUN, str(small.cloud.home), str(small.sources)], sign, phase)


def stopped(cloud: Cloud, command: list[str], sign: signal.Signals, phase: str) -> None:
    """Run a copy, stop it once it tells of a phase, and assert that nothing of it is left."""
    running = subprocess.Popen(  # noqa: S603 - this interpreter
        command,
        cwd=process.ROOT,
        env={**os.environ, "LOCAL_PORT": str(cloud.port), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    next(line for line in running.stdout if line.startswith(phase))

    running.send_signal(sign)
    running.communicate(timeout=STOP_SECONDS)

    assert running.returncode == (0 if phase == "Serving" else 130)
    assert is_free(cloud.port)
    assert not cloud.folder.exists()
    assert not [found for found in psutil.process_iter() if str(cloud.folder) in environment_of(found)]


def environment_of(found: psutil.Process) -> str:
    """Return the values of a process's environment; nothing where it may not be read."""
    try:
        return " ".join(found.environ().values())
    except psutil.Error:
        return ""
