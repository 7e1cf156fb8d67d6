"""Mobile push: what is asked of SNS, and what its refusals come to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionError  # noqa: A004 - botocore's

from shared.push import BadToken, Push, Unreachable

APPLICATION = "arn:aws:sns:eu-west-1:123456789012:app/GCM/lens"
OURS, THEIRS = (f"arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/lens/{number}" for number in (1, 2))
EXISTS = (
    f"Invalid parameter: Token Reason: Endpoint {THEIRS} already exists with the same Token, "
    "but different attributes."
)


def refusal(code: str, message: str = "no", status: int = 400) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "Operation")


class Sns:
    """A client that answers each operation as it is told, and keeps what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Any]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**asked: Any) -> Any:
            self.asked.append((operation, asked))
            answer = self.answers.get(operation, {})
            answer = answer.pop(0) if isinstance(answer, list) else answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    @property
    def calls(self) -> list[str]:
        return [operation for operation, _ in self.asked]


def push(sns: Sns) -> Push:
    return Push({"FCM": APPLICATION, "APNS": ""}, sns)


def attributes(token: str, enabled: str = "true") -> dict[str, Any]:
    return {"Attributes": {"Token": token, "Enabled": enabled}}


def test_there_is_a_platform_where_there_is_an_application() -> None:
    assert push(Sns()).has("FCM")
    assert not push(Sns()).has("APNS")


def test_a_token_that_is_new_gets_an_endpoint() -> None:
    sns = Sns(create_platform_endpoint={"EndpointArn": OURS}, get_endpoint_attributes=attributes("a-token"))

    assert push(sns).ready("FCM", "a-token", None) == OURS
    assert sns.asked[0][1] == {"PlatformApplicationArn": APPLICATION, "Token": "a-token"}
    assert "set_endpoint_attributes" not in sns.calls


def test_an_endpoint_that_exists_with_other_attributes_is_taken_and_enabled() -> None:
    sns = Sns(
        create_platform_endpoint=refusal("InvalidParameter", EXISTS),
        get_endpoint_attributes=attributes("a-token", "false"),
    )

    assert push(sns).ready("FCM", "a-token", None) == THEIRS
    changed = {"EndpointArn": THEIRS, "Attributes": {"Token": "a-token", "Enabled": "true"}}
    assert sns.asked[-1] == ("set_endpoint_attributes", changed)


def test_a_renewed_token_is_set_where_the_device_was() -> None:
    sns = Sns(get_endpoint_attributes=attributes("an-old-token"))

    assert push(sns).ready("FCM", "a-token", OURS) == OURS
    assert sns.calls == ["get_endpoint_attributes", "set_endpoint_attributes"]


def test_what_is_as_it_should_be_is_left_alone() -> None:
    sns = Sns(get_endpoint_attributes=attributes("a-token"))

    assert push(sns).ready("FCM", "a-token", OURS) == OURS
    assert sns.calls == ["get_endpoint_attributes"]


def test_an_endpoint_that_was_deleted_is_made_again() -> None:
    sns = Sns(get_endpoint_attributes=refusal("NotFound"), create_platform_endpoint={"EndpointArn": THEIRS})

    assert push(sns).ready("FCM", "a-token", OURS) == THEIRS


def test_of_two_endpoints_for_one_token_the_earlier_stays() -> None:
    sns = Sns(
        get_endpoint_attributes=attributes("an-old-token"),
        set_endpoint_attributes=[refusal("InvalidParameter", EXISTS), {}],
    )

    assert push(sns).ready("FCM", "a-token", OURS) == THEIRS
    assert ("delete_endpoint", {"EndpointArn": OURS}) in sns.asked


@pytest.mark.parametrize("known", [None, OURS])
def test_a_token_that_the_platform_does_not_have_is_refused_by_name(known: str | None) -> None:
    wrong = refusal("InvalidParameter", "Invalid parameter: Token Reason: must be hexadecimal")
    sns = Sns(
        create_platform_endpoint=wrong,
        set_endpoint_attributes=wrong,
        get_endpoint_attributes=attributes("an-old-token"),
    )

    with pytest.raises(BadToken) as refused:
        push(sns).ready("FCM", "a-token", known)
    assert refused.value.errors[0].field == "/token"


def test_a_message_goes_as_json_with_its_attributes() -> None:
    sns = Sns()

    assert push(sns).send(OURS, json.dumps({"default": "hello"}), {"A": "b"})
    (asked,) = [given for _, given in sns.asked]
    assert (asked["TargetArn"], asked["MessageStructure"]) == (OURS, "json")
    assert asked["MessageAttributes"] == {"A": {"DataType": "String", "StringValue": "b"}}


@pytest.mark.parametrize(
    "refused",
    [
        refusal("EndpointDisabled"),
        refusal("NotFound"),
        refusal("InvalidParameter", "TargetArn Reason: No endpoint found for the target arn specified"),
    ],
)
def test_who_cannot_be_reached_any_more_is_an_outcome(refused: ClientError) -> None:
    assert push(Sns(publish=refused)).send(OURS, "{}", {}) is False


@pytest.mark.parametrize(
    "passing",
    [refusal("InternalError", status=500), refusal("Throttled"), ConnectionError(error=OSError())],
)
def test_what_may_pass_may_be_tried_again(passing: Exception) -> None:
    with pytest.raises(Unreachable):
        push(Sns(publish=passing)).send(OURS, "{}", {})


def test_another_refusal_is_a_fault() -> None:
    with pytest.raises(ClientError, match="PlatformApplicationDisabled"):
        push(Sns(publish=refusal("PlatformApplicationDisabled"))).send(OURS, "{}", {})


@pytest.mark.parametrize(
    ("answer", "delivers"),
    [(attributes("a", "true"), True), (attributes("a", "false"), False), (refusal("NotFound"), False)],
)
def test_an_endpoint_delivers_while_it_is_there_and_enabled(answer: Any, delivers: bool) -> None:
    assert push(Sns(get_endpoint_attributes=answer)).delivers(OURS) is delivers
