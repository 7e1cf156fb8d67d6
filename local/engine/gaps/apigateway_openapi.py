"""An OpenAPI definition becomes a REST API whole, by `ImportRestApi` and by a CloudFormation Body.

The stock engine reads paths, security and the bare integration of each operation, and drops models, request
validators, request parameters, gateway responses, mapping templates, integration responses, method responses,
`x-amazon-apigateway-any-method`, the policy and the binary media types; `ImportRestApi` makes an empty API.

After https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/import-api-errors-warnings.html (a missing model
is a warning, anything else that cannot be read is an error and nothing is imported).

As on AWS "the maxItems and minItems tags are not included in simple request validation": imported models lack
them. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
"""

from __future__ import annotations

import functools
import hashlib
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import yaml
from ministack.services import apigateway_v1 as rest

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
Response = tuple[int, dict[str, Any], bytes]

HTTP_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
ANY_METHOD = "x-amazon-apigateway-any-method"
PARAMETER_PLACES = {"header": "header", "query": "querystring", "path": "path"}
INTEGRATION_FIELDS = (
    "httpMethod",
    "uri",
    "credentials",
    "connectionType",
    "connectionId",
    "requestParameters",
    "requestTemplates",
    "cacheKeyParameters",
    "contentHandling",
    "timeoutInMillis",
)
NAMED_SCHEMAS = ("properties", "patternProperties", "definitions", "dependencies")
MODELS = "https://apigateway.amazonaws.com/restapis/{}/models"
NOT_VALIDATED_WHEN_IMPORTED = ("minItems", "maxItems")


class DefinitionError(ValueError):
    """The definition cannot be imported; the message is what AWS would put into BadRequestException."""


class Importer:
    """Writes one definition into one REST API.

    Parameters
    ----------
    api_id
        An API that exists and has no resources but the root.
    definition
        A parsed OpenAPI 3 or Swagger 2 document.
    lasting_id
        The id that models refer to each other by, where this API is only the draft of another.
    """

    def __init__(self, api_id: str, definition: Json, lasting_id: str | None = None) -> None:
        self.api_id = api_id
        self.lasting_id = lasting_id or api_id
        self.definition = definition
        self.warnings: list[str] = []
        self._validators: dict[str, str] = {}
        self._authorizations: dict[str, Json] = {}

    def run(self) -> list[str]:
        """Import everything and return the warnings.

        Raises
        ------
        DefinitionError
            When a part of the definition cannot be read.
        """
        for name, schema in self._schemas().items():
            self._create_model(name, schema)
        for name, settings in self._mapping(
            self.definition, "x-amazon-apigateway-request-validators"
        ).items():
            created = rest._create_request_validator(self.api_id, {"name": name, **settings})
            self._validators[name] = _created(created)["id"]
        responses = self._mapping(self.definition, "x-amazon-apigateway-gateway-responses")
        for kind, response in responses.items():
            self._put_gateway_response(kind, response)
        self._authorizations = rest._import_security_schemes(self.api_id, self.definition)
        for path, item in self._mapping(self.definition, "paths").items():
            self._import_path(path, self._resolved(item))
        return self.warnings

    def _mapping(self, parent: Json, key: str) -> Json:
        value = parent.get(key) or {}
        if not isinstance(value, dict):
            raise DefinitionError(f"Invalid OpenAPI input: {key} must be an object")
        return value

    def _resolved(self, node: Any) -> Json:
        """Return the node, or what its `$ref` into this document names."""
        for _ in range(10):
            if not isinstance(node, dict):
                raise DefinitionError(
                    f"Invalid OpenAPI input: expected an object, found {type(node).__name__}"
                )
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node
            target: Any = self.definition
            for step in reference.removeprefix("#/").split("/"):
                target = (
                    target.get(step.replace("~1", "/").replace("~0", "~"))
                    if isinstance(target, dict)
                    else None
                )
            if target is None:
                raise DefinitionError(f"Invalid OpenAPI input: unresolved reference {reference}")
            node = target
        raise DefinitionError("Invalid OpenAPI input: a reference refers to itself")

    # --- models ---

    def _schemas(self) -> Json:
        if "definitions" in self.definition:
            return self._mapping(self.definition, "definitions")
        return self._mapping(self._mapping(self.definition, "components"), "schemas")

    def _create_model(self, name: str, schema: Any) -> None:
        if not name.isalnum():
            raise DefinitionError(
                f"Unable to create model for '{name}': Model name must be alphanumeric: {name}"
            )
        model = {
            "name": name,
            "contentType": "application/json",
            "schema": json.dumps(self._model_schema(schema)),
        }
        if isinstance(schema, dict) and schema.get("description"):
            model["description"] = str(schema["description"])
        _created(rest._create_model(self.api_id, model))

    def _model_schema(self, node: Any, *, names_are_properties: bool = False) -> Any:
        """Rewrite references to the API's own models and leave out what AWS does not import."""
        if isinstance(node, list):
            return [self._model_schema(part) for part in node]
        if not isinstance(node, dict):
            return node
        rewritten: Json = {}
        for key, value in node.items():
            if names_are_properties:
                rewritten[key] = self._model_schema(value)
            elif key in NOT_VALIDATED_WHEN_IMPORTED or key.startswith("x-") or key in {"example", "examples"}:
                continue
            elif key == "$ref" and isinstance(value, str):
                rewritten[key] = f"{MODELS.format(self.lasting_id)}/{_last(value)}"
            elif key in {"enum", "default", "const", "required"}:
                rewritten[key] = value
            else:
                rewritten[key] = self._model_schema(value, names_are_properties=key in NAMED_SCHEMAS)
        return rewritten

    def _model_of(self, schema: Any) -> str | None:
        """Return the model that a body's schema names; one written in place becomes a model of its own."""
        if not isinstance(schema, dict) or not schema:
            return None
        if "$ref" in schema:
            name = _last(schema["$ref"])
        else:
            name = "MODEL" + hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:6]
            if name not in rest._models.get(self.api_id, {}):
                self._create_model(name, schema)
        if name not in rest._models.get(self.api_id, {}):
            self.warnings.append(f"Unable to find model {name} in API {self.api_id}")
            return None
        return name

    # --- gateway responses ---

    def _put_gateway_response(self, kind: str, response: Any) -> None:
        given = self._resolved(response)
        fields = {key: given[key] for key in ("responseParameters", "responseTemplates") if given.get(key)}
        if given.get("statusCode"):
            fields["statusCode"] = str(given["statusCode"])
        _created(rest._put_gateway_response(self.api_id, kind, fields))

    # --- paths and operations ---

    def _import_path(self, path: str, item: Json) -> None:
        resource_id = self._resource(path)
        shared = item.get("parameters") or []
        for key, operation in item.items():
            if key == ANY_METHOD:
                self._import_operation(resource_id, "ANY", self._resolved(operation), shared)
            elif key.lower() in HTTP_METHODS:
                self._import_operation(resource_id, key.upper(), self._resolved(operation), shared)

    def _resource(self, path: str) -> str:
        resources = rest._resources[self.api_id]
        resource_id: str = next(key for key, resource in resources.items() if resource["path"] == "/")
        for part in path.strip("/").split("/"):
            if not part:
                continue
            child = next(
                (
                    key
                    for key, resource in resources.items()
                    if resource["parentId"] == resource_id and resource["pathPart"] == part
                ),
                None,
            )
            if child is None:
                child = _created(rest._create_resource(self.api_id, resource_id, {"pathPart": part}))["id"]
            resource_id = child
        return resource_id

    def _import_operation(self, resource_id: str, method: str, operation: Json, shared: list[Any]) -> None:
        security = operation.get("security", self.definition.get("security"))
        settings: Json = rest._method_security(security, self._authorizations)
        parameters = [
            self._resolved(parameter) for parameter in [*shared, *(operation.get("parameters") or [])]
        ]
        settings["operationName"] = operation.get("operationId", "")
        settings["requestParameters"] = dict(_request_parameters(parameters))
        settings["requestModels"] = self._request_models(operation, parameters)
        settings["requestValidatorId"] = self._validator(operation)
        _created(rest._put_method(self.api_id, resource_id, method, settings))
        for status, response in self._mapping(operation, "responses").items():
            self._put_method_response(resource_id, method, str(status), self._resolved(response))
        integration = operation.get("x-amazon-apigateway-integration")
        if integration:
            self._put_integration(resource_id, method, self._resolved(integration))

    def _validator(self, operation: Json) -> str | None:
        key = "x-amazon-apigateway-request-validator"
        name = operation.get(key, self.definition.get(key))
        if name and name not in self._validators:
            raise DefinitionError(f"Invalid OpenAPI input: request validator {name} is not defined")
        return self._validators[name] if name else None

    def _request_models(self, operation: Json, parameters: list[Json]) -> dict[str, str]:
        consumes = operation.get("consumes") or self.definition.get("consumes") or ["application/json"]
        schemas = {
            media_type: parameter.get("schema")
            for parameter in parameters
            if parameter.get("in") == "body"
            for media_type in consumes
        }
        if operation.get("requestBody"):
            body = self._resolved(operation["requestBody"])
            schemas |= _schemas_by_media_type(self._mapping(body, "content"))
        return self._models_of(schemas)

    def _models_of(self, schemas: Json) -> dict[str, str]:
        models = {media_type: self._model_of(schema) for media_type, schema in schemas.items()}
        return {media_type: model for media_type, model in models.items() if model}

    def _put_method_response(self, resource_id: str, method: str, status: str, response: Json) -> None:
        if not status.isdigit():  # OpenAPI's `default`: AWS keeps method responses by status code
            return
        schemas = _schemas_by_media_type(self._mapping(response, "content"))
        if response.get("schema"):
            schemas["application/json"] = response["schema"]
        headers = self._mapping(response, "headers")
        fields = {
            "responseParameters": {f"method.response.header.{name}": False for name in headers},
            "responseModels": self._models_of(schemas),
        }
        _created(rest._put_method_response(self.api_id, resource_id, method, status, fields))

    def _put_integration(self, resource_id: str, method: str, integration: Json) -> None:
        fields = {key: integration[key] for key in INTEGRATION_FIELDS if integration.get(key) is not None}
        fields["type"] = str(integration.get("type", "")).upper()
        fields["passthroughBehavior"] = str(integration.get("passthroughBehavior", "when_no_match")).upper()
        _created(rest._put_integration(self.api_id, resource_id, method, fields))
        for pattern, response in self._mapping(integration, "responses").items():
            status = str(response.get("statusCode", "200"))
            answer = {
                "selectionPattern": "" if pattern == "default" else pattern,
                "responseParameters": response.get("responseParameters") or {},
                "responseTemplates": response.get("responseTemplates") or {},
                "contentHandling": response.get("contentHandling"),
            }
            _created(rest._put_integration_response(self.api_id, resource_id, method, status, answer))


def _schemas_by_media_type(content: Json) -> Json:
    return {media_type: (described or {}).get("schema") for media_type, described in content.items()}


def _last(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]


def _created(response: Response) -> Json:
    """Return the record that the engine's own create made, or say why it refused."""
    status, _headers, body = response
    answer: Json = json.loads(body)
    if status >= HTTPStatus.BAD_REQUEST:
        raise DefinitionError(str(answer.get("message", "Invalid OpenAPI input")))
    return answer


def _request_parameters(parameters: list[Json]) -> Iterator[tuple[str, bool]]:
    for parameter in parameters:
        place = PARAMETER_PLACES.get(parameter.get("in", ""))
        if place:
            yield f"method.request.{place}.{parameter['name']}", bool(parameter.get("required"))


def api_settings(definition: Json, given: Json) -> Json:
    """Return the API's own settings: those given beside the definition, completed with the definition's.

    Parameters
    ----------
    definition
        A parsed OpenAPI document.
    given
        Fields of CreateRestApi, such as the CloudFormation resource's properties make; they win.
    """
    info = definition.get("info") or {}
    binary = [str(kind) for kind in definition.get("x-amazon-apigateway-binary-media-types") or []]
    written = {
        "name": str(info.get("title") or "api"),
        "description": str(info.get("description") or ""),
        "version": str(info.get("version") or ""),
        "policy": definition.get("x-amazon-apigateway-policy"),
        "apiKeySource": definition.get("x-amazon-apigateway-api-key-source"),
        "minimumCompressionSize": definition.get("x-amazon-apigateway-minimum-compression-size"),
    }
    settings = {key: value for key, value in {**written, **_told(given)}.items() if value is not None}
    media_types = [*(given.get("binaryMediaTypes") or []), *binary]
    return {
        **settings,
        "binaryMediaTypes": list(dict.fromkeys(kind.replace("~1", "/") for kind in media_types)),
    }


def _told(fields: Json) -> Json:
    return {key: value for key, value in fields.items() if value not in (None, "", [])}


def read_definition(document: bytes | str | Json) -> Json:
    """Parse an OpenAPI document, JSON or YAML.

    Raises
    ------
    DefinitionError
        When it is neither, or names no OpenAPI version that AWS imports.
    """
    parsed: Any = document
    if not isinstance(document, dict):
        try:
            parsed = yaml.safe_load(document)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise DefinitionError("Unable to parse API definition because of a malformed document") from error
    if not isinstance(parsed, dict) or not (
        str(parsed.get("openapi", "")).startswith("3.0") or str(parsed.get("swagger", "")) == "2.0"
    ):
        raise DefinitionError('Invalid OpenAPI input: neither `openapi: 3.0.x` nor `swagger: "2.0"`')
    return parsed


def create_api(
    document: bytes | str | Json, given: Json, lasting_id: str | None = None
) -> tuple[str, list[str]]:
    """Make a REST API from a definition, or the draft of what is to become the API of the lasting id.

    Returns
    -------
    tuple
        The new API's id and the import's warnings.

    Raises
    ------
    DefinitionError
        When the definition cannot be imported; no API is left behind.
    """
    definition = read_definition(document)
    api_id: str = _created(rest._create_rest_api(api_settings(definition, given)))["id"]
    try:
        return api_id, Importer(api_id, definition, lasting_id).run()
    except Exception:
        rest._delete_rest_api(api_id)
        raise


def import_rest_api(document: bytes, *, fail_on_warnings: bool) -> Response:
    """Answer ImportRestApi."""
    try:
        api_id, warnings = create_api(document, {})
    except DefinitionError as error:
        return refused(str(error))
    if warnings and fail_on_warnings:
        rest._delete_rest_api(api_id)
        return refused("; ".join(warnings))
    return described(api_id, warnings, HTTPStatus.CREATED)


def refused(message: str) -> Response:
    """Answer a definition that is not imported, and why."""
    answer: Response = rest._v1_error("BadRequestException", message, HTTPStatus.BAD_REQUEST)
    return answer


def described(api_id: str, warnings: list[str], status: int) -> Response:
    """Answer with the API and the warnings of the import that made it."""
    view = rest._rest_api_view(rest._rest_apis[api_id])
    answer: Response = rest._v1_response({**view, **({"warnings": warnings} if warnings else {})}, status)
    return answer


def fill() -> None:
    """Import definitions whole, from the API's own door and from CloudFormation."""
    route = rest.handle_request

    @functools.wraps(route)
    async def with_import(method: str, path: str, headers: Json, body: bytes, query_params: Json) -> Response:
        if (
            method == "POST"
            and path.rstrip("/") == "/restapis"
            and rest._qp(query_params, "mode") == "import"
        ):
            fail_on_warnings = rest._qp(query_params, "failonwarnings") == "true"
            return import_rest_api(body, fail_on_warnings=fail_on_warnings)
        answer: Response = await route(method, path, headers, body, query_params)
        return answer

    @functools.wraps(rest._import_rest_api)
    def import_for_cloudformation(definition: Json, given: Json | None = None) -> str:
        api_id, _warnings = create_api(definition, given or {})
        return api_id

    rest.handle_request = with_import
    rest._import_rest_api = import_for_cloudformation
