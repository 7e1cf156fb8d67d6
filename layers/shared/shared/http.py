"""The HTTP side of a function behind an API Gateway REST API (Lambda proxy integration).

A handler takes a `Request` and returns a `Response`; `api` makes a Lambda handler of it:

    @api
    def handler(request: Request) -> Response:
        order = orders.create(request.caller.id, request.json(NewOrder))
        return json_response(202, order, {"Location": f"orders/{order.order_id}"})

What comes in is described by frozen msgspec structs, for the body, the query and the headers alike; what does
not fit is answered with 400 and the name of the part that is to blame.

Event and answer:
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import binascii
import functools
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import msgspec

from shared.observability import logger, observed
from shared.problems import (
    MEDIA_TYPE,
    BadRequest,
    FieldError,
    Forbidden,
    PayloadTooLarge,
    Problem,
    Unauthorized,
    UnsupportedMediaType,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.observability import LambdaHandler

StructT = TypeVar("StructT", bound=msgspec.Struct)

MAX_BODY = 64 * 1024

VersionTag: TypeAlias = Annotated[str, msgspec.Meta(pattern=r'^"[1-9][0-9]{0,8}"\Z')]
"""The header If-Match, as every operation that takes it reads it: the ETag that an earlier answer had."""


class Caller(msgspec.Struct, frozen=True):
    """Who makes the request, from the claims of the access token that API Gateway has verified.

    `id` is the Cognito `sub`; `tier` is `free` or `premium`.
    """

    id: str
    groups: frozenset[str]
    tier: str


class Signer(msgspec.Struct, frozen=True):
    """The partner who signed the request, as the partner authorizer has verified; `id` is the partner's."""

    id: str
    plan: str


class Response(msgspec.Struct, frozen=True):
    """An answer; `body` is text, already encoded."""

    status: int
    body: str
    headers: dict[str, str]

    def to_gateway(self) -> dict[str, Any]:
        """Return the answer in the shape of the proxy integration."""
        return {
            "statusCode": self.status,
            "headers": self.headers,
            "body": self.body,
            "isBase64Encoded": False,
        }


def content_digest(body: bytes) -> str:
    """Return the Content-Digest of a body (RFC 9530), by SHA-256."""
    return f"sha-256=:{binascii.b2a_base64(hashlib.sha256(body).digest(), newline=False).decode()}:"


def json_response(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer whose body is `body` as JSON: structs, mappings, lists, numbers and strings."""
    return Response(
        status, msgspec.json.encode(body).decode(), {"Content-Type": "application/json"} | dict(headers or {})
    )


def version_tag(version: int | str) -> str:
    """Return the ETag of what carries a version number."""
    return f'"{version}"'


def expected_version(tag: str) -> int:
    """Return the version that an If-Match header names: it has the form of `VersionTag`."""
    return int(tag.strip('"'))


def current_response(
    body: object, known: str, headers: Mapping[str, str] | None = None, version: int | str | None = None
) -> Response:
    """Return `body` as JSON with its ETag, or 304 without it when the caller has it as it is.

    Parameters
    ----------
    body
        What the address stands for at the moment.
    known
        The request's If-None-Match: entity tags, or "*", or "" without the header (RFC 9110, section 13.1.2).
    headers
        More headers, of either answer.
    version
        The number, or the id, that changes whenever the body does; without it the ETag is made of the body.
    """
    response = json_response(200, body, headers)
    tag = f'"{hashlib.sha256(response.body.encode()).hexdigest()[:32]}"'
    if version is not None:
        tag = version_tag(version)
    described = {"ETag": tag, "Cache-Control": "private, no-cache", **(headers or {})}
    tags = {one.strip().removeprefix("W/") for one in known.split(",")}
    if tags & {tag, "*"}:
        return Response(304, "", described)
    return Response(200, response.body, {**response.headers, **described})


class Request:
    """A view of an API Gateway REST proxy event. Each part is read, and refused, when it is asked for."""

    def __init__(self, event: dict[str, Any]) -> None:
        self._event = event

    @property
    def id(self) -> str:
        """API Gateway's id of the request: what its log line and the function's have in common."""
        request_id: str = self._event["requestContext"]["requestId"]
        return request_id

    @property
    def route(self) -> str:
        """The operation's method and path as in the contract, such as `GET /orders/{order_id}`."""
        return f"{self._event['httpMethod']} {self._event['resource']}"

    @property
    def caller(self) -> Caller:
        """The member who calls. A KeyError here means that the operation has no Cognito authorizer."""
        claims = self._event["requestContext"]["authorizer"]["claims"]
        groups = claims.get("cognito:groups") or ""
        # API Gateway writes the claim's list as text, "a,b" or "[a b]" by the kind of authorizer.
        names = groups if isinstance(groups, list) else groups.strip("[]").replace(",", " ").split()
        return Caller(claims["sub"], frozenset(names), claims.get("tier", "free"))

    @property
    def operation(self) -> str:
        """The method and the route: `GET /orders/{order_id}`."""
        return f"{self._event['httpMethod']} {self._event['resource']}"

    @property
    def visitor(self) -> Caller | None:
        """Who calls where signing in is optional; None for who has not.

        A KeyError here means that the operation does not have the authorizer identify_caller.

        Raises
        ------
        Unauthorized
            When there is a token, and no good one.
        """
        told = self._event["requestContext"]["authorizer"]
        if str(told["refused"]).lower() == "true":
            raise Unauthorized("The access token is not good, or not any more. Sign in again.")
        if told["tier"] == "visitor":
            return None
        return Caller(told["principalId"], frozenset(told["groups"].split()), told["tier"])

    @property
    def signer(self) -> Signer:
        """The partner who calls. A KeyError here means that the operation has no partner authorizer.

        API Gateway may apply the authorizer's answer to a later request with the same signature. What that
        signature covers beside method and path is in the answer, and this request has to be the same in it.

        Raises
        ------
        Forbidden
            When the signature is another request's.
        """
        verified = self._event["requestContext"]["authorizer"]
        given = {
            name.lower(): values for name, values in (self._event.get("multiValueHeaders") or {}).items()
        }
        signed_key = verified.get("idempotency_key", "")
        if signed_digest := verified.get("content_digest", ""):
            if not hmac.compare_digest(signed_digest.encode(), content_digest(self._body()).encode()):
                raise Forbidden("The signature is for another body.")
            if [value.strip() for value in given.get("idempotency-key", ())] != [signed_key]:
                raise Forbidden("The signature is for another Idempotency-Key.")
        return Signer(verified["principalId"], verified["plan"])

    @property
    def tool(self) -> str | None:
        """The ARN of who signed the request, where IAM is the authorizer; None at every other door."""
        arn: str | None = self._event["requestContext"]["identity"].get("userArn")
        return arn or None

    @property
    def resource(self) -> str:
        """The path as the contract has it, such as `/orders/{order_id}`."""
        path: str = self._event["resource"]
        return path

    def path_parameter(self, name: str) -> str:
        """Return a variable of the path, such as `order_id` of `/orders/{order_id}`."""
        value: str = self._event["pathParameters"][name]
        _refuse_lone_surrogates(name, value)
        return value

    def query(self, parameters: type[StructT]) -> StructT:
        """Return the query string as `parameters`; its fields are the parameters' names.

        Numbers and booleans are read from their text. Parameters that `parameters` does not have are ignored,
        unless it is declared with `forbid_unknown_fields=True`.

        Raises
        ------
        BadRequest
            When one is missing, does not fit or is given more than once.
        """
        return _convert(self._event.get("multiValueQueryStringParameters"), parameters, lambda name: name)

    def headers(self, headers: type[StructT]) -> StructT:
        """Return the headers as `headers`; its field `idempotency_key` is the header `Idempotency-Key`.

        Raises
        ------
        BadRequest
            When one is missing, does not fit or is given more than once.
        """
        wanted = {field.lower().replace("_", "-") for field in headers.__struct_fields__}
        given: dict[str, list[str]] = {}
        for name, values in (self._event.get("multiValueHeaders") or {}).items():
            if name.lower() in wanted:
                given.setdefault(name.lower().replace("-", "_"), []).extend(values)
        return _convert(given, headers, lambda field: field.replace("_", "-").title())

    def json(self, body: type[StructT], limit: int = MAX_BODY) -> StructT:
        """Return the body, decoded from JSON and checked against `body`.

        Declare `body`, and the structs in it, with `forbid_unknown_fields=True` so that a misspelt field is
        refused.

        Parameters
        ----------
        body
            The struct that the body has to fit.
        limit
            The longest body that is read, in bytes.

        Raises
        ------
        BadRequest
            When the body is not JSON or does not fit; the field is a JSON pointer.
        PayloadTooLarge
            When it is longer than `limit`.
        UnsupportedMediaType
            When the Content-Type is not JSON.
        """
        self._require_json()
        raw = self._body()
        if len(raw) > limit:
            raise PayloadTooLarge(f"The body is longer than {limit} bytes.")
        try:
            return msgspec.json.decode(raw, type=body)
        except msgspec.ValidationError as error:
            field, detail = _locate(str(error))
            raise BadRequest("The body does not fit.", [FieldError(field, detail)]) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise BadRequest(
                "The body is not valid JSON.", [FieldError("", "is not valid JSON in UTF-8")]
            ) from None

    def _require_json(self) -> None:
        for name, value in (self._event.get("headers") or {}).items():
            if name.lower() == "content-type":
                media_type = value.partition(";")[0].strip().lower()
                if media_type != "application/json" and not media_type.endswith("+json"):
                    raise UnsupportedMediaType(
                        "The body has to be JSON.", [FieldError("Content-Type", "has to be application/json")]
                    )

    def _body(self) -> bytes:
        text: str = self._event.get("body") or ""
        try:
            if self._event.get("isBase64Encoded"):
                return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
            return text.encode()
        except (UnicodeEncodeError, binascii.Error):
            raise BadRequest("The body cannot be read.", [FieldError("", "is not text in UTF-8")]) from None


def api(handler: Callable[[Request], Response]) -> LambdaHandler:
    """Make a Lambda handler of one that takes a `Request` and returns a `Response`.

    A `Problem` becomes its answer. Any other exception is a fault: `observed` logs it and raises, so that
    Lambda counts it, and API Gateway answers with the contract's DEFAULT_5XX response
    (docs/decisions/0010-faults-are-raised.md).
    """

    @observed
    @functools.wraps(handler)
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
        try:
            response = handler(Request(event))
        except Problem as problem:
            # Only what our own code wrote: the names of fields may be the caller's words.
            logger.info("refused", extra={"status": problem.status, "problem": type(problem).__name__})
            response = _refusal(problem)
        return response.to_gateway()

    return handle


def _refusal(problem: Problem) -> Response:
    headers = {"Content-Type": MEDIA_TYPE, **problem.headers}
    return Response(problem.status, msgspec.json.encode(problem.details()).decode(), headers)


def _convert(
    given: Mapping[str, list[str]] | None, wanted: type[StructT], public_name: Callable[[str], str]
) -> StructT:
    """Build `wanted` from text, each name with the list of the values it was given."""
    single: dict[str, str] = {}
    for name, values in (given or {}).items():
        if name in wanted.__struct_fields__ and len(values) > 1:
            raise _bad_parameter(public_name(name), "is given more than once")
        _refuse_lone_surrogates(public_name(name), values[0])
        single[name] = values[0]
    try:
        return msgspec.convert(single, wanted, strict=False)
    except msgspec.ValidationError as error:
        field, detail = _locate(str(error))
        raise _bad_parameter(public_name(field.removeprefix("/")), detail) from None


def _bad_parameter(name: str, detail: str) -> BadRequest:
    return BadRequest(f"{name[:_LONGEST_NAME]} {detail}.", [FieldError(name[:_LONGEST_NAME], detail)])


def _refuse_lone_surrogates(name: str, value: str) -> None:
    """Refuse half a UTF-16 pair: JSON can carry it into a Python string, UTF-8 cannot carry it out."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRequest(
            "The request is not text in UTF-8.", [FieldError(name, "is not text in UTF-8")]
        ) from None


_LONGEST_NAME = 100
# Patterns of msgspec's messages, compiled by the first refusal: a cold start has no use for them.
_MESSAGE = r"(?s)(?P<what>.*?)(?: - at `(?P<path>\$(?:\.\w+|\[[\d.]+\])*)`)?"
_MISSING = r"Object missing required field `(?P<name>[^`]*)`"
_UNKNOWN = r"(?s)Object contains unknown field `(?P<name>.*)`"
_STEP = r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+|\.\.\.)\]"


def _locate(message: str) -> tuple[str, str]:
    """Split msgspec's message into a JSON pointer and what is wrong there.

    "Expected `int` <= 99 - at `$.lines[0].quantity`" gives ("/lines/0/quantity", "expected `int` <= 99").
    """
    found = re.fullmatch(_MESSAGE, message)
    what, path = (found["what"], found["path"] or "") if found else (message, "")
    steps = [step["name"] or step["index"] for step in re.finditer(_STEP, path)]
    detail = what[:1].lower() + what[1:]
    if missing := re.fullmatch(_MISSING, what):
        steps.append(missing["name"])
        detail = "is required"
    elif unknown := re.fullmatch(_UNKNOWN, what):
        steps.append(unknown["name"][:_LONGEST_NAME])
        detail = "is not a known field"
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps), detail
