"""A REST API made step by step, with calls that the stock engine answers too, and its deployed URL."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

import requests
from botocore.exceptions import ClientError

from local.engine.process import REGION
from tests.conformance.functions import allow

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

STAGE = "test"
STACK_SECONDS = 60


def url(engine: Engine, api_id: str) -> str:
    """Return where a client on this machine calls the API's only stage."""
    return f"{engine.url}/_aws/execute-api/{api_id}/{STAGE}"


def invocations(function: str) -> str:
    """Return the URI by which an integration or an authorizer names the function of this ARN."""
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"


class RestApi:
    """One API under construction; `deploy` makes it callable."""

    def __init__(self, client: Callable[[str], Any], engine: Engine) -> None:
        self._client = client
        self._engine = engine
        self.gateway = client("apigateway")
        self.id: str = self.gateway.create_rest_api(name=f"api-{uuid.uuid4().hex[:8]}")["id"]
        self._resources = {"/": self.gateway.get_resources(restApiId=self.id)["items"][0]["id"]}

    def resource(self, path: str) -> str:
        """Return the id of the path's resource, made when it is not there yet."""
        if path not in self._resources:
            parent, _, part = path.rpartition("/")
            made = self.gateway.create_resource(
                restApiId=self.id, parentId=self.resource(parent or "/"), pathPart=part
            )
            self._resources[path] = made["id"]
        return str(self._resources[path])

    def method(self, path: str, method: str, integration: dict[str, Any], **settings: Any) -> None:
        """Put a method, open unless the settings say otherwise, and its integration."""
        place = {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": method}
        self.gateway.put_method(**place, **{"authorizationType": "NONE", **settings})
        responses = integration.pop("responses", {})
        self.gateway.put_integration(**place, **integration)
        for status, response in responses.items():
            self.gateway.put_integration_response(**place, statusCode=status, **response)

    def mock(self, path: str, method: str, body: str = "{}", **settings: Any) -> None:
        """Put a method that answers 200 with this body by itself."""
        integration = {
            "type": "MOCK",
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": {"200": {"responseTemplates": {"application/json": body}}},
        }
        self.method(path, method, integration, **settings)

    def function(self, path: str, method: str, code: str, *, timeout: int = 5, wait_ms: int = 29000) -> str:
        """Put a method that a Lambda function answers and return the function's ARN.

        The code is that of a module `app` with a `handler(event, context)`.
        """
        arn = self._function(code, timeout)
        allow(self._client, arn, "apigateway", self.arn("*"))
        integration = {
            "type": "AWS_PROXY",
            "integrationHttpMethod": "POST",
            "uri": invocations(arn),
            "timeoutInMillis": wait_ms,
        }
        self.method(path, method, integration)
        return arn

    def arn(self, place: str) -> str:
        """Return the ARN of `{stage}/{METHOD}/{path}` or `authorizers/{id}` of the API."""
        return f"arn:aws:execute-api:{REGION}:000000000000:{self.id}/{place}"

    def _function(self, code: str, timeout: int) -> str:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as package:
            package.writestr("app.py", code)
        role = self._client("iam").create_role(
            RoleName=f"role-{uuid.uuid4().hex[:8]}", AssumeRolePolicyDocument=json.dumps(trusting("lambda"))
        )
        made: dict[str, Any] = self._client("lambda").create_function(
            FunctionName=f"function-{uuid.uuid4().hex[:8]}",
            Runtime="python3.13",
            Handler="app.handler",
            Role=role["Role"]["Arn"],
            Code={"ZipFile": archive.getvalue()},
            Timeout=timeout,
        )
        return str(made["FunctionArn"])

    def model(self, name: str, schema: dict[str, Any]) -> None:
        """Make a model of the API."""
        self.gateway.create_model(
            restApiId=self.id, name=name, contentType="application/json", schema=json.dumps(schema)
        )

    def validator(self) -> str:
        """Make a request validator of parameters and bodies and return its id."""
        made: dict[str, Any] = self.gateway.create_request_validator(
            restApiId=self.id, name="all", validateRequestBody=True, validateRequestParameters=True
        )
        return str(made["id"])

    def gateway_response(self, kind: str, template: str | None = None, **settings: Any) -> None:
        """Customise a gateway response."""
        if template:
            settings["responseTemplates"] = {"application/json": template}
        self.gateway.put_gateway_response(restApiId=self.id, responseType=kind, **settings)

    def deploy(self) -> str:
        """Deploy to the stage and return its URL."""
        self.gateway.create_deployment(restApiId=self.id, stageName=STAGE)
        return url(self._engine, self.id)


def content(answer: requests.Response) -> Any:
    """Return the answer's JSON, or its text where it is none."""
    try:
        return answer.json()
    except ValueError:
        return answer.text


def refusal(call: Callable[..., Any], **arguments: Any) -> str:
    """Return the code and message that a call is refused with, or that it was not."""
    try:
        call(**arguments)
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return "not refused"


def trusting(service: str) -> dict[str, Any]:
    """Return the trust policy of a role that an AWS service takes."""
    principal = {"Service": f"{service}.amazonaws.com"}
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
    }


def deploy_stack(client: Callable[[str], Any], name: str, template: dict[str, Any]) -> dict[str, str]:
    """Create the stack, or update it, and return its outputs."""
    cloudformation = client("cloudformation")
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    given = {"StackName": name, "TemplateBody": json.dumps(template), "Capabilities": capabilities}
    known = {stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]}
    if name in known:
        cloudformation.update_stack(**given)
    else:
        cloudformation.create_stack(**given)
    deadline = time.monotonic() + STACK_SECONDS
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    while stack["StackStatus"].endswith("IN_PROGRESS") and time.monotonic() < deadline:
        time.sleep(0.1)
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, stack
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
