"""Rules that every template and every function of this project keeps."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any, ClassVar

import pytest
from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename

from tests.templates import ROOT, ROOT_TEMPLATE, SERVICES, TEMPLATES, Template

FUNCTIONS = [
    (template, name) for template in SERVICES for name in template.resources("AWS::Serverless::Function")
]
every_template = pytest.mark.parametrize("template", TEMPLATES, ids=str)
every_service = pytest.mark.parametrize("template", SERVICES, ids=str)
every_function = pytest.mark.parametrize(
    ("template", "name"),
    FUNCTIONS,
    ids=[f"{template.path.parent.name}-{name}" for template, name in FUNCTIONS],
)
STAGES = ["local", "sandbox", "beta", "prod"]
HANDLERS = sorted(ROOT.glob("functions/*/*/app.py"))
LAYERS = sorted(path for path in ROOT.glob("layers/*/*") if (path / "__init__.py").is_file())
CONTRACTS = sorted(ROOT.glob("functions/*/openapi.yaml"))


def list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def contains_wildcard(resource: Any) -> bool:
    return "*" in json.dumps(resource)


class TestSize:
    """What is small can be read."""

    @every_template
    def test_a_template_has_less_than_400_lines(self, template: Template) -> None:
        text = template.text
        if template.path == ROOT / "template.yaml":
            # Its parameters are the price list of the whole application, and its outputs a list for tools.
            text = text[text.index("\nResources:") : text.index("\nOutputs:")]
        assert len([line for line in text.splitlines() if line]) < 400

    @pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.parent.name)
    def test_a_handler_has_less_than_60_lines(self, path: Path) -> None:
        assert len(path.read_text().splitlines()) < 60


class TestRoles:
    """A function may do what it does, to what it does it to."""

    @every_function
    def test_a_function_has_a_role_of_its_own(self, template: Template, name: str) -> None:
        assert template.properties(name)["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}

    @every_template
    def test_no_role_takes_a_policy_that_aws_manages(self, template: Template) -> None:
        for role in template.resources("AWS::IAM::Role").values():
            assert "ManagedPolicyArns" not in role["Properties"]
        for function in template.resources("AWS::Serverless::Function").values():
            assert "Policies" not in function["Properties"]

    @every_template
    def test_actions_are_listed(self, template: Template) -> None:
        for _, statement in template.statements():
            assert not [action for action in list_of(statement["Action"]) if "*" in action]

    @every_template
    def test_a_wildcard_in_a_resource_has_its_reason_beside_it(self, template: Template) -> None:
        lines = template.text.splitlines()
        for number, line in enumerate(lines):
            if re.match(r"\s+Resource: .*\*", line):
                start = max(n for n in range(number) if lines[n].lstrip().startswith("- Effect:"))
                assert "#" in line or lines[start - 1].lstrip().startswith("#"), line

    @every_function
    def test_a_function_writes_to_its_own_log_group_only(self, template: Template, name: str) -> None:
        logs = [
            statement["Resource"]
            for role, statement in template.statements()
            if role == f"{name}Role" and "logs:PutLogEvents" in list_of(statement["Action"])
        ]

        assert logs == [{"Fn::GetAtt": [f"{name}Logs", "Arn"]}]

    @every_service
    def test_what_may_call_a_function_is_one_caller(self, template: Template) -> None:
        for permission in template.resources("AWS::Lambda::Permission").values():
            source = json.dumps(permission["Properties"]["SourceArn"])
            # A whole segment: a path parameter's value, or an authorizer's id, which nobody can know here.
            unknown = (
                r"(/partners|/partner/orders|/authorizers|/reports|/devices|/notifications|/queues)"
                r'/[*](/read|/redrive)?"'
            )
            assert not contains_wildcard(re.sub(unknown, "", source))


class TestReleases:
    """Every function is published by release, and called by the alias that can go back to the one before."""

    # CloudFormation calls it while it deploys: what it does belongs to the template that asks for it.
    OF_THE_DEPLOY: ClassVar = {"PlatformApplication"}

    @every_function
    def test_a_function_is_a_version_of_the_release_behind_the_alias(
        self, template: Template, name: str
    ) -> None:
        properties = template.properties(name)
        asked = (properties.get("AutoPublishAlias"), properties.get("AutoPublishCodeSha256"))

        assert asked == ((None, None) if name in self.OF_THE_DEPLOY else ("live", {"Ref": "Release"}))

    @every_template
    def test_a_function_is_named_by_its_alias_wherever_it_is_called(self, template: Template) -> None:
        names = set(template.resources("AWS::Serverless::Function")) - self.OF_THE_DEPLOY
        text = json.dumps(template.body)
        passed_on = {name: {"Fn::GetAtt": [name, "Arn"]} for name in names}

        assert not [name for name, arn in passed_on.items() if json.dumps(arn) in text]
        for permission in template.resources("AWS::Lambda::Permission").values():
            function = permission["Properties"]["FunctionName"]["Ref"]
            assert function.endswith(".Alias") or function not in names

    @pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.parent.name)
    def test_an_api_calls_the_alias(self, path: Path) -> None:
        called = re.findall(r"functions/(\S+)/invocations", path.read_text())

        assert called
        # A parameter has the alias's ARN: the test above looks at what is passed on.
        assert not [arn for arn in called if not re.search(r":live$|^[$][{]\w+[}]$", arn)]


class TestLogsAndTraces:
    """What happens is written down, as data, and not for ever."""

    @every_template
    def test_a_log_group_has_a_retention_by_parameter(self, template: Template) -> None:
        for group in template.resources("AWS::Logs::LogGroup").values():
            assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}

    @every_function
    def test_a_function_logs_json_at_the_stages_level(self, template: Template, name: str) -> None:
        logging = template.properties(name)["LoggingConfig"]

        assert logging["LogGroup"] == {"Ref": f"{name}Logs"}
        assert logging["LogFormat"] == "JSON"
        assert logging["ApplicationLogLevel"] == {"Ref": "LogLevel"}

    @every_function
    def test_a_function_is_traced(self, template: Template, name: str) -> None:
        assert template.properties(name)["Tracing"] == "Active"

    @every_service
    def test_an_api_is_traced_throttled_and_logged(self, template: Template) -> None:
        for api in template.resources("AWS::Serverless::Api").values():
            properties = api["Properties"]
            assert properties["TracingEnabled"] is True
            default, *_ = properties["MethodSettings"]
            assert (default["ResourcePath"], default["HttpMethod"]) == ("/*", "*")
            assert {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= set(default)
            assert "AccessLogSetting" in properties

    @every_service
    def test_an_access_log_line_is_json_without_the_callers_words(self, template: Template) -> None:
        for api in template.resources("AWS::Serverless::Api").values():
            line = api["Properties"]["AccessLogSetting"]["Format"]

            assert "\n" not in line
            assert json.loads(re.sub(r"\$context\.[A-Za-z.]+", "1", line))
            for unsafe in (
                "error.message",
                "validationErrorString",
                "context.path",
                "userAgent",
                "authorize.",
            ):
                assert unsafe not in line


class TestData:
    """Nothing that is kept is lost by a slip."""

    @every_service
    def test_a_table_is_encrypted_on_demand_and_protected_by_stage(self, template: Template) -> None:
        for table in template.resources("AWS::DynamoDB::Table").values():
            properties = table["Properties"]
            assert properties["BillingMode"] == "PAY_PER_REQUEST"
            assert properties["SSESpecification"] == {"SSEEnabled": True}
            assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["KeepsData", True, False]}
            assert "UpdateReplacePolicy" in table


class TestFunctions:
    """Every function is where its name says, and can be tried."""

    @every_function
    def test_its_folder_has_its_name_and_a_sample_event(self, template: Template, name: str) -> None:
        folder = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()

        assert template.properties(name)["CodeUri"] == f"{folder}/"
        assert (template.path.parent / folder / "app.py").is_file()
        assert json.loads((template.path.parent / "events" / f"{folder}.json").read_text())

    @every_function
    def test_its_runtime_and_processor_are_the_stacks(self, template: Template, name: str) -> None:
        assert template.properties(name)["Runtime"] == {"Ref": "PythonRuntime"}
        assert template.properties(name)["Architectures"] == [{"Ref": "Architecture"}]

    @every_function
    def test_it_ends_before_its_caller_gives_up(self, template: Template, name: str) -> None:
        assert template.properties(name)["Timeout"] < 29

    def test_there_is_no_other_handler(self) -> None:
        assert len(HANDLERS) == len(FUNCTIONS)


class TestTheRoot:
    """The root template: parameters, layers, services, outputs."""

    def test_it_holds_layers_and_services_only(self) -> None:
        kinds = {resource["Type"] for resource in ROOT_TEMPLATE.resources().values()}

        assert kinds == {"AWS::Serverless::LayerVersion", "AWS::Serverless::Application"}

    def test_every_service_is_in_it(self) -> None:
        applications = ROOT_TEMPLATE.resources("AWS::Serverless::Application")

        assert {ROOT / application["Properties"]["Location"] for application in applications.values()} == {
            template.path for template in SERVICES
        }

    def test_it_gives_a_service_the_parameters_that_it_has(self) -> None:
        for application in ROOT_TEMPLATE.resources("AWS::Serverless::Application").values():
            child = Template(ROOT / application["Properties"]["Location"])
            assert set(application["Properties"]["Parameters"]) == set(child.body["Parameters"]), str(child)

    @every_template
    def test_every_parameter_is_used(self, template: Template) -> None:
        for parameter in template.body["Parameters"]:
            contract = template.path.with_name("openapi.yaml")
            text = template.text + (contract.read_text() if contract.exists() else "")
            assert re.search(rf"(Ref:? |\${{)({parameter})\b", text), parameter

    def test_a_layer_is_built_for_the_processor_of_the_functions(self) -> None:
        for name, layer in ROOT_TEMPLATE.resources("AWS::Serverless::LayerVersion").items():
            makefile = (ROOT / layer["Properties"]["ContentUri"] / "Makefile").read_text()
            assert f"\nbuild-{name}:" in makefile
            assert layer["Metadata"]["BuildArchitecture"] == {"Ref": "Architecture"}
            assert layer["Properties"]["CompatibleArchitectures"] == [{"Ref": "Architecture"}]

    @pytest.mark.parametrize("stage", STAGES)
    def test_a_stage_sets_parameters_that_exist(self, stage: str) -> None:
        config = tomllib.loads((ROOT / "samconfig.toml").read_text())
        overrides = dict(
            pair.split("=", 1) for pair in config[stage]["deploy"]["parameters"]["parameter_overrides"]
        )

        assert overrides["Stage"] == stage
        assert set(overrides) <= set(ROOT_TEMPLATE.body["Parameters"])


class TestExceptions:
    """A finding of a linter is answered where it is, with a reason."""

    @every_template
    def test_an_exception_from_checkov_says_why(self, template: Template) -> None:
        for resource in template.resources().values():
            for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
                assert skip["id"].startswith("CKV")
                assert len(skip["comment"]) > 10

    @every_template
    def test_an_exception_from_cfn_lint_says_why(self, template: Template) -> None:
        for line in template.text.splitlines():
            if "ignore_checks" in line:
                assert "#" in line


class TestReferences:
    """What a template or a contract refers the reader to is there."""

    @pytest.mark.parametrize("path", [*(template.path for template in TEMPLATES), *CONTRACTS], ids=str)
    def test_a_page_that_is_named_exists(self, path: Path) -> None:
        for page in re.findall(r"docs/[\w/.-]+\.md", path.read_text()):
            assert (ROOT / page).is_file(), page


class TestContracts:
    """A contract is valid OpenAPI that API Gateway and CloudFormation can read."""

    @pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.parent.name)
    def test_it_is_valid(self, path: Path) -> None:
        contract, _ = read_from_filename(str(path))

        validate(contract)

    @pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.parent.name)
    def test_it_shares_nothing_that_would_not_be_followed(self, path: Path) -> None:
        text = path.read_text()

        assert not re.search(r"#/components/(responses|parameters|headers)/", text)
        assert not re.search(r"(: |- )[&*!]\w", text)


def imported(path: Path) -> set[str]:
    """Return the top-level names of the packages that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module).partition(".")[0])
    return names - set(sys.stdlib_module_names)


class TestImports:
    """Handler, domain, shared, dependencies: one way."""

    DOMAINS = {layer.name for layer in LAYERS} - {"shared"}
    LIBRARIES: ClassVar = {"embedded": {"tantivy"}, "opensearch": {"opensearchpy"}, "stream": {"pybase64"}}
    """What the search engines are made of and a stream is read with, in their own folder and nowhere else."""

    @pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.parent.name)
    def test_a_handler_imports_its_own_domain_and_what_is_shared(self, path: Path) -> None:
        assert imported(path) <= {path.parts[-3], "shared", "msgspec"}

    @pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
    def test_a_layer_imports_nothing_above_or_beside_it(self, layer: Path) -> None:
        beside = self.DOMAINS - {layer.name}

        for path in layer.rglob("*.py"):
            assert not imported(path) & (beside | {"functions", "local", "tests"}), path
            if layer.name != "shared":
                libraries = {"msgspec"} | self.LIBRARIES.get(path.parent.name, set())
                assert imported(path) <= {layer.name, "shared"} | libraries, path
