"""Makes the platform applications of SNS, for which CloudFormation has no type."""

from mobile.notifications import platforms
from shared import aws
from shared.custom_resources import Asked, custom_resource
from shared.parameters import secret


@custom_resource
def handler(asked: Asked) -> str:
    """Make, change or delete one platform application, and return its ARN."""
    return platforms.carry_out(asked, aws.client("sns"), secret)
