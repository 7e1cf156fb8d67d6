"""SERVOPS, SERVREL, SERVPER: how it is seen, how it holds, how fast it is."""

from __future__ import annotations

import ast
import secrets
from pathlib import Path

import pytest

from local import versions
from tests import templates
from tests.stack import ORDER, Api, OrdersApi, Stack, asked_for

PACKAGE_BYTES = 8_000_000  # zipped, layers and all: boto3 as it comes has 17 MB and more
ENGINE_BYTES = 5_000_000  # what a search engine adds, for the functions that are about it
BAD_RELEASE = "f" * 12
HANDLERS = sorted(templates.ROOT.glob("functions/*/*/app.py"))
CODE = sorted(
    path for pattern in ("functions/*/*/app.py", "layers/*/*/*.py") for path in templates.ROOT.glob(pattern)
)


@pytest.mark.lens("SERVOPS-1")
@pytest.mark.parametrize("function", templates.functions(), ids=str)
def test_a_function_is_traced(function: templates.Resource) -> None:
    assert function.properties["Tracing"] == "Active"


@pytest.mark.lens("SERVOPS-1")
@pytest.mark.parametrize("api", templates.resources("AWS::Serverless::Api"), ids=str)
def test_an_api_is_traced(api: templates.Resource) -> None:
    assert api.properties["TracingEnabled"] is True


@pytest.mark.lens("SERVOPS-2")
def test_a_stage_is_a_parameter_of_the_one_set_of_templates(stack: Stack) -> None:
    root = templates.parsed(templates.ROOT / "template.yaml")
    nested = [
        resource["Properties"]["Location"]
        for resource in root["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Application"
    ]
    deployed = {row["LogicalResourceId"] for row in stack.deployed}

    assert set(root["Parameters"]["Stage"]["AllowedValues"]) == {"local", "sandbox", "beta", "prod"}
    assert all((templates.ROOT / location).is_file() for location in nested)
    assert {resource.id for resource in templates.functions() if stack.has(resource.service)} <= deployed


@pytest.mark.lens("SERVREL-4")
def test_tests_know_the_stack_by_its_outputs_alone() -> None:
    for path in sorted(templates.ROOT.glob("tests/integration/orders/*.py")):
        imported = {
            node.module or ""
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
        }
        ours = {
            name for name in imported if name.partition(".")[0] in {"local", "orders", "shared", "functions"}
        }
        assert not ours, f"{path.name} looks inside: {ours}"


@pytest.mark.lens("SERVREL-5")
def test_a_retry_of_a_finished_request_changes_nothing(stack: Stack) -> None:
    person = stack.enrol("members")
    api = OrdersApi(stack["OrdersApiUrl"], person.token)
    key = secrets.token_hex(16)
    try:
        answers = {api.create(ORDER, key).text for _ in range(3)}
        kept = api.list().json()["items"]
    finally:
        person.leave()

    assert len(answers) == 1
    assert len(kept) == 1


@pytest.mark.lens("SERVREL-5")
def test_a_retry_finishes_what_died_half_way(stack: Stack) -> None:
    person = stack.enrol("members")
    api = OrdersApi(stack["OrdersApiUrl"], person.token)
    key = secrets.token_hex(16)
    try:
        first = api.create(ORDER, key)
        # As if the function had died between its claim and its put: the claim is there, the order is not.
        stack.client("dynamodb").delete_item(
            TableName=stack.physical_id("orders", "OrdersTable"),
            Key={
                "member_id": {"S": person.claims["sub"]},
                "order_id": {"S": first.json()["order_id"]},
            },
        )
        lost = api.get(first.json()["order_id"])
        again = api.create(ORDER, key)
        found = api.get(first.json()["order_id"])
    finally:
        person.leave()

    assert lost.status_code == 404
    assert again.json() == first.json()
    assert asked_for(found.json()) == asked_for(first.json())


@pytest.mark.lens("SERVREL-5")
def test_every_dead_letter_queue_has_an_alarm_and_staff_can_redrive_it(stack: Stack) -> None:
    queues = {
        resource.id: resource
        for resource in templates.resources("AWS::SQS::Queue")
        if "RedrivePolicy" not in resource.properties and stack.has(resource.service)
    }
    alarmed = str([alarm.properties for alarm in templates.resources("AWS::CloudWatch::Alarm")])
    colleague = stack.enrol("staff")
    try:
        answer = Api(stack["OperationsApiUrl"], colleague.token).send("GET", "/queues")
    finally:
        colleague.leave()

    assert {row["name"] for row in answer.json()["items"]} == set(queues)
    for name in queues:
        assert f"['{name}', 'QueueName']" in alarmed, name


@pytest.mark.lens("SERVREL-5")
def test_every_function_serves_the_release_that_was_deployed(stack: Stack) -> None:
    found = versions.functions(stack.client, stack["StackName"])
    there = {row["LogicalResourceId"] for row in stack.deployed}
    published = {one.id for one in templates.functions() if "AutoPublishAlias" in one.properties}

    assert {function.release for function in found} == {versions.live(found)}
    assert {function.name.rpartition("/")[2] for function in found} == published & there


@pytest.mark.lens("SERVREL-5")
def test_a_release_that_fails_is_taken_back_by_its_alias(stack: Stack) -> None:
    lambdas, name = stack.client("lambda"), stack.physical_id("orders", "ListApprovals")
    deployed = lambdas.get_function_configuration(FunctionName=name)
    colleague = stack.enrol("staff")
    api = Api(stack["OrdersApiUrl"], colleague.token)

    def changed(**settings: str) -> None:
        lambdas.update_function_configuration(FunctionName=name, **settings)
        lambdas.get_waiter("function_updated").wait(FunctionName=name)

    def it() -> list[versions.Function]:
        return [versions.read(lambdas, name, "ListApprovals")]

    good = versions.live(it())
    try:
        changed(Handler="app.absent", Description=f"fails {BAD_RELEASE}")
        bad = lambdas.publish_version(FunctionName=name)["Version"]
        versions.move(lambdas, it(), BAD_RELEASE)
        failing = api.send("GET", "/staff/approvals")
        versions.move(lambdas, it(), good)
        working = api.send("GET", "/staff/approvals")
        served = versions.live(it())
    finally:
        versions.move(lambdas, it(), good)
        changed(Handler=deployed["Handler"], Description=deployed["Description"])
        colleague.leave()
    lambdas.delete_function(FunctionName=name, Qualifier=bad)

    assert failing.status_code >= 500
    assert working.status_code == 200
    assert served == good


@pytest.mark.lens("SERVPER-2")
@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(templates.ROOT)))
def test_no_code_scans_a_table(path: Path) -> None:
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert "scan" not in called


@pytest.mark.lens("SERVPER-2")
@pytest.mark.lens("SERVSEC-2")
def test_no_role_may_scan_a_table() -> None:
    allowed = {
        action
        for role in templates.resources("AWS::IAM::Role")
        for statement in templates.statements(role.properties)
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }

    assert "dynamodb:Scan" not in allowed


@pytest.mark.lens("SERVPER-3")
@pytest.mark.parametrize("function", templates.functions(), ids=str)
def test_a_function_that_reaches_nothing_private_is_in_no_vpc(function: templates.Resource) -> None:
    if (function.service, function.id) == ("mobile", "Content"):
        condition, inside, outside = function.properties["VpcConfig"]["Fn::If"]
        assert (condition, outside) == ("HasDax", {"Ref": "AWS::NoValue"})
        assert inside == {"SecurityGroupIds": [{"Ref": "DaxGroup"}], "SubnetIds": {"Ref": "DaxSubnetIds"}}
    else:
        assert "VpcConfig" not in function.properties


@pytest.mark.lens("SERVPER-3")
@pytest.mark.lens("MOB-3")
def test_the_way_to_the_cluster_is_one_port_by_tls_from_one_function() -> None:
    dax = templates.Template(templates.ROOT / "functions/mobile/dax.yaml")
    ingress = dax.properties("ClusterIngress")

    assert ingress["SourceSecurityGroupId"] == {"Ref": "FunctionGroup"}
    assert (ingress["FromPort"], ingress["ToPort"]) == (9111, 9111)
    assert dax.properties("Cluster")["ClusterEndpointEncryptionType"] == "TLS"
    assert dax.properties("Cluster")["SSESpecification"] == {"SSEEnabled": True}
    for group in dax.resources("AWS::EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group["Properties"]
        assert "-1" not in str(group["Properties"]["SecurityGroupEgress"])
    # And there is none, and no VPC, unless somebody asks for nodes.
    assert templates.ROOT_TEMPLATE.body["Parameters"]["MobileDaxNodes"]["Default"] == 0
    assert templates.ROOT_TEMPLATE.body["Resources"]["MobileDax"]["Condition"] == "HasMobileDax"


@pytest.mark.lens("MOB-3")
def test_the_cluster_is_asked_for_no_more_than_reads_that_may_be_late() -> None:
    """That the repositories behave the same with it is in tests/unit/shared/test_accelerated.py."""
    content = templates.Template(templates.ROOT / "functions/mobile/template.yaml")
    asked = [
        statement["Action"]
        for name, statement in content.statements()
        if name == "ContentThroughDax" and "dax:" in str(statement["Action"])
    ]

    assert asked == [["dax:GetItem", "dax:Query"]]


@pytest.mark.lens("SERVPER-4")
@pytest.mark.parametrize("function", templates.functions(), ids=str)
def test_what_a_start_downloads_is_small(stack: Stack, function: templates.Resource) -> None:
    stack.need(function.service)
    deployed = stack.client("lambda").get_function_configuration(
        FunctionName=stack.physical_id(function.service, function.id)
    )

    package = deployed["CodeSize"] + sum(layer["CodeSize"] for layer in deployed["Layers"])

    engine = ENGINE_BYTES if function.id in {"Search", "IndexContent"} else 0
    assert 0 < package < PACKAGE_BYTES + engine


@pytest.mark.lens("SERVPER-5")
@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.parent.name)
def test_what_a_handler_uses_is_made_outside_of_it(path: Path) -> None:
    handlers = [
        node
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name == "handler"
    ]
    made = {
        node.func.id
        for handler in handlers
        for node in ast.walk(handler)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    assert len(handlers) == 1
    assert not made & {"Table", "Orders", "Cursors", "client"}
