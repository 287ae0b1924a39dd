"""All sentences and labels of the reports, in Chinese and English."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from standard.visible import visible_line

# Chinese, English plural, and English singular (where `n` is one).
WORDS: dict[str, tuple[str, ...]] = {
    # what a page is
    "department_page": ("证照数据质量日报", "Licence data quality of the day"),
    "city_page": ("全市证照数据汇总", "Licence data of the city"),
    "department": ("部门", "Department"),
    "contact": ("联系方式", "Contact"),
    "licence_type": ("证照类型", "Licence type"),
    "source_name": ("数据源编号", "Source"),
    "day": ("数据日期", "Day"),
    "delivered_at": ("处理时间", "Processed"),
    "run": ("第 {n:,} 次处理", "run {n:,}"),
    "to_city": ("全市汇总", "The whole city"),
    "skip": ("跳到正文", "Skip to the content"),
    # what became of a batch
    "status": ("状态", "Status"),
    "status_delivered": ("已送达", "Delivered"),
    "status_refused": ("整批退回", "Refused"),
    "status_failed": ("未取到", "Not reached"),
    "status_repeated": ("与上次相同", "As before"),
    "status_absent": ("未到", "Not arrived"),
    "outcome_clean": (
        "{day} 的数据已送达平台：{n:,} 条记录中没有需要整改的。",
        "The data of {day} reached the platform: nothing to correct in {n:,} records.",
        "The data of {day} reached the platform: nothing to correct in its one record.",
    ),
    "outcome_held": (
        "{day} 的数据已送达平台，但 {rows:,} 条记录中有 {n:,} 条需要整改，暂不入库。",
        "The data of {day} reached the platform, but {n:,} of {rows:,} records were held back and need correcting.",
        "The data of {day} reached the platform, but {n:,} of {rows:,} records was held back and needs correcting.",
    ),
    "outcome_empty": (
        "{day} 数据源没有新的或变更的记录，已如实登记。",
        "The source had no new or changed records on {day}; this has been noted.",
    ),
    "outcome_repeated": (
        "{day} 报送的文件与已处理过的完全相同，没有新的内容，平台数据不变。",
        "The files delivered for {day} are those that were taken before; there was nothing new and nothing changed.",
    ),
    "outcome_refused": (
        "{day} 的数据整批退回，{n:,} 条记录均未入库；平台上此前的数据不受影响。",
        "The whole batch of {day} was refused and none of its {n:,} records delivered; what the platform had is unchanged.",
        "The whole batch of {day} was refused and its one record not delivered; what the platform had is unchanged.",
    ),
    "outcome_refused_unread": (
        "{day} 的数据整批退回，没有记录入库；平台上此前的数据不受影响。",
        "The whole batch of {day} was refused and nothing delivered; what the platform had is unchanged.",
    ),
    "outcome_failed": (
        "没有取到 {day} 的数据：数据源无法访问。平台上此前的数据不受影响。",
        "The data of {day} could not be had: the source did not answer. What the platform had is unchanged.",
    ),
    "outcome_absent": ("{day} 的数据还没有到达。", "The data of {day} has not arrived."),
    "rows_unseen": (
        "更新时间为空 {none:,} 行，在将来 {future:,} 行",
        "{none:,} without a time, {future:,} in the future",
    ),
    "expected_found": ("应为 {expected}，实际 {found}", "expected {expected}, found {found}"),
    "next_none": ("无需处理。", "Nothing needs doing."),
    "next_correct": (
        "请按下文逐项更正后，在数据源中重新报送；下一次交换会自动采用。",
        "Please correct them in your source as shown below; the next exchange takes them by itself.",
    ),
    "next_resend": (
        "请按下文恢复数据源，完成后告知数据局重新取数。",
        "Please put the source right as shown below and tell the data bureau to read it again.",
    ),
    "next_settled": (
        "此后报送的数据已经送达平台，无需再处理。",
        "What was sent since has reached the platform; nothing more needs doing.",
    ),
    "next_reach": (
        "请检查数据源是否在线、账号与网络是否有变动，恢复后告知数据局。",
        "Please check that the source is up and that neither account nor network has changed, then tell the data bureau.",
    ),
    "list_link": (
        "下载整改清单（xlsx，{n:,} 项）",
        "List for correction (xlsx, {n:,} findings)",
        "List for correction (xlsx, {n:,} finding)",
    ),
    # findings
    "to_correct": ("需要整改", "To correct"),
    "to_correct_note": (
        "这些记录暂不入库，更正后即可送达。",
        "These records were held back; they are delivered once corrected.",
    ),
    "to_correct_batch": ("这些问题使整批数据退回。", "The whole batch was refused for these."),
    "notices": ("提示", "Notices"),
    "notices_note": (
        "这些问题不影响入库，请择机处理。",
        "These did not hold anything back; please see to them in time.",
    ),
    "earlier": ("此前未整改", "Still open from earlier days"),
    "earlier_note": (
        "这些问题在此前的日期发现，至今没有收到更正。",
        "These were found on earlier days and no correction has come in yet.",
    ),
    "overview": ("问题一览", "Findings by rule"),
    "rule": ("问题", "Finding"),
    "count": ("数量", "Count"),
    "items": ("{n:,} 项", "{n:,} findings", "{n:,} finding"),
    "advice": ("怎么改", "What to do"),
    "more_rows": ("其余 {n:,} 项", "The other {n:,}"),
    "more_in_list": (
        "本页每类最多列出 {most:,} 项，另有 {n:,} 项见整改清单。",
        "This page shows at most {most:,} of a kind; {n:,} more stand in the list for correction.",
    ),
    "severity": ("级别", "Severity"),
    "severity_critical": ("必须整改", "Must be corrected"),
    "severity_warning": ("提示", "Notice"),
    "locator": ("位置", "Where"),
    "certificate_number": ("证照编号", "Certificate number"),
    "element": ("项目", "Element"),
    "value": ("现值（已脱敏）", "Found (masked)"),
    "expected": ("应为", "Expected"),
    "standing": ("情况", "Standing"),
    "whole_batch": ("整批数据", "The whole batch"),
    "nothing": ("（空）", "(empty)"),
    "corrected": ("已整改", "Corrected since"),
    "platform_older": ("平台仍为此前状态", "Platform still has the earlier state"),
    "platform_none": ("平台尚无此证照", "Not on the platform yet"),
    "since": ("{day} 起", "since {day}"),
    # counts
    "totals": ("数量核对", "Totals"),
    "totals_note": ("每一行都有去处，三个等式必须成立。", "Every row is accounted for; all three sums must hold."),
    "holds": ("相符", "holds"),
    "holds_not": ("不符", "does not hold"),
    "read": ("读取", "Read"),
    "left_out": ("非记录行", "Not records"),
    "extracted": ("提取", "Extracted"),
    "accepted": ("采用", "Accepted"),
    "held": ("待整改", "Held"),
    "duplicates": ("重复", "Duplicates"),
    "refused": ("整批退回", "Refused"),
    "inserted": ("新增", "New"),
    "updated": ("更新", "Updated"),
    "unchanged": ("无变化", "Unchanged"),
    "stale": ("旧于平台", "Older than platform"),
    "total": ("合计", "Total"),
    # scores
    "scores": ("质量得分", "Quality scores"),
    "scores_note": (
        "得分 = 1 − 有问题的行 ÷ 提取的行，按 GB/T 36344 的六个维度；只舍不入。",
        "Score = 1 − rows with findings ÷ rows extracted, by the six dimensions of GB/T 36344; rounded down.",
    ),
    "scores_none": (
        "当天没有逐行评判的数据，不评分。",
        "No rows were judged on this day, so there is no score.",
    ),
    "dimension": ("维度", "Dimension"),
    "score": ("得分", "Score"),
    "failing": ("有问题的行", "Rows with findings"),
    "trend": ("近 {n:,} 天走势", "Last {n:,} days", "Last day"),
    "course": ("逐日情况", "Day by day"),
    "course_chart": ("每天提取的记录及其去向", "Records extracted each day and what became of them"),
    "course_numbers": ("逐日数字", "The numbers of each day"),
    "records": ("记录数", "Records"),
    # witnesses
    "witnesses": ("旁证", "Witnesses"),
    "witnesses_note": (
        "由数据源自己给出，与读取的行数互相印证。",
        "What the source itself says, beside what was read.",
    ),
    "witnessed": ("部门另行统计的全部行数", "All rows by the department's own count"),
    "counted": ("数据源自己的计数", "The source's own count"),
    "counted_none": ("此类数据源不能计数", "A source of this kind cannot count"),
    "counted_same": ("与读取的行数一致", "the same as the rows read"),
    "counted_other": ("与读取的 {n:,} 行不一致", "but {n:,} rows were read", "but {n:,} row was read"),
    "without_time": ("更新时间为空的行", "Rows without an update time"),
    "future_time": ("更新时间在将来的行", "Rows with a future update time"),
    "unseen": ("增量取数永远取不到，请更正", "no day would ever see them; please correct"),
    # the city
    "sources": ("数据源", "Source"),
    "city_day": ("{day} 各数据源情况", "The sources on {day}"),
    "city_all": (
        "{day}：{n:,} 个数据源的数据全部送达平台。",
        "{day}: the data of all {n:,} sources reached the platform.",
        "{day}: the data of the one source reached the platform.",
    ),
    "city_some": (
        "{day}：{n:,} 个数据源中 {delivered:,} 个已送达，{refused:,} 个整批退回，{missing:,} 个未到。",
        "{day}: of {n:,} sources {delivered:,} delivered, {refused:,} refused, {missing:,} not arrived.",
        "{day}: of {n:,} source {delivered:,} delivered, {refused:,} refused, {missing:,} not arrived.",
    ),
    "city_gaps": (
        "但此前有 {n:,} 批应到的数据没有取到。",
        "But {n:,} batches of earlier days were missed.",
        "But {n:,} batch of an earlier day was missed.",
    ),
    "gaps": (
        "下列数据源此前的日期没有取到，能补取的由交换自动补取：",
        "Earlier days of these were missed; the exchange catches up on those that can still be asked for:",
    ),
    "city_none": ("没有申报的数据源。", "No sources are declared."),
    "missing_passed": (
        "已过截止时间，下列数据源仍未到达，请联系：",
        "The deadline has passed and these have not arrived; please call:",
    ),
    "missing_yet": (
        "下列数据源尚未到达（未到截止时间）：",
        "These have not arrived yet (the deadline is still ahead):",
    ),
    "missing_failed": ("数据源无法访问", "the source did not answer"),
    "missing_absent": ("当天没有任何记录", "nothing of this day in the ledger"),
    "refused_sources": ("下列数据源被整批退回：", "These were refused:"),
    "city_course": ("全市每天提取的记录及其去向", "Records of all sources each day and what became of them"),
    "matrix": ("近 {n:,} 天一览", "The last {n:,} days", "This day"),
    "matrix_note": (
        "格内为提取的记录数，括号内为待整改的记录数；点击查看该部门当天的日报。",
        "Each cell shows the records extracted and, in brackets, those held; it leads to the department's page of that day.",
    ),
}

_BOTH = Markup('<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>')


def phrase(key: str, **values: Any) -> tuple[str, str]:
    """A text in Chinese and in English.

    Args:
        key: in `WORDS`.
        values: of its placeholders; `n` selects the English plural or singular.
    """
    chinese, *english = WORDS[key]
    chosen = english[-1] if values.get("n") == 1 else english[0]
    return chinese.format(**values), chosen.format(**values)


def bilingual(key: str, **values: Any) -> Markup:
    """The same as markup; the style sheet shows one language."""
    return both(*phrase(key, **values))


def both(chinese: str, english: str) -> Markup:
    """Two texts as markup; the style sheet shows one language."""
    return _BOTH.format(visible_line(chinese), visible_line(english))
