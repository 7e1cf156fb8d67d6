"""What follows from an outcome: done, again, in halves, or given up.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html (retries, age; bisecting does
not consume the retry quota; throttles are not counted) and
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html (a reported batch is
split at the reported record).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from local.engine.streams.answers import Attempt, Outcome, Verdict
from local.engine.streams.records import Entry
from local.engine.streams.settings import Settings

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "RecordAgeExceeded"


@dataclass(frozen=True, slots=True)
class Batch:
    """Records to send in one invocation.

    Parameters
    ----------
    failures
        The failed invocations that count against MaximumRetryAttempts.
    invocations
        All that were made with these records.
    attempt
        The latest one that did not succeed.
    final
        The last call of a tumbling window, which has no records.
    """

    entries: tuple[Entry, ...]
    failures: int = 0
    invocations: int = 0
    attempt: Attempt | None = None
    final: bool = False


@dataclass(frozen=True, slots=True)
class Discard:
    """Records that Lambda gives up, for the mapping's destination; `count` of them, at least the two ends."""

    entries: tuple[Entry, ...]
    count: int
    condition: str
    invocations: int
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Records that are done, and what takes the batch's place, in order, after a pause or at once."""

    done: tuple[Entry, ...] = ()
    then: tuple[Batch | Discard, ...] = ()
    pause: bool = False


def decide(batch: Batch, outcome: Outcome, settings: Settings) -> Decision:
    """Decide what follows from the outcome of a batch.

    A reported batch counts as retried each time, also when it got further than before, unless bisecting is
    on: AWS documents no other use of the quota.
    """
    if outcome.verdict is Verdict.SUCCESS:
        return Decision(done=batch.entries)
    if outcome.verdict is Verdict.NOT_RUN:
        return Decision(then=(batch,), pause=True)
    cut = outcome.first_failed if outcome.verdict is Verdict.PARTIAL else 0
    done, rest = batch.entries[:cut], batch.entries[cut:]
    left = replace(batch, entries=rest, invocations=batch.invocations + 1, attempt=outcome.attempt)
    if settings.bisect and done:
        return Decision(done, (left,), pause=True)
    if settings.bisect and len(rest) > 1:
        half = len(rest) // 2
        halves = (replace(left, entries=rest[:half]), replace(left, entries=rest[half:]))
        return Decision(done, halves, pause=True)
    left = replace(left, failures=batch.failures + 1)
    if 0 <= settings.retries < left.failures:
        return Decision(done, (give_up(left, RETRIES_EXHAUSTED),))
    return Decision(done, (left,), pause=True)


def expire(batch: Batch, settings: Settings, now: float) -> tuple[Batch | Discard, ...]:
    """Return the batch without the records that are too old to be sent, and those given up before it."""
    if settings.age < 0:
        return (batch,)
    old = 0
    while old < len(batch.entries) and now - batch.entries[old].arrived > settings.age:
        old += 1
    if not old:
        return (batch,)
    given_up = give_up(replace(batch, entries=batch.entries[:old]), TOO_OLD)
    fresh = replace(batch, entries=batch.entries[old:])
    return (given_up, fresh) if fresh.entries else (given_up,)


def give_up(batch: Batch, condition: str) -> Discard:
    """Return the batch as what its destination is told of."""
    return Discard(batch.entries, len(batch.entries), condition, batch.invocations, batch.attempt)
