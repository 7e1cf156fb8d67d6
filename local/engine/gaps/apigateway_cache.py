"""A stage with a cache cluster answers GET from its cache, by the parameters that the integration names.

The stock engine keeps CacheClusterEnabled and CachingEnabled and caches nothing, answers `FlushStageCache`
with 404, and takes any cacheKeyParameters. On AWS, where a stage has a cluster and a method has caching:

- An answer of the integration is kept for cacheTtlInSeconds (300 unless set, 0 is not at all) and given to
  every request whose cacheKeyParameters have the same values. **What is not among them makes no difference**:
  without a path variable every path has one answer, without the Authorization header every caller has.
- Caching for the whole stage means GET; another method has to have a setting of its own.
- Authorizer, API key, throttle and validation come first, cached or not. Cache-Control of the answer is not
  read.
- `Cache-Control: max-age=0` of a request has the entry made again. Unless the method lets everybody, the
  caller has to have signed (AWS_IAM) and be allowed execute-api:InvalidateCache; else the method's strategy
  decides: 403, or the cached answer, with a warning or without.
- A key parameter has to be one of the method's request parameters; an answer of more than 1 MiB is not kept.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html (cacheKeyParameters)
https://docs.aws.amazon.com/apigateway/latest/api/API_FlushStageCache.html

The page speaks of "your endpoint's responses" whatever their status, and there are reports of a cached 429:
so every status is kept here, which is the harder case. The words of the warning are as reported. Not
followed: keys of the form `integration.request.*`, a cacheNamespace of one's own, the four minutes that a
cluster takes to be made, its size, the metrics CacheHitCount and CacheMissCount.
"""

from __future__ import annotations

import functools
import json
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack import app
from ministack.services import apigateway_v1 as rest

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]
Response = tuple[int, dict[str, Any], bytes]

LARGEST = 1024 * 1024
FLUSH_PATH_PARTS = 6
INVALIDATE = "execute-api:InvalidateCache"
WARNING = "199 Unable to invalidate cache - missing required authorization"

# One a stage, as a cluster is: by the API's id and the stage's name.
_clusters: dict[tuple[str, str], dict[Any, tuple[float, Response]]] = {}


@dataclass
class Call:
    """A request on its way to the integration; `keep` is where and until when its answer is to be kept."""

    request: Json
    method: str
    path: str
    query: Mapping[str, Any]
    keep: tuple[Any, float] | None = None
    warned: bool = False


_current: ContextVar[Call | None] = ContextVar("cached_call", default=None)


def settings_of(stage: Json, resource_path: str, method: str) -> Json:
    """Return the method's caching settings; without any of its own, those of the whole stage are for GET."""
    written = {
        rest._decode_json_pointer_token(key).lstrip("/"): entry
        for key, entry in (stage.get("methodSettings") or {}).items()
    }
    path = resource_path.lstrip("/")
    own: Json | None = written.get(f"{path}/{method}") or written.get(f"{path}/*")
    if own is not None:
        return own
    return written.get("*/*", {}) if method == "GET" else {}


def value_of(parameter: str, call: Call) -> str:
    """Return all that a request has for a parameter such as `method.request.querystring.limit`."""
    place, name = parameter.removeprefix("method.request.").split(".", 1)
    if place == "header":
        found = rest._header_ci(call.request["headers"], name)
    elif place == "path":
        found = call.request["path_params"].get(name)
    else:
        found = call.query.get(name)
    return json.dumps(found)


def may_invalidate(call: Call, integration: Json, setting: Json) -> bool:
    """Say whether the caller may have an entry made again; by a signature, where that takes a permission."""
    if not setting.get("requireAuthorizationForCacheControl", True):
        return True
    resource = rest._resources[call.request["api_id"]][integration["cacheNamespace"]]
    methods = resource["resourceMethods"]
    asked = methods.get(call.method) or methods.get("ANY")
    if (asked.get("authorizationType") or "").upper() != "AWS_IAM":
        return False
    place = (call.request["api_id"], call.request["stage_name"], call.method, call.path)
    refused = app._enforce_execute_api(*place, call.request["headers"], call.query, iam_action=INVALIDATE)
    return not refused


def from_cache(integration: Json) -> Any:
    """Return the kept answer to the current request, a refusal, or None to ask the integration."""
    call = _current.get()
    if call is None or call.request["stage"] is None:
        return None
    stage = call.request["stage"]
    setting = settings_of(stage, call.request["resource_path"], call.method)
    seconds = int(setting.get("cacheTtlInSeconds", 300))
    if not (stage.get("cacheClusterEnabled") and setting.get("cachingEnabled") and seconds):
        return None
    values = tuple(value_of(name, call) for name in integration.get("cacheKeyParameters") or [])
    key = (integration.get("cacheNamespace"), call.method, values)
    call.keep = (key, time.monotonic() + seconds)
    asks_anew = "max-age=0" in (rest._header_ci(call.request["headers"], "cache-control") or "")
    if asks_anew and may_invalidate(call, integration, setting):
        return None
    strategy = setting.get("unauthorizedCacheControlHeaderStrategy")
    if asks_anew and strategy == "FAIL_WITH_403":
        return rest._deny_error(False)
    call.warned = asks_anew and strategy == "SUCCEED_WITH_RESPONSE_HEADER"
    until, answer = _cluster(call).get(key, (0.0, None))
    return answer if until > time.monotonic() else None


def _cluster(call: Call) -> dict[Any, tuple[float, Response]]:
    return _clusters.setdefault((call.request["api_id"], call.request["stage_name"]), {})


def keep(call: Call, answer: Response) -> None:
    """Keep an answer, and let go of those whose time is over."""
    if call.keep is None or len(answer[2]) > LARGEST:
        return
    cluster, now = _cluster(call), time.monotonic()
    key, until = call.keep
    kept = cluster.get(key)
    if kept is None or kept[1] is not answer:
        for old in [each for each, (over, _) in cluster.items() if over <= now]:
            del cluster[old]
        cluster[key] = (until, answer)


def flush(api_id: str, stage_name: str) -> Response:
    """Answer FlushStageCache."""
    if stage_name not in rest._stages_v1.get(api_id, {}):
        missing: Response = rest._get_stage(api_id, stage_name)
        return missing
    _clusters.pop((api_id, stage_name), None)
    return 202, {}, b""


def fill() -> None:
    """Look into the cache when everything before the integration is done, and keep what that answers."""
    execute, last_check = rest._execute_in_scope, rest._check_passthrough_behavior
    route, put, delete = rest.handle_request, rest._put_integration, rest._delete_stage

    @functools.wraps(execute)
    async def with_cache(request: Json, api_id: str, stage_name: str, *details: Any) -> Any:
        method, path, _headers, _body, query = details[:5]
        call = Call(request, method, path, query or {})
        token = _current.set(call)
        try:
            answer = await execute(request, api_id, stage_name, *details)
        finally:
            _current.reset(token)
        if not isinstance(answer, tuple):
            return answer
        keep(call, answer)
        status, headers, body = answer
        return status, {**headers, **({"Warning": WARNING} if call.warned else {})}, body

    @functools.wraps(last_check)
    def then_from_cache(integration: Json, headers: Json) -> Any:
        refused = last_check(integration, headers)
        return refused if refused is not None else from_cache(integration)

    @functools.wraps(route)
    async def with_flush(
        method: str, path: str, headers: Json, body: bytes, query_params: Json, /
    ) -> Response:
        steps = path.strip("/").split("/")
        is_flush = method == "DELETE" and len(steps) == FLUSH_PATH_PARTS and steps[4:] == ["cache", "data"]
        if is_flush and (steps[0], steps[2]) == ("restapis", "stages"):
            return flush(steps[1], steps[3])
        answer: Response = await route(method, path, headers, body, query_params)
        return answer

    @functools.wraps(put)
    def put_with_known_keys(api_id: str, resource_id: str, http_method: str, data: Json) -> Response:
        methods = rest._resources.get(api_id, {}).get(resource_id, {}).get("resourceMethods", {})
        known = (methods.get(http_method) or {}).get("requestParameters") or {}
        if http_method in methods and not set(data.get("cacheKeyParameters") or []) <= known.keys():
            refused: Response = rest._v1_error(
                "BadRequestException", "Invalid cache key parameter specified", 400
            )
            return refused
        answer: Response = put(api_id, resource_id, http_method, data)
        return answer

    @functools.wraps(delete)
    def delete_with_cache(api_id: str, stage_name: str) -> Response:
        _clusters.pop((api_id, stage_name), None)
        answer: Response = delete(api_id, stage_name)
        return answer

    rest._execute_in_scope = with_cache
    rest._check_passthrough_behavior = then_from_cache
    rest.handle_request = with_flush
    rest._put_integration = put_with_known_keys
    rest._delete_stage = delete_with_cache
