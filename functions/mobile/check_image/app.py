"""Checks what members uploaded as their profile image, and shows it or refuses it."""

import msgspec

from mobile.uploads import Check
from shared import config
from shared.buckets import Bucket
from shared.created import created
from shared.observability import logger
from shared.queues import each_message
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    content_table: str
    images_bucket: str
    uploads_bucket: str


settings = config.read(Settings)
check = Check(Table(settings.content_table), Bucket(settings.uploads_bucket), Bucket(settings.images_bucket))


@each_message
def handler(message: str) -> None:
    """Check the objects that one event of S3 tells of."""
    for one in created(message):
        logger.info("image checked", extra={"outcome": check.run(one.key, one.size)})
