"""Holds the list of direct dependencies to what is declared, and makes the software bill of materials from the lock file.

`dependencies.py bom` writes `bom.cdx.json` (CycloneDX 1.6), the same for the same lock file, whenever and wherever it is made.
`dependencies.py check` ends with a sentence where a direct dependency is not in the tables of CONTRIBUTING.md, with its licence,
or where the bill of materials is not that of the lock file.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BOM = "bom.cdx.json"
_PINNED = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)(?:\s*;\s*(.*?))?\s*\\?$")
_ASKING = re.compile(r"\s+#\s+(?:via\s+)?([A-Za-z0-9._-]+)(?: \(pyproject\.toml\))?$")
_TABLE_ROW = re.compile(r"^\| ([A-Za-z0-9][A-Za-z0-9_., -]*) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
# What wheels bring that is no package of its own: name and licence.
_WITHIN = {
    "psycopg-binary": (("libpq", "PostgreSQL"), ("openssl", "Apache-2.0"), ("krb5", "MIT"), ("openldap", "OLDAP-2.8")),
    "adbc-driver-postgresql": (("libpq", "PostgreSQL"), ("openssl", "Apache-2.0")),
}


@dataclass
class Pin:
    """A package of the lock file: what it is pinned to, where it is installed, and who asks for it."""

    name: str
    version: str
    marker: str
    wanted_by: list[str] = field(default_factory=list)

    @property
    def purl(self) -> str:
        """Its package URL, which names no registry."""
        return f"pkg:pypi/{self.name}@{self.version}"


def plain(name: str) -> str:
    """A package's name as registries compare it, without extras and bounds (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", name.strip())[0]).lower()


def declared(project: dict[str, Any]) -> list[str]:
    """The direct dependencies: the project's own, and those of its extras."""
    extras = project["optional-dependencies"].values()
    return [plain(name) for names in (project["dependencies"], *extras) for name in names]


def listed(contributing: str) -> dict[str, str]:
    """The dependencies of the tables in CONTRIBUTING.md, with their licences."""
    section = contributing.partition("## Direct dependencies")[2].partition("\n## ")[0]
    found: dict[str, str] = {}
    for names, licence, _ in _TABLE_ROW.findall(section):
        found |= {plain(name): licence.strip() for name in names.split(",")}
    return {name: licence for name, licence in found.items() if name != "package"}


def problems(project: dict[str, Any], contributing: str) -> list[str]:
    """What the tables lack, or have too much."""
    wanted, there = declared(project), listed(contributing)
    said = [
        f"CONTRIBUTING.md: expected the direct dependency {name} in a table with its licence, found none; add it, if it must be"
        for name in wanted
        if name not in there
    ]
    said += [
        f"CONTRIBUTING.md: expected the licence of {name}, found none; write it" for name in there if not there[name]
    ]
    surplus = [name for name in there if name not in wanted]
    return said + [f"CONTRIBUTING.md: expected direct dependencies only, found {name}; take it out" for name in surplus]


def pins(lock: str) -> list[Pin]:
    """The packages of a lock file that uv has written."""
    found: list[Pin] = []
    for line in lock.splitlines():
        if pinned := _PINNED.match(line):
            found.append(Pin(plain(pinned[1]), pinned[2], pinned[3] or ""))
        elif found and (asking := _ASKING.match(line)) and asking[1] != "via":
            found[-1].wanted_by.append(plain(asking[1]))
    return found


def bill(project: dict[str, Any], lock: str, contributing: str) -> str:
    """The bill of materials as CycloneDX JSON, ordered by name."""
    packages = sorted(pins(lock), key=lambda pin: (pin.name, pin.version))
    licences = listed(contributing)
    licences |= {"psycopg-binary": licences["psycopg"]} if "psycopg" in licences else {}
    own = f"{project['name']}@{project['version']}"
    refs: dict[str, list[str]] = {own: []}
    for pin in packages:
        refs.setdefault(pin.name, []).append(pin.purl)
    needs: dict[str, list[str]] = {own: [], **{pin.purl: [] for pin in packages}}
    for pin in packages:
        for name in pin.wanted_by:
            for ref in [own] if name == project["name"] else refs.get(name, []):
                needs[ref].append(pin.purl)
    written = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, hashlib.sha256(lock.encode()).hexdigest())}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": own, "name": project["name"], "version": project["version"]}
        },
        "components": [_component(pin, licences) for pin in packages],
        "dependencies": [{"ref": ref, "dependsOn": sorted(set(below))} for ref, below in sorted(needs.items())],
    }
    return json.dumps(written, ensure_ascii=False, indent=1) + "\n"


def _component(pin: Pin, licences: dict[str, str]) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library", "bom-ref": pin.purl, "name": pin.name, "version": pin.version, "purl": pin.purl,
    }  # fmt: skip
    if pin.name in licences:
        component["licenses"] = [_licence(licences[pin.name])]
    if pin.marker:
        component["properties"] = [{"name": "python:marker", "value": pin.marker}]
    if within := _WITHIN.get(pin.name):
        component["components"] = [
            {"type": "library", "bom-ref": f"{pin.purl}#{name}", "name": name, "licenses": [_licence(licence)]}
            for name, licence in within
        ]
    return component


def _licence(licence: str) -> dict[str, Any]:
    return {"expression": licence} if " " in licence else {"license": {"id": licence}}


def main(command: str) -> list[str]:
    """Do what the command line says; gives what is wrong."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    made = bill(project, (ROOT / "requirements.lock").read_text(encoding="utf-8"), contributing)
    if command == "bom":
        (ROOT / BOM).write_text(made, encoding="utf-8")
        return []
    kept = (ROOT / BOM).read_text(encoding="utf-8") if (ROOT / BOM).exists() else ""
    stale = [] if kept == made else [f"{BOM}: expected what requirements.lock says, found another; run make bom"]
    return [*problems(project, contributing), *stale]


if __name__ == "__main__":
    sys.exit("\n".join(main(sys.argv[1])) or 0)
