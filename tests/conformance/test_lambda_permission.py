"""A service may invoke a function only where a statement of the function's policy allows it."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.engine.process import REGION
from tests.conformance.functions import allow, make_function, printed
from tests.conformance.rest_api import STAGE, RestApi, content, invocations, refusal, trusting
from tests.conformance.user_pools import UserPool, claims_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

    Client = Callable[[str], Any]

ACCOUNT, OTHER_ACCOUNT = "000000000000", "111111111111"
ANSWER = "def handler(event, context):\n    return {'statusCode': 200, 'body': '{}'}"
AUTHORIZER = """def handler(event, context):
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    return {"principalId": "ann", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
EMPTY = "def handler(event, context):\n    return {}"
PASSES = "def handler(event, context):\n    return event"
PRINTS = "import json\ndef handler(event, context):\n    print(json.dumps(event))"
SECONDS = 60

INTERNAL: tuple[int, Any] = (500, {"message": "Internal server error"})
FINE: tuple[int, Any] = (200, {})


def arn_of(function: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"


def unique(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:8]}"


def calling(function: str, **more: str) -> dict[str, Any]:
    """Return a proxy integration with the function of this ARN."""
    return {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": invocations(function), **more}


def get(url: str, **headers: str) -> tuple[int, Any]:
    answer = requests.get(url, headers=headers, timeout=20)
    return answer.status_code, content(answer)


# REST APIs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refused", "allowed"),
    [
        ("prod/GET/orders/*", f"{STAGE}/GET/orders/*"),
        ("*/POST/orders/*", "*/GET/orders/*"),
        ("*/*/carts/*", "*/*/orders/7"),
        ("*/GET/orders/{order_id}", "*"),
        ("authorizers/*", f"{STAGE}/*"),
    ],
)
def test_a_method_invokes_what_allows_its_stage_verb_and_path(
    client: Client, engine: Engine, refused: str, allowed: str
) -> None:
    api, function = RestApi(client, engine), make_function(client, ANSWER)
    api.method("/orders/{order_id}", "ANY", calling(arn_of(function)))
    order = f"{api.deploy()}/orders/7"
    without = get(order)
    allow(client, function, "apigateway", api.arn(refused))
    with_another = get(order)
    allow(client, function, "apigateway", api.arn(allowed))
    with_its_own = get(order)

    assert [without, with_another, with_its_own] == [INTERNAL, INTERNAL, FINE]


def test_the_refusal_goes_through_the_gateway_response(client: Client, engine: Engine) -> None:
    api = RestApi(client, engine)
    api.method("/", "GET", calling(arn_of(make_function(client, ANSWER))))
    api.gateway_response("API_CONFIGURATION_ERROR", '{"title": "Not set up"}', statusCode="503")

    assert get(api.deploy()) == (503, {"title": "Not set up"})


def test_an_integration_that_is_no_proxy_needs_it_too(client: Client, engine: Engine) -> None:
    api, function = RestApi(client, engine), make_function(client, EMPTY)
    api.method("/", "GET", {**calling(arn_of(function)), "type": "AWS"})
    root = api.deploy()
    refused = get(root)
    allow(client, function, "apigateway", api.arn("*/GET/"))

    assert [refused, get(root)] == [INTERNAL, FINE]


def test_an_integration_with_a_role_does_not_need_it(client: Client, engine: Engine) -> None:
    api, function = RestApi(client, engine), arn_of(make_function(client, ANSWER))
    trust = json.dumps(trusting("apigateway"))
    role = client("iam").create_role(RoleName=unique("role"), AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    api.method("/role", "GET", calling(function, credentials=role))
    api.method("/none", "GET", calling(function))
    root = api.deploy()

    assert [get(f"{root}/role"), get(f"{root}/none")] == [FINE, INTERNAL]


def test_an_authorizer_is_invoked_as_itself_and_not_as_the_method(client: Client, engine: Engine) -> None:
    api, function = RestApi(client, engine), make_function(client, AUTHORIZER)
    authorizer = api.gateway.create_authorizer(
        restApiId=api.id,
        name="members",
        type="TOKEN",
        authorizerUri=invocations(arn_of(function)),
        identitySource="method.request.header.Authorization",
    )["id"]
    api.mock("/members", "GET", authorizationType="CUSTOM", authorizerId=authorizer)
    members = f"{api.deploy()}/members"
    allow(client, function, "apigateway", api.arn("*/GET/members"))
    as_the_method = get(members, Authorization="any")
    allow(client, function, "apigateway", api.arn(f"authorizers/{authorizer}"))
    as_itself = get(members, Authorization="any")

    assert (as_the_method[0], as_itself) == (500, FINE)


def test_a_statement_counts_for_its_principal_and_account_alone(client: Client, engine: Engine) -> None:
    api, function = RestApi(client, engine), make_function(client, ANSWER)
    api.method("/", "GET", calling(arn_of(function)))
    root = api.deploy()
    allow(client, function, "events", api.arn("*"))
    another_principal = get(root)
    allow(client, function, "apigateway", api.arn("*"), SourceAccount=OTHER_ACCOUNT)
    another_account = get(root)
    allow(client, function, "apigateway", api.arn("*"), SourceAccount=ACCOUNT)

    assert [another_principal, another_account, get(root)] == [INTERNAL, INTERNAL, FINE]


def test_a_statement_for_the_function_is_none_for_its_alias(client: Client, engine: Engine) -> None:
    api, function = RestApi(client, engine), make_function(client, ANSWER)
    version = client("lambda").publish_version(FunctionName=function)["Version"]
    client("lambda").create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    api.method("/", "GET", calling(f"{arn_of(function)}:live"))
    root = api.deploy()
    allow(client, function, "apigateway", api.arn("*"))
    for_the_function = get(root)
    allow(client, function, "apigateway", api.arn("*"), Qualifier="live")

    assert [for_the_function, get(root)] == [INTERNAL, FINE]


# User pools -----------------------------------------------------------------------------------------------

DENIED = "PreTokenGeneration invocation failed due to error AccessDeniedException."


def test_a_sign_in_fails_where_the_trigger_does_not_allow_the_pool(client: Client, engine: Engine) -> None:
    pool = UserPool(client, engine, PASSES, permitted=False)
    allow(client, pool.function, "cognito-idp", f"{pool.arn}x")
    refused = refusal(pool.sign_in)
    allow(client, pool.function, "cognito-idp", pool.arn)
    tokens = pool.sign_in()

    assert refused == f"UnexpectedLambdaException: {DENIED}"
    assert claims_of(tokens["AccessToken"])["cognito:groups"] == ["premium"]


def test_so_does_the_managed_login(client: Client, engine: Engine) -> None:
    pool = UserPool(client, engine, PASSES, permitted=False)

    assert pool.log_in("openid") == {"error": "invalid_grant", "error_description": DENIED}


@pytest.mark.parametrize("trigger", ["PreSignUp", "DefineAuthChallenge", "CustomMessage"])
def test_every_trigger_needs_it(client: Client, trigger: str) -> None:
    cognito, arn = client("cognito-idp"), arn_of(make_function(client, PASSES))
    pool = cognito.create_user_pool(PoolName="members", LambdaConfig={trigger: arn})["UserPool"]["Id"]
    user = {"UserPoolId": pool, "Username": "ada"}
    app = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="web", ExplicitAuthFlows=["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    )["UserPoolClient"]["ClientId"]

    if trigger == "PreSignUp":
        refused = refusal(cognito.sign_up, ClientId=app, Username="ada", Password="Analytical1!Engine")
    elif trigger == "CustomMessage":
        address = [{"Name": "email", "Value": "ada@example.com"}]
        refused = refusal(cognito.admin_create_user, **user, UserAttributes=address)
    else:
        cognito.admin_create_user(**user, MessageAction="SUPPRESS")
        start = {"AuthFlow": "CUSTOM_AUTH", "AuthParameters": {"USERNAME": "ada"}}
        refused = refusal(cognito.initiate_auth, ClientId=app, **start)

    denied = f"{trigger} invocation failed due to error AccessDeniedException."
    assert refused == f"UnexpectedLambdaException: {denied}"


# Rules, topics and buckets --------------------------------------------------------------------------------


class Topics:
    """Topics that a function is subscribed to."""

    service = "sns"

    def __init__(self, client: Client, function: str) -> None:
        self._sns, self._function = client("sns"), function

    def make(self) -> str:
        topic = str(self._sns.create_topic(Name=unique("topic"))["TopicArn"])
        self._sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=self._function)
        return topic

    def send(self, topic: str, text: str) -> None:
        self._sns.publish(TopicArn=topic, Message=text)


class Rules:
    """Rules that have a function as their target."""

    service = "events"

    def __init__(self, client: Client, function: str) -> None:
        self._events, self._function = client("events"), function

    def make(self) -> str:
        name = unique("rule")
        pattern = json.dumps({"source": [name]})
        rule = str(self._events.put_rule(Name=name, EventPattern=pattern)["RuleArn"])
        self._events.put_targets(Rule=name, Targets=[{"Id": "function", "Arn": self._function}])
        return rule

    def send(self, rule: str, text: str) -> None:
        name = rule.rpartition("/")[2]
        entry = {"Source": name, "DetailType": "test", "Detail": json.dumps({"text": text})}
        self._events.put_events(Entries=[entry])


class Buckets:
    """Buckets that notify a function."""

    service = "s3"

    def __init__(self, client: Client, function: str) -> None:
        self._s3, self._function = client("s3"), function

    def make(self) -> str:
        name = unique("bucket")
        self._s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        told = {"LambdaFunctionArn": self._function, "Events": ["s3:ObjectCreated:*"]}
        self._s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"LambdaFunctionConfigurations": [told]}
        )
        return f"arn:aws:s3:::{name}"

    def send(self, bucket: str, text: str) -> None:
        self._s3.put_object(Bucket=bucket.rpartition(":")[2], Key=text)


@pytest.mark.parametrize("kind", [Topics, Rules, Buckets])
def test_an_event_is_delivered_for_the_source_that_is_allowed_alone(
    client: Client, kind: type[Topics | Rules | Buckets], stock: bool
) -> None:
    function = make_function(client, PRINTS)
    group = f"/aws/lambda/{function}"
    client("logs").create_log_group(logGroupName=group)
    sources = kind(client, arn_of(function))
    refused, allowed = sources.make(), sources.make()
    allow(client, function, sources.service, allowed)

    sources.send(refused, "from-the-refused")
    # On an engine that delivers it, it is there before the other, or soon: its environment has started.
    time.sleep(1)
    sources.send(allowed, "from-the-allowed")

    wanted = {"from-the-allowed", "from-the-refused"} if stock else {"from-the-allowed"}
    deadline = time.monotonic() + SECONDS
    while not all(each in str(printed(client, group)) for each in wanted) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "from-the-allowed" in str(printed(client, group))
    assert "from-the-refused" not in str(printed(client, group))
