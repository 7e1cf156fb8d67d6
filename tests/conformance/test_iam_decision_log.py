"""Every decision of IAM is written down."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.engine import process
from tests.conformance.conftest import THE_GAP
from tests.conformance.users import denied, make_user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "decisions.jsonl"


@pytest.fixture(params=["filled", pytest.param("stock", marks=THE_GAP)])
def logging_engine(
    request: pytest.FixtureRequest, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[process.Engine]:
    """An engine that is told where to write decisions."""
    environment = process.environment
    monkeypatch.setattr(
        process, "environment", lambda *given: {**environment(*given), "IAM_DECISION_LOG": str(log)}
    )
    running = process.start(tmp_path, process.free_port(), stock=request.param == "stock")
    yield running
    running.stop()


def test_what_is_allowed_denied_and_refused_is_a_line_each(logging_engine: process.Engine, log: Path) -> None:
    session: Any = boto3.Session("test", "test", region_name=process.REGION)

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=logging_engine.url)

    queue = client("sqs").create_queue(QueueName="mine")["QueueUrl"]
    own = {"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:000000000000:mine"}
    sqs = make_user(client, logging_engine, own, name="ada")("sqs")
    began = time.time()

    assert not denied(sqs.send_message, QueueUrl=queue, MessageBody="hello")
    assert denied(sqs.purge_queue, QueueUrl=queue)

    assert log.exists()
    decisions = [json.loads(line) for line in log.read_text().splitlines()]
    assert all(began - 60 < decision.pop("time") < began + 60 for decision in decisions)
    ada = "arn:aws:iam::000000000000:user/ada"
    resource = "arn:aws:sqs:eu-west-1:000000000000:mine"
    assert decisions[-2:] == [
        {"principal": ada, "action": "sqs:SendMessage", "resource": resource, "decision": "Allow"},
        {"principal": ada, "action": "sqs:PurgeQueue", "resource": resource, "decision": "ImplicitDeny"},
    ]
