"""Mapping templates of integrations know `$util` in full, `#if`, `#foreach` and `$context.responseOverride`.

The stock engine's templates know `#set`, `$input`, `$context` and of `$util` only `urlEncode`; blocks are
printed as they stand, `$input.json` of a string comes without the quotes that make it JSON, and a path with
an index, as `$.posts[0]`, finds nothing.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
https://velocity.apache.org/engine/devel/vtl-reference.html

Here are the parts of Velocity that templates of API Gateway use: blocks may nest; a condition compares with
`==`, `!=`, `<`, `<=`, `>`, `>=` and joins with `&&`, `||` and `!`, without parentheses of its own. A template
that cannot be rendered is API_CONFIGURATION_ERROR.
"""

from __future__ import annotations

import base64
import functools
import json
import operator
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from ministack.services import apigateway_v1 as rest

if TYPE_CHECKING:
    from collections.abc import Callable

State = dict[str, Any]
Steps = list[tuple[str, str | None]]

BLOCK = re.compile(r"#\{?(foreach|if|elseif|else|end)\b\}?")
LOOP = re.compile(r"\s*\$!?\{?(\w+)\}?\s+in\s+(.*)", re.DOTALL)
OVERRIDE = re.compile(r"\s*\$context\.responseOverride\.(status|header\.([\w-]+))\s*=(.*)", re.DOTALL)
COMPARISON = re.compile(r"(==|!=|<=|>=|<|>)")
INDEX = re.compile(r"""\[(?:(\d+)|'([^'.]+)'|"([^".]+)")\]""")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
MAX_ROUNDS = 1000  # Velocity's own limit in API Gateway


class TemplateError(Exception):
    """A template that is not understood, or that does not suit the body."""


# --- $util ---


def escape_javascript(text: str) -> str:
    """Escape as StringEscapeUtils of Apache Commons does: to ASCII, with quotes and slashes escaped."""
    return json.dumps(text)[1:-1].replace("'", "\\'").replace("/", "\\/")


def encode_base64(text: str) -> str:
    """Encode the text's UTF-8."""
    return base64.b64encode(text.encode()).decode()


def decode_base64(text: str) -> str:
    """Decode to text, replacing what is no UTF-8."""
    return base64.b64decode(text).decode("utf-8", "replace")


UTIL: dict[str, Callable[[str], Any]] = {
    "base64Encode": encode_base64,
    "base64Decode": decode_base64,
    "escapeJavaScript": escape_javascript,
    "urlDecode": unquote_plus,
    "parseJson": json.loads,
}


def _replace_all(text: str, pattern: str, replacement: str) -> str:
    return re.sub(pattern, lambda _match: replacement, text)


METHODS: dict[str, tuple[type | tuple[type, ...], Callable[..., Any]]] = {
    "replaceAll": (str, _replace_all),
    "replace": (str, str.replace),
    "length": (str, len),
    "size": ((list, dict), len),
    "isEmpty": ((str, list, dict), operator.not_),
}


def _arguments(source: str, state: State) -> list[Any]:
    return [rest._vtl_value(argument, state) for argument in rest._vtl_split_args(source)]


def _util(name: str, source: str, state: State) -> Any:
    text = rest._vtl_str(next(iter(_arguments(source, state)), ""))
    try:
        return UTIL[name](text)
    except ValueError as error:
        raise TemplateError(f"$util.{name}: {error}") from error


def _json(source: str, state: State) -> str:
    path = rest._vtl_str(next(iter(_arguments(source, state)), "$"))
    node = rest._vtl_json_path(state["body"], path)
    return json.dumps(node, separators=(",", ":"), ensure_ascii=False)


# --- blocks ---


def _argument(text: str, position: int) -> tuple[str, int]:
    """Return what stands between the parentheses after a directive, and where they end."""
    start = position + len(text[position:]) - len(text[position:].lstrip())
    end = rest._vtl_close_paren(text, start) if text.startswith("(", start) else None
    if end is None:
        raise TemplateError("a directive lacks its parentheses")
    return text[start + 1 : end], end + 1


def _block(text: str, position: int) -> tuple[list[tuple[str, str, int]], int]:
    """Return the parts of the block whose first directive ends at the position, and where the block ends.

    A part is the directive that opens it, its text, and where that text starts.
    """
    depth, start, opener = 0, position, ""
    parts: list[tuple[str, str, int]] = []
    for match in BLOCK.finditer(text, position):
        directive = match[1]
        if directive in {"foreach", "if"}:
            depth += 1
        elif depth and directive == "end":
            depth -= 1
        elif not depth:
            parts.append((opener, text[start : match.start()], start))
            if directive == "end":
                return parts, match.end()
            opener, start = directive, match.end()
    raise TemplateError("a block is not closed by #end")


def _render_if(text: str, position: int, state: State) -> tuple[str, int]:
    condition, position = _argument(text, position)
    parts, end = _block(text, position)
    for directive, body, start in parts:
        chosen, shown = True, body
        if directive == "elseif":
            condition, body_start = _argument(text, start)
            shown = body[body_start - start :]
        if directive != "else":
            chosen = holds(condition, state)
        if chosen:
            return rest._vtl_render(shown, state), end
    return "", end


def _render_foreach(text: str, position: int, state: State) -> tuple[str, int]:
    head, position = _argument(text, position)
    parts, end = _block(text, position)
    match = LOOP.fullmatch(head)
    if match is None:
        raise TemplateError(f"#foreach({head}) is not understood")
    name, items = match[1], rest._vtl_value(match[2], state)
    elements = list(items.values() if isinstance(items, dict) else items or [])[:MAX_ROUNDS]
    shadowed = {key: state["vars"].get(key) for key in (name, "foreach", "velocityCount")}
    rendered = []
    for index, element in enumerate(elements):
        progress = {"index": index, "count": index + 1, "hasNext": index + 1 < len(elements)}
        state["vars"] |= {name: element, "foreach": progress, "velocityCount": index + 1}
        rendered.append(rest._vtl_render(parts[0][1], state))
    state["vars"] |= shadowed
    return "".join(rendered), end


def holds(condition: str, state: State) -> bool:
    """Evaluate the condition of an `#if`."""
    for words, joined in (("||", any), ("&&", all)):
        if words in condition:
            return joined(holds(part, state) for part in condition.split(words))
    condition = condition.strip()
    if condition.startswith("!"):
        return not holds(condition[1:], state)
    left, *compared = COMPARISON.split(condition, maxsplit=1)
    value = rest._vtl_value(left, state)
    if not compared:
        return value is not None and value is not False and value != ""
    try:
        return COMPARE[compared[0]](value, rest._vtl_value(compared[1], state))
    except TypeError:
        return False


def fill() -> None:
    """Teach the engine's templates what they do not know."""
    _know_functions()
    _know_blocks_and_overrides()
    execute = rest._execute_in_scope

    @functools.wraps(execute)
    async def refusing_what_cannot_be_rendered(*call: Any) -> Any:
        try:
            return await execute(*call)
        except TemplateError:
            return rest._gw_error("API_CONFIGURATION_ERROR", "Internal server error")

    rest._execute_in_scope = refusing_what_cannot_be_rendered


def _know_functions() -> None:
    util, given, walk, find = rest._vtl_util, rest._vtl_input, rest._vtl_walk, rest._vtl_json_path

    @functools.wraps(find)
    def with_index(body: str, path: str) -> Any:
        return find(body, INDEX.sub(lambda match: f".{match[match.lastindex or 0]}", path))

    @functools.wraps(util)
    def with_util(steps: Steps, state: State) -> Any:
        if not steps or steps[0][0] not in UTIL:
            return util(steps, state)
        name, source = steps[0]
        return rest._vtl_walk(_util(name, source or "", state), steps[1:], state)

    @functools.wraps(given)
    def with_json(steps: Steps, state: State) -> Any:
        if not steps or steps[0][0] != "json" or steps[0][1] is None:
            return given(steps, state)
        return rest._vtl_walk(_json(steps[0][1], state), steps[1:], state)

    @functools.wraps(walk)
    def with_methods(node: Any, steps: Steps, state: State) -> Any:
        for name, source in steps:
            applies, method = METHODS.get(name, ((), len))
            if source is not None and isinstance(node, applies):
                node = method(node, *_arguments(source, state))
            else:
                node = walk(node, [(name, source)], state)
        return node

    rest._vtl_util, rest._vtl_input, rest._vtl_walk = with_util, with_json, with_methods
    rest._vtl_json_path = with_index


def _know_blocks_and_overrides() -> None:
    render, assign = rest._vtl_render, rest._vtl_set

    @functools.wraps(render)
    def with_blocks(text: str, state: State) -> str:
        rendered, position = [], 0
        while match := BLOCK.search(text, position):
            if match[1] not in {"if", "foreach"}:
                raise TemplateError(f"#{match[1]} stands alone")
            rendered.append(render(text[position : match.start()], state))
            block = _render_if if match[1] == "if" else _render_foreach
            shown, position = block(text, match.end(), state)
            rendered.append(shown)
        return "".join([*rendered, render(text[position:], state)])

    @functools.wraps(assign)
    def with_override(inner: str, state: State) -> None:
        match = OVERRIDE.fullmatch(inner)
        if match is None:
            assign(inner, state)
            return
        override = state["context"].setdefault("responseOverride", {"header": {}})
        value = rest._vtl_value(match[3], state)
        if match[2]:
            override["header"][match[2]] = rest._vtl_str(value)
        else:
            override["status"] = int(value)

    rest._vtl_render, rest._vtl_set = with_blocks, with_override
