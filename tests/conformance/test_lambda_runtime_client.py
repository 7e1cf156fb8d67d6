"""A Python function runs under AWS's runtime client, in an environment like that of the managed runtime."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.conformance.functions import invoke, make_function, packed, printed

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

ENVIRONMENT = """
import os
def handler(event, context):
    return dict(os.environ)
"""

PLACES = """
import os, sys, shared_name, only_in_layer
def handler(event, context):
    return {"path": sys.path, "root": os.environ["LAMBDA_TASK_ROOT"], "cwd": os.getcwd(),
            "runtime": os.environ["LAMBDA_RUNTIME_DIR"], "shared": shared_name.FROM,
            "layer": only_in_layer.FROM}
"""

ORDERS = """
import os
class PaymentDeclinedError(Exception):
    pass
def handler(event, context):
    if event.get("fail"):
        raise PaymentDeclinedError("no money")
    return os.getpid()
"""


def test_an_exception_is_answered_with_its_own_type_and_its_stack_trace(client: Callable[[str], Any]) -> None:
    name = make_function(client, ORDERS)

    answer = invoke(client, name, {"fail": True})

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "PaymentDeclinedError"
    assert answer.payload["errorMessage"] == "no money"
    assert 'raise PaymentDeclinedError("no money")' in answer.payload["stackTrace"][-1]


def test_the_environment_survives_an_exception(client: Callable[[str], Any]) -> None:
    name = make_function(client, ORDERS)
    before = invoke(client, name, {}).payload

    failed = invoke(client, name, {"fail": True})

    assert failed.payload["errorType"] == "PaymentDeclinedError"
    assert invoke(client, name, {}).payload == before


def test_a_function_that_takes_too_long_is_ended_and_the_next_event_meets_a_fresh_process(
    client: Callable[[str], Any],
) -> None:
    code = "import os, time\ndef handler(event, context):\n    time.sleep(event)\n    return os.getpid()"
    name = make_function(client, code, Timeout=1)
    before = invoke(client, name, 0).payload

    late = invoke(client, name, 5)

    assert late.payload["errorType"] == "Sandbox.Timedout"
    assert late.payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert late.payload["errorMessage"].startswith("RequestId: ")
    assert not psutil.pid_exists(before)
    assert invoke(client, name, 0).payload != before


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (
            "import nowhere",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'nowhere'",
        ),
        ("def other(): pass", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        (
            "def handler(:",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'app': invalid syntax (app.py, line 1)",
        ),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("raise SystemExit(3)", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
    ],
)
def test_a_function_that_cannot_start_says_why_in_the_words_of_aws_every_time(
    client: Callable[[str], Any], code: str, kind: str, message: str
) -> None:
    name = make_function(client, code)

    answers = [invoke(client, name) for _ in range(2)]

    assert [answer.payload["errorType"] for answer in answers] == [kind, kind]
    assert all(answer.payload["errorMessage"].endswith(message) for answer in answers)


def test_a_process_that_ends_by_itself_is_a_runtime_exit(client: Callable[[str], Any]) -> None:
    name = make_function(client, "import os\ndef handler(event, context):\n    os.kill(os.getpid(), 9)")

    answer = invoke(client, name)

    assert answer.payload["errorType"] == "Runtime.ExitError"
    assert answer.payload["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")


def test_the_process_has_what_lambda_sets_and_the_functions_own_variables(
    client: Callable[[str], Any], engine: Engine
) -> None:
    name = make_function(
        client,
        ENVIRONMENT,
        MemorySize=256,
        Environment={"Variables": {"TABLE": "orders"}},
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "LogGroup": "/shared"},
    )

    environment = invoke(client, name).payload

    expected = {
        "TABLE": "orders",
        "TZ": ":UTC",
        "_HANDLER": "app.handler",
        "AWS_ENDPOINT_URL": engine.url,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/shared",
        "AWS_LAMBDA_LOG_LEVEL": "WARN",
        "AWS_REGION": "eu-west-1",
    }
    assert {key: environment.get(key) for key in expected} == expected
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")


def test_nothing_of_the_host_reaches_the_process(client: Callable[[str], Any]) -> None:
    name = make_function(client, ENVIRONMENT)

    environment = invoke(client, name).payload

    assert not {"AUTH", "BIND_HOST", "FUNCTION_PYTHON", "GATEWAY_PORT", "HOME", "STATE_DIR"} & set(
        environment
    )


def test_modules_are_found_in_the_function_then_in_its_layers_of_which_the_last_wins_then_in_the_runtime(
    client: Callable[[str], Any],
) -> None:
    layers = [
        {"python/shared_name.py": "FROM = 'layer'", "python/only_in_layer.py": "FROM = 'first'"},
        {"python/only_in_layer.py": "FROM = 'second'"},
    ]
    arns = [
        client("lambda").publish_layer_version(LayerName="layer", Content={"ZipFile": packed(files)})
        for files in layers
    ]
    name = make_function(
        client,
        PLACES,
        files={"shared_name.py": "FROM = 'function'"},
        Layers=[arn["LayerVersionArn"] for arn in arns],
    )

    answer = invoke(client, name)

    assert answer.error is None, answer
    places = answer.payload
    assert (places["shared"], places["layer"]) == ("function", "second")
    assert places["cwd"] == places["path"][0] == places["root"]
    assert places["path"][1].endswith("/python/lib/python3.13/site-packages")
    assert places["path"][2].endswith("/python")
    assert places["path"].index(places["runtime"]) > 2


def test_environments_of_the_same_code_share_their_folder_and_leave_nothing_compiled_there(
    client: Callable[[str], Any],
) -> None:
    code = "import os, helper\ndef handler(event, context):\n    return os.getcwd(), os.listdir()"
    names = [make_function(client, code, files={"helper.py": ""}) for _ in range(2)]

    answers = [invoke(client, name).payload for name in names]

    assert answers[0] == answers[1]
    assert sorted(answers[0][1]) == ["app.py", "helper.py"]


def test_a_name_in_an_archive_that_leads_out_of_it_is_kept_inside(client: Callable[[str], Any]) -> None:
    code = "import os\ndef handler(event, context):\n    return os.getcwd(), sorted(os.listdir())"
    name = make_function(client, code, files={"../../escaped.txt": "", "/absolute.txt": ""})

    root, listed = invoke(client, name).payload

    assert listed == ["absolute.txt", "app.py", "escaped.txt"]
    assert "function-" not in root, "the folder is that of the code, not of one process"


def test_what_a_handler_and_what_it_runs_print_is_in_the_log_group_when_it_has_answered(
    client: Callable[[str], Any],
) -> None:
    code = (
        "import os\n"
        "def handler(event, context):\n"
        "    for line in range(event):\n"
        "        print(f'{event}-{line}')\n"
        "    os.system(f'echo {event}-{event}')"
    )
    group = f"/shared/{uuid.uuid4().hex}"
    name = make_function(client, code, LoggingConfig={"LogFormat": "Text", "LogGroup": group})

    for event in range(900, 905):
        invoke(client, name, event)

    lines = [line for line in printed(client, group) if line[0].isdigit()]
    wanted = [f"{event}-{line}" for event in range(900, 905) for line in range(event + 1)]
    assert sorted(lines) == sorted(wanted)
