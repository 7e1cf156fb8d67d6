"""A signature counts for an AWS_IAM method only when it was made for API Gateway, in the API's Region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.engine.process import REGION
from tests.conformance.rest_api import RestApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


@pytest.mark.parametrize(("service", "region"), [("s3", REGION), ("execute-api", "ap-southeast-2")])
def test_a_signature_for_something_else_is_none(
    client: Callable[[str], Any], engine: Engine, service: str, region: str
) -> None:
    api = RestApi(client, engine)
    api.mock("/", "GET", authorizationType="AWS_IAM")
    api.gateway_response("INVALID_SIGNATURE", '{"title": "No"}', statusCode="403")
    url = api.deploy() + "/"

    def answer(service: str, region: str) -> requests.Response:
        request = AWSRequest("GET", url, headers={})
        SigV4Auth(Credentials("test", "test"), service, region).add_auth(request)
        return requests.get(url, headers=dict(request.headers), timeout=5)

    assert answer("execute-api", REGION).status_code == 200
    refused = answer(service, region)
    assert (refused.status_code, refused.text) == (403, '{"title": "No"}')
