"""Mapping templates of integrations know `$util` in full, `#if`, `#foreach` and some methods."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.engine.process import REGION
from tests.conformance.rest_api import RestApi, content, trusting

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

BODY = {"name": "Rex", "quote": 'it\'s "a/b"', "toys": ["ball", "bone"], "none": [], "count": 2}


class Printer:
    """Prints the body through a template: into a queue, the one service that both engines call."""

    def __init__(self, client: Callable[[str], Any], engine: Engine) -> None:
        self._client, self._engine = client, engine
        name = f"printer-{uuid.uuid4().hex[:8]}"
        trust = json.dumps(trusting("apigateway"))
        role = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        self._queue = client("sqs").create_queue(QueueName=name)["QueueUrl"]
        self._integration = {
            "type": "AWS",
            "integrationHttpMethod": "POST",
            "uri": f"arn:aws:apigateway:{REGION}:sqs:path/000000000000/{name}",
            "credentials": role["Role"]["Arn"],
        }

    def send(self, template: str) -> requests.Response:
        api = RestApi(self._client, self._engine)
        templates = {"application/json": f"Action=SendMessage&MessageBody={template}"}
        integration = {**self._integration, "requestTemplates": templates, "responses": {"200": {}}}
        api.method("/", "POST", integration)
        return requests.post(api.deploy(), json=BODY, timeout=10)

    def printed(self, template: str) -> str:
        answer = self.send(template)
        messages = self._client("sqs").receive_message(QueueUrl=self._queue).get("Messages", [])
        assert messages, answer.text
        return str(messages[0]["Body"])


@pytest.fixture(scope="module")
def printer(client: Callable[[str], Any], engine: Engine) -> Printer:
    return Printer(client, engine)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$input.json('$.toys[1]')", '"bone"'),
        (
            "#foreach($toy in $input.path('$.toys'))$input.json(\"$['toys'][$foreach.index]\")#end",
            '"ball""bone"',
        ),
        ("$util.base64Encode($input.path('$.name'))", "UmV4"),
        ("$util.base64Decode('UmV4')", "Rex"),
        ("$util.urlDecode('a%2520b')", "a b"),
        ("$util.escapeJavaScript($input.path('$.quote'))", r"it\'s \"a\/b\""),
        (r"""$util.escapeJavaScript($input.path('$.quote')).replaceAll("\\'","'")""", r"it's \"a\/b\""),
        ("""$util.parseJson('{"a":{"b":7}}').a.b""", "7"),
        ("$input.json('$.name')", '"Rex"'),
        ("[$input.json('$.missing')]", '[""]'),
        ("$input.path('$.toys').size()", "2"),
        ("#if($input.path('$.count') > 1)many#{else}one#end", "many"),
        ("#if($input.path('$.count') == 1 || $input.path('$.gone') == 1)a#{else}b#end", "b"),
        ("#if(!$input.path('$.none').isEmpty())full#elseif($input.path('$.name') == 'Rex')rex#end", "rex"),
        (
            "#foreach($toy in $input.path('$.toys'))$foreach.count:$toy#if($foreach.hasNext),#end#end",
            "1:ball,2:bone",
        ),
    ],
)
def test_a_template_prints(printer: Printer, template: str, text: str) -> None:
    assert printer.printed(template) == text


@pytest.mark.parametrize("template", ["#if(true)open", "#foreach($x)$x#end", "$util.parseJson('{')"])
def test_a_template_that_cannot_be_rendered_is_a_configuration_error(printer: Printer, template: str) -> None:
    answer = printer.send(template)

    assert (answer.status_code, content(answer)) == (500, {"message": "Internal server error"})
