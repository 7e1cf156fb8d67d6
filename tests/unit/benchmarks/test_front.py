"""`python -m benchmarks`: what is named is run, and a limit that is exceeded ends it with its name."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import __main__ as front
from benchmarks import saga
from benchmarks.outcome import BenchmarkError, Check, Options, Outcome, spread


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What every benchmark gives: set `measured`, or `error`; `asked` has the options they were given."""
    told: dict[str, Any] = {"measured": 1.0, "error": None, "asked": []}

    def run(options: Options) -> Outcome:
        told["asked"].append(options)
        if told["error"]:
            raise BenchmarkError(told["error"])
        return Outcome("a table", {"figure": told["measured"]}, [Check("something", told["measured"], 2)])

    fake = SimpleNamespace(run=run, __doc__="One.")
    monkeypatch.setattr("benchmarks.__main__.importlib.import_module", lambda _: fake)
    return told


def test_all_are_run_where_none_is_named(outcome: dict[str, Any]) -> None:
    assert front.main([]) == 0

    assert outcome["asked"] == [Options()] * len(front.NAMES)


def test_one_is_run_as_asked(outcome: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert front.main(["saga", "--rounds", "3", "--no-instructions"]) == 0

    assert outcome["asked"] == [Options(3, instructions=False)]
    assert capsys.readouterr().out.splitlines()[-1].split()[-1] == "held"


def test_a_limit_that_is_exceeded_is_named(
    outcome: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    outcome["measured"] = 3.0

    assert front.main(["saga"]) == 1

    told = capsys.readouterr()
    assert told.err == "benchmark: a limit is exceeded: something\n"
    assert "EXCEEDED" in told.out


def test_the_figures_are_data_where_asked_for(
    outcome: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    outcome["measured"] = 3.0
    front.main(["saga", "--json"])

    told = json.loads(capsys.readouterr().out)
    assert told["saga"] == {"figure": 3.0}
    assert [limit["held"] for limit in told["limits"]] == [False]


def test_what_cannot_be_measured_is_one_line(
    outcome: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    outcome["error"] = "no stack"

    assert front.main(["saga"]) == 1
    assert capsys.readouterr().err == "benchmark: saga: no stack\n"


@pytest.mark.usefixtures("outcome")
@pytest.mark.parametrize(
    ("arguments", "said"), [(["nothing"], "there is no benchmark 'nothing'"), (["--rounds", "0"], "--rounds")]
)
def test_what_is_not_understood_is_said(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        front.main(arguments)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("check", "held"),
    [
        (Check("x", 1, 1), True),
        (Check("x", 1.01, 1), False),
        (Check("x", 1, 1, at_least=True), True),
        (Check("x", 0.99, 1, at_least=True), False),
    ],
)
def test_a_limit_holds_at_itself(check: Check, held: bool) -> None:
    assert check.held is held


def test_the_spread_of_one_value_is_itself() -> None:
    assert spread([2.0]) == (2.0, 2.0, 2.0)
    assert spread([1.0, 2.0, 3.0]) == (1.5, 2.0, 2.5)


def test_the_bare_machine_enters_as_many_states_as_an_order() -> None:
    assert len(saga.BARE["States"]) == saga.TAKES["states entered"]
    assert [one.get("Next") for one in saga.BARE["States"].values()][-1] is None
