"""A changed definition keeps the REST API's id and URL: by `PutRestApi` and by a CloudFormation Body.

The stock engine answers `PutRestApi` with 404, and makes another API, with another id and without the stage,
when the Body of an AWS::ApiGateway::RestApi changes. On AWS the API stays, and with it its stages,
deployments, domain mappings and places in usage plans; a definition that cannot be read changes nothing.

After https://docs.aws.amazon.com/apigateway/latest/api/API_PutRestApi.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/import-api-errors-warnings.html

Resources keep their id by path, authorizers and request validators theirs by name. The new parts are written
aside and then exchanged, so that no request meets a half-written API.
"""

from __future__ import annotations

import functools
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ministack.services import apigateway_v1 as rest
from ministack.services.cloudformation import provisioners

from local.engine.gaps.apigateway_openapi import (
    DefinitionError,
    Json,
    Response,
    api_settings,
    create_api,
    described,
    read_definition,
    refused,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

PUT_PATH_PARTS = 2


def parts(api_id: str) -> dict[str, Json]:
    """Return what a definition makes, by kind: the tables of one API, each by its parts' keys."""
    return {
        "resources": rest._resources.get(api_id, {}),
        "authorizers": rest._authorizers_v1.get(api_id, {}),
        "validators": rest._request_validators.get(api_id, {}),
        "models": rest._models.get(api_id, {}),
        "gateway responses": rest._gateway_responses.get(api_id, {}),
    }


def put_definition(api_id: str, document: bytes | str | Json, *, merge: bool = False) -> list[str]:
    """Replace what the API's definition made, or add to it.

    Parameters
    ----------
    api_id
        An API that exists.
    document
        The OpenAPI document.
    merge
        Keep what the document does not mention.

    Returns
    -------
    list
        The warnings.

    Raises
    ------
    DefinitionError
        When the document cannot be imported; the API is as it was.
    """
    draft_id, warnings = create_api(document, {}, lasting_id=api_id)
    try:
        written, kept = parts(draft_id), parts(api_id)
        ids = _same(written["resources"], kept["resources"], "path")
        ids |= _same(written["authorizers"], kept["authorizers"], "name")
        ids |= _same(written["validators"], kept["validators"], "name")
        exchanged = _translated(written, ids)
    finally:
        rest._delete_rest_api(draft_id)
        rest._request_validators.pop(draft_id, None)
    if merge:
        exchanged = _merged(kept, exchanged)
    rest._authorizers_v1[api_id] = exchanged["authorizers"]
    rest._request_validators[api_id] = exchanged["validators"]
    rest._models[api_id] = exchanged["models"]
    rest._gateway_responses[api_id] = exchanged["gateway responses"]
    rest._resources[api_id] = exchanged["resources"]
    return warnings


def _same(written: Json, kept: Json, key: str) -> dict[str, str]:
    """Map the ids of what was written to those of what is the same thing in the API."""
    known = {part[key]: part_id for part_id, part in kept.items()}
    return {part_id: known[part[key]] for part_id, part in written.items() if part[key] in known}


def _translated(node: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {ids.get(key, key): _translated(value, ids) for key, value in node.items()}
    if isinstance(node, list):
        return [_translated(value, ids) for value in node]
    return ids.get(node, node) if isinstance(node, str) else node


def _merged(kept: dict[str, Json], written: dict[str, Json]) -> dict[str, Json]:
    merged = {kind: {**kept[kind], **written[kind]} for kind in kept}
    for resource_id, resource in kept["resources"].items():
        if resource_id in written["resources"]:
            methods = {**resource["resourceMethods"], **written["resources"][resource_id]["resourceMethods"]}
            merged["resources"][resource_id] = {**resource, "resourceMethods": methods}
    return merged


def put_settings(api_id: str, definition: Json, given: Json) -> None:
    """Give the API the name, the binary media types and so on that its definition tells."""
    rest._rest_apis[api_id].update(api_settings(definition, given))


def put_rest_api(api_id: str, document: bytes, query_params: Json) -> Response:
    """Answer PutRestApi."""
    if api_id not in rest._rest_apis:
        missing: Response = rest._get_rest_api(api_id)
        return missing
    mode = rest._qp(query_params, "mode", "merge")
    if mode not in {"merge", "overwrite"}:
        return refused(f"Invalid mode: {mode}")
    try:
        warnings = put_definition(api_id, document, merge=mode == "merge")
        put_settings(api_id, read_definition(document), {})
    except DefinitionError as error:
        return refused(str(error))
    return described(api_id, warnings, HTTPStatus.OK)


def fill() -> None:
    """Answer PutRestApi, and update a CloudFormation RestApi with it."""
    route = rest.handle_request
    handler = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::RestApi"]
    update = handler["update"]

    @functools.wraps(route)
    async def with_put(method: str, path: str, headers: Json, body: bytes, query_params: Json, /) -> Response:
        steps = path.strip("/").split("/")
        if method == "PUT" and steps[0] == "restapis" and len(steps) == PUT_PATH_PARTS:
            return put_rest_api(steps[1], body, query_params)
        answer: Response = await route(method, path, headers, body, query_params)
        return answer

    @functools.wraps(update)
    def update_in_place(
        api_id: str, before: Json, after: Json, stack_name: str, logical_id: str | None = None
    ) -> tuple[str, Json]:
        body = after.get("Body")
        if not isinstance(body, dict) or body == before.get("Body"):
            unchanged: tuple[str, Json] = update(api_id, before, after, stack_name, logical_id)
            return unchanged
        put_definition(api_id, body)
        updated: tuple[str, Json] = update(api_id, {**before, "Body": body}, after, stack_name, logical_id)
        beside = {"name": "Name", "description": "Description", "policy": "Policy"}
        given = {field: after.get(name) for field, name in beside.items()}
        put_settings(api_id, body, {**given, "binaryMediaTypes": after.get("BinaryMediaTypes")})
        return updated

    rest.handle_request = with_put
    handler["update"] = update_in_place
