"""SERVSEC: who gets in, who may do what, and what is kept and told of people."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from local.setup import locks
from tests import templates
from tests.approvals import waiting_order
from tests.archive import a_post, today
from tests.images import BASELINE, png
from tests.partners import Partner, revoke, staff
from tests.posts import eventually, post, put, rejections
from tests.pushes import asked_for_application, choose, phone_of, told
from tests.pushes import eventually as told_within
from tests.stack import (
    OFFER,
    ORDER,
    OUTPUTS,
    SECONDS,
    CatalogApi,
    Member,
    MobileApi,
    OrdersApi,
    Stack,
    StreamApi,
)

# What no log line may hold: a JSON Web Token, an e-mail address, a password as the tests make them.
TOKEN = re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}", re.IGNORECASE)
PASSWORD = re.compile(r"Aa1![\w-]{20,}|\"password\"", re.IGNORECASE)
LONG_LIVED_KEY = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|BEGIN [A-Z ]*PRIVATE KEY")

CHECK_SECONDS = EXPIRY_SECONDS = 60
PAUSE_SECONDS = 5  # above PushPauseSeconds: what waits is looked at within

HAS_NO_RESOURCES = {
    "cloudwatch:GetMetricData",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "states:SendTaskSuccess",
    # Lambda's way into a VPC: network interfaces that it makes, and looks for.
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    # A state machine's log delivery.
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}


# What Lambda does with a function's role by itself: the engine writes logs and traces without asking IAM.
LAMBDAS_OWN = {"logs", "xray"}
# What AWS asks besides, of a stream's or a queue's consumer as a rule, and the engine does not.
MAPPINGS_OWN = {
    "dynamodb:ListStreams",
    "kinesis:DescribeStreamSummary",
    "iam:PassRole",  # of a schedule's target
    "s3:ListBucket",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
}


@pytest.fixture(scope="module", autouse=True)
def one_round(stocked: Stack, api: OrdersApi) -> Iterator[None]:
    """Call every operation and let sagas do and undo every step: each function has used what it needs."""
    for tokens in ({}, {"shipping_token": "ship_timeout"}):
        order_id = api.create({**ORDER, **tokens}).json()["order_id"]
        api.follow(order_id)
    approver = stocked.enrol("staff")
    approved, cancelled = waiting_order(stocked, api), waiting_order(stocked, api)
    for list_ in ("approvals", "partners"):
        OrdersApi(stocked["OrdersApiUrl"], approver.token).send("GET", f"/staff/{list_}").raise_for_status()
    OrdersApi(stocked["OrdersApiUrl"], approver.token).send(
        "POST", f"/orders/{approved}/approval", json={"answer": "APPROVED", "reason": "as it is"}
    )
    api.cancel(cancelled)
    api.follow(approved)
    api.follow(cancelled)
    late = api.create({**ORDER, "payment_token": "tok_timeout"}).json()["order_id"]
    api.cancel(late)
    api.follow(late)
    api.list()
    if stocked.has("stream"):
        put(stocked, mark := secrets.token_bytes(16), post("#one"))
        eventually(lambda: mark in rejections(stocked))
        stream = StreamApi(stocked["StreamApiUrl"], approver.token)
        stream.top()
        stream.archive([a_post("one round")])
        report = stream.follow(stream.ask(today(), today()).json()["report_id"])
        requests.get(report["result"]["url"], timeout=SECONDS).raise_for_status()
    owner = stocked.enrol("members")
    partner = Partner(stocked["OrdersApiUrl"].rstrip("/"), owner.claims["sub"])
    OrdersApi(partner.url, owner.token).send("PUT", "/partner", json=partner.registration())
    partner.get(partner.create(ORDER).json()["order_id"])
    revoke(stocked, partner.partner_id, staff(stocked))
    content = MobileApi(stocked["MobileApiUrl"], owner.token)
    use_content(content)
    use_images(stocked, content, owner)
    search_content(content)
    use_notifications(stocked, content, owner)
    left = content.post("A teapot").json()["post_id"]
    stocked.expire(owner.claims["sub"])
    deadline = time.monotonic() + EXPIRY_SECONDS
    while content.read(f"/posts/{left}").status_code == 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    catalog, product = CatalogApi(stocked["CatalogApiUrl"], approver.token), secrets.token_hex(8)
    made = {**OFFER, "product_id": product}
    catalog.change(product, OFFER, **{"If-Match": catalog.add(made).headers["ETag"]})
    catalog.get(product)
    catalog.list(limit=1)
    catalog.remove(product, **{"If-Match": "*"})
    yield
    owner.leave()
    approver.leave()


def use_content(api: MobileApi) -> None:
    """Do once what members do with profiles and posts."""
    api.make_profile(f"m_{secrets.token_hex(8)}")
    tag = api.read("/profile").headers["ETag"]
    api.send("PUT", "/profile", json={"display_name": "Ada"}, headers={"If-Match": tag})
    post = api.post("A teapot", key := secrets.token_hex(16)).json()
    api.change(post, text="Two teapots")
    api.read("/posts")
    api.read(f"/members/{post['author_id']}/posts")
    api.send("DELETE", f"/posts/{post['post_id']}")
    api.post("A teapot", key)


def use_images(stack: Stack, api: MobileApi, person: Member) -> None:
    """Show one profile image after another."""
    for content in (png(), BASELINE):
        upload_id = api.send("POST", "/profile/images").json()["upload_id"]
        person.aws("s3").put_object(
            Bucket=stack["ImageUploadsBucket"], Key=f"{person.identity}/{upload_id}", Body=content
        )
        deadline = time.monotonic() + CHECK_SECONDS
        while api.read(f"/profile/images/{upload_id}").json()["status"] == "WAITING":
            assert time.monotonic() < deadline
            time.sleep(0.1)


def search_content(api: MobileApi) -> None:
    """Find a post as often as it is changed: the index's files are then written, read and deleted."""
    post = api.post("A samovar").json()
    for word in ("kettle", "mug", "jar", "urn"):
        post = api.change(post, text=f"A {word} {post['post_id']}").json()
        deadline = time.monotonic() + EXPIRY_SECONDS
        phrase = f'"{word} {post["post_id"]}"'
        while not api.read("/search", q=phrase).json()["hits"] and time.monotonic() < deadline:
            time.sleep(0.2)


def use_notifications(stack: Stack, api: MobileApi, person: Member) -> None:
    """Do once what members do with their inbox, their preferences and their devices, and be told."""
    for request, platform in (("Update", "GCM"), ("Delete", "NONE")):
        asked_for_application(stack, request, platform)
    api.read("/notifications")
    api.read("/notifications/unread")
    api.send("PUT", "/notifications/read", json={"until": "01935d3e-8a40-7c9b-9f0a-5d0c3a1b2e4f"})
    tag = api.read("/notifications/preferences").headers["ETag"]
    change = {"replies": "INBOX"}
    api.send("PUT", "/notifications/preferences", json=change, headers={"If-Match": tag})
    device = f"/devices/{uuid.uuid4()}"
    for token in (secrets.token_hex(32), secrets.token_hex(32)):
        api.send("PUT", device, json={"platform": "FCM", "token": token})
    api.read("/devices")
    api.send("DELETE", device)
    # A device that is disabled, one that is told, and one that stays quiet until the schedule.
    phones = [phone_of(stack, api, person.claims["sub"]) for _ in range(2)]
    stack.client("sns").set_endpoint_attributes(
        EndpointArn=phones[0].endpoint, Attributes={"Enabled": "false"}
    )
    failure = {"EndpointArn": phones[1].endpoint, "EventType": "DeliveryFailure"}
    stack.client("sns").publish(
        TopicArn=stack.physical_id("mobile", "FailuresTopic"), Message=json.dumps(failure)
    )
    name, another = api.read("/profile").json()["name"], stack.enrol("members")
    friend = MobileApi(api.url, another.token)
    friend.make_profile(f"m_{secrets.token_hex(8)}")
    friend.post(f"A teapot for @{name}", in_reply_to=api.post("Who has a teapot?").json()["post_id"])
    friend.post(f"A teapot for @{name}")
    assert told_within(lambda: phones[1].count() == 1)
    now = datetime.now(UTC)
    # Quiet for some minutes, which a message waits for, then for some hours, which a schedule does.
    for ends in (timedelta(minutes=10), timedelta(hours=3)):
        until = f"{now + ends:%H:%M}"
        choose(api, quiet_hours={"from": f"{now:%H:%M}", "until": until, "time_zone": "UTC"})
        posted = friend.post(f"Good night, @{name}").json()["post_id"]
        assert told_within(lambda: posted in str(told(api)))  # noqa: B023 - it is called here
        time.sleep(PAUSE_SECONDS)
    group = stack.physical_id("mobile", "HeldPushes")
    scheduler, mine = stack.client("scheduler"), person.claims["sub"]
    assert told_within(lambda: scheduler.list_schedules(GroupName=group, NamePrefix=mine)["Schedules"])
    another.leave()


class Decisions:
    """Every decision of IAM since the stack came up; what was read once is not read again."""

    def __init__(self) -> None:
        self._path = OUTPUTS.resolve().parent / "iam-decisions.jsonl"
        self._read = 0
        self._by_role: dict[str, list[dict[str, str]]] = {}

    def about(self, role: str) -> list[dict[str, str]]:
        """Return those about who assumed a role, oldest first."""
        with self._path.open("rb") as lines:
            lines.seek(self._read)
            for line in lines:
                if line.endswith(b"\n"):  # or it is being written
                    self._read += len(line)
                    decision = json.loads(line)
                    assumed = decision["principal"].partition(":assumed-role/")[2]
                    self._by_role.setdefault(assumed.partition("/")[0], []).append(decision)
        return self._by_role.get(role, [])


@pytest.fixture(scope="module")
def decisions(stack: Stack) -> Decisions:
    """What IAM has decided."""
    if not stack.on_this_machine:
        pytest.skip("in AWS the decisions are CloudTrail's, which the sandbox does not keep")
    return Decisions()


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.lens("SERVSEC-1")
def test_a_member_reaches_only_their_own_orders(stack: Stack) -> None:
    owner, other = stack.enrol("members"), stack.enrol("members")
    try:
        order_id = OrdersApi(stack["OrdersApiUrl"], owner.token).create(ORDER).json()["order_id"]

        theirs = OrdersApi(stack["OrdersApiUrl"], other.token).get(order_id)
        mine = OrdersApi(stack["OrdersApiUrl"], owner.token).get(order_id)
        nobodys = OrdersApi(stack["OrdersApiUrl"], None).get(order_id)
    finally:
        owner.leave()
        other.leave()

    assert (mine.status_code, theirs.status_code, nobodys.status_code) == (200, 404, 401)


@pytest.mark.lens("SERVSEC-1")
def test_each_kind_of_credentials_opens_its_own_operations_only(stack: Stack) -> None:
    owner = stack.enrol("members")
    url, nobodys = stack["OrdersApiUrl"].rstrip("/"), "0190b2c4-7f7e-7c3a-8000-000000000000"
    member, partner = OrdersApi(url, owner.token), Partner(url, owner.claims["sub"])
    try:
        registered = member.send("PUT", "/partner", json=partner.registration())
        signed = partner.get(nobodys)
        tampered = partner.sent(
            "GET", "/partner/orders/another", b"", partner.signed("GET", f"/partner/orders/{nobodys}")
        )
        without = member.send("GET", f"/partner/orders/{nobodys}")
        as_staff = member.send("DELETE", f"/partners/{partner.partner_id}")
    finally:
        owner.leave()

    assert (registered.status_code, signed.status_code) == (201, 404)
    assert (tampered.status_code, without.status_code) == (403, 401)
    assert 400 <= as_staff.status_code < 500


@pytest.mark.lens("SERVSEC-2")
def test_every_function_has_a_role_of_its_own() -> None:
    roles = [(function.service, str(function.properties["Role"])) for function in templates.functions()]

    assert len(set(roles)) == len(roles)


@pytest.mark.lens("SERVSEC-2")
@pytest.mark.parametrize("role", templates.resources("AWS::IAM::Role", "AWS::IAM::Policy"), ids=str)
def test_a_role_lists_its_actions_and_names_its_resources(role: templates.Resource) -> None:
    assert "ManagedPolicyArns" not in role.properties
    for statement in templates.statements(role.properties):
        actions = as_list(statement["Action"])
        assert not any("*" in action for action in actions), actions
        if "*" in as_list(statement["Resource"]):
            assert set(actions) <= HAS_NO_RESOURCES


@pytest.mark.lens("SERVSEC-2")
@pytest.mark.parametrize("function", templates.functions(), ids=str)
def test_a_function_uses_what_it_is_granted_and_asks_for_nothing_else(
    stack: Stack, decisions: Decisions, function: templates.Resource
) -> None:
    stack.need(function.service)
    role = next(
        role
        for role in templates.resources("AWS::IAM::Role")
        if role.service == function.service
        and function.properties["Role"] == {"Fn::GetAtt": [role.id, "Arn"]}
    )
    granted = {
        action
        for statement in templates.statements(role.properties)
        for action in as_list(statement["Action"])
        if action.partition(":")[0] not in LAMBDAS_OWN and action not in MAPPINGS_OWN
    }
    name = stack.physical_id(function.service, role.id)

    def allowed() -> set[str]:
        return {
            line["action"] for line in decisions.about(name) if line["decision"] == "Allow"
        } - MAPPINGS_OWN

    deadline = time.monotonic() + SECONDS  # some of what was done goes on for a while
    while granted - allowed() and time.monotonic() < deadline:
        time.sleep(0.5)

    assert allowed() == granted
    assert [line for line in decisions.about(name) if line["decision"] != "Allow"] == []


@pytest.mark.lens("SERVSEC-3")
@pytest.mark.lens("SERVCOST-2")
@pytest.mark.parametrize("group", templates.resources("AWS::Logs::LogGroup"), ids=str)
def test_a_log_group_keeps_its_lines_for_as_long_as_the_parameter_says(group: templates.Resource) -> None:
    assert group.properties["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.lens("SERVSEC-3")
@pytest.mark.lens("SERVCOST-2")
@pytest.mark.parametrize("function", templates.functions(), ids=str)
def test_a_function_logs_into_its_own_group_from_the_level_given(
    function: templates.Resource,
) -> None:
    logging = function.properties["LoggingConfig"]

    assert logging["ApplicationLogLevel"] == {"Ref": "LogLevel"}
    assert logging["LogGroup"] == {"Ref": f"{function.id}Logs"}


@pytest.mark.lens("SERVSEC-3")
def test_no_log_line_of_the_run_holds_a_token_a_password_or_an_address(stack: Stack) -> None:
    logs = stack.client("logs")
    groups = [
        row["PhysicalResourceId"] for row in stack.deployed if row["ResourceType"] == "AWS::Logs::LogGroup"
    ]
    read = 0
    for group in groups:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
            for event in page["events"]:
                read += 1
                for secret in (TOKEN, ADDRESS, PASSWORD):
                    assert not secret.search(event["message"]), f"{group}: a line fits {secret.pattern}"

    assert groups
    assert read


@pytest.mark.lens("SERVSEC-4")
@pytest.mark.parametrize(
    "lock",
    locks(),
)
def test_everything_that_is_installed_is_locked_by_hash(lock: str) -> None:
    requirements = re.split(r"\n(?=[a-z0-9])", (templates.ROOT / lock).read_text())
    pinned = [text for text in requirements if re.match(r"[a-z0-9]", text)]

    assert pinned
    for requirement in pinned:
        assert "==" in requirement
        assert "--hash=sha256:" in requirement, requirement


@pytest.mark.lens("SERVSEC-4")
def test_no_file_of_the_tree_holds_a_long_lived_credential() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - the user's own
        cwd=templates.ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, tracked.stdout.split("\0")):
        path = templates.ROOT / name
        if path.is_file():
            assert not LONG_LIVED_KEY.search(path.read_text(errors="replace")), name


@pytest.mark.lens("SERVSEC-3")
@pytest.mark.lens("SERVSEC-4")
def test_the_providers_key_is_rotated_and_is_in_no_variable_and_no_log_line(stack: Stack) -> None:
    names = {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in stack.deployed}
    if "ProviderKey" not in names:
        pytest.skip("the stack has no ProviderKey")
    secrets, functions, logs = (stack.client(name) for name in ("secretsmanager", "lambda", "logs"))
    secret = secrets.describe_secret(SecretId=names["ProviderKey"])
    keys = [
        secrets.get_secret_value(SecretId=names["ProviderKey"], VersionId=version)["SecretString"]
        for version, labels in secret["VersionIdsToStages"].items()
        if {"AWSCURRENT", "AWSPREVIOUS"} & set(labels)
    ]

    assert (secret["RotationEnabled"], len(set(keys))) == (True, 2)
    for function in filter(lambda one: stack.has(one.service), templates.functions()):
        told = functions.get_function_configuration(FunctionName=names[function.id])
        assert not any(key in str(told) for key in keys), function.id
    for row in stack.deployed:
        if row["ResourceType"] == "AWS::Logs::LogGroup":
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=row["PhysicalResourceId"])
            lines = [event["message"] for page in pages for event in page["events"]]
            assert not [line for line in lines for key in keys if key in line], row["LogicalResourceId"]


@pytest.mark.lens("SERVSEC-4")
def test_a_wrong_key_opens_nothing_at_the_provider(stack: Stack) -> None:
    names = {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in stack.deployed}
    if "ProviderKey" not in names:
        pytest.skip("the stack has no ProviderKey")
    secrets, version = stack.client("secretsmanager"), str(uuid.uuid4())
    wrong = {"SecretId": names["ProviderKey"], "ClientRequestToken": version}
    secrets.put_secret_value(**wrong, SecretString="lens_sandbox_wrong", VersionStages=["AWSPENDING"])

    try:
        tested = stack.client("lambda").invoke(
            FunctionName=names["RotateProviderKey"], Payload=json.dumps({**wrong, "Step": "testSecret"})
        )
    finally:
        secrets.update_secret_version_stage(
            SecretId=names["ProviderKey"], VersionStage="AWSPENDING", RemoveFromVersionId=version
        )

    assert json.loads(tested["Payload"].read())["errorMessage"].startswith("KeyRefused: ")


@pytest.mark.lens("SERVSEC-6")
@pytest.mark.parametrize("table", templates.resources("AWS::DynamoDB::Table"), ids=str)
def test_a_table_is_encrypted_at_rest(table: templates.Resource) -> None:
    assert table.properties["SSESpecification"]["SSEEnabled"] is True


@pytest.mark.lens("SERVSEC-6")
def test_an_order_keeps_nothing_of_the_person_but_the_members_id(stack: Stack) -> None:
    person = stack.enrol("members")
    try:
        order = OrdersApi(stack["OrdersApiUrl"], person.token).create(ORDER).json()
        item = stack.client("dynamodb").get_item(
            TableName=stack.physical_id("orders", "OrdersTable"),
            Key={"member_id": {"S": person.claims["sub"]}, "order_id": {"S": order["order_id"]}},
        )["Item"]
    finally:
        person.leave()

    kept_for_the_saga = {"payment_token", "shipping_token", "outcome", "stock", "payment", "shipment"}
    assert {"member_id", *order} <= set(item)
    assert set(item) <= {"member_id", *order, *kept_for_the_saga}


@pytest.mark.lens("SERVSEC-6")
def test_a_partners_contact_is_not_in_the_table_as_it_was_sent(stack: Stack) -> None:
    owner = stack.enrol("members")
    partner = Partner(stack["OrdersApiUrl"], owner.claims["sub"])
    try:
        OrdersApi(stack["OrdersApiUrl"], owner.token).send("PUT", "/partner", json=partner.registration())
        item = stack.client("dynamodb").get_item(
            TableName=stack.physical_id("orders", "PartnersTable"),
            Key={"partner_id": {"S": partner.partner_id}},
        )["Item"]
    finally:
        owner.leave()

    assert item["signing_keys"]["L"] == [{"S": partner.public_key}]
    assert not ADDRESS.search(str(item))


@pytest.mark.lens("SERVSEC-7")
def test_what_the_door_lets_through_the_domain_refuses_by_name(stack: Stack) -> None:
    person = stack.enrol("members")
    try:
        wrong = {**ORDER, "lines": [{**ORDER["lines"][0], "quantity": 100}]}
        answer = OrdersApi(stack["OrdersApiUrl"], person.token).create(wrong)
    finally:
        person.leave()

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "/lines/0/quantity"
