"""The order saga in this process: its real definition and functions, over tables in memory and with faults.

The state machine is run by the local engine's Step Functions, and the tables are the local engine's DynamoDB;
both are called as the Python that they are, with no socket between. What the engine leaves to the network is
done here: each call of a Task goes through `World.call`, where a test lets it fail in any way it likes.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared import aws, tables
from tests.unit import secrets_manager
from tests.unit.functions import ROOT, Context, load
from tests.unit.orders.saga.definition import SUBSTITUTIONS, definition, states

# At the end: where both have a package, it is the project's that is used.
sys.path += [str(path) for path in (ROOT / ".local/envs/engine").glob("lib/python*/site-packages")]

from ministack.services import dynamodb, stepfunctions

Json = dict[str, Any]
Hook = Callable[[str], str]
ExecutionError = stepfunctions._ExecutionError

ENVIRONMENT = {
    "ORDERS_TABLE": "orders-table",
    "STOCK_TABLE": "stock-table",
    "PROVIDER_TABLE": "provider-table",
    "PROVIDER_KEY": secrets_manager.ARN,
    "PROVIDER_KEYS_TABLE": "provider-keys-table",
    "KEY_OVERLAP_SECONDS": "0",
    "IDEMPOTENCY_TABLE": "idempotency-table",
    "APPROVALS_TABLE": "approvals-table",
    "STATE_MACHINE": "order-saga",
    "EVENT_BUS": "order-events",
}
KEYS = {
    "orders-table": ["member_id", "order_id"],
    "stock-table": ["product_id"],
    "provider-table": ["id"],
    "provider-keys-table": ["id"],
    "idempotency-table": ["id"],
    "approvals-table": ["order_id"],
}
FUNCTIONS = {
    "ReserveStock": "reserve_stock",
    "TakePayment": "take_payment",
    "BookShipment": "book_shipment",
    "CancelShipment": "cancel_shipment",
    "RefundPayment": "refund_payment",
    "ReleaseStock": "release_stock",
}


def well(_: str) -> str:
    """Let a call go well."""
    return "well"


class Killed(BaseException):
    """The process of a function is killed: no handler of exceptions runs."""


class Dynamo:
    """DynamoDB's client, answered by the engine's DynamoDB; `changes` is what OrdersTable's stream tells."""

    def __init__(self) -> None:
        dynamodb.reset()
        self.changes: list[Json] = []
        self.calls: list[str] = []
        self.kill_at: int | None = None
        """How many more calls go through before the process is killed: an odd number kills it after one."""
        for name, keys in KEYS.items():
            self._ask(
                "create_table",
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind}
                    for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            )

    def __getattr__(self, operation: str) -> Callable[..., Json]:
        return lambda **parameters: self.ask(operation, **parameters)

    def ask(self, operation: str, **parameters: Any) -> Json:
        """Call DynamoDB as a function does, which may be killed just before or just after."""
        self._let_be_killed()
        self.calls.append(operation)
        reads = operation == "get_item"
        before = {} if reads else self.orders()
        try:
            return self._ask(operation, **parameters)
        finally:
            for key, image in ({} if reads else self.orders()).items():
                if before.get(key) != image:
                    self._record(before.get(key), image)
            self._let_be_killed()

    def _ask(self, operation: str, **parameters: Any) -> Json:
        status, _, body = getattr(dynamodb, f"_{operation}")(copy.deepcopy(parameters))
        answer: Json = json.loads(body)
        if status >= 400:
            kind = answer["__type"].rpartition("#")[2]
            error: Any = {**answer, "Error": {"Code": kind, "Message": answer.get("message", "")}}
            raise ClientError(error, operation)
        return answer

    def _let_be_killed(self) -> None:
        if self.kill_at is not None:
            self.kill_at -= 1
            if self.kill_at < 0:
                self.kill_at = None
                raise Killed

    def _record(self, old: Json | None, new: Json) -> None:
        images = copy.deepcopy({"NewImage": new, **({"OldImage": old} if old else {})})
        number = f"{len(self.changes):021}"
        self.changes.append(
            {
                "eventName": "MODIFY" if old else "INSERT",
                "dynamodb": {**images, "SequenceNumber": number},
            }
        )

    def items(self, table: str) -> list[Json]:
        """Return all items of a table, in DynamoDB's form, as the engine keeps them: to be read alone.

        It puts another item in the place of one that is written, so what was read stays as it was. A Scan
        would copy and weigh each of them, which takes a third of the whole test.
        """
        kept = dynamodb._tables[table]["items"].values()
        return [item for partition in kept for item in partition.values()]

    def orders(self) -> dict[str, Json]:
        """Return the items of OrdersTable by their order_id."""
        return {item["order_id"]["S"]: item for item in self.items("orders-table")}


@dataclass
class World:
    """The service around the saga. `hook` is asked before each call of a Task how it goes; see `call`."""

    monkeypatch: pytest.MonkeyPatch
    hook: Hook = well
    dead_ends: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    late: list[Callable[[], Any]] = field(default_factory=list)
    started: dict[str, Json] = field(default_factory=dict)
    entered: list[str] = field(default_factory=list)
    meanwhile: Callable[[str], None] = lambda _: None
    """What happens while the order of this id waits for approval; when it ends no wait, the wait runs out."""
    tokens: dict[str, bool] = field(default_factory=dict)
    """The task tokens there were: whether the wait is over."""

    def __post_init__(self) -> None:
        """Put the engine's parts and the functions together."""
        self.dynamo = Dynamo()
        self.monkeypatch.setattr(tables, "_client", self.dynamo)
        self.secrets = secrets_manager.FakeSecretsManager()
        clients = {"secretsmanager": self.secrets}
        self.monkeypatch.setattr(aws, "client", lambda service: clients.get(service, self))
        self.monkeypatch.setattr(stepfunctions, "_invoke_resource", self.call)
        self.monkeypatch.setattr(
            stepfunctions,
            "_invoke_resource_with_timeout",
            lambda resource, given, _: self.call(resource, given),
        )
        self.monkeypatch.setattr(stepfunctions, "_invoke_with_callback", self.wait)
        self.monkeypatch.setattr(stepfunctions, "_scaled_sleep", lambda _: None)
        self.monkeypatch.setattr(stepfunctions, "_add_event", lambda *_: None)
        names = [
            *FUNCTIONS.values(),
            "create_order",
            "cancel_order",
            "approve_order",
            "get_order",
            "start_saga",
            "publish_events",
            "rotate_provider_key",
        ]
        self.functions = {name: load("orders", name, self.monkeypatch, ENVIRONMENT).handler for name in names}
        self.rotate()
        self.dynamo.calls.clear()

    # The saga -------------------------------------------------------------------------------------------

    def run(self, job: Json) -> str:
        """Run an execution to its end and return its status."""
        self.entered = []
        context = {
            "QueryLanguage": definition()["QueryLanguage"],
            "Execution": {"Id": f"execution:{job['order_id']}", "Input": job},
            "variables": {},
        }
        watched = {name: Watched(name, state, self.entered) for name, state in states().items()}
        try:
            stepfunctions._run_sub_machine(watched, definition()["StartAt"], job, {}, context)
        except ExecutionError as error:
            if error.error != "Unfinished":
                raise
            return "FAILED"
        return "SUCCEEDED"

    def call(self, resource: str, given: Json) -> Any:
        """Do what a Task asks for, in the way that the hook says.

        `well`; `before` and `after`: an error that may pass, before or after the effect; `fault`: one that
        does not; `timeout`: no answer, after the effect; `late`: no answer, and the effect comes later;
        `twice`: it is done twice; `killed n`: the function's process is killed around its DynamoDB calls.
        """
        name = given.get("FunctionName") or resource.rpartition(":")[2]
        way = self.hook(name)
        passing = "Transient" if "lambda" in resource else PASSING[resource.rpartition(":::")[2]]
        if way == "before":
            raise ExecutionError(passing, "")
        if way == "fault":
            raise ExecutionError("Fault", "")
        if way == "late":
            self.late.append(lambda: self._do(resource, given))
            raise ExecutionError("States.Timeout", "")
        if way.startswith("killed"):
            self.dynamo.kill_at = int(way.split()[1])
        try:
            answer = self._do(resource, given)
            if way == "twice":
                answer = self._do(resource, given)
        except Killed:
            raise ExecutionError("Runtime.ExitError", "") from None
        finally:
            self.dynamo.kill_at = None
        if way in {"after", "timeout"}:
            raise ExecutionError(passing if way == "after" else "States.Timeout", "")
        return answer

    def wait(self, resource: str, given: Json, token: str, _: Json) -> Json:
        """Do what a Task asks for, and wait until its token is given back or the wait runs out."""
        # The engine makes one token a state, AWS one an attempt: this is the attempt's.
        mine = f"{token}-{len(self.tokens)}"
        given = json.loads(json.dumps(given).replace(token, mine))
        self.tokens[mine] = False
        try:
            self.call(resource.removesuffix(".waitForTaskToken"), given)
            self.meanwhile(given["TransactItems"][1]["Put"]["Item"]["order_id"]["S"])
            if not self.tokens[mine]:
                raise ExecutionError("States.Timeout", "")
        finally:
            self.tokens[mine] = True
        return {}

    def _do(self, resource: str, given: Json) -> Any:
        match resource.rpartition(":::")[2]:
            case "lambda:invoke":
                return {"Payload": self._invoke(FUNCTIONS[given["FunctionName"]], given["Payload"])}
            case "dynamodb:updateItem":
                return self._integrate("DynamoDB", "update_item", given)
            case "aws-sdk:dynamodb:transactWriteItems":
                return self._integrate("DynamoDb", "transact_write_items", given)
            case "sqs:sendMessage":
                assert given["QueueUrl"] == SUBSTITUTIONS["DeadEndQueue"]
                self.dead_ends.append(given["MessageBody"])
                return {"MessageId": "1"}
        raise AssertionError(resource)

    def _invoke(self, function: str, event: Json) -> Any:
        try:
            return json.loads(json.dumps(self.functions[function](json.loads(json.dumps(event)), Context())))
        except Exception as error:  # noqa: BLE001 - as the runtime does
            raise ExecutionError(type(error).__name__, str(error)) from None

    def _integrate(self, prefix: str, operation: str, given: Json) -> Json:
        try:
            return self.dynamo.ask(operation, **given)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise ExecutionError(f"{prefix}.{code}", str(error)) from None

    # What others do --------------------------------------------------------------------------------------

    def start_execution(self, **given: Any) -> Json:
        """Take an execution's start, once for each name, as Step Functions' client."""
        if given["name"] in self.started:
            raise ClientError({"Error": {"Code": "ExecutionAlreadyExists", "Message": ""}}, "StartExecution")
        self.started[given["name"]] = json.loads(given["input"])
        return {}

    def send_task_success(self, **given: Any) -> Json:
        """Take a task token back, as Step Functions' client."""
        token = given["taskToken"]
        if self.tokens[token]:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": ""}}, "SendTaskSuccess")
        self.tokens[token] = True
        return {}

    def put_events(self, **given: Any) -> Json:
        """Take events, as EventBridge's client."""
        (entry,) = given["Entries"]
        way = self.hook("put_events")
        if way == "refused":
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
        self.events.append({"type": entry["DetailType"], **json.loads(entry["Detail"])})
        if way == "after":
            raise ClientError({"Error": {"Code": "InternalFailure", "Message": ""}}, "PutEvents")
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}

    def rotate(self, steps: int = 4) -> None:
        """Rotate the provider's key, or only begin to; a key that was rotated out is refused at once."""
        version = self.secrets.begin()
        for step in ("createSecret", "setSecret", "testSecret", "finishSecret")[:steps]:
            task = {"Step": step, "SecretId": secrets_manager.ARN, "ClientRequestToken": version}
            self.functions["rotate_provider_key"](task, Context())

    def stock_in(self, product_id: str, quantity: int) -> None:
        """Bring stock in."""
        self.dynamo._ask(
            "update_item",
            TableName="stock-table",
            Key={"product_id": {"S": product_id}},
            UpdateExpression="ADD available :quantity, reserved :zero, sold :zero",
            ExpressionAttributeValues={":quantity": {"N": str(quantity)}, ":zero": {"N": "0"}},
        )

    def stock(self) -> dict[str, dict[str, int]]:
        """Return the counts of each product."""
        return {
            item["product_id"]["S"]: {
                name: int(item[name]["N"]) for name in ("available", "reserved", "sold") if name in item
            }
            for item in self.dynamo.items("stock-table")
        }

    def provider(self, kind: str) -> dict[str, Json]:
        """Return what a provider did, by order."""
        return {
            item["id"]["S"].split("#")[1]: item
            for item in self.dynamo.items("provider-table")
            if item["id"]["S"].startswith(f"{kind}#") and item["state"]["S"] != "CALLED"
        }


PASSING = {
    "dynamodb:updateItem": "DynamoDB.InternalServerErrorException",
    "aws-sdk:dynamodb:transactWriteItems": "DynamoDb.InternalServerErrorException",
    "sqs:sendMessage": "SQS.SdkClientException",
}


class Watched(dict[str, Any]):
    """A state that notes its name when the engine enters it: it then asks for the Type first."""

    def __init__(self, name: str, state: Json, entered: list[str]) -> None:
        super().__init__(state)
        self._name = name
        self._entered = entered

    def get(self, key: str, default: Any = None) -> Any:
        if key == "Type":
            self._entered.append(self._name)
        return super().get(key, default)
