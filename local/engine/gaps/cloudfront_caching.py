"""A distribution keeps an answer for as long as its cache policy and Cache-Control say.

The stock engine asks the origin each time: every answer is a "Miss from cloudfront".

An answer is kept by the path, and by what of the query and the headers the cache policy puts into the key;
an error for ten seconds, unless the distribution says otherwise. How long:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html, of errors
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html. Not modelled: stale
answers while an origin fails, ranges, and several edges; an invalidation forgets all of its distribution.
"""

from __future__ import annotations

import contextvars
import functools
import re
import time
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from ministack.services import cloudfront

Json = dict[str, Any]
Answer = tuple[int, str, Json, bytes]
Key = tuple[Any, ...]

ERROR_SECONDS = 10
KEPT_ERRORS = {404, 405, 414, 500, 501, 502, 503, 504}
"""Which errors are kept whatever their Cache-Control says."""
CONDITIONS = {"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"}
OK = 200


class Kept(NamedTuple):
    """An answer, since when and until when it is kept."""

    answer: Answer
    since: float
    until: float


_kept: dict[Key, Kept] = {}
_behaviour: contextvars.ContextVar[Json] = contextvars.ContextVar("behaviour")
_errors: contextvars.ContextVar[dict[int, float]] = contextvars.ContextVar("errors")
_hit: contextvars.ContextVar[bool] = contextvars.ContextVar("hit", default=False)


def policy_of(behaviour: Json) -> Json | None:
    """Return the cache policy of a behaviour, if it has one that lets anything be kept."""
    policy_id = behaviour.get("cache_policy_id")
    policy = cloudfront._cache_policies.get(policy_id) or cloudfront._MANAGED_CACHE_POLICIES.get(policy_id)
    config: Json | None = policy["Config"] if policy else None
    return config


def chosen(names: Any, kind: str, name: str) -> bool:
    """Tell whether the policy puts a header or a query parameter of this name into the key."""
    listed = {one.lower() for one in names or []}
    return (
        kind == "all"
        or (kind == "whitelist" and name in listed)
        or (kind == "allExcept" and name not in listed)
    )


def key_of(policy: Json, distribution: str, place: tuple[str, str, str], query: str, headers: Json) -> Key:
    """Return what an answer is kept by; `place` is the origin, the method and the path."""
    told = policy.get("Parameters") or {}
    by_query = tuple(
        pair
        for pair in parse_qsl(query, keep_blank_values=True)
        if chosen(told.get("QueryStrings"), told.get("QueryStringBehavior", "none"), pair[0].lower())
    )
    by_header = tuple(
        (name, str(value))
        for name, value in sorted(headers.items())
        if chosen(told.get("Headers"), told.get("HeaderBehavior", "none"), name)
    )
    return (distribution, *place, by_query, by_header)


def seconds(policy: Json, status: int, headers: Json, errors: dict[int, float]) -> float:
    """Return for how long an answer is kept."""
    least, greatest = float(policy.get("MinTTL") or 0), float(policy.get("MaxTTL") or 0)
    control = str(headers.get("cache-control") or "").lower()
    if status != OK:
        return errors.get(status, ERROR_SECONDS) if status in KEPT_ERRORS else 0
    if re.search(r"\b(no-store|no-cache|private)\b", control):
        return least
    told = re.search(r"\bs-maxage=(\d+)", control) or re.search(r"\bmax-age=(\d+)", control)
    wanted = float(told[1]) if told else float(policy.get("DefaultTTL") or 0)
    return min(max(wanted, least), greatest)


def served(kept: Kept, headers: Json) -> Answer:
    """Return a kept answer with its age, or 304 for who has it as it is."""
    status, reason, answered, body = kept.answer
    aged = {**answered, "age": str(int(time.monotonic() - kept.since))}
    known = {tag.strip().removeprefix("W/") for tag in str(headers.get("if-none-match") or "").split(",")}
    if status == OK and str(answered.get("etag") or "").removeprefix("W/") in known - {""}:
        return 304, "Not Modified", {name: aged[name] for name in aged if name != "content-length"}, b""
    return status, reason, aged, body


def fill() -> None:
    """Keep what may be kept between the edge and the origin."""
    match, fetch, mark = (
        cloudfront._match_behavior,
        cloudfront._fetch_from_origin,
        cloudfront._add_cloudfront_headers,
    )
    handle, invalidate = cloudfront.handle_viewer_request, cloudfront._create_invalidation

    @functools.wraps(handle)
    async def handle_anew(dist: Json, *request: Any) -> Any:
        _hit.set(False)
        _errors.set(_error_seconds(dist))
        return await handle(dist, *request)

    @functools.wraps(match)
    def match_and_note(parsed: Json, path: str) -> Any:
        behaviour = match(parsed, path)
        _behaviour.set(behaviour or {})
        return behaviour

    @functools.wraps(fetch)
    async def fetch_or_find(
        origin: Json, method: str, uri: str, query: str, headers: Json, *rest: Any
    ) -> Answer:
        policy = policy_of(_behaviour.get())
        if policy is None or method not in {"GET", "HEAD"}:
            answer: Answer = await fetch(origin, method, uri, query, headers, *rest)
            return answer
        key = key_of(policy, rest[-1], (origin["id"], method, uri), query, headers)
        found = _kept.get(key)
        if found is not None and found.until > time.monotonic():
            _hit.set(True)
            return served(found, headers)
        answer = await fetch(origin, method, uri, query, headers, *rest)
        lasts = seconds(policy, answer[0], answer[2], _errors.get())
        if lasts > 0 and not CONDITIONS & headers.keys():
            _kept[key] = Kept(answer, time.monotonic(), time.monotonic() + lasts)
        return answer

    @functools.wraps(mark)
    def mark_hits(headers: Json, x_cache: str, *rest: Any, **more: Any) -> Any:
        return mark(headers, "Hit from cloudfront" if _hit.get() else x_cache, *rest, **more)

    @functools.wraps(invalidate)
    def forget(dist_id: str, *rest: Any) -> Any:
        for key in [key for key in _kept if str(key[0]).endswith(f"/{dist_id}")]:
            del _kept[key]
        return invalidate(dist_id, *rest)

    cloudfront.handle_viewer_request, cloudfront._match_behavior = handle_anew, match_and_note
    cloudfront._fetch_from_origin, cloudfront._add_cloudfront_headers = fetch_or_find, mark_hits
    cloudfront._create_invalidation = forget


def _error_seconds(dist: Json) -> dict[int, float]:
    """Return for how long a distribution's configuration lets errors be kept, by status."""
    config = cloudfront._dist_config_el(dist)
    listed = cloudfront._find(config, "CustomErrorResponses")
    items = cloudfront._find(listed, "Items") if listed is not None else None
    rows = list(items) if items is not None else []
    return {
        int(cloudfront._text(row, "ErrorCode")): float(
            cloudfront._text(row, "ErrorCachingMinTTL") or ERROR_SECONDS
        )
        for row in rows
    }
