"""A stage with a cache cluster answers GET from its cache, by the parameters that the integration names."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.engine.process import REGION
from tests.conformance.rest_api import STAGE, RestApi, invocations, refusal
from tests.conformance.users import make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

# Every answer is another one, and tells for whom it was made.
CODE = """
import json, uuid

def handler(event, context):
    given = {name.lower(): value for name, value in event["headers"].items()}
    made = {"id": uuid.uuid4().hex, "for": given.get("authorization"), "path": event["path"]}
    return {"statusCode": 200, "headers": {"Cache-Control": "private, no-cache"}, "body": json.dumps(made)}
"""
AUTHORIZATION = "method.request.header.Authorization"
LIMIT = "method.request.querystring.limit"
ITEM = "method.request.path.item"
SECONDS = 3


class CachedApi(RestApi):
    """An API of one function, with methods that are cached by different keys."""

    def __init__(self, client: Callable[[str], Any], engine: Engine) -> None:
        super().__init__(client, engine)
        self._target = self.function("/plain", "GET", CODE)
        self.cached("/feed", "GET", LIMIT, AUTHORIZATION)
        self.cached("/shared", "GET", LIMIT)
        self.cached("/items/{item}", "GET", ITEM)
        self.cached("/forgotten/{item}", "GET")
        self.cached("/feed", "POST", LIMIT)
        self.cached("/both", "GET", LIMIT)
        self.cached("/both", "POST", LIMIT)
        self.cached("/signed", "GET", authorizationType="AWS_IAM")
        self.url = self.deploy()
        self.set({"/cacheClusterEnabled": "true", "/cacheClusterSize": "0.5"})
        self.set({"/*/*/caching/enabled": "true", "/~1both/*/caching/enabled": "true"})

    def cached(self, path: str, method: str, *keys: str, **settings: Any) -> None:
        """Put a method whose answers are kept by these parameters."""
        self.method(
            path,
            method,
            {
                "type": "AWS_PROXY",
                "integrationHttpMethod": "POST",
                "uri": invocations(self._target),
                "cacheKeyParameters": list(keys),
            },
            requestParameters=dict.fromkeys(keys, False) | ({ITEM: True} if "{" in path else {}),
            **settings,
        )

    def set(self, values: dict[str, str]) -> None:
        """Change settings of the stage."""
        patches = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
        self.gateway.update_stage(restApiId=self.id, stageName=STAGE, patchOperations=patches)

    def ask(self, path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
        """Return what a request is answered."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = requests.request(method, self.url + path, headers=sent, timeout=10)
        assert answer.ok, answer.text
        return {**answer.json(), "warning": answer.headers.get("Warning", "")}


@pytest.fixture(scope="module")
def api(client: Callable[[str], Any], engine: Engine) -> CachedApi:
    return CachedApi(client, engine)


def test_an_answer_is_given_again_to_the_same_question_until_its_time_is_over(api: CachedApi) -> None:
    api.set({"/~1shared/GET/caching/enabled": "true", "/~1shared/GET/caching/ttlInSeconds": str(SECONDS)})

    first = api.ask("/shared?limit=1")
    again = api.ask("/shared?limit=1")
    other = api.ask("/shared?limit=2")
    time.sleep(SECONDS)
    later = api.ask("/shared?limit=1")

    assert again == first
    assert len({answer["id"] for answer in (first, other, later)}) == 3


def test_without_the_callers_header_among_the_keys_one_caller_sees_anothers_answer(api: CachedApi) -> None:
    ada = api.ask("/shared?limit=3", Authorization="Bearer ada")
    mallory = api.ask("/shared?limit=3", Authorization="Bearer mallory")

    # This is the danger that the keys are there for.
    assert mallory == ada
    assert mallory["for"] == "Bearer ada"


def test_with_the_callers_header_among_the_keys_each_caller_has_their_own(api: CachedApi) -> None:
    ada = api.ask("/feed?limit=3", Authorization="Bearer ada")
    mallory = api.ask("/feed?limit=3", Authorization="Bearer mallory")
    ada_again = api.ask("/feed?limit=3", Authorization="Bearer ada")

    assert (ada["for"], mallory["for"]) == ("Bearer ada", "Bearer mallory")
    assert ada_again == ada


def test_a_path_variable_that_is_no_key_makes_no_difference(api: CachedApi) -> None:
    assert api.ask("/items/1")["path"] != api.ask("/items/2")["path"]
    assert api.ask("/forgotten/1") == api.ask("/forgotten/2")


def test_caching_of_the_whole_stage_is_for_get_alone(api: CachedApi) -> None:
    both = "/both?limit=1"

    assert api.ask("/feed?limit=9") == api.ask("/feed?limit=9")
    assert api.ask("/feed?limit=9", "POST")["id"] != api.ask("/feed?limit=9", "POST")["id"]
    assert api.ask(both, "POST") == api.ask(both, "POST")
    assert api.ask(both)["id"] != api.ask(both, "POST")["id"]


def test_a_stage_without_a_cluster_keeps_nothing_and_a_flushed_one_begins_anew(api: CachedApi) -> None:
    kept = api.ask("/items/3")
    assert api.ask("/items/3") == kept

    flushed = api.gateway.flush_stage_cache(restApiId=api.id, stageName=STAGE)

    assert flushed["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert api.ask("/items/3") != kept
    try:
        api.set({"/cacheClusterEnabled": "false"})
        assert api.ask("/items/3") != api.ask("/items/3")
    finally:
        api.set({"/cacheClusterEnabled": "true"})


def test_who_may_not_invalidate_gets_what_the_strategy_says(api: CachedApi) -> None:
    kept = api.ask("/items/4")
    setting = "/~1items~1{item}/GET/caching"
    strategy = f"{setting}/unauthorizedCacheControlHeaderStrategy"

    warned = api.ask("/items/4", Cache_Control="max-age=0")
    api.set({f"{setting}/enabled": "true", strategy: "SUCCEED_WITHOUT_RESPONSE_HEADER"})
    quiet = api.ask("/items/4", Cache_Control="max-age=0")
    api.set({strategy: "FAIL_WITH_403"})
    refused = requests.get(f"{api.url}/items/4", headers={"Cache-Control": "max-age=0"}, timeout=10)
    api.set({f"{setting}/requireAuthorizationForCacheControl": "false"})
    anew = api.ask("/items/4", Cache_Control="max-age=0")
    after = api.ask("/items/4")

    assert warned["id"] == kept["id"]
    assert warned["warning"].startswith("199 ")
    assert quiet == kept
    assert refused.status_code == 403
    assert anew["id"] != kept["id"]
    assert after == anew


def test_who_signs_and_is_allowed_to_has_an_entry_made_again(
    api: CachedApi, client: Callable[[str], Any], engine: Engine
) -> None:
    place = api.arn(f"{STAGE}/GET/signed")
    invoke = {"Action": "execute-api:Invoke", "Resource": place}
    invalidate = {"Action": "execute-api:InvalidateCache", "Resource": place}
    reader, operator = make_user(client, engine, invoke), make_user(client, engine, invoke, invalidate)

    kept = signed(api, reader)
    by_reader = signed(api, reader, Cache_Control="max-age=0")
    by_operator = signed(api, operator, Cache_Control="max-age=0")
    unsigned = requests.get(f"{api.url}/signed", timeout=10)

    assert by_reader == kept
    assert by_operator != kept
    assert signed(api, reader) == by_operator
    assert unsigned.status_code == 403  # what is kept is behind the same door


def signed(api: CachedApi, user: Callable[[str], Any], **headers: str) -> str:
    """Return the id of the answer to a user's signed request."""
    key: Credentials = user("sts")._request_signer._credentials
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest("GET", f"{api.url}/signed", headers=sent)
    SigV4Auth(key, "execute-api", REGION).add_auth(request)
    answer = requests.get(f"{api.url}/signed", headers=dict(request.headers), timeout=10)
    assert answer.ok, answer.text
    return str(answer.json()["id"])


def test_a_key_has_to_be_one_of_the_methods_parameters(api: CachedApi) -> None:
    unknown = refusal(
        api.gateway.put_integration,
        restApiId=api.id,
        resourceId=api.resource("/feed"),
        httpMethod="GET",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=invocations(f"arn:aws:lambda:{REGION}:000000000000:function:{uuid.uuid4().hex}"),
        cacheKeyParameters=["method.request.querystring.unheard_of"],
    )

    assert unknown == "BadRequestException: Invalid cache key parameter specified"
