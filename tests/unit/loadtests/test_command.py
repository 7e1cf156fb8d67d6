"""The command line: what it takes, what it says, and how it ends."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadtests.producer import __main__ as command
from tests.unit.loadtests.fakes import Stream


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stream]:
    """A stream that the command finds, whatever it is told."""
    made = Stream(2)
    monkeypatch.setattr(command, "_stream", lambda _: (made, "posts"))
    monkeypatch.setattr(
        made, "describe_stream_summary", lambda **_: {"StreamDescriptionSummary": {}}, raising=False
    )
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def test_what_it_sends_is_what_it_writes(
    stream: Stream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ["--posts", "500", "--duplicates", "0.1", "--poison", "0.1", "--begin", "2026-01-02T03:04:05Z"]
    file = tmp_path / "posts.jsonl"

    assert command.main([*made, "--write", str(file)]) == 0
    assert not stream.taken
    assert command.main([*made, "--json"]) == 0
    generated = [user.data for user in stream.arrived]
    stream.taken.clear()
    assert command.main(["--file", str(file), "--json"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())

    assert sorted(generated) == sorted(user.data for user in stream.arrived)
    assert sorted(generated) == sorted(file.read_bytes().splitlines())
    assert first["adds_up"] is second["adds_up"] is True
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_ctrl_c_ends_it_with_its_summary(
    stream: Stream, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put = stream.put_records

    def interrupted(**request: Any) -> dict[str, Any]:
        signal.raise_signal(signal.SIGINT)
        return put(**request)

    monkeypatch.setattr(stream, "put_records", interrupted)

    assert command.main(["--posts", "2000", "--aggregate-bytes", "0", "--json"]) == 130

    told = json.loads(capsys.readouterr().out)
    assert told["adds_up"] is True
    assert (told["delivered"], told["read"], told["left"]) == (500, 2000, 1500)


def test_what_was_not_delivered_fails_it(
    stream: Stream, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stream, "_refuses", lambda _: True)

    assert command.main(["--posts", "3", "--attempts", "2"]) == 1

    assert "3  failed, refused 2 times" in capsys.readouterr().out


def test_a_stack_that_is_not_up_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--outputs", "nowhere.json"]) == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("producer: nowhere.json is not there: run `make up`")


@pytest.mark.usefixtures("stream")
def test_a_file_that_cannot_be_read_is_one_line_and_no_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (tmp_path / "nowhere.jsonl", tmp_path):
        assert command.main(["--file", str(file)]) == 1

        told = capsys.readouterr()
        (line,) = told.err.splitlines()
        assert line.startswith("producer: ")
        assert str(file) in line
        assert not told.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--posts", "0"],
        ["--posts", "many"],
        ["--rate", "-1"],
        ["--rate", "inf"],
        ["--aggregate-bytes", "-1"],
        ["--duplicates", "1"],
        ["--duplicates", "0.5", "--poison", "0.5"],
        ["--begin", "yesterday"],
        ["--key", "lang"],
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_refused_by_name(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(arguments)

    assert f"{arguments[0]}" in capsys.readouterr().err.splitlines()[-1]
