"""Transfers a book from the child process to its parent in files: Arrow for the cells, JSON for the rest."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from string import Formatter
from typing import Any

import pyarrow as pa

from extractors.files.refusal import Refusal
from extractors.files.workbooks.grid import Book, Fault, Grid, Sheet
from standard.messages import Message


def write_book(book: Book, folder: Path) -> dict[str, Any]:
    """Write the cells of a book to a folder.

    Returns:
        Everything else, as JSON values.
    """
    grids = [*book.grids, *book.others]
    for number, grid in enumerate(grids):
        schema = pa.schema([(str(index), pa.string()) for index in range(len(grid.columns))])
        with pa.OSFile(str(_cells(folder, number)), "wb") as file, pa.ipc.new_file(file, schema) as writer:
            writer.write(pa.record_batch(grid.columns, schema=schema))
    facts = [
        {"name": g.name, "merged": g.merged, "faults": [asdict(fault) for fault in g.faults], "notes": g.notes}
        for g in grids
    ]
    sheets = [asdict(sheet) for sheet in book.sheets]
    return {"sheets": sheets, "grids": facts, "selected": len(book.grids), "notes": book.notes}


def read_book(facts: dict[str, Any], folder: Path) -> Book:
    """Read what `write_book` has written, and delete its files."""
    grids = []
    for number, grid in enumerate(facts["grids"]):
        path = _cells(folder, number)
        with pa.OSFile(str(path)) as file:
            table = pa.ipc.open_file(file).read_all()
        path.unlink()
        columns = [column.combine_chunks() for column in table.columns]
        merged = [(tuple(first), tuple(last)) for first, last in grid["merged"]]
        grids.append(Grid(grid["name"], columns, merged, [Fault(**fault) for fault in grid["faults"]], grid["notes"]))
    selected = facts["selected"]
    return Book([Sheet(**sheet) for sheet in facts["sheets"]], grids[:selected], facts["notes"], grids[selected:])


def write_refusal(refusal: Refusal) -> list[Any]:
    """Convert a refusal to JSON values: its messages with their templates, so that they can be translated."""
    return [_to_json(part) for part in refusal.args]


def read_refusal(parts: list[Any]) -> Refusal:
    """Restore the refusal that `write_refusal` has converted.

    Raises:
        ValueError: for a template that accesses attributes or items of its values, as none of ours does.
    """
    return Refusal(*map(_from_json, parts))


def _to_json(value: object) -> object:
    if isinstance(value, Message):
        return {"template": value.template, "values": {name: _to_json(part) for name, part in value.values.items()}}
    return value


def _from_json(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    # It comes from a process that hostile content may control.
    for _, name, form, conversion in Formatter().parse(value["template"]):
        if not (name or "_").isidentifier() or form not in (None, "", ",") or conversion:
            raise ValueError(value["template"])
    return Message(value["template"], **{name: _from_json(part) for name, part in value["values"].items()})


def write_answer(answer: dict[str, Any], folder: Path) -> None:
    """Write the answer to a query."""
    _answer(folder).write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")


def read_answer(folder: Path) -> dict[str, Any]:
    """Read the answer to the last query."""
    answer: dict[str, Any] = json.loads(_answer(folder).read_text(encoding="utf-8"))
    return answer


def _cells(folder: Path, number: int) -> Path:
    return folder / f"{number}.arrow"


def _answer(folder: Path) -> Path:
    return folder / "answer.json"
