"""A bundle as the platforms take it.

Its id goes along twice: as what the app opens it by, and as what the platform replaces an earlier one of the
same id by (APNs' apns-collapse-id, Android's collapse key and tag).

https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mobile.notifications.models import Bundle

DAY = 24 * 60 * 60
_TTL = str(DAY)
"""Seconds for which a platform keeps it for a device that is off; the inbox has it anyway."""


def payload(bundle: Bundle) -> tuple[str, dict[str, str]]:
    """Return a bundle as SNS's message, and the message attributes beside it.

    The data of an app: `bundle_id`, `count`, and of a single notification its id and what it is about.
    """
    about = {
        "notification_id": bundle.notification_id,
        "order_id": bundle.order_id,
        "post_id": bundle.post_id,
    }
    data = {"bundle_id": bundle.bundle_id, "count": str(bundle.count)} | {
        name: value for name, value in about.items() if value
    }
    apple = {"aps": {"alert": {"body": bundle.text}, "sound": "default"}, **data}
    google = {
        "notification": {"body": bundle.text},
        "data": data,
        "android": {"collapse_key": bundle.bundle_id, "notification": {"tag": bundle.bundle_id}},
    }
    message = {
        "default": bundle.text,
        "APNS": _json(apple),
        "GCM": _json({"fcmV1Message": {"message": google}}),
    }
    attributes = {
        "AWS.SNS.MOBILE.APNS.COLLAPSE_ID": bundle.bundle_id,
        "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert",
        "AWS.SNS.MOBILE.APNS.TTL": _TTL,
        "AWS.SNS.MOBILE.FCM.TTL": _TTL,
    }
    return _json(message), attributes


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
