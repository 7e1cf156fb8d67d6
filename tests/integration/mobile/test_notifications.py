"""What members are told, through the API alone."""

from __future__ import annotations

import secrets
import uuid

import pytest

from tests.stack import MobileApi, Stack


def a_device() -> tuple[str, dict[str, str]]:
    """Return an installation's id and what it registers with."""
    return str(uuid.uuid4()), {"platform": "FCM", "token": f"token:{secrets.token_urlsafe(24)}"}


class TestDevices:
    """A device is its member's."""

    def test_it_is_registered_renewed_and_removed(self, ada: MobileApi) -> None:
        device, new = a_device()

        made = ada.send("PUT", f"/devices/{device}", json=new)
        again = ada.send("PUT", f"/devices/{device}", json={**new, "token": new["token"] + "2"})
        listed = ada.read("/devices").json()["items"]
        removed = [ada.send("DELETE", f"/devices/{device}").status_code for _ in range(2)]

        assert (made.status_code, again.status_code, removed) == (200, 200, [204, 204])
        assert [one["registered_at"] for one in listed if one["device_id"] == device] == [
            made.json()["registered_at"]
        ]
        assert new["token"] not in str(listed)
        assert device not in str(ada.read("/devices").json())

    def test_another_member_neither_sees_nor_removes_it(self, ada: MobileApi, grace: MobileApi) -> None:
        device, new = a_device()
        ada.send("PUT", f"/devices/{device}", json=new)

        assert device not in str(grace.read("/devices").json())
        assert grace.send("DELETE", f"/devices/{device}").status_code == 204
        assert device in str(ada.read("/devices").json())

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"platform": "WNS"}, "/platform"),
            ({"token": "short"}, "/token"),
            ({"token": "a b" * 10}, "/token"),
            ({"color": "red"}, "/color"),
        ],
    )
    def test_what_does_not_fit_is_refused_by_name(
        self, ada: MobileApi, change: dict[str, str], field: str
    ) -> None:
        device, new = a_device()

        refused = ada.send("PUT", f"/devices/{device}", json={**new, **change})

        assert refused.status_code == 400
        assert refused.json()["errors"][0]["field"] == field
        assert device not in str(ada.read("/devices").json())

    def test_its_id_is_a_uuid(self, ada: MobileApi) -> None:
        refused = ada.send("PUT", "/devices/my-phone", json=a_device()[1])

        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "device_id")


class TestPreferences:
    """How a member wants to be told."""

    def test_they_are_changed_as_they_were_read(self, ada: MobileApi, grace: MobileApi) -> None:
        before = ada.read("/notifications/preferences")
        night = {"from": "22:00", "until": "07:00", "time_zone": "Europe/Vienna"}
        change = {"replies": "INBOX", "quiet_hours": night}
        headers = {"If-Match": before.headers["ETag"]}

        after = ada.send("PUT", "/notifications/preferences", json=change, headers=headers)
        again = ada.send("PUT", "/notifications/preferences", json=change, headers=headers)
        late = ada.send("PUT", "/notifications/preferences", json={}, headers=headers)

        assert (after.status_code, after.json()["quiet_hours"]) == (200, night)
        assert (again.status_code, again.json()) == (200, after.json())
        assert late.status_code == 412
        assert ada.read("/notifications/preferences").json() == after.json()
        assert grace.read("/notifications/preferences").json()["replies"] == "PUSH"
        back = {"If-Match": after.headers["ETag"]}
        assert ada.send("PUT", "/notifications/preferences", json={}, headers=back).status_code == 200

    def test_a_time_zone_that_is_not_there_is_refused_by_name(self, grace: MobileApi) -> None:
        hours = {"from": "22:00", "until": "07:00", "time_zone": "Europe/Atlantis"}
        tag = grace.read("/notifications/preferences").headers["ETag"]

        refused = grace.send(
            "PUT", "/notifications/preferences", json={"quiet_hours": hours}, headers={"If-Match": tag}
        )

        assert refused.status_code == 400
        assert refused.json()["errors"][0]["field"] == "/quiet_hours/time_zone"


class TestInbox:
    """What is there before anything happened."""

    def test_it_is_empty_at_first(self, stack: Stack) -> None:
        person = stack.enrol("members")
        try:
            api = MobileApi(stack["MobileApiUrl"], person.token)
            assert api.read("/notifications").json() == {"items": []}
            assert api.read("/notifications/unread").json() == {"unread": 0}
        finally:
            person.leave()

    def test_what_is_not_there_is_not_read(self, ada: MobileApi) -> None:
        for unknown in ("01935d3e-8a40-7c9b-9f0a-5d0c3a1b2e4f", "nothing"):
            assert ada.send("PUT", f"/notifications/{unknown}/read").status_code == 404
