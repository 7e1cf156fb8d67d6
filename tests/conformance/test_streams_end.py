"""The poller's work ends with its mapping, and with the engine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import boto3
import psutil

from local.engine import process
from tests.conformance.streams import make_streams


def test_a_deleted_mapping_is_retried_no_more_and_a_stopped_engine_leaves_no_process(tmp_path: Path) -> None:
    engine = process.start(tmp_path, process.free_port())
    try:
        session: Any = boto3.Session("test", "test", region_name=process.REGION)

        def client(service: str) -> Any:
            return session.client(service, endpoint_url=engine.url)

        streams = make_streams(client, tmp_path, patience=60.0)
        failing, slow = streams.make_stream(), streams.make_stream()
        streams.put(failing, "raise")
        mapping = streams.map(failing)["UUID"]
        streams.wait(lambda: len(streams.calls(failing)) >= 2)

        streams.client("lambda").delete_event_source_mapping(UUID=mapping)
        streams.settle()
        at_deletion = len(streams.calls(failing))
        streams.put(slow, "sleep")
        streams.map(slow)
        streams.wait(lambda: streams.calls(slow))
        time.sleep(1.0)

        assert len(streams.calls(failing)) == at_deletion
        functions = psutil.Process(engine.pid).children(recursive=True)
        assert functions
    finally:
        engine.stop()

    assert not [each for each in functions if each.is_running()]
