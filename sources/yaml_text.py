"""Reads declarations from YAML: every scalar as text, only `null` resolved, each key with its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from standard.messages import Message

# Airflow reads hundreds of declarations whenever it looks for DAGs; libyaml, if PyYAML has it, is ten times faster.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _TextLoader(_Loader):  # type: ignore[misc]  # one of two loaders of one interface
    """A safe loader that resolves nothing but null: `0012` stays `0012`, `no` stays `no`, a date stays text."""

    yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in resolvers if tag == "tag:yaml.org,2002:null"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class Document:
    """A YAML text as plain values, with the line of each.

    Attributes:
        value: of the document; the last one of a repeated key.
        repeated: line and sentence for each repeated key.
    """

    def __init__(self, text: str) -> None:
        """Read the text.

        Raises:
            yaml.YAMLError: when it is not YAML, or uses aliases.
        """
        for event in yaml.parse(text, Loader=_TextLoader):
            if isinstance(event, yaml.AliasEvent):
                raise yaml.MarkedYAMLError(
                    problem=Message("aliases are not used in declarations"),
                    problem_mark=event.start_mark,  # type: ignore[arg-type]  # either kind of mark has a line
                )
        loader = _TextLoader(text)
        try:
            self._root: yaml.Node | None = loader.get_single_node()
            self.repeated = list(_repeated(self._root))
            self.value: Any = None if self._root is None else loader.construct_document(self._root)
        finally:
            loader.dispose()

    def line(self, path: Sequence[str | int]) -> int:
        """The line of the deepest existing part of a path, counted from 1."""
        node, line = self._root, 1
        for part in path:
            found = _child(node, part)
            if found is None:
                continue  # pydantic names union branches in its paths; the YAML has no such level
            node, line = found
        return line


def _repeated(node: yaml.Node | None) -> Iterator[tuple[int, Message]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if str(key.value) in seen:
                yield (
                    key.start_mark.line + 1,
                    Message(
                        "expected each key once, found {key} again, which stands here twice; join the two",
                        key=key.value,
                    ),
                )
            seen.add(str(key.value))
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated(value)


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line + 1
    return None
