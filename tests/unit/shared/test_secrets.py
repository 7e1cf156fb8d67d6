"""A secret is read once in a while, and again when it is refused; its versions are handled as AWS asks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from shared import aws
from shared.rotation import Versions
from shared.secrets import KEPT_SECONDS, Secret, Unavailable
from tests.unit.secrets_manager import ARN, FakeSecretsManager, failure


class Clock:
    """A clock that a test sets."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> FakeSecretsManager:
    """Secrets Manager, with one secret."""
    made = FakeSecretsManager()
    monkeypatch.setattr(aws, "client", lambda service: {"secretsmanager": made}[service])
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_nothing_is_read_before_it_is_needed(manager: FakeSecretsManager) -> None:
    Secret(ARN)

    assert manager.calls == []


def test_a_value_is_kept_for_its_time_and_then_read_again(manager: FakeSecretsManager, clock: Clock) -> None:
    secret = Secret(ARN, clock)
    first = secret.value()
    manager.values["version-0"] = "another"

    clock.seconds += KEPT_SECONDS - 1
    kept = secret.value()
    clock.seconds += 1
    later = secret.value()

    assert (first, kept, later) == ("the first", "the first", "another")
    assert manager.calls == ["get_secret_value"] * 2


def test_a_value_that_was_refused_is_read_again_at_once_and_kept(
    manager: FakeSecretsManager, clock: Clock
) -> None:
    secret = Secret(ARN, clock)
    secret.value()
    manager.values["version-0"] = "another"

    assert secret.read_again() == secret.value() == "another"
    assert manager.calls == ["get_secret_value"] * 2


@pytest.mark.parametrize(
    "error",
    [failure("ThrottlingException", "GetSecretValue"), ConnectTimeoutError(endpoint_url="https://example")],
    ids=["too busy", "no answer"],
)
def test_a_failure_that_may_pass_is_worth_a_try(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    class Failing(FakeSecretsManager):
        def get_secret_value(self, **_: object) -> dict[str, object]:
            raise error

    monkeypatch.setattr(aws, "client", lambda _: Failing())

    with pytest.raises(Unavailable, match="get_secret_value"):
        Secret(ARN).value()


def test_a_secret_that_may_not_be_read_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forbidden(FakeSecretsManager):
        def get_secret_value(self, **_: object) -> dict[str, object]:
            raise failure("AccessDeniedException", "GetSecretValue")

    monkeypatch.setattr(aws, "client", lambda _: Forbidden())

    with pytest.raises(ClientError, match="AccessDeniedException"):
        Secret(ARN).value()
    with pytest.raises(ClientError, match="AccessDeniedException"):
        Versions(ARN).value("AWSCURRENT")


def test_a_version_without_a_value_gets_it_once(manager: FakeSecretsManager) -> None:
    versions, pending = Versions(ARN), manager.begin()
    before = versions.value("AWSPENDING", pending)

    versions.add_pending(pending, "one")
    versions.add_pending(pending, "another")

    assert (before, versions.value("AWSPENDING", pending)) == (None, "one")
    assert versions.value("AWSPENDING", "version-0") is None
    assert versions.labels(pending) == {"AWSPENDING"}
    assert versions.labels("nobody's") == frozenset()


def test_the_current_label_moves_once_and_leaves_the_previous_one(manager: FakeSecretsManager) -> None:
    versions, pending = Versions(ARN), manager.begin()
    versions.add_pending(pending, "one")

    versions.make_current(pending)
    versions.make_current(pending)

    assert (versions.value("AWSCURRENT"), versions.value("AWSPREVIOUS")) == ("one", "the first")
    assert manager.calls.count("update_secret_version_stage") == 1


def test_an_error_that_is_none_of_the_expected_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Limited(FakeSecretsManager):
        def put_secret_value(self, **_: object) -> dict[str, object]:
            raise failure("LimitExceededException", "PutSecretValue")

    monkeypatch.setattr(aws, "client", lambda _: Limited())
    add: Callable[[str, str], None] = Versions(ARN).add_pending

    with pytest.raises(ClientError, match="LimitExceededException"):
        add("version-1", "one")
