"""An environment writes one log stream, which it knows by name; a thing that is logged is one event.

The stock engine writes a stream for each invocation, of another name than the function is told, splits the
stack trace of an error into one event a line, and writes `START`, `END` and `REPORT` as text into JSON logs
too, whatever the level is. So it does with the words for a timeout and for a process that ended.

In JSON all that Lambda itself has to tell is in the platform's events: start and report at the level INFO,
runtimeDone at DEBUG; where the event did not succeed, report and runtimeDone at WARN. Those of initialization
are left out.

After https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html,
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html (the events' levels) and
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html (the platform's events)
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from ministack.services import cloudwatch_logs as logs
from ministack.services import lambda_svc as service

from local.engine.gaps.lambda_runtime_client import FAILURE, LOG_STREAM, runs_python

Json = dict[str, Any]

LEVELS = ("DEBUG", "INFO", "WARN")


def messages(config: Json, request_id: str, printed: str, report: Json) -> list[str]:
    """Return the events of one invocation, in order.

    Parameters
    ----------
    config
        The function's configuration.
    request_id
        The invocation's.
    printed
        What the process printed. Lines are events; the runtime client keeps those of a stack trace together
        by carriage returns.
    report
        `status` (success, error or timeout), `metrics` and perhaps `errorType`, as in platform.report.
    """
    lines = [line.replace("\r", "\n") for line in printed.split("\n") if line]
    logging = config.get("LoggingConfig") or {}
    if logging.get("LogFormat") != "JSON":
        metrics = report["metrics"]
        return [
            f"START RequestId: {request_id} Version: {config['Version']}",
            *lines,
            f"END RequestId: {request_id}",
            f"REPORT RequestId: {request_id}\tDuration: {metrics['durationMs']:.2f} ms\t"
            f"Billed Duration: {metrics['billedDurationMs']} ms\tMemory Size: {metrics['memorySizeMB']} MB\t"
            f"Max Memory Used: {metrics['maxMemoryUsedMB']} MB\t",
        ]
    if "errorType" in report:  # its words are the report's
        lines = [line for line in lines if not line.startswith(f"RequestId: {request_id} Error: ")]
    succeeded, whose = report["status"] == "success", {"requestId": request_id}
    done = {**report, "metrics": {"durationMs": report["metrics"]["durationMs"]}}
    before = [("INFO", "start", {"version": config["Version"]})]
    after = [
        ("DEBUG" if succeeded else "WARN", "runtimeDone", done),
        ("INFO" if succeeded else "WARN", "report", report),
    ]

    def told(events: list[tuple[str, str, Json]]) -> list[str]:
        least = LEVELS.index(logging.get("SystemLogLevel", "INFO"))
        return [
            platform_event(kind, {**whose, **record})
            for level, kind, record in events
            if LEVELS.index(level) >= least
        ]

    return [*told(before), *lines, *told(after)]


def platform_event(kind: str, record: Json) -> str:
    """Return an event of Lambda's own in JSON."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": moment, "type": f"platform.{kind}", "record": record})


def write(group: str, stream: str, lines: list[str]) -> None:
    """Write events of now into a stream, which is made if need be, as its group is."""
    now = int(time.time() * 1000)
    if group not in logs._log_groups:
        logs._create_log_group({"logGroupName": group})
    if stream not in logs._log_groups[group]["streams"]:
        logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    events = [{"timestamp": now, "message": line} for line in lines]
    logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": events})


def fill() -> None:
    """Write the logs of Python functions in this way."""
    emit = service._emit_lambda_logs

    def emit_events(
        func: Json, request_id: str, printed: str, error: bool, milliseconds: int, **source: Any
    ) -> None:
        config = func.get("config") or func
        if not runs_python(config):
            emit(func, request_id, printed, error, milliseconds, **source)
            return
        report = {
            "metrics": {
                "durationMs": float(milliseconds),
                "billedDurationMs": milliseconds,
                "memorySizeMB": config["MemorySize"],
                "maxMemoryUsedMB": service._probe_peak_memory_mb(func),
            },
            "status": "error" if error else "success",
        }
        if kind := FAILURE.get():
            report |= {"status": "timeout" if kind == "Sandbox.Timedout" else "error", "errorType": kind}
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        lines = messages(config, request_id, printed or "", report)
        if lines:
            write(group, LOG_STREAM.get(), lines)

    service._emit_lambda_logs = emit_events
