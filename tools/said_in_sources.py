"""What a module of the sources says to a person: its words for the page, and its sentences with placeholders."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_.]*)?(?:![rsa])?(?::[^{}]*)?\}")
_PROSE = re.compile(r"[A-Za-z']{2,}[,:;]? (?:[a-z0-9({]|[A-Z][a-z])")
_NO_PROSE = re.compile(
    r"^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|BEGIN|ALTER|ATTACH)\b|<?= \?|\bSELECT\b|datetime\("
    r"|^chair page: |^<|=\"|-src |^(attachment|inline);|^text/|^Path=|^trichoscope |: \{$"
)
"""The store's language, headers, markup, and what only a log shows."""
_WORD_LIST = re.compile(r"[^.,:;!?{}]{200,}")
"""No sentence goes on for so long without a mark."""
_NOT_SAID = {"ValueError", "TypeError", "AssertionError", "KeyError", "RuntimeError", "NotImplementedError"}
_LOGGED = {"debug", "info", "warning", "error", "exception", "critical", "log"}
_WORDS = {"_", "words"}
_OWN_WORDS = _WORDS | {
    "gettext",
    "compile",
    "getLogger",
    "Field",
    "TypeVar",
    "execute",
    "executescript",
    "Thread",
    "removeprefix",
}


def placeholders(text: str) -> set[str]:
    """Return the names of a message's placeholders."""
    return {name for name in _PLACEHOLDER.findall(text) if name}


def words_of(module: ast.Module) -> Iterator[str]:
    """Give the words that a module has translated; those within an f-string too, which Babel's extractor misses."""
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _WORDS and isinstance(node.args[0].value, str):
            yield node.args[0].value


def sentences_of(module: ast.Module) -> Iterator[str]:
    """Give the strings of a module that a person reads, with placeholders."""
    walk = _Walk()
    walk.visit(module)
    yield from walk.said


class _Walk(ast.NodeVisitor):
    """Looks for strings where something is said, and not where the program talks to itself."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _LOGGED and isinstance(node.func, ast.Attribute) and "log" in ast.unparse(node.func.value).lower():
            return
        if name in _NOT_SAID | _OWN_WORDS:
            return
        self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        pass

    def visit_BinOp(self, node: ast.BinOp) -> None:
        pieces = _added(node)
        if not isinstance(node.op, ast.Add) or sum(isinstance(one, ast.Constant | ast.JoinedStr) for one in pieces) < 2:
            self.generic_visit(node)
            return
        whole = ast.JoinedStr(values=[_as_value(one) for one in pieces])
        self.visit_JoinedStr(_flat(whole))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._take(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        whole = _with_placeholders(node)
        self._take(whole)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                if not _NO_PROSE.search(whole):
                    self._words_within(part.value)
                self.visit(part.value)

    def _words_within(self, node: ast.expr) -> None:
        """Take single words that an f-string chooses between: right or left."""
        if isinstance(node, ast.IfExp):
            for branch in (node.body, node.orelse):
                if isinstance(branch, ast.Constant) and isinstance(branch.value, str) and len(branch.value.strip()) > 1:
                    self.said.append(branch.value.strip())
                self._words_within(branch)

    def _take(self, text: str) -> None:
        plain = _PLACEHOLDER.sub(lambda match: f"{{{match[1] or 'value'}}}", text).strip()
        if _PROSE.search(plain) and not _NO_PROSE.search(plain) and not _WORD_LIST.fullmatch(plain):
            self.said.append(plain)


def _added(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_added(node.left), *_added(node.right)]
    return [node]


def _as_value(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return node
    return ast.FormattedValue(value=node, conversion=-1)


def _flat(node: ast.JoinedStr) -> ast.JoinedStr:
    parts = [part for one in node.values for part in (one.values if isinstance(one, ast.JoinedStr) else [one])]
    return ast.JoinedStr(values=parts)


def _with_placeholders(node: ast.JoinedStr) -> str:
    parts: list[str] = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            name = _name_of(part.value)
            number = len(re.findall(rf"\{{{name}(?:_\d+)?[:}}]", "".join(parts)))
            parts.append(f"{{{name}_{number + 1}}}" if number else f"{{{name}}}")
        elif isinstance(part, ast.Constant):
            parts.append(str(part.value))
    return "".join(parts)


def _name_of(node: ast.expr) -> str:
    names = [one.attr if isinstance(one, ast.Attribute) else one.id for one in _named(node)]
    return (names[0] if names else "value").lower().strip("_") or "value"


def _named(node: ast.expr) -> Iterable[ast.Attribute | ast.Name]:
    if isinstance(node, ast.Attribute | ast.Name):
        return [node]
    if isinstance(node, ast.Call):
        inner = [*node.args, node.func]
    elif isinstance(node, ast.BinOp):
        inner = [node.right, node.left] if isinstance(node.left, ast.Constant) else [node.left, node.right]
    elif isinstance(node, ast.IfExp):
        inner = [node.test]
    else:
        inner = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
    return [found for one in inner for found in _named(one)]
