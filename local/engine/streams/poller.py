"""The wheel: one thread looks at every mapping and shard; each invocation and delivery has its own thread.

So a slow function holds up nothing but its own lane. All threads are daemons: they end with the engine.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import lambda_svc

from local.engine.streams import destinations, discards, functions
from local.engine.streams.answers import Outcome, Verdict, judge
from local.engine.streams.decisions import Batch, Discard
from local.engine.streams.settings import DEFAULTS, Settings, truth
from local.engine.streams.shard import Shard, Work
from local.engine.streams.sources import BEGINNING, ShardInfo, Source, source_of

log = logging.getLogger("streams")

# "Lambda polls each shard in your stream at a base rate of once per second"; here writes wake it earlier.
TICK_SECONDS = 1.0
SHORTEST_WAIT = 0.05
STREAMS = ("kinesis", "dynamodb")

Mapping = dict[str, Any]
Scope = tuple[str, str, str]


def kind_of(source_arn: str) -> str | None:
    """Return kinesis or dynamodb for a stream's ARN, None for every other source."""
    parts = source_arn.split(":")
    return parts[2] if len(parts) > 2 and parts[2] in STREAMS else None  # noqa: PLR2004 - the ARN's service


@dataclass(eq=False)
class Run:
    """A mapping that is being polled."""

    scope: Scope
    mapping: Mapping
    source: Source = field(init=False)
    shards: dict[str, Shard] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    asked_for: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.refresh()

    @property
    def positions(self) -> dict[str, dict[str, Any]]:
        """Where each shard stands: {shard id: {position, done}}, in the engine's own store."""
        store: dict[str, dict[str, Any]] | None = lambda_svc._kinesis_positions.get_scoped(*self.scope)
        if store is None:
            store = {}
            lambda_svc._kinesis_positions.set_scoped(*self.scope, store)
        return store

    def refresh(self) -> None:
        """Read the properties again if an update has changed them."""
        asked_for = {name: self.mapping.get(name) for name in (*DEFAULTS, "FilterCriteria", "FunctionArn")}
        if asked_for != self.asked_for:
            function = functions.record_of(self.mapping["FunctionArn"])
            role = function["config"]["Role"] if function else ""
            self.source = source_of(self.mapping["EventSourceArn"], role)
            given = {name: value for name, value in asked_for.items() if value is not None}
            self.settings, self.asked_for = Settings.of(given, self.source.kind), asked_for

    @property
    def busy(self) -> bool:
        """Whether an invocation or a delivery is under way."""
        return any(shard.busy for shard in self.shards.values())


class Poller:
    """Polls every mapping of a stream that the engine holds."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._runs: dict[Scope, Run] = {}
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, once."""
        with self.lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._turn, name="streams-poller", daemon=True)
                self._thread.start()
        self.wake()

    def wake(self) -> None:
        """Have the thread look again now: a record was written, work has ended, a mapping has changed."""
        self._woken.set()

    def adopt(self, scope: Scope, mapping: Mapping) -> Run:
        """Begin with a mapping: its starting position is found now, not when it is first polled."""
        run = Run(scope, mapping)
        if lambda_svc._kinesis_positions.get_scoped(*scope) is None:
            timestamp = float(mapping.get("StartingPositionTimestamp") or 0)
            for info in run.source.shards():
                start = run.source.start(info.shard_id, mapping["StartingPosition"], timestamp)
                run.positions[info.shard_id] = {"position": start, "done": False}
        self._runs[scope] = run
        return run

    def _turn(self) -> None:
        while True:
            self._woken.clear()
            wait = TICK_SECONDS
            for scope, mapping in self._mappings().items():
                try:
                    with self.lock:
                        wait = min(wait, self._poll(self._runs.get(scope) or self.adopt(scope, mapping)))
                except Exception:
                    log.exception("Mapping %s could not be polled", mapping["UUID"])
            self._woken.wait(max(wait, SHORTEST_WAIT))

    def _mappings(self) -> dict[Scope, Mapping]:
        """Return the mappings of streams that there are, and forget the runs of those that are gone."""
        with self.lock:
            there = {
                scope: mapping
                for scope, mapping in list(lambda_svc._esms._data.items())
                if kind_of(mapping.get("EventSourceArn", ""))
            }
            for scope in list(self._runs):
                if there.get(scope) is not self._runs[scope].mapping:
                    del self._runs[scope]
        return there

    def _poll(self, run: Run) -> float:
        """Read and hand out work; return the seconds after which to look again."""
        if not truth(run.mapping.get("Enabled", True)):
            run.mapping["State"] = "Disabling" if run.busy else "Disabled"
            return TICK_SECONDS
        run.mapping["State"] = "Enabled"
        run.refresh()
        infos = run.source.shards()
        listed = {info.shard_id for info in infos}
        wait = TICK_SECONDS
        for info in infos:
            place = run.positions.setdefault(info.shard_id, {"position": BEGINNING, "done": False})
            place["done"] = place["done"] and info.closed
            parents = [run.positions.get(parent) for parent in info.parents if parent in listed]
            if place["done"] or not all(parent and parent["done"] for parent in parents):
                continue
            wait = min(wait, self._poll_shard(run, info, place))
        return wait

    def _poll_shard(self, run: Run, info: ShardInfo, place: dict[str, Any]) -> float:
        shard = run.shards.setdefault(info.shard_id, Shard(place["position"]))
        room = shard.room
        entries = run.source.read(info.shard_id, shard.read_to, room) if room else []
        now = time.time()
        shard.offer(entries, lambda entry: run.settings.filters.want(entry.body), now)
        at_tip = len(entries) < room
        ended = info.closed and at_tip
        for work in shard.take(run.settings, now, at_tip=at_tip, ended=ended):
            name = f"stream-{run.mapping['UUID'][:8]}-{info.shard_id[-4:]}"
            threading.Thread(target=self._do, args=(run, info, shard, work), name=name, daemon=True).start()
        place["position"] = shard.checkpoint
        if ended and shard.drained:
            place["done"] = True
            del run.shards[info.shard_id]
            self.wake()
        due = shard.due(run.settings)
        return TICK_SECONDS if due is None else max(0.0, due - now)

    def _do(self, run: Run, info: ShardInfo, shard: Shard, work: Work) -> None:
        try:
            if isinstance(work.item, Discard):
                self._give_up(run, info, work.item)
                with self.lock:
                    shard.settle(work)
            else:
                outcome = self._invoke(run, info, work.item, work)
                with self.lock:
                    shard.finish(work, outcome, run.settings, time.time(), random.random())  # noqa: S311 - jitter
        finally:
            self.wake()

    def _invoke(self, run: Run, info: ShardInfo, batch: Batch, work: Work) -> Outcome:
        settings, mapping, window = run.settings, run.mapping, work.window
        event: dict[str, Any] = {"Records": [entry.body for entry in batch.entries]}
        if window:
            event |= window.event(info.shard_id, mapping["EventSourceArn"], final=batch.final)
        try:
            answer = functions.invoke(mapping["FunctionArn"], event)
        except Exception:
            log.exception("Mapping %s could not invoke %s", mapping["UUID"], mapping["FunctionArn"])
            return Outcome(Verdict.NOT_RUN)
        outcome = judge(
            answer, batch.entries, report=settings.report, windowed=window is not None, final=batch.final
        )
        failed = outcome.verdict in (Verdict.FAILURE, Verdict.NOT_RUN)
        mapping["LastProcessingResult"] = "PROBLEM: Function call failed" if failed else "OK"
        if outcome.verdict is not Verdict.SUCCESS:
            name = mapping["FunctionArn"].rpartition(":function:")[2]
            log.warning(
                "%s: %s of %d records from %s", name, outcome.verdict.value, len(batch.entries), info.shard_id
            )
        return outcome

    @staticmethod
    def _give_up(run: Run, info: ShardInfo, discard: Discard) -> None:
        """Tell the destination; what cannot be delivered is at least in the engine's log."""
        mapping, now = run.mapping, time.time()
        document = discards.message(discard, mapping, run.source.kind, info.shard_id, now)
        function = functions.record_of(mapping["FunctionArn"])
        if not run.settings.destination or function is None:
            log.warning("Given up, with no destination: %s", json.dumps(document))
            return
        payload = json.dumps({"Records": [entry.body for entry in discard.entries]})
        key = discards.object_key(mapping["UUID"], info.shard_id, now)
        try:
            destinations.deliver(run.settings.destination, function["config"], document, payload, key)
        except (BotoCoreError, ClientError):
            log.exception("%s did not take: %s", run.settings.destination, json.dumps(document))
