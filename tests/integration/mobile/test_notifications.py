"""What members are told, through the API alone."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.mobile.conftest import joined
from tests.pushes import asked_for_application, choose, eventually, phone_of, told
from tests.stack import ORDER, Member, MobileApi, OrdersApi, Stack


@pytest.fixture
def reader_herself(stack: Stack) -> Iterator[Member]:
    person = stack.enrol("members")
    yield person
    person.leave()


@pytest.fixture
def reader(stack: Stack, reader_herself: Member) -> MobileApi:
    """The mobile API as a member sees it who was told nothing yet."""
    return joined(stack, reader_herself)


@pytest.fixture
def platforms(stack: Stack) -> None:
    """Credentials of Google's push service are a parameter; without them members have the inbox alone."""
    if not any(row["LogicalResourceId"] == "Fcm" for row in stack.deployed):
        pytest.skip("this stack pushes nothing: it does with FcmCredentials")


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
    """What a member was told, and what of it is read."""

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

    def test_replies_and_mentions_are_told_once_and_read(self, grace: MobileApi, reader: MobileApi) -> None:
        name = reader.read("/profile").json()["name"]
        first = reader.post("Who has a teapot?").json()["post_id"]
        reply = grace.post("I have: SECRET-ISH", in_reply_to=first).json()
        mention = grace.post(f"Ask @{name}").json()
        hidden = grace.post(f"Nobody tells @{name}", visibility="private").json()
        grace.change(reply, text="I have two")  # told of already
        last = grace.post(f"Once more, @{name}").json()

        assert eventually(lambda: len(told(reader)) == 3)
        notes = {note["post_id"]: note for note in told(reader)}

        assert set(notes) == {reply["post_id"], mention["post_id"], last["post_id"]}
        assert hidden["post_id"] not in notes
        author = grace.read("/profile").json()
        assert notes[reply["post_id"]]["kind"] == "REPLY"
        assert notes[reply["post_id"]]["in_reply_to"] == first
        assert notes[mention["post_id"]]["text"] == f"{author['name']} mentioned you."
        assert "SECRET" not in str(notes)
        self.read(reader)

    def read(self, reader: MobileApi) -> None:
        """Read one, then all, page by page."""
        newest, middle, oldest = told(reader)
        assert reader.read("/notifications/unread").json() == {"unread": 3}

        for _ in range(2):
            path = f"/notifications/{middle['notification_id']}/read"
            assert reader.send("PUT", path).status_code == 204
        assert reader.read("/notifications/unread").json() == {"unread": 2}
        for until, unread in ((oldest, 1), (newest, 0), (oldest, 0)):
            body = {"until": until["notification_id"]}
            assert reader.send("PUT", "/notifications/read", json=body).status_code == 204
            assert reader.read("/notifications/unread").json() == {"unread": unread}

        first = reader.read("/notifications", limit=2).json()
        rest = reader.read("/notifications", limit=2, cursor=first["next_cursor"]).json()
        assert [one["read"] for one in [*first["items"], *rest["items"]]] == [True] * 3
        assert [one["post_id"] for one in rest["items"]] == [oldest["post_id"]]

    def test_anothers_is_not_there(self, grace: MobileApi, ada: MobileApi, reader: MobileApi) -> None:
        name = reader.read("/profile").json()["name"]
        posted = grace.post(f"For @{name} alone").json()["post_id"]
        assert eventually(lambda: any(one.get("post_id") == posted for one in told(reader)))
        theirs = told(reader)[0]["notification_id"]
        first = reader.read("/notifications", limit=1).json()

        assert ada.send("PUT", f"/notifications/{theirs}/read").status_code == 404
        assert posted not in str(told(ada))
        if "next_cursor" in first:
            assert ada.read("/notifications", cursor=first["next_cursor"]).status_code == 400
        assert reader.read("/notifications/unread").json()["unread"] >= 1


@pytest.mark.usefixtures("platforms")
class TestPushes:
    """What devices show."""

    def test_orders_are_told_on_the_device_and_in_the_inbox_once_and_a_burst_as_one(
        self, stocked: Stack, grace: MobileApi, reader: MobileApi, reader_herself: Member
    ) -> None:
        phone = phone_of(stocked, reader, reader_herself.claims["sub"])
        orders = OrdersApi(stocked["OrdersApiUrl"], reader_herself.token)

        confirmed = orders.follow(orders.create(ORDER).json()["order_id"])
        declined = orders.create({**ORDER, "payment_token": "tok_declined"}).json()["order_id"]
        orders.follow(declined)

        def kinds() -> dict[str, str]:
            return {one["order_id"]: one["kind"] for one in told(reader) if "order_id" in one}

        assert eventually(lambda: len(kinds()) == 2)
        assert kinds() == {confirmed["order_id"]: "ORDER_CONFIRMED", declined: "ORDER_REJECTED"}
        reasons = [one.get("reason") for one in told(reader) if one.get("order_id") == declined]
        assert reasons == ["PAYMENT_DECLINED"]
        name = reader.read("/profile").json()["name"]
        for number in range(6):
            grace.post(f"@{name} {number}").raise_for_status()
        assert eventually(lambda: phone.count() == 8), phone.texts()
        assert len({message["data"]["bundle_id"] for message in phone.shows()}) == len(phone.shows()) < 8
        assert any("mentions" in text for text in phone.texts())

    def test_what_is_held_back_in_quiet_hours_goes_out_by_a_schedule(
        self, stack: Stack, grace: MobileApi, reader: MobileApi, reader_herself: Member
    ) -> None:
        phone = phone_of(stack, reader, reader_herself.claims["sub"])
        name, scheduler = reader.read("/profile").json()["name"], stack.client("scheduler")
        begins, ends = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (-5, 180))
        choose(reader, quiet_hours={"from": f"{begins:%H:%M}", "until": f"{ends:%H:%M}", "time_zone": "UTC"})
        posts = [grace.post(f"@{name} at night {number}").json()["post_id"] for number in range(2)]
        assert eventually(lambda: set(posts) <= {one.get("post_id") for one in told(reader)})

        def schedules() -> list[Any]:
            group = stack.physical_id("mobile", "HeldPushes")
            found = scheduler.list_schedules(GroupName=group, NamePrefix=reader_herself.claims["sub"])
            return list(found["Schedules"])

        assert eventually(lambda: len(schedules()) == 1)
        held = scheduler.get_schedule(Name=schedules()[0]["Name"], GroupName=schedules()[0]["GroupName"])
        assert held["ScheduleExpression"] == f"at({ends:%Y-%m-%dT%H:%M}:00)"
        assert phone.texts() == []

        # Nobody waits until then: the member wakes early, and the schedule's message comes now.
        choose(reader)
        url = stack.client("sqs").get_queue_url(QueueName=held["Target"]["Arn"].rpartition(":")[2])[
            "QueueUrl"
        ]
        stack.client("sqs").send_message(QueueUrl=url, MessageBody=held["Target"]["Input"])
        scheduler.delete_schedule(Name=held["Name"], GroupName=held["GroupName"])

        assert eventually(lambda: phone.texts() == ["2 mentions"]), phone.texts()

    def test_a_token_that_moves_shows_nothing_of_the_firsts_any_more(
        self, stack: Stack, grace: MobileApi, reader: MobileApi, reader_herself: Member
    ) -> None:
        token = f"token:{secrets.token_urlsafe(24)}"
        heir = stack.enrol("members")
        try:
            theirs = joined(stack, heir)
            phone_of(stack, reader, reader_herself.claims["sub"], token)
            phone = phone_of(stack, theirs, heir.claims["sub"], token)
            names = [api.read("/profile").json()["name"] for api in (reader, theirs)]

            posted = grace.post(f"@{names[0]} and @{names[1]}").json()["post_id"]
            assert eventually(lambda: posted in str(told(reader)) and posted in str(told(theirs)))
            assert eventually(lambda: phone.count() == 1)

            assert reader.read("/devices").json()["items"] == []
            assert phone.shows()[0]["data"]["post_id"] == posted
        finally:
            heir.leave()

    def test_a_device_that_cannot_be_delivered_to_is_removed(
        self, stack: Stack, grace: MobileApi, reader: MobileApi, reader_herself: Member
    ) -> None:
        phones = [phone_of(stack, reader, reader_herself.claims["sub"]) for _ in range(3)]
        sns = stack.client("sns")
        for phone in phones[:2]:
            sns.set_endpoint_attributes(EndpointArn=phone.endpoint, Attributes={"Enabled": "false"})
        # Of the first SNS tells, and the second is met by the next push.
        failure = {
            "EventType": "DeliveryFailure",
            "EndpointArn": phones[0].endpoint,
            "FailureType": "EndpointDisabled",
        }
        sns.publish(TopicArn=stack.physical_id("mobile", "FailuresTopic"), Message=json.dumps(failure))

        def left() -> set[str]:
            return {one["device_id"] for one in reader.read("/devices").json()["items"]}

        assert eventually(lambda: phones[0].device_id not in left())
        assert phones[1].device_id in left()
        grace.post(f"@{reader.read('/profile').json()['name']}").raise_for_status()
        assert eventually(lambda: phones[1].device_id not in left())
        assert phones[2].device_id in left()


@pytest.mark.usefixtures("platforms")
class TestPlatforms:
    """The platform applications, which CloudFormation has a function make."""

    def test_one_that_stays_is_changed_in_place(self, stack: Stack) -> None:
        answer = asked_for_application(stack, "Update", "GCM")

        own = stack.physical_id("mobile", "Fcm")
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", own)
        sns = stack.client("sns")
        found = sns.get_platform_application_attributes(PlatformApplicationArn=own)["Attributes"]
        assert found["EventDeliveryFailure"] == stack.physical_id("mobile", "FailuresTopic")
