r"""A gateway response can say what is wrong with a request: `$context.error.validationErrorString`.

The stock engine decides rightly whether a body fits its model but forgets why, and leaves the variable in the
template as it stands. AWS prints a list of the messages of a Java draft 4 validator (java-json-tools,
json-schema-validator, `validation.properties`): `[object has missing required properties (["lines"])]`. Its
order is kept too: the keywords of a schema alphabetically, then the children by name, but only while nothing
has failed. A body that is no JSON is `[Unknown error parsing request body]`. A message never tells the path
of the value that it is about.

AWS escapes the value for a JSON string: the sample apigw-eventbridge-schema-validation of
aws-samples/serverless-patterns shows curl's answer of a gateway response as
`{ "message": "[object has missing required properties ([\"medication\",\"procedure\"])]"}`, and Amazon's
Selling Partner API answers in the same form. So a template writes the variable between quotes:
`"$context.error.validationErrorString"`. For a missing parameter no such witness was found; here the value is
the message itself.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any

from ministack.services import apigateway_v1 as rest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = dict[str, Any]
Response = tuple[int, dict[str, Any], bytes]

VARIABLE = re.compile(
    rb"\$(?:\{context\.error\.validationErrorString\}|context\.error\.validationErrorString\b)"
)
UNREADABLE = "Unknown error parsing request body"
FORMATS = {
    "date-time": 'string "{0}" is invalid against requested date format(s) '
    "[\"yyyy-MM-dd'T'HH:mm:ssZ\",\"yyyy-MM-dd'T'HH:mm:ss.[0-9]{{1,12}}Z\"]",
    "email": 'string "{0}" is not a valid email address',
    "hostname": 'string "{0}" is not a valid hostname',
    "ipv4": 'string "{0}" is not a valid IPv4 address',
    "ipv6": 'string "{0}" is not a valid IPv6 address',
    "uri": 'string "{0}" is not a valid URI',
}


def messages(schema: Any, value: Any, root: Any) -> list[str]:
    """Return what the validator of AWS says about a value, nothing when it fits.

    Parameters
    ----------
    schema
        A draft 4 schema.
    value
        A parsed JSON value.
    root
        The document in which the schema's references resolve.
    """
    found: list[str] = []
    _collect(schema, value, root, found)
    return found


def _collect(schema: Any, value: Any, root: Any, found: list[str]) -> None:
    while isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        schema, root = rest._resolve_schema_ref(schema["$ref"], root)
    if not isinstance(schema, dict):
        return
    for keyword in sorted(KEYWORDS.keys() & schema.keys()):
        applies, check = KEYWORDS[keyword]
        if isinstance(value, applies) and not (isinstance(value, bool) and applies == (int, float)):
            found += check(schema, value, root)
    if found:
        return
    for child_schema, child in _children(schema, value):
        _collect(child_schema, child, root, found)


def _children(schema: Json, value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, list):
        items, extra = schema.get("items", {}), schema.get("additionalItems", {})
        for position, child in enumerate(value):
            by_position = items[position] if isinstance(items, list) and position < len(items) else extra
            yield by_position if isinstance(items, list) else items, child
    if isinstance(value, dict):
        for name in sorted(value):
            for child_schema in _schemas_of(schema, name):
                yield child_schema, value[name]


def _schemas_of(schema: Json, name: str) -> list[Any]:
    patterns = schema.get("patternProperties") or {}
    schemas = [child for pattern, child in patterns.items() if rest._regex_search(pattern, name)]
    if name in (schema.get("properties") or {}):
        schemas.append(schema["properties"][name])
    return schemas or [schema.get("additionalProperties", {})]


def _printed(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _type_of(value: Any) -> str:
    names = ("null", "boolean", "integer", "number", "string", "array", "object")
    return next(name for name in names if rest._JSON_TYPES[name](value))


def _additional_items(schema: Json, value: list[Any], _root: Any) -> Iterator[str]:
    items = schema.get("items")
    if schema["additionalItems"] is False and isinstance(items, list) and len(value) > len(items):
        yield f"schema only allows {len(items)} elements in array but instance has {len(value)} elements"


def _additional_properties(schema: Json, value: Json, _root: Any) -> Iterator[str]:
    if schema["additionalProperties"] is not False:
        return
    unwanted = sorted(name for name in value if _schemas_of(schema, name) == [False])
    if unwanted:
        yield f"object instance has properties which are not allowed by the schema: {_printed(unwanted)}"


def _all_of(schema: Json, value: Any, root: Any) -> Iterator[str]:
    total, matched = len(schema["allOf"]), _matched(schema["allOf"], value, root)
    if matched < total:
        yield f"instance failed to match all required schemas (matched only {matched} out of {total})"


def _any_of(schema: Json, value: Any, root: Any) -> Iterator[str]:
    if not _matched(schema["anyOf"], value, root):
        yield f"instance failed to match at least one required schema among {len(schema['anyOf'])}"


def _one_of(schema: Json, value: Any, root: Any) -> Iterator[str]:
    total, matched = len(schema["oneOf"]), _matched(schema["oneOf"], value, root)
    if matched != 1:
        yield f"instance failed to match exactly one schema (matched {matched} out of {total})"


def _matched(schemas: list[Any], value: Any, root: Any) -> int:
    return sum(not messages(schema, value, root) for schema in schemas)


def _not(schema: Json, value: Any, root: Any) -> Iterator[str]:
    if not messages(schema["not"], value, root):
        yield "instance matched a schema which it should not have"


def _dependencies(schema: Json, value: Json, root: Any) -> Iterator[str]:
    for name, needed in sorted(schema["dependencies"].items()):
        if name not in value:
            continue
        if not isinstance(needed, list):
            yield from messages(needed, value, root)
        elif missing := sorted(set(needed) - value.keys()):
            yield (
                f"property {_printed(name)} of object has missing property dependencies "
                f"(schema requires {_printed(sorted(needed))}; missing: {_printed(missing)})"
            )


def _enum(schema: Json, value: Any, _root: Any) -> Iterator[str]:
    if not any(rest._json_equal(value, allowed) for allowed in schema["enum"]):
        allowed = _printed(schema["enum"])
        yield f"instance value ({_printed(value)}) not found in enum (possible values: {allowed})"


def _format(schema: Json, value: str, _root: Any) -> Iterator[str]:
    name = schema["format"]
    if name in FORMATS and not rest._JSON_FORMATS[name](value):
        yield FORMATS[name].format(value)


def _maximum(schema: Json, value: float, _root: Any) -> Iterator[str]:
    limit = schema["maximum"]
    if value > limit:
        yield f"numeric instance is greater than the required maximum (maximum: {limit}, found: {value})"
    elif value == limit and schema.get("exclusiveMaximum"):
        yield f"numeric instance is not strictly lower than the required maximum {limit}"


def _minimum(schema: Json, value: float, _root: Any) -> Iterator[str]:
    limit = schema["minimum"]
    if value < limit:
        yield f"numeric instance is lower than the required minimum (minimum: {limit}, found: {value})"
    elif value == limit and schema.get("exclusiveMinimum"):
        yield f"numeric instance is not strictly greater than the required minimum {limit}"


def _multiple_of(schema: Json, value: float, _root: Any) -> Iterator[str]:
    if not rest._multiple_of(value, schema["multipleOf"]):
        yield f"remainder of division is not zero ({value} / {schema['multipleOf']})"


def _max_items(schema: Json, value: list[Any], _root: Any) -> Iterator[str]:
    if len(value) > schema["maxItems"]:
        yield (
            f"array is too long: must have at most {schema['maxItems']} elements "
            f"but instance has {len(value)} elements"
        )


def _min_items(schema: Json, value: list[Any], _root: Any) -> Iterator[str]:
    if len(value) < schema["minItems"]:
        yield (
            f"array is too short: must have at least {schema['minItems']} elements "
            f"but instance has {len(value)} elements"
        )


def _unique_items(schema: Json, value: list[Any], _root: Any) -> Iterator[str]:
    if schema["uniqueItems"] and len({rest._json_key(item) for item in value}) < len(value):
        yield "array must not contain duplicate elements"


def _max_length(schema: Json, value: str, _root: Any) -> Iterator[str]:
    if len(value) > schema["maxLength"]:
        yield f'string "{value}" is too long (length: {len(value)}, maximum allowed: {schema["maxLength"]})'


def _min_length(schema: Json, value: str, _root: Any) -> Iterator[str]:
    if len(value) < schema["minLength"]:
        yield f'string "{value}" is too short (length: {len(value)}, required minimum: {schema["minLength"]})'


def _pattern(schema: Json, value: str, _root: Any) -> Iterator[str]:
    if rest._regex_search(schema["pattern"], value) is False:
        yield f'ECMA 262 regex "{schema["pattern"]}" does not match input string "{value}"'


def _max_properties(schema: Json, value: Json, _root: Any) -> Iterator[str]:
    limit = schema["maxProperties"]
    if len(value) > limit:
        yield f"object has too many properties (found {len(value)} but schema requires at most {limit})"


def _min_properties(schema: Json, value: Json, _root: Any) -> Iterator[str]:
    limit = schema["minProperties"]
    if len(value) < limit:
        yield f"object has too few properties (found {len(value)} but schema requires at least {limit})"


def _required(schema: Json, value: Json, _root: Any) -> Iterator[str]:
    missing = sorted(set(schema["required"]) - value.keys())
    if missing:
        yield f"object has missing required properties ({_printed(missing)})"


def _type(schema: Json, value: Any, _root: Any) -> Iterator[str]:
    allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(rest._JSON_TYPES[name](value) for name in allowed if name in rest._JSON_TYPES):
        yield (
            f"instance type ({_type_of(value)}) does not match any allowed primitive type "
            f"(allowed: {_printed(sorted(allowed))})"
        )


NUMBER: tuple[type, ...] = (int, float)
KEYWORDS: dict[str, tuple[Any, Callable[[Json, Any, Any], Iterator[str]]]] = {
    "additionalItems": (list, _additional_items),
    "additionalProperties": (dict, _additional_properties),
    "allOf": (object, _all_of),
    "anyOf": (object, _any_of),
    "dependencies": (dict, _dependencies),
    "enum": (object, _enum),
    "format": (str, _format),
    "maxItems": (list, _max_items),
    "maxLength": (str, _max_length),
    "maxProperties": (dict, _max_properties),
    "maximum": (NUMBER, _maximum),
    "minItems": (list, _min_items),
    "minLength": (str, _min_length),
    "minProperties": (dict, _min_properties),
    "minimum": (NUMBER, _minimum),
    "multipleOf": (NUMBER, _multiple_of),
    "not": (object, _not),
    "oneOf": (object, _one_of),
    "pattern": (str, _pattern),
    "required": (dict, _required),
    "type": (object, _type),
    "uniqueItems": (list, _unique_items),
}


def body_messages(method: Json, api_id: str, headers: Json, body: bytes) -> list[str]:
    """Return what is wrong with a body that the engine has found not to fit the method's model."""
    try:
        document = json.loads(body)
        models = method.get("requestModels") or {}
        media_type = rest._header_ci(headers, "content-type").split(";", 1)[0].strip()
        names = (models.get(kind) for kind in (media_type, "$default", "application/json"))
        schema = rest._model_schema(api_id, next(filter(None, names), None))
        return messages(schema, document, schema) or [UNREADABLE]
    except (ValueError, TypeError, RecursionError):
        return [UNREADABLE]


def fill() -> None:
    """Keep the reasons of a refusal and print them into gateway responses."""
    check, respond = rest._check_request_validation, rest._gateway_error_response

    @functools.wraps(check)
    def with_reasons(*arguments: Any) -> Any:
        method, api_id, _request, headers, body, _query_params = arguments
        error = check(*arguments)
        if error is not None and error.response_type == "BAD_REQUEST_BODY":
            error.validation_error = f"[{', '.join(body_messages(method, api_id, headers, body))}]"
        elif error is not None:
            error.validation_error = error.message
        return error

    @functools.wraps(respond)
    def with_validation_error(error: Any, request: Json) -> Response:
        status, headers, body = respond(error, request)
        value = json.dumps(getattr(error, "validation_error", ""), ensure_ascii=False)[1:-1]
        return status, headers, VARIABLE.sub(lambda _match: value.encode("utf-8", "replace"), body)

    rest._check_request_validation = with_reasons
    rest._gateway_error_response = with_validation_error
