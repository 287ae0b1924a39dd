"""What each step made its files from, by digest, and the refusal of a step that finds something else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from sources.register import Source
from standard.batch import BatchKey, Manifest, Verdict
from standard.errors import ExchangeError, UsageError
from standard.messages import Message
from standard.retention import Purgeable
from workspace import batch_files as files
from workspace.batch_files import of_part
from workspace.manifests import manifest, part_numbers
from workspace.purged import require_kept
from workspace.workspace import Workspace

# Of each part: who leaves a record of what it was made from, of what, and what else it names.
_MADE_FROM, _MADE = "made_from", "made"


def write_record(
    workspace: Workspace, key: BatchKey, record: str, made_from: str, made: Iterable[str], **counts: int
) -> None:
    """Write down what a step has made, and from what; the last thing it does.

    Args:
        workspace: where its files are.
        key: of the batch.
        record: name of the record.
        made_from: digest of what it was given.
        made: names of the files it has written in this process.
        counts: what else it has to say.
    """
    named = {name.rpartition("/")[2]: workspace.digest_written(key, name) for name in made}
    text = json.dumps({**counts, _MADE_FROM: made_from, _MADE: named})
    workspace.write_text(workspace.path(key, record), text)


def require_raw(workspace: Workspace, key: BatchKey, part: int | None) -> Manifest:
    """The manifest of an archive that is the one it names.

    Raises:
        ExchangeError: when it is another.
        UsageError: when it was purged.
    """
    require_kept(workspace, key, Purgeable.RAW)
    archived = manifest(workspace, key, part)
    if workspace.digest(workspace.path(key, of_part(files.RAW, part))) != archived.digest:
        raise ExchangeError(
            "LX-502",
            "{key}: expected the raw archive that its manifest names, found another; extract it again",
            key=key,
        )
    return archived


def require_declared_as_read(source: Source, key: BatchKey, archived: Manifest) -> None:
    """Require that the rows of an archive mean today what they meant when they were read.

    Raises:
        UsageError: where the declaration says otherwise of their order, or of whether they are changes.
    """
    declared = source.declaration.extract.read_as
    if archived.ordered_by not in {"", declared}:
        raise UsageError(
            "LX-103",
            "{key}: expected an archive that was read as it is declared now (ordered by {declared}), found one ordered by {found}; "
            "replay it with the declaration of that time, or run the day again",
            key=key,
            declared=declared,
            found=archived.ordered_by,
        )


def require_licences(workspace: Workspace, key: BatchKey, part: int | None) -> str:
    """The digest of the licences of a part, which are those that its archive was said as.

    Raises:
        ExchangeError: when they were made from another archive, or are others than were made.
    """
    record = _record(workspace, key, of_part(files.STANDARDISED, part), "standardise")
    digest = manifest(workspace, key, part).digest
    _require(key, record, digest, Message("licences"), Message("raw archive"), "standardise")
    _require_files(workspace, key, part, record, "standardise")
    return str(record[_MADE][files.LICENCES])


def said_as(workspace: Workspace, key: BatchKey, part: int | None) -> str:
    """The digest of the licences of a part, as the step that made them has written it down."""
    return str(_record(workspace, key, of_part(files.STANDARDISED, part), "standardise")[_MADE][files.LICENCES])


def evidence(workspace: Workspace, key: BatchKey, archived: Manifest) -> dict[str, str]:
    """Digests of everything that a verdict is given on, by name, from the archive to the findings on single rows.

    Raises:
        ExchangeError: when one of them was made from another than the one that is there.
    """
    named = {}
    for part in part_numbers(archived):
        licences = require_licences(workspace, key, part)
        judged = _record(workspace, key, of_part(files.JUDGED_FROM, part), "judge")
        step = Message("judge (of a batch in one, assess)")
        _require(key, judged, licences, Message("findings on single rows"), Message("licences"), step)
        _require_files(workspace, key, part, judged, "judge")
        named[of_part(files.RAW, part)] = manifest(workspace, key, part).digest
        named[of_part(files.LICENCES, part)] = licences
    return named


def require_judged(workspace: Workspace, key: BatchKey, verdict: Verdict) -> str:
    """Demand that what is there to be delivered is what a verdict was given on; returns the digest of the verdict.

    Raises:
        ExchangeError: when it is something else.
    """
    archived = manifest(workspace, key)
    raw = {of_part(files.RAW, part): manifest(workspace, key, part).digest for part in part_numbers(archived)}
    for name, digest in verdict.evidence.items():
        found = raw.pop(name, None) or workspace.digest(workspace.path(key, name))
        if not found:
            require_kept(workspace, key, Purgeable.LICENCES)
        if found != digest:
            raise _unjudged(key, name)
    if raw:
        raise _unjudged(key, next(iter(raw)))
    return hashlib.sha256(verdict.to_json().encode()).hexdigest()[:32]


def _unjudged(key: BatchKey, name: str) -> ExchangeError:
    return ExchangeError(
        "LX-502",
        "{key}: expected to deliver what was judged, found another {name} than the verdict names; assess the batch again, nothing was loaded",
        key=key,
        name=name,
    )


def _record(workspace: Workspace, key: BatchKey, name: str, step: str) -> Mapping[str, Mapping[str, str]]:
    found = json.loads(workspace.read_text(key, name))
    if _MADE not in found:
        raise ExchangeError(
            "LX-502",
            "{key}: expected {name} to name what it was made from, found one of an older version; run {step} again",
            key=key,
            name=name,
            step=step,
        )
    return dict(found)


def _require(
    key: BatchKey, record: Mapping[str, object], digest: str, made: Message, made_from: Message, step: str
) -> None:
    if record[_MADE_FROM] != digest:
        raise ExchangeError(
            "LX-502",
            "{key}: expected {made} of the {made_from} that is there, found those of another; run {step} again",
            key=key,
            made=made,
            made_from=made_from,
            step=step,
        )


def _require_files(
    workspace: Workspace, key: BatchKey, part: int | None, record: Mapping[str, Mapping[str, str]], step: str
) -> None:
    for name, digest in record[_MADE].items():
        found = workspace.digest(workspace.path(key, of_part(name, part)))
        if not found:
            require_kept(workspace, key, Purgeable.LICENCES)
        if found != digest:
            raise ExchangeError(
                "LX-502",
                "{key}: expected the {name} that {step} made, found another; run {step} again",
                key=key,
                name=name,
                step=step,
            )
