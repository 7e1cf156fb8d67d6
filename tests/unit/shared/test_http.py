from __future__ import annotations

import base64
import json
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http import MAX_BODY, Caller, Request, Response, api, json_response
from shared.problems import BadRequest, NotFound, PayloadTooLarge, Problem, UnsupportedMediaType
from tests.unit.functions import Context
from tests.unit.shared.gateway import event


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quantity: Annotated[int, msgspec.Meta(ge=1, le=99)]


class NewThing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    lines: Annotated[list[Line], msgspec.Meta(max_length=3)] = []


class Paging(msgspec.Struct, frozen=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class Headers(msgspec.Struct, frozen=True):
    idempotency_key: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{8,64}\Z")]


def blamed(problem: Problem) -> list[tuple[str, str]]:
    return [(error.field, error.detail) for error in problem.errors]


class TestBody:
    def test_a_body_that_fits_becomes_the_struct(self) -> None:
        request = Request(event('{"name": "tea", "lines": [{"quantity": 2}]}'))

        assert request.json(NewThing) == NewThing("tea", [Line(2)])

    @pytest.mark.parametrize(
        ("body", "field", "detail"),
        [
            ('{"name": 1}', "/name", "expected `str`, got `int`"),
            ('{"name": null}', "/name", "expected `str`, got `null`"),
            ('{"name": ""}', "/name", "expected `str` of length >= 1"),
            ("{}", "/name", "is required"),
            ('{"name": "tea", "colour": "green"}', "/colour", "is not a known field"),
            ('{"name": "tea", "a/b~c": 1}', "/a~1b~0c", "is not a known field"),
            ('{"name": "tea", "lines": {}}', "/lines", "expected `array`, got `object`"),
            ('{"name": "tea", "lines": [{"quantity": 0}]}', "/lines/0/quantity", "expected `int` >= 1"),
            ('{"name": "tea", "lines": [{"quantity": 1}, {}]}', "/lines/1/quantity", "is required"),
            ('{"name": "tea", "lines": [{"quantity": 1, "x": 2}]}', "/lines/0/x", "is not a known field"),
            (
                '{"name": "tea", "lines": [{"quantity": 1.5}]}',
                "/lines/0/quantity",
                "expected `int`, got `float`",
            ),
            ('{"name": "tea", "lines": [{"quantity": 1e999}]}', "/lines/0/quantity", "number out of range"),
            (
                '{"name": "tea", "lines": [{"quantity": true}]}',
                "/lines/0/quantity",
                "expected `int`, got `bool`",
            ),
            (
                '{"name": "tea", "lines": [{"quantity": "1"}]}',
                "/lines/0/quantity",
                "expected `int`, got `str`",
            ),
            ("[]", "", "expected `object`, got `array`"),
            ("null", "", "expected `object`, got `null`"),
            ("", "", "is not valid JSON in UTF-8"),
            ("{", "", "is not valid JSON in UTF-8"),
            ('{"name": "tea"}{}', "", "is not valid JSON in UTF-8"),
            ('{"name": NaN}', "", "is not valid JSON in UTF-8"),
            ('{"name": "\\ud800"}', "", "is not valid JSON in UTF-8"),
            ('{"name": "\ud800"}', "", "is not text in UTF-8"),
        ],
    )
    def test_a_body_that_does_not_fit_is_refused_with_the_place(
        self, body: str, field: str, detail: str
    ) -> None:
        with pytest.raises(BadRequest) as raised:
            Request(event(body)).json(NewThing)

        assert blamed(raised.value) == [(field, detail)]

    @pytest.mark.parametrize("opening", ["[", '{"name":', '{"lines":[', '{"unknown":'])
    def test_deep_nesting_is_refused(self, opening: str) -> None:
        with pytest.raises(BadRequest):
            Request(event(opening * (MAX_BODY // len(opening)))).json(NewThing)

    def test_a_number_of_thousands_of_digits_is_refused(self) -> None:
        with pytest.raises(BadRequest):
            Request(event('{"name": "tea", "lines": [{"quantity": ' + "9" * 20_000 + "}]}")).json(NewThing)

    def test_a_hostile_field_name_comes_back_short_and_whole(self) -> None:
        name = "x` - at `$.lines[0]" + "é" * 10_000

        with pytest.raises(BadRequest) as raised:
            Request(event(json.dumps({"name": "tea", name: 1}, ensure_ascii=False))).json(NewThing)

        [(field, detail)] = blamed(raised.value)
        assert field == "/" + name[:100]
        assert detail == "is not a known field"

    @given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
    def test_no_body_is_a_fault(self, body: str) -> None:
        with pytest.raises(Problem) as raised:
            Request(event(body)).json(NewThing)

        assert 400 <= raised.value.status < 500

    @given(st.binary())
    def test_no_binary_body_is_a_fault(self, body: bytes) -> None:
        encoded = {**event(base64.b64encode(body).decode()), "isBase64Encoded": True}

        with pytest.raises(BadRequest):
            Request(encoded).json(NewThing)

    def test_a_body_that_came_as_base64_is_decoded(self) -> None:
        encoded = {**event(base64.b64encode(b'{"name": "tea"}').decode()), "isBase64Encoded": True}

        assert Request(encoded).json(NewThing) == NewThing("tea")

    @pytest.mark.parametrize("text", ["%%%", "YQ", "é"])
    def test_what_only_claims_to_be_base64_is_refused(self, text: str) -> None:
        with pytest.raises(BadRequest):
            Request({**event(text), "isBase64Encoded": True}).json(NewThing)

    def test_the_longest_body_is_read_and_one_byte_more_is_not(self) -> None:
        body = '{"name": "tea"}'
        longest = body + " " * (MAX_BODY - len(body))

        assert Request(event(longest)).json(NewThing) == NewThing("tea")
        with pytest.raises(PayloadTooLarge):
            Request(event(longest + " ")).json(NewThing)

    def test_the_limit_counts_bytes_and_not_characters(self) -> None:
        with pytest.raises(PayloadTooLarge):
            Request(event('{"name": "éé"}')).json(NewThing, limit=15)

    @pytest.mark.parametrize(
        "media_type", ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
    )
    def test_json_by_any_of_its_names_is_read(self, media_type: str) -> None:
        request = Request(event('{"name": "tea"}', headers={"CONTENT-TYPE": media_type}))

        assert request.json(NewThing) == NewThing("tea")

    def test_a_body_without_a_type_is_taken_for_json(self) -> None:
        assert Request(event('{"name": "tea"}', headers={})).json(NewThing) == NewThing("tea")

    @pytest.mark.parametrize("media_type", ["", "text/plain", "application/x-www-form-urlencoded", "json"])
    def test_other_types_are_refused(self, media_type: str) -> None:
        with pytest.raises(UnsupportedMediaType) as raised:
            Request(event('{"name": "tea"}', headers={"content-type": media_type})).json(NewThing)

        assert blamed(raised.value) == [("Content-Type", "has to be application/json")]


class TestQuery:
    def test_what_is_left_out_takes_its_default(self) -> None:
        assert Request(event()).query(Paging) == Paging(20, None)

    def test_numbers_are_read_from_text_and_text_stays_text(self) -> None:
        assert Request(event(query={"limit": ["7"], "cursor": ["12"]})).query(Paging) == Paging(7, "12")

    @pytest.mark.parametrize(
        "limit", ["0", "101", "-1", "", " 5", "+5", "1_0", "ten", "1.5", "null", "٣", "9" * 9_999]
    )
    def test_a_number_out_of_range_or_no_number_is_refused_by_name(self, limit: str) -> None:
        with pytest.raises(BadRequest) as raised:
            Request(event(query={"limit": [limit]})).query(Paging)

        assert [field for field, _ in blamed(raised.value)] == ["limit"]

    def test_a_parameter_given_twice_is_refused(self) -> None:
        with pytest.raises(BadRequest) as raised:
            Request(event(query={"limit": ["5", "6"]})).query(Paging)

        assert blamed(raised.value) == [("limit", "is given more than once")]

    def test_a_parameter_that_the_operation_does_not_know_changes_nothing(self) -> None:
        assert Request(event(query={"utm_source": ["a", "b"]})).query(Paging) == Paging()

    def test_half_a_surrogate_pair_is_refused(self) -> None:
        with pytest.raises(BadRequest) as raised:
            Request(event(query={"cursor": ["\ud800"]})).query(Paging)

        assert blamed(raised.value) == [("cursor", "is not text in UTF-8")]


class TestHeaders:
    @pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY"])
    def test_a_header_is_found_by_any_case(self, name: str) -> None:
        request = Request(event(headers={name: "key-0001"}))

        assert request.headers(Headers).idempotency_key == "key-0001"

    def test_a_missing_header_is_refused_by_its_name_on_the_wire(self) -> None:
        with pytest.raises(BadRequest) as raised:
            Request(event()).headers(Headers)

        assert blamed(raised.value) == [("Idempotency-Key", "is required")]

    @pytest.mark.parametrize("value", ["", "short", "x" * 65, "with space", "key-0001\n", "ключ-ключ"])
    def test_a_header_that_does_not_fit_is_refused(self, value: str) -> None:
        with pytest.raises(BadRequest) as raised:
            Request(event(headers={"Idempotency-Key": value})).headers(Headers)

        assert [field for field, _ in blamed(raised.value)] == ["Idempotency-Key"]

    def test_a_header_given_twice_in_two_spellings_is_refused(self) -> None:
        request = Request(event(headers={"Idempotency-Key": "key-0001", "idempotency-key": "key-0002"}))

        with pytest.raises(BadRequest, match="Idempotency-Key is given more than once"):
            request.headers(Headers)


class TestCaller:
    @pytest.mark.parametrize("groups", ["premium,staff", "[premium staff]", ["premium", "staff"]])
    def test_the_caller_is_who_the_token_says(self, groups: str | list[str]) -> None:
        request = Request(event(claims={"sub": "m-7", "cognito:groups": groups, "tier": "premium"}))

        assert request.caller == Caller("m-7", frozenset({"premium", "staff"}), "premium")

    def test_a_caller_without_groups_or_tier_is_free(self) -> None:
        assert Request(event(claims={"sub": "m-7"})).caller == Caller("m-7", frozenset(), "free")


class TestPath:
    def test_a_path_parameter_is_read(self) -> None:
        assert Request({**event(), "pathParameters": {"id": "7"}}).path_parameter("id") == "7"

    def test_half_a_surrogate_pair_is_refused(self) -> None:
        with pytest.raises(BadRequest):
            Request({**event(), "pathParameters": {"id": "\udfff"}}).path_parameter("id")


def test_an_operation_is_known_by_its_method_and_its_path_in_the_contract() -> None:
    assert Request({**event(), "resource": "/things/{thing_id}"}).route == "POST /things/{thing_id}"


class TestApi:
    def answer(self, handler: Any) -> dict[str, Any]:
        answer: dict[str, Any] = api(handler)(event(), Context())
        return answer

    def test_a_response_becomes_a_proxy_answer(self) -> None:
        def handler(request: Request) -> Response:
            return json_response(202, {"id": request.caller.id}, {"Location": "things/1"})

        assert self.answer(handler) == {
            "statusCode": 202,
            "headers": {"Content-Type": "application/json", "Location": "things/1"},
            "body": '{"id":"m-1"}',
            "isBase64Encoded": False,
        }

    def test_a_problem_becomes_problem_details(self) -> None:
        def handler(_: Request) -> Response:
            raise NotFound("You have no such thing.")

        answer = self.answer(handler)

        assert answer["statusCode"] == 404
        assert answer["headers"] == {"Content-Type": "application/problem+json"}
        assert json.loads(answer["body"]) == {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "You have no such thing.",
        }

    def test_a_problem_names_the_fields_to_blame(self) -> None:
        def handler(_: Request) -> Response:
            return json_response(200, Request(event("{}")).json(NewThing))

        assert json.loads(self.answer(handler)["body"])["errors"] == [
            {"field": "/name", "detail": "is required"}
        ]

    def test_a_fault_is_raised_so_that_lambda_counts_it(self) -> None:
        def handler(_: Request) -> Response:
            raise RuntimeError("the member's words")

        with pytest.raises(Exception, match="RuntimeError") as raised:
            self.answer(handler)

        assert "the member's words" not in str(raised.value)
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__


def test_every_problem_has_the_status_and_title_of_the_registry() -> None:
    titles = {
        400: "Bad Request",
        401: "Unauthorized",
        403: "Forbidden",
        404: "Not Found",
        409: "Conflict",
        412: "Precondition Failed",
        413: "Content Too Large",
        415: "Unsupported Media Type",
        422: "Unprocessable Content",
        428: "Precondition Required",
        503: "Service Unavailable",
    }

    assert {kind.status: kind.title for kind in Problem.__subclasses__()} == titles
