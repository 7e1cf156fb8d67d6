"""Lambda functions for a test, made with calls that the stock engine answers too."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE, STOCK_PATIENCE = 60.0, 3.0


@dataclass(frozen=True)
class Answer:
    """What an invocation came to: the decoded payload, the kind of error if any, and what was printed."""

    payload: Any
    error: str | None


def packed(files: dict[str, str]) -> bytes:
    """Return a zip archive of these files, by path: the same for the same files, whenever it is made."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = 0o644 << 16
            package.writestr(entry, text)
    return archive.getvalue()


def make_role(client: Callable[[str], Any]) -> str:
    """Make a role that Lambda takes and return its ARN."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    made: dict[str, Any] = client("iam").create_role(
        RoleName=f"role-{uuid.uuid4().hex[:8]}", AssumeRolePolicyDocument=json.dumps(trust)
    )
    return str(made["Role"]["Arn"])


def make_function(
    client: Callable[[str], Any], code: str, *, files: dict[str, str] | None = None, **settings: Any
) -> str:
    """Make a function of this `app.py` and perhaps more files, and return its name."""
    name = f"function-{uuid.uuid4().hex[:8]}"
    defaults = {"Runtime": "python3.13", "Handler": "app.handler", "Role": make_role(client), "Timeout": 5}
    archive = packed({"app.py": code, **(files or {})})
    client("lambda").create_function(**{**defaults, **settings}, FunctionName=name, Code={"ZipFile": archive})
    return name


def allow(client: Callable[[str], Any], function: str, service: str, source: str, **more: str) -> None:
    """Let a service invoke the function for the resource of this ARN, which may hold wildcards."""
    client("lambda").add_permission(
        FunctionName=function,
        StatementId=f"statement-{uuid.uuid4().hex[:8]}",
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        SourceArn=source,
        **more,
    )


def invoke(client: Callable[[str], Any], name: str, event: Any = None) -> Answer:
    """Invoke the function and wait for its answer."""
    answer = client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return Answer(json.loads(answer["Payload"].read()), answer.get("FunctionError"))


def printed(client: Callable[[str], Any], group: str) -> list[str]:
    """Return the messages of a log group, oldest first."""
    events = client("logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"].rstrip("\n") for event in events]


def runs(pid: int) -> bool:
    """Tell whether a process is there and has not ended."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def ended(pid: int, *, stock: bool) -> bool:
    """Tell whether a process ends: the stock engine's is not waited for as long."""
    deadline = time.monotonic() + (STOCK_PATIENCE if stock else PATIENCE)
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not runs(pid)
