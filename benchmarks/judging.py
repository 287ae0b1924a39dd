"""Measures profiling, standardising and judging of generated licences on one core, step by step.

    python benchmarks/judging.py [rows] [--profile]

One process, one core, row groups of the same size as in a nightly run. `--profile` prints where the time goes instead.
The second table is for a batch of 200 rows, of which a night has some hundreds.
"""

from __future__ import annotations

import cProfile
import multiprocessing
import os
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sources.register import Register, Source
from standard.batch import Manifest
from standard.check_characters import citizen, texts, uscc
from standard.day import Day, instant_text
from standard.raw import FAULT, LOCATOR
from standard.row_groups import GROUP_ROWS

AT = "2026-03-01T16:00:00.000000Z"
DAY = Day.of("2026-03-01")
DECLARATION = """
title: 某市交通运输局 · 道路运输经营许可证
department: {code: 11370400MB0000000N, name: 某市交通运输局}
certificate_type_code: 11100000000019713D008
schedule: "30 1 * * *"
since: 2026-01-01
extract: {kind: database, connection: transport, table: XKZ, key: [ID], updated_at: GXSJ}
columns:
  certificate_number: XKZBH
  certificate_holder_name: MC
  certificate_holder_code: DM
  certificate_holder_type_code: LX
  certificate_issued_date: FZRQ
  certificate_effective_date: QSRQ
  certificate_expiring_date: {from: YXQZ, lookup: open_ended}
  certificate_status: {from: ZT, lookup: status_transport}
  certificate_area_code: QH
  certificate_holder_category: LB
  certificate_signer: QZR
  KZ_JYFW: JYFW
lookups: {open_ended: {长期: null}}
"""


def main() -> None:
    """Print seconds and memory of each step."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rows = next((int(argument) for argument in sys.argv[1:] if argument.isdigit()), 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        source = declare(Path(folder))
        import_modules()
        write_invented(Path(folder), 200)
        measure_steps(source, Path(folder), 200)  # warm-up, once for the process
        if "--profile" in sys.argv:
            write_invented(Path(folder), rows)
            print_profile(lambda: measure_steps(source, Path(folder), rows))
            return
        for count in (rows, 200):
            write_invented(Path(folder), count)
            began = peak_memory()
            print(f"\n{count:,} rows x 15 elements{'':<6}seconds")
            for step, seconds in measure_steps(source, Path(folder), count).items():
                print(f"  {step:<26}{seconds:>8.3f}")
            print(f"  {'memory over the imports':<26}{(peak_memory() - began) / 1024:>8.0f} MB")


def measure_steps(source: Source, folder: Path, rows: int) -> dict[str, float]:
    """Measure the seconds of each step over a number of rows."""
    from expectations.assess import Baseline, Part, decide, judge_rows
    from standard.finding import FINDING
    from transforms.conform import Conformer
    from workspace.column_profile import Profile

    clock = Clock()
    raw, path = folder / "raw.parquet", folder / "licences.parquet"
    names = pq.read_schema(raw).names[:-2]
    profile = Profile(source, names)
    for batch in batches(raw):
        clock.measure("profile", partial(profile.add, batch))
    conformer, findings, start = Conformer(source, AT), [FINDING.empty_table()], 0
    with pq.ParquetWriter(path, conformer.schema) as writer:
        for batch in batches(raw):
            conformed = clock.measure("standardise", partial(conformer.conform, batch, start))
            writer.write_table(conformed.licences)
            findings.append(conformed.findings)
            start += batch.num_rows
            del conformed, batch  # free the memory before the next group
    facts = {"kind": "incremental", "taken_at": AT, "read": rows, "rows": rows, "columns": names, "digest": ""}
    manifest = Manifest(batch=f"{source.name}/{DAY}", **facts, profile=profile.as_json())
    findings.append(clock.measure("judge the rows", lambda: judge_rows(source, instant_text(DAY.end), batches(path))))
    part = Part(str(path), rows, 0, pa.concat_tables(findings))
    before = Baseline(manifest=manifest, usual=[rows] * 5)
    assessed = clock.measure("judge the whole, decide", lambda: decide(source, manifest, [part], before, AT))
    if assessed.verdict.accepted != rows - len(range(0, rows, 1000)):
        raise SystemExit(f"expected one row in a thousand held, found {assessed.verdict}")
    return clock.seconds


def write_invented(folder: Path, rows: int) -> None:
    """Generate raw rows in another process, whose memory does not count."""
    child = multiprocessing.get_context("spawn").Process(target=_write_invented, args=(folder / "raw.parquet", rows))
    child.start()
    child.join()


def _write_invented(path: Path, rows: int) -> None:
    with pq.ParquetWriter(path, invent_rows(0, 1).schema) as writer:
        for start in range(0, rows, GROUP_ROWS):
            writer.write_table(invent_rows(start, min(GROUP_ROWS, rows - start)))


class Clock:
    """Sums the processor time of each step, independent of other load."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def measure(self, step: str, call: Callable[[], Any]) -> Any:
        """Make a call, and add its time to a step."""
        began = time.process_time()
        result = call()
        self.seconds[step] = self.seconds.get(step, 0.0) + time.process_time() - began
        return result


def declare(folder: Path) -> Source:
    """Declare the source of the licences."""
    (folder / "transport").mkdir()
    (folder / "transport" / "road.yaml").write_text(DECLARATION, encoding="utf-8")
    return Register(folder).source("transport.road")


def import_modules() -> None:
    """Import what every process loads once, so that it counts neither as time nor as memory."""
    import expectations.assess  # noqa: F401 - see above
    import transforms.conform  # noqa: F401 - see above


def batches(path: Path) -> Iterator[pa.Table]:
    """Read a row group at a time, like the nightly run."""
    parquet = pq.ParquetFile(path)
    for group in range(parquet.num_row_groups):
        yield parquet.read_row_group(group)


def invent_rows(start: int, rows: int) -> pa.Table:
    """Generate raw rows: half of the holders people born before 1900, half organisations; one status in a thousand unknown."""
    at = np.arange(start, start + rows)
    person = at % 2 == 0
    number = np.char.zfill(at.astype("U9"), 9)
    days = np.array(["2025-06-01"], "datetime64[D]") + at % 240
    expiring = pc.if_else(pa.array(at % 5 == 0), "长期", pa.array((days + 1500).astype("U10")))
    signer = pc.binary_join_element_wise("签发人", pa.array((at % 20).astype("U2")), "")
    updated = np.array(["2026-03-01T00:00:00"], "datetime64[s]") + at % 80_000
    columns = {
        "ID": pa.array(at.astype("U9")),
        "GXSJ": pc.replace_substring(pa.array(updated.astype("U19")), "T", " "),
        "XKZBH": pc.binary_join_element_wise("370402", pa.array(number), ""),
        "MC": pc.binary_join_element_wise(
            pc.if_else(pa.array(person), "张", "枣庄某某运输有限公司"), pa.array(number), ""
        ),
        "DM": pc.if_else(pa.array(person), citizens(at), bodies(at)),
        "LX": pc.if_else(pa.array(person), "111", "001"),
        "FZRQ": pa.array(days.astype("U10")),
        "QSRQ": pa.array((days + 1).astype("U10")),
        "YXQZ": expiring,
        "ZT": pc.if_else(pa.array(at % 1000 == 0), "77", pc.if_else(pa.array(at % 7 == 0), "03", "10")),
        "QH": pa.array(np.array(["370402", "370403", "370404", "370405", "370406", "370481"])[at % 6]),
        "LB": pc.if_else(pa.array(person), "1", "2"),
        "QZR": signer,
        "JYFW": pa.array(np.array(["普通货运", "货物专用运输(冷藏保鲜)", "危险货物运输（3类）"])[at % 3]),
        LOCATOR: pa.array(at.astype("U9")),
        FAULT: pa.nulls(rows, pa.string()),
    }
    return pa.table(columns)


def citizens(at: np.ndarray[Any, Any]) -> pa.Array:
    """Generate citizen numbers of people born before 1900; they repeat after some millions."""
    born = (np.array(["1800-01-01"], "datetime64[D]") + at % 36_000).astype("U10")
    days = pc.replace_substring(pa.array(born), "-", "")
    body = pc.binary_join_element_wise(
        "370402", days, pa.array(np.char.zfill((at // 36_000 % 1000).astype("U3"), 3)), ""
    )
    return with_check_character(body, citizen)


def bodies(at: np.ndarray[Any, Any]) -> pa.Array:
    """Generate credit codes; the inner organisation code has its own check character."""
    from standard.check_characters import organisation

    eight = pa.array(np.char.zfill((at % 100_000_000).astype("U8"), 8))
    nine = with_check_character(eight, organisation)
    return with_check_character(pc.binary_join_element_wise("91370402", nine, ""), uscc)


def with_check_character(body: pa.Array, check: Callable[[Any], Any]) -> pa.Array:
    """Append the check character to texts of one width."""
    width = len(body[0].as_py())
    signs = np.frombuffer("".join(body.to_pylist()).encode(), np.uint8).reshape(-1, width)
    return texts(np.hstack([signs, check(signs)[:, None]]))


def print_profile(call: Callable[[], Any]) -> None:
    """Print the forty calls with the most own time."""
    profile = cProfile.Profile(time.process_time)
    profile.runcall(call)
    pstats.Stats(profile).sort_stats("tottime").print_stats(40)


def peak_memory() -> int:
    """Peak memory of this process, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
