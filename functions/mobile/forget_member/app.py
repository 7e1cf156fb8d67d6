"""Removes what an inactive member leaves, once DynamoDB has deleted their expired profile."""

import msgspec

from mobile import leaving
from shared import config
from shared.buckets import Bucket
from shared.observability import logger
from shared.streams import Record, each_record
from shared.tables import Table


class Settings(msgspec.Struct, frozen=True):
    """The function's environment variables."""

    content_table: str
    images_bucket: str


settings = config.read(Settings)
table = Table(settings.content_table)
served = Bucket(settings.images_bucket)


@each_record
def handler(record: Record) -> None:
    """Remove the posts, the images and the name of the member whose profile the record tells of."""
    removed = leaving.forget(leaving.gone(record), table, served)
    logger.info("member forgotten", extra={"posts": removed})
