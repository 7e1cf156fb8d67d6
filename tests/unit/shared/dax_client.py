"""Run with the layer of DAX on the path: what its real client makes of the repositories' reads.

Prints one JSON list: of each read the operation and how many bytes it is on the wire, and how a read went
whose cluster cannot be reached.
"""

from __future__ import annotations

import json
import socket
from typing import Any

from amazondax import DynamoDbV1Converter
from amazondax.CborEncoder import CborEncoder
from amazondax.Constants import DaxMethodIds
from amazondax.DaxClient import Request
from amazondax.generated import Stubs
from amazondax.Tube import Tube

from mobile.posts import FEED, Posts
from shared import accelerated

SCHEMA = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
OPERATIONS: dict[str, Any] = {
    "get_item": (DaxMethodIds.getItem_263244906_1_Id, Stubs.write_getItem_263244906_1, {}),
    "query": (DaxMethodIds.query_N931250863_1_Id, Stubs.write_query_N931250863_1, {"Items": []}),
}
POST = "01935d3e-8a40-7c9b-9f0a-5d0c3a1b2e10"


class Cluster:
    """The client up to its socket, and the other end of that."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []

    def __getattr__(self, operation: str) -> Any:
        method, write, answer = OPERATIONS[operation]

        def call(**asked: Any) -> Any:
            request = Request(DynamoDbV1Converter.convert_request(asked, method))
            request.key_schema = SCHEMA
            ours, theirs = socket.socketpair()
            tube = Tube.__new__(Tube)
            tube._socket, tube.enc = ours, CborEncoder()
            write(request, tube)
            tube.flush()
            self.sent.append((operation, len(theirs.recv(65536))))
            return answer

        return call


class Database:
    """DynamoDB, with nothing in it."""

    def get_item(self, **_: Any) -> Any:
        return {}


cluster: Any = Cluster()
database: Any = Database()
table = accelerated.Accelerated("content", lambda: cluster, database)
posts = Posts(table)
table.get({"pk": "MEMBER#1", "sk": "PROFILE"})
posts.listed(FEED, 3, None)
posts.listed(FEED, 3, POST)
posts.listed(POST, 3, POST, newest_first=False)
posts.by_author("ann", "private", 3, None)
posts.by_author("ann", "public", 3, POST)
away = accelerated.Accelerated("content", lambda: accelerated.connect("dax://127.0.0.1:1"), database)
print(json.dumps([*cluster.sent, ("away", away.get({"pk": "MEMBER#1", "sk": "PROFILE"}))]))
