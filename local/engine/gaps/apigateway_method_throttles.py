"""The throttle of one method of a stage holds when its path is written as AWS asks: `/~1orders~1{order_id}`.

The stock engine compares the path as written, so that the setting never applies, nor does the wildcard method
of one path (`/~1orders/*`).

In MethodSettings slashes are encoded as `~1` after the first.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html
"""

from __future__ import annotations

import functools
from typing import Any

from ministack.services import apigateway_v1 as rest

Json = dict[str, Any]


def plain_key(key: str) -> str:
    """Return a method setting's key as `path/METHOD`, unencoded and without slashes in front."""
    return str(rest._decode_json_pointer_token(key)).lstrip("/")


def fill() -> None:
    """Find the setting of a method by its decoded path."""
    find = rest._method_throttle_settings

    @functools.wraps(find)
    def by_decoded_path(stage: Json, resource_path: str, http_method: str) -> Json | None:
        settings = {plain_key(key): entry for key, entry in (stage.get("methodSettings") or {}).items()}
        path = resource_path.lstrip("/")
        for key in (f"{path}/{http_method}", f"{path}/*"):
            if plain_key(key) in settings:
                found: Json = settings[plain_key(key)]
                return found
        stage_wide: Json | None = find(stage, resource_path, http_method)
        return stage_wide

    rest._method_throttle_settings = by_decoded_path
