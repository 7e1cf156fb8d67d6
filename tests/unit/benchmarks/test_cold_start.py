from __future__ import annotations

from collections import Counter

import pytest

from benchmarks import cold_start
from benchmarks.cold_start import Case, Result

CASES = [Case("runtime", "", ()), Case("bare", "", ()), Case("ours", "", ()), Case("slow", "", ())]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Stand in for processes: their CPU time doubles each round, as on a machine that gets busy."""
    cpu = {"runtime": 10.0, "bare": 110.0, "ours": 70.0, "slow": 410.0}
    counted: Counter[str] = Counter()

    def cpu_ms(case: Case) -> float:
        counted[case.name] += 1
        return cpu[case.name] * float(2 ** counted[case.name])

    monkeypatch.setattr(cold_start, "cpu_ms", cpu_ms)
    return counted


@pytest.mark.usefixtures("runs")
def test_a_ratio_is_taken_within_a_round_and_without_the_runtime() -> None:
    results = cold_start.measure(CASES, 5, instructions=False)

    assert [(result.name, result.ratio) for result in results] == [
        ("bare", 1.0),
        ("ours", 0.6),
        ("slow", 4.0),
    ]
    assert all(result.quartiles == (result.ratio, result.ratio) for result in results)


def test_every_case_runs_once_a_round_and_once_before(runs: Counter[str]) -> None:
    cold_start.measure(CASES, 5, instructions=False)

    assert runs == dict.fromkeys(("runtime", "bare", "ours", "slow"), 6)


def test_instructions_are_compared_without_the_runtime_too(
    runs: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {"runtime": 100, "bare": 1_100, "ours": 800, "slow": 5_100}
    monkeypatch.setattr(cold_start, "count_instructions", lambda case: counts[case.name])

    results = cold_start.measure(CASES, 1, instructions=True)

    assert [result.instructions for result in results] == [1.0, 0.7, 5.0]
    assert runs["ours"] == 2


@pytest.mark.parametrize(("ratio", "verdict"), [(0.6, "met"), (0.75, "met"), (0.76, "MISSED")])
def test_the_report_says_whether_the_target_is_met(ratio: float, verdict: str) -> None:
    results = [Result("bare", 200, 1, (1, 1), None), Result("ours", 120, ratio, (0.5, 0.7), 0.7)]

    report = cold_start.report(results, 21)

    assert report.endswith(verdict)
    assert "0.50 to 0.70" in report
