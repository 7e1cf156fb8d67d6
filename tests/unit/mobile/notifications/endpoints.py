"""A push service in memory: endpoints by token, as SNS keeps them, and what devices show."""

from __future__ import annotations

from mobile.notifications.models import Platform


class FakeEndpoints:
    """`shared.push.Push` without SNS; `tokens` has each endpoint's token, `disabled` those that are."""

    def __init__(self, *platforms: Platform) -> None:
        self.platforms = platforms or ("APNS", "FCM")
        self.tokens: dict[str, str] = {}
        self.disabled: set[str] = set()
        self.made = 0

    def has(self, platform: Platform) -> bool:
        return platform in self.platforms

    def ready(self, platform: Platform, token: str, known: str | None) -> str:
        there = next((one for one, has in self.tokens.items() if has == token), None)
        endpoint = there or (known if known in self.tokens else None)
        if endpoint is None:
            self.made += 1
            endpoint = f"arn:aws:sns:eu-west-1:123456789012:endpoint/{platform}/lens/{self.made}"
        if there and known and there != known:
            self.tokens.pop(known, None)
        self.tokens[endpoint] = token
        self.disabled.discard(endpoint)
        return endpoint

    def delete(self, endpoint: str) -> None:
        self.tokens.pop(endpoint, None)
        self.disabled.discard(endpoint)
