"""The authorizer of partners' requests: who signed this one, and by which key its use is counted.

API Gateway keeps an answer for 60 s by the two signature headers. It applies to the signed method and path
only, and it carries what else the signature covers: functions compare the request with that (shared.http).
"""

import time
from typing import Any

import msgspec

from orders.partners import Partners, recognise
from shared import config, signatures
from shared.observability import logger, observed
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    partners_table: str


settings = config.read(Settings)
partners = Partners(Table(settings.partners_table))


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
    """Allow the request to the partner who signed it, and to nobody else.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
    """
    signed = signatures.read(
        event["httpMethod"], event["path"], event.get("multiValueHeaders") or {}, int(time.time())
    )
    partner = recognise(signed, partners)
    if signed is None or partner is None:
        logger.info("refused", extra={"well_formed": signed is not None})
        return {"principalId": "unknown", "policyDocument": policy("Deny", event["methodArn"])}
    return {
        "principalId": partner.partner_id,
        "policyDocument": policy("Allow", event["methodArn"]),
        "context": {
            "plan": partner.plan,
            "content_digest": signed.content_digest,
            "idempotency_key": signed.idempotency_key,
        },
        "usageIdentifierKey": partner.metering_key,
    }


def policy(effect: str, method_arn: str) -> dict[str, Any]:
    """Return a policy about one method of one path."""
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": method_arn}
    return {"Version": "2012-10-17", "Statement": [statement]}
