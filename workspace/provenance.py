"""The records of what each step made its files from, by digest; a step refuses input that was made from anything else."""

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
from workspace.batch_files import part_file
from workspace.manifests import manifest, part_numbers
from workspace.purged import require_kept
from workspace.workspace import Workspace

_INPUT, _OUTPUTS = "made_from", "made"  # keys of a record


def write_record(
    workspace: Workspace, key: BatchKey, record: str, input_digest: str, outputs: Iterable[str], **counts: int
) -> None:
    """Write the record of a step: its input and its output, by digest. A step does this last.

    Args:
        workspace: where the batch's files are.
        key: of the batch.
        record: file name of the record.
        input_digest: digest of the step's input.
        outputs: names of the files that this process has written for the step.
        counts: further numbers for the record.
    """
    digests = {name.rpartition("/")[2]: workspace.digest_written(key, name) for name in outputs}
    text = json.dumps({**counts, _INPUT: input_digest, _OUTPUTS: digests})
    workspace.write_text(workspace.path(key, record), text)


def require_raw(workspace: Workspace, key: BatchKey, part: int | None) -> Manifest:
    """The manifest of a raw archive, after the archive's digest was compared with it.

    Raises:
        ExchangeError: when the digests differ.
        UsageError: when the archive was purged.
    """
    require_kept(workspace, key, Purgeable.RAW)
    archived = manifest(workspace, key, part)
    if workspace.digest(workspace.path(key, part_file(files.RAW, part))) != archived.digest:
        raise ExchangeError(
            "LX-502",
            "{key}: expected the raw archive that its manifest names, found another; extract it again",
            key=key,
        )
    return archived


def require_declared_as_read(source: Source, key: BatchKey, archived: Manifest) -> None:
    """Require that an archive was read in the way the source is declared now.

    Raises:
        UsageError: where the declaration has changed the order of the rows, or whether they are changes.
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
    """The digest of a part's licences, after they were verified against the record of the step that made them.

    Raises:
        ExchangeError: when they were made from another archive, or have changed since.
    """
    record = _read_record(workspace, key, part_file(files.STANDARDISED, part), "standardise")
    digest = manifest(workspace, key, part).digest
    _require_input(key, record, digest, Message("licences"), Message("raw archive"), "standardise")
    _require_outputs(workspace, key, part, record, "standardise")
    return str(record[_OUTPUTS][files.LICENCES])


def licences_digest(workspace: Workspace, key: BatchKey, part: int | None) -> str:
    """The digest of a part's licences, as recorded by the step that made them."""
    return str(
        _read_record(workspace, key, part_file(files.STANDARDISED, part), "standardise")[_OUTPUTS][files.LICENCES]
    )


def evidence(workspace: Workspace, key: BatchKey, archived: Manifest) -> dict[str, str]:
    """Digests of everything that a verdict rests on, by file name: from the archive to the findings on single rows.

    Raises:
        ExchangeError: when a file was not made from the present file of the step before.
    """
    digests = {}
    for part in part_numbers(archived):
        licences = require_licences(workspace, key, part)
        judged = _read_record(workspace, key, part_file(files.JUDGED_FROM, part), "judge")
        step = Message("judge (of a batch in one, assess)")
        _require_input(key, judged, licences, Message("findings on single rows"), Message("licences"), step)
        _require_outputs(workspace, key, part, judged, "judge")
        digests[part_file(files.RAW, part)] = manifest(workspace, key, part).digest
        digests[part_file(files.LICENCES, part)] = licences
    return digests


def require_judged(workspace: Workspace, key: BatchKey, verdict: Verdict) -> str:
    """Require that the files to be delivered are those that were judged; returns the digest of the verdict.

    Raises:
        ExchangeError: when a file has changed.
        UsageError: when one was purged.
    """
    archived = manifest(workspace, key)
    raw_digests = {part_file(files.RAW, part): manifest(workspace, key, part).digest for part in part_numbers(archived)}
    for name, digest in verdict.evidence.items():
        found = raw_digests.pop(name, None) or workspace.digest(workspace.path(key, name))
        if not found:
            require_kept(workspace, key, Purgeable.LICENCES)
        if found != digest:
            raise _unjudged(key, name)
    if raw_digests:
        raise _unjudged(key, next(iter(raw_digests)))
    return hashlib.sha256(verdict.to_json().encode()).hexdigest()[:32]


def _unjudged(key: BatchKey, name: str) -> ExchangeError:
    return ExchangeError(
        "LX-502",
        "{key}: expected to deliver what was judged, found another {name} than the verdict names; assess the batch again, nothing was loaded",
        key=key,
        name=name,
    )


def _read_record(workspace: Workspace, key: BatchKey, name: str, step: str) -> Mapping[str, Mapping[str, str]]:
    record = json.loads(workspace.read_text(key, name))
    if _OUTPUTS not in record:
        raise ExchangeError(
            "LX-502",
            "{key}: expected {name} to name what it was made from, found one of an older version; run {step} again",
            key=key,
            name=name,
            step=step,
        )
    return dict(record)


def _require_input(
    key: BatchKey, record: Mapping[str, object], digest: str, made: Message, made_from: Message, step: str
) -> None:
    if record[_INPUT] != digest:
        raise ExchangeError(
            "LX-502",
            "{key}: expected {made} of the {made_from} that is there, found those of another; run {step} again",
            key=key,
            made=made,
            made_from=made_from,
            step=step,
        )


def _require_outputs(
    workspace: Workspace, key: BatchKey, part: int | None, record: Mapping[str, Mapping[str, str]], step: str
) -> None:
    for name, digest in record[_OUTPUTS].items():
        found = workspace.digest(workspace.path(key, part_file(name, part)))
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
