"""A schedule is a resource of its group's."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from local.engine import process
from tests.conformance.rest_api import refusal
from tests.conformance.test_iam_push_resources import ACCOUNT, who_may


def test_who_may_make_schedules_of_one_group_may_make_no_others(
    client: Callable[[str], Any], engine: process.Engine
) -> None:
    group = f"group-{secrets.token_hex(4)}"
    for name in (group, f"{group}-2"):
        client("scheduler").create_schedule_group(Name=name)
    scheduler = who_may(
        client,
        engine,
        "scheduler",
        CreateSchedule=f"arn:aws:scheduler:{process.REGION}:{ACCOUNT}:schedule/{group}/*",
    )
    wanted = {
        "Name": "later",
        "ScheduleExpression": "at(2099-01-01T00:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": f"arn:aws:sqs:{process.REGION}:{ACCOUNT}:queue",
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/sends",
        },
    }

    assert scheduler.create_schedule(GroupName=group, **wanted)["ScheduleArn"]
    assert "AccessDenied" in refusal(scheduler.create_schedule, GroupName=f"{group}-2", **wanted)
