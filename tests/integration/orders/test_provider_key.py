"""The provider's key: rotated while orders are in flight, and refused when its time is over."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.stack import ORDER, OrdersApi, Stack

SECONDS = 60


@dataclass(frozen=True)
class Key:
    """The secret of the deployed stack and the function that rotates it, as the account's owner sees them."""

    secrets: Any
    functions: Any
    arn: str
    rotator: str

    def versions(self) -> dict[str, list[str]]:
        """Return the labels of each version."""
        found: dict[str, list[str]] = self.secrets.describe_secret(SecretId=self.arn)["VersionIdsToStages"]
        return found

    def current(self) -> str:
        """Return the version that is current."""
        return next(version for version, labels in self.versions().items() if "AWSCURRENT" in labels)

    def await_rotation_to(self, version: str) -> None:
        """Wait until a version is the current one and its rotation is over."""
        deadline = time.monotonic() + SECONDS
        while self.current() != version:
            assert time.monotonic() < deadline, self.versions()
            time.sleep(0.2)

    def rotate(self) -> None:
        """Rotate from the first step to the last."""
        self.await_rotation_to(self.secrets.rotate_secret(SecretId=self.arn)["VersionId"])

    def test(self, value: str) -> str | None:
        """Have the provider asked whether it takes a key, by the step that tests; return the error if any."""
        version = str(uuid.uuid4())
        self.secrets.put_secret_value(
            SecretId=self.arn, ClientRequestToken=version, SecretString=value, VersionStages=["AWSPENDING"]
        )
        step = {"Step": "testSecret", "SecretId": self.arn, "ClientRequestToken": version}
        try:
            answer = self.functions.invoke(FunctionName=self.rotator, Payload=json.dumps(step))
        finally:
            self.secrets.update_secret_version_stage(
                SecretId=self.arn, VersionStage="AWSPENDING", RemoveFromVersionId=version
            )
        said = json.loads(answer["Payload"].read())
        return said["errorMessage"] if answer.get("FunctionError") else None

    def overlap(self) -> int:
        """Return for how many seconds the key before is taken."""
        settings = self.functions.get_function_configuration(FunctionName=self.rotator)
        return int(settings["Environment"]["Variables"]["KEY_OVERLAP_SECONDS"])


@pytest.fixture
def key(stocked: Stack) -> Iterator[Key]:
    """The key, whose rotation is whole before and after the test."""
    logical_ids = {row["LogicalResourceId"] for row in stocked.deployed}
    if "ProviderKey" not in logical_ids:
        pytest.skip("the stack has no ProviderKey")
    arn, rotator = (stocked.physical_id("orders", name) for name in ("ProviderKey", "RotateProviderKey"))
    made = Key(stocked.client("secretsmanager"), stocked.client("lambda"), arn, rotator)
    yield made
    made.rotate()


def test_orders_in_flight_during_rotations_are_confirmed(api: OrdersApi, key: Key) -> None:
    placed = []
    for _ in range(3):
        version = key.secrets.rotate_secret(SecretId=key.arn)["VersionId"]
        placed += [api.create(ORDER).json()["order_id"] for _ in range(4)]
        key.await_rotation_to(version)

    assert {api.follow(order_id)["status"] for order_id in placed} == {"CONFIRMED"}


def test_the_key_before_is_refused_after_the_overlap_and_orders_go_on(api: OrdersApi, key: Key) -> None:
    if key.overlap() > SECONDS:
        pytest.skip("the keys of this stack overlap for longer than a test waits")
    before = key.secrets.get_secret_value(SecretId=key.arn)["SecretString"]
    assert api.follow(api.create(ORDER).json()["order_id"])["status"] == "CONFIRMED"
    key.rotate()

    deadline = time.monotonic() + key.overlap() + SECONDS
    while (refused := key.test(before)) is None and time.monotonic() < deadline:
        time.sleep(0.5)

    assert refused is not None
    assert refused.startswith("KeyRefused: ")
    # Whoever has charged before still knows the old key: it is refused, and the key is read again.
    assert api.follow(api.create(ORDER).json()["order_id"])["status"] == "CONFIRMED"


def test_a_key_that_nobody_registered_is_refused(key: Key) -> None:
    refused = key.test("lens_sandbox_a-key-of-nobody")

    assert refused is not None
    assert refused.startswith("KeyRefused: ")
