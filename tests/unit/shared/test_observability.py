from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from shared import observability
from shared.observability import Fault, logger, metrics, observed
from tests.unit.functions import Context
from tests.unit.shared.conftest import lines
from tests.unit.shared.gateway import event

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtLTEifQ.c2lnbmF0dXJl"


def test_a_line_is_joined_to_its_request_and_its_trace(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=5;Sampled=1")

    observed(lambda _event, _context: logger.info("hello"))(event(), Context())

    [line] = lines(stream)
    assert line["level"] == "INFO"
    assert line["message"] == "hello"
    assert line["correlation_id"] == "request-1"
    assert line["function_request_id"] == Context.aws_request_id
    assert line["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    assert line["timestamp"].endswith("+00:00")


def test_without_an_api_the_lambda_request_id_is_the_correlation_id(stream: io.StringIO) -> None:
    observed(lambda _event, _context: logger.info("hello"))({"Records": []}, Context())

    assert lines(stream)[0]["correlation_id"] == Context.aws_request_id


def test_keys_of_one_request_do_not_reach_the_next(stream: io.StringIO) -> None:
    def handler(given: dict[str, Any], _: Any) -> None:
        if given.get("first"):
            logger.append_keys(order="o-1")
        logger.info("hello")

    observed(handler)({"first": True}, Context())
    observed(handler)({}, Context())

    first, second = lines(stream)
    assert first["order"] == "o-1"
    assert "order" not in second


def test_the_event_is_not_logged_even_if_the_environment_asks(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")

    observed(lambda _event, _context: None)(event("the body"), Context())

    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    "key",
    [
        "email",
        "Authorization",
        "access_token",
        "x-api-key",
        "Set-Cookie",
        "phone_number",
        "idempotency_key",
        "sub",
    ],
)
def test_personal_data_and_credentials_are_redacted_by_name_at_any_depth(
    stream: io.StringIO, key: str
) -> None:
    logger.info(
        {"outer": [{key: "SECRET"}], key: "SECRET"}, extra={key: "SECRET", "list": ({key: "SECRET"},)}
    )

    assert "SECRET" not in stream.getvalue()
    assert stream.getvalue().count(observability.REDACTED) == 4


def test_a_token_is_redacted_wherever_it_stands(stream: io.StringIO) -> None:
    logger.info("got %s from", f"Bearer {JWT}", extra={"url": f"https://host/?t={JWT}&x=1"})

    assert "eyJ" not in stream.getvalue()


@given(st.text())
def test_any_text_can_be_logged(text: str) -> None:
    assert json.loads(observability._serialize({"message": text}))["message"] is not None


def test_what_json_cannot_write_is_told_by_its_type(stream: io.StringIO) -> None:
    logger.info("hello", extra={"thing": object(), "raw": b"SECRET"})

    assert lines(stream)[0]["thing"] == "<object>"
    assert "SECRET" not in stream.getvalue()


def test_a_fault_is_logged_with_type_and_stack_but_not_its_words(stream: io.StringIO) -> None:
    def handler(given: dict[str, Any], _context: Any) -> None:
        raise ValueError(given["body"])

    with pytest.raises(Fault, match=r"^ValueError: ") as raised:
        observed(handler)(event("SECRET"), Context())

    [line] = lines(stream)
    assert line["level"] == "ERROR"
    assert line["exception_name"] == "ValueError"
    assert line["stack_trace"]["frames"][-1]["function"] == "handler"
    assert "SECRET" not in stream.getvalue() + str(raised.value)


def test_a_refusal_by_aws_is_told_with_its_code_and_operation(stream: io.StringIO) -> None:
    def handler(given: dict[str, Any], _context: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": given["body"]}}, "PutItem")

    with pytest.raises(Fault):
        observed(handler)(event("SECRET"), Context())

    assert lines(stream)[0]["aws_error"] == "AccessDeniedException"
    assert lines(stream)[0]["aws_operation"] == "PutItem"
    assert "SECRET" not in stream.getvalue()


def test_metrics_leave_in_the_embedded_format(capsys: pytest.CaptureFixture[str]) -> None:
    def handler(_event: Any, _context: Any) -> None:
        metrics.add_metric(name="OrderPlaced", unit="Count", value=1)

    observed(handler)(event(), Context())

    sent = json.loads(capsys.readouterr().out)
    assert sent["OrderPlaced"] == [1.0]
    assert sent["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "ServerlessLens"


def test_metrics_leave_even_if_the_handler_fails(capsys: pytest.CaptureFixture[str]) -> None:
    def handler(_event: Any, _context: Any) -> None:
        metrics.add_metric(name="OrderPlaced", unit="Count", value=1)
        raise ValueError

    with pytest.raises(Fault):
        observed(handler)(event(), Context())

    assert '"OrderPlaced":[1.0]' in capsys.readouterr().out.replace(" ", "")
    assert metrics.metric_set == {}


def test_nothing_is_sent_when_nothing_was_counted(capsys: pytest.CaptureFixture[str]) -> None:
    observed(lambda _event, _context: None)(event(), Context())

    assert capsys.readouterr().out == ""


def test_botocore_does_not_tell_where_it_found_credentials() -> None:
    assert not logging.getLogger("botocore.credentials").isEnabledFor(logging.INFO)
