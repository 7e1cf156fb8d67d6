"""Profile images: from the member's own prefix, checked, to where everybody sees them.

| `pk`, `sk` | `kind` | holds |
| --- | --- | --- |
| `UPLOAD#<upload_id>`, `UPLOAD` | `upload` | `mobile.models.Upload`, `member_id`, `expires_at` |
| the profile's | | `image_path`, and `image_upload`, which it came by |

The app puts the file under `<identity id>/<upload_id>`; IAM lets it write below its own identity id alone. No
other member knows the upload's id, so it tells whose the file is. Ids rise with time: of two uploads the one
that was begun later stays, whichever is checked first.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import msgspec

from mobile.images import MOST_BYTES, Unfit, checked
from mobile.models import Upload
from mobile.profiles import key_of
from shared.clock import now
from shared.ids import is_uuid7, uuid7
from shared.items import Update
from shared.problems import NotFound

if TYPE_CHECKING:
    from shared.items import Item
    from shared.tables import Table

DAY = 24 * 60 * 60


class Objects(Protocol):
    """A bucket."""

    def get(self, key: str) -> bytes | None:
        """Return an object, or None where there is none."""

    def put(self, key: str, body: bytes, media_type: str, cache_control: str) -> None:
        """Write an object."""

    def delete(self, key: str) -> None:
        """Delete an object; there may be none."""

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with a prefix, a thousand at most."""


class UploadNotFound(NotFound):
    """The member has begun no upload with this id, or more than a day ago."""

    def __init__(self) -> None:
        super().__init__("You have begun no such upload, or more than a day ago.")


class Uploads:
    """The uploads that members began.

    Parameters
    ----------
    table
        ContentTable, or a fake with its `get`, `put_if` and `update_if`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, member_id: str) -> Upload:
        """Begin an upload. One PutItem."""
        upload = Upload(upload_id=uuid7(), status="WAITING")
        self._table.put_if(
            "attribute_not_exists(pk)",
            {
                **key_of_upload(upload.upload_id),
                "kind": "upload",
                "member_id": member_id,
                **msgspec.to_builtins(upload),
                "expires_at": int(time.time()) + DAY,
            },
        )
        return upload

    def get(self, member_id: str, upload_id: str) -> Upload:
        """Return an upload of the member's. One strongly consistent GetItem.

        Raises
        ------
        UploadNotFound
            When there is none.
        """
        item = self.item(upload_id)
        if item is None or item["member_id"] != member_id:
            raise UploadNotFound
        return msgspec.convert(item, Upload)

    def item(self, upload_id: str) -> Item | None:
        """Return an upload's item, whosever it is."""
        return self._table.get(key_of_upload(upload_id), consistent=True) if is_uuid7(upload_id) else None

    def close(self, upload_id: str, status: str, reason: str | None = None) -> None:
        """Say how an upload ended. One UpdateItem; the first ending stays."""
        values = {":status": status, ":waiting": "WAITING", **({":reason": reason} if reason else {})}
        self._table.update_if(
            Update(
                key=key_of_upload(upload_id),
                condition="#status = :waiting",
                change="SET #status = :status" + (", reason = :reason" if reason else ""),
                values=values,
                names={"#status": "status"},
            )
        )


class Check:
    """The check of what members uploaded.

    Parameters
    ----------
    table
        ContentTable.
    uploaded
        The bucket that apps write to.
    served
        The bucket that everybody reads through CloudFront.
    """

    def __init__(self, table: Table, uploaded: Objects, served: Objects) -> None:
        self._table = table
        self._uploads = Uploads(table)
        self._uploaded = uploaded
        self._served = served

    def run(self, key: str, size: int) -> str:
        """Check one object and show it or refuse it; nothing is left of it where it was uploaded to.

        Running twice is running once.

        Parameters
        ----------
        key, size
            The object's key and its bytes.

        Returns
        -------
        ACCEPTED, the reason of a refusal, or UNKNOWN where no upload awaits the object.
        """
        upload_id = key.rpartition("/")[2]
        upload = self._uploads.item(upload_id)
        outcome = "UNKNOWN"
        if upload is not None and upload["status"] == "WAITING":
            outcome = self._take(key, size, upload_id, upload["member_id"])
        if outcome != "GONE":
            self._uploaded.delete(key)
        return outcome

    def _take(self, key: str, size: int, upload_id: str, member_id: str) -> str:
        # What is larger is not even read.
        content = self._uploaded.get(key) if size <= MOST_BYTES else b"\0" * (MOST_BYTES + 1)
        if content is None:
            return "GONE"
        try:
            image = checked(content)
        except Unfit as unfit:
            self._uploads.close(upload_id, "REFUSED", unfit.reason)
            return unfit.reason
        shown = f"{prefix_of(member_id)}{upload_id}.{image.suffix}"
        # An hour: for as long a browser or an edge may show an image that is removed.
        self._served.put(shown, image.content, image.media_type, "public, max-age=3600")
        newest = self._show(member_id, upload_id, shown)
        for old in self._served.keys(prefix_of(member_id)):
            if newest is None or old.rpartition("/")[2].partition(".")[0] < newest:
                self._served.delete(old)
        if newest is None:
            self._uploads.close(upload_id, "REFUSED", "NO_PROFILE")
            return "NO_PROFILE"
        self._uploads.close(upload_id, "ACCEPTED")
        return "ACCEPTED"

    def _show(self, member_id: str, upload_id: str, shown: str) -> str | None:
        """Put the image into the profile, unless a later one is there; return the id of the one that is.

        None where there is no profile.
        """
        refused = self._table.update_if(
            Update(
                key=key_of(member_id),
                condition="attribute_exists(pk) AND "
                "(attribute_not_exists(image_upload) OR image_upload < :upload)",
                change="SET image_upload = :upload, image_path = :path, updated_at = :at, "
                "version = version + :one",
                values={":upload": upload_id, ":path": f"/{shown}", ":at": now(), ":one": 1},
            )
        )
        if refused is None:
            return upload_id
        newest: str | None = refused.get("image_upload")
        return newest


def prefix_of(member_id: str) -> str:
    """Return what the keys of a member's served images begin with; the path on the domain is the same."""
    return f"images/{member_id}/"


def key_of_upload(upload_id: str) -> Item:
    """Return the key of an upload."""
    return {"pk": f"UPLOAD#{upload_id}", "sk": "UPLOAD"}
