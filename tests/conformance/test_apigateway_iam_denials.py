"""What an AWS_IAM method denies is answered as the API's own gateway response."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.engine.process import REGION
from tests.conformance.rest_api import RestApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine


def test_a_role_that_may_not_gets_the_customised_response(
    client: Callable[[str], Any], engine: Engine
) -> None:
    api = RestApi(client, engine)
    api.mock("/", "GET", authorizationType="AWS_IAM")
    api.gateway_response("ACCESS_DENIED", '{"title": "No"}', statusCode="403")
    url = api.deploy() + "/"
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "000000000000"}}
    role = client("iam").create_role(
        RoleName=f"role-{uuid.uuid4().hex[:8]}",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    given = client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    request = AWSRequest("GET", url, headers={})
    credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    SigV4Auth(credentials, "execute-api", REGION).add_auth(request)

    answer = requests.get(url, headers=dict(request.headers), timeout=5)

    assert (answer.status_code, answer.text) == (403, '{"title": "No"}')
