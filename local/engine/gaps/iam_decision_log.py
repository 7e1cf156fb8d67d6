"""Every decision of IAM can be read: who asked for what on which resource, and what was decided.

The stock engine tells no one what it denies, and records only some of what it allows. Here each decision
becomes a line of the file that IAM_DECISION_LOG names: a JSON object of `time` (seconds since the epoch),
`principal` (an ARN, empty when the caller is not known), `action`, `resource` and `decision`, which is
`Allow`, `Deny`, `ImplicitDeny` or the code of a refused credential. On AWS the same is read from
CloudTrail's events.

After https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import get_account_id

FILE = "IAM_DECISION_LOG"


def line(access_key: str, action: str, resource: str, refused: Any) -> bytes:
    """Return one decision as a line.

    Parameters
    ----------
    access_key, action, resource
        What was asked, by whom.
    refused
        The engine's answer: None when the request is allowed.
    """
    principal = evaluator.resolve_principal(access_key or "", get_account_id())
    known = isinstance(principal, evaluator.PrincipalInfo)
    if refused is None:
        decision = "Allow"
    else:
        decision = refused.code if isinstance(refused, evaluator.AuthError) else refused.decision
    record = {
        "time": time.time(),
        "principal": principal.arn if known else "",
        "action": action,
        "resource": resource,
        "decision": decision,
    }
    return json.dumps(record).encode() + b"\n"


def fill() -> None:
    """Write decisions down if a file is named for them."""
    enforce = evaluator.enforce

    def enforce_and_tell(access_key: str, action: str, *scope: Any, **more: Any) -> Any:
        refused = enforce(access_key, action, *scope, **more)
        # One write of one line: appending threads do not break into each other's.
        os.write(log, line(access_key, action, more.get("resource_arn", "*"), refused))
        return refused

    if FILE in os.environ:
        log = os.open(os.environ[FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        evaluator.enforce = enforce_and_tell
