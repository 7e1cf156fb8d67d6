"""The web application's domain as a browser sees it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests

from tests.stack import SECONDS, Stack


class Viewer:
    """Somebody who looks at the distribution; no redirect is followed."""

    def __init__(self, stack: Stack, token: str | None = None) -> None:
        self.url = stack["WebUrl"]
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._door = self.url
        self._session = requests.Session()
        if stack.on_this_machine:
            # Browsers find `*.localhost` on this machine by themselves; other clients need not.
            self._headers["Host"] = urlsplit(self.url).netloc
            self._door = stack["EngineUrl"]

    def send(self, method: str, path: str, **request: Any) -> requests.Response:
        """Send any request at all; `path` begins with a slash and goes out as it stands."""
        headers = {**self._headers, **request.pop("headers", {})}
        request.setdefault("timeout", SECONDS)
        request.setdefault("allow_redirects", False)
        return self._session.request(method, self._door + path, headers=headers, **request)

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask for a path."""
        return self.send("GET", path, headers=headers)

    def policy(self, path: str = "/") -> dict[str, list[str]]:
        """Return the content security policy of a page: the sources of each directive."""
        directives = self.get(path).headers["Content-Security-Policy"].split(";")
        return {name: sources for name, *sources in (directive.split() for directive in directives)}
