"""Stopping an engine ends what it spawned, and never a stranger that has its process id by now."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.engine import process
from local.engine.process import Engine


@pytest.fixture
def session() -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a session of its own, as an engine does, and has spawned another."""
    leader = subprocess.Popen(["/bin/sh", "-c", "sleep 60 & wait"], start_new_session=True)
    while not psutil.Process(leader.pid).children():
        time.sleep(0.01)
    yield leader
    engine_of(leader).stop()
    leader.wait()


def engine_of(leader: subprocess.Popen[bytes], *, started_earlier: float = 0) -> Engine:
    """Return the record of an engine with the process's id."""
    created = psutil.Process(leader.pid).create_time() if leader.poll() is None else 0
    return Engine(leader.pid, 4600, created - started_earlier, "")


def runs(member: psutil.Process) -> bool:
    """Tell whether a process runs; one that nobody has reaped yet does not."""
    return member.is_running() and member.status() != psutil.STATUS_ZOMBIE


def test_an_engine_is_stopped_with_what_it_spawned(session: subprocess.Popen[bytes]) -> None:
    engine = engine_of(session)
    spawned = psutil.Process(session.pid).children()

    engine.stop()

    assert not engine.alive
    assert not any(map(runs, spawned))


def test_what_a_killed_engine_left_behind_is_stopped(session: subprocess.Popen[bytes]) -> None:
    engine = engine_of(session)
    spawned = psutil.Process(session.pid).children()
    session.kill()
    session.wait()

    engine.stop()

    assert not any(map(runs, spawned))


def test_a_stranger_with_the_engines_process_id_is_left_alone(session: subprocess.Popen[bytes]) -> None:
    engine = engine_of(session, started_earlier=3600)

    engine.stop()

    assert not engine.alive
    assert session.poll() is None


def test_an_engine_that_is_gone_can_be_stopped_again(session: subprocess.Popen[bytes]) -> None:
    engine = engine_of(session)

    engine.stop()
    engine.stop()

    assert not engine.alive


@pytest.mark.parametrize(
    "record", [None, "", "{}", '{"pid": 1}'], ids=["none", "empty", "no fields", "too few"]
)
def test_a_record_that_cannot_be_read_is_no_engine(tmp_path: Path, record: str | None) -> None:
    if record is not None:
        (tmp_path / process.RECORD).write_text(record)

    assert process.find(tmp_path) is None


def test_an_engine_that_ended_is_told_by_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text("Traceback\nAttributeError: no attribute '_deploy'\n\n")

    told = str(process.failure(tmp_path))

    assert told == f"The engine stopped: AttributeError: no attribute '_deploy' (all of it in {log})"
