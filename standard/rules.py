"""Every rule a licence or a batch is judged by: its quality dimension, its weight, and what to tell the department."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Dimension(StrEnum):
    """The six quality dimensions of GB/T 36344."""

    NORMATIVITY = "normativity"
    COMPLETENESS = "completeness"
    ACCURACY = "accuracy"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"
    ACCESSIBILITY = "accessibility"


DIMENSION_TITLES = {
    Dimension.NORMATIVITY: ("规范性", "Normativity"),
    Dimension.COMPLETENESS: ("完整性", "Completeness"),
    Dimension.ACCURACY: ("准确性", "Accuracy"),
    Dimension.CONSISTENCY: ("一致性", "Consistency"),
    Dimension.TIMELINESS: ("时效性", "Timeliness"),
    Dimension.ACCESSIBILITY: ("可访问性", "Accessibility"),
}


class Severity(StrEnum):
    """Critical holds the row, or refuses the batch; a warning travels with what it was found on."""

    CRITICAL = "critical"
    WARNING = "warning"


class Scope(StrEnum):
    """What a rule looks at: one row, the batch as a whole, or the row beside what the platform already has."""

    ROW = "row"
    BATCH = "batch"
    PLATFORM = "platform"


@dataclass(frozen=True)
class Rule:
    """One rule. Titles say what is wrong; advice says what the department should do. Chinese first, then English."""

    id: str
    dimension: Dimension
    severity: Severity
    scope: Scope
    title_zh: str
    title_en: str
    advice_zh: str
    advice_en: str

    @property
    def critical(self) -> bool:
        """Whether it holds the row or refuses the batch."""
        return self.severity is Severity.CRITICAL


_N, _C, _A, _K, _T, _X = Dimension
_CRITICAL, _WARNING = Severity
_ROW, _BATCH, _PLATFORM = Scope

# The order is the order of causes: of several rules that one cell breaks, only the first is reported, since the
# others follow from it (a date that cannot be read is not also "missing").
_TABLE = (
    Rule("digits_lost", _A, _CRITICAL, _ROW,
         "数字存为数值，末尾位数已丢失", "Stored as a number: its last digits are lost",
         "将该列设为文本格式，按证件原件重新填写完整号码。", "Format the column as text and enter the full number again from the document."),
    Rule("bytes_undecodable", _N, _CRITICAL, _ROW,
         "含有无法按文件编码读取的字节", "Bytes that are not text in the encoding of the source",
         "用正确的编码重新导出该行。", "Export the row again in the right encoding."),
    Rule("value_binary", _N, _CRITICAL, _ROW,
         "二进制类型的列，其字节无法确定为何种文字", "Bytes in a column of a binary type: nobody says which text they are",
         "将该列改为文本类型；无法更改的，请数据局在申报中写明 charset，或用 query 转为文字。",
         "Make it a column of text; where that cannot be, have its charset declared, or a query that gives text."),
    Rule("text_garbled", _A, _CRITICAL, _ROW,
         "文字因编码错误成为乱码", "The text was spoilt by a wrong encoding",
         "用正确的编码恢复原文；整列如此的，请数据局在申报中写明 charset。", "Restore the text; where a whole column is so, have its charset declared."),
    Rule("value_cut", _A, _CRITICAL, _ROW,
         "该值无法完整读取，未采用", "The value cannot be read whole, so it was not taken",
         "核对该值是否异常（过长、越界或含非法字符）并更正。", "Look for a value that is too long, out of range or not text, and correct it."),
    Rule("formula_uncalculated", _N, _CRITICAL, _ROW,
         "公式从未计算，没有结果", "A formula that was never calculated has no value",
         "在表格软件中打开文件，等待计算完成后保存并重新报送。", "Open the workbook, let it calculate, save it and deliver it again."),
    Rule("guard_unclear", _N, _CRITICAL, _ROW,
         "以撇号或 =\" 开头，无法判断该符号是否属于内容", "Begins with an apostrophe or =\", which may or may not belong to the value",
         "导出时不要在值前加撇号或 =\"；确属内容的请改用成对的引号，或联系数据局。",
         "Export the value without that sign; where it belongs to the value, use a pair of quotation marks or call the data bureau."),
    Rule("cell_error", _N, _CRITICAL, _ROW,
         "单元格是错误值（如 #N/A、#REF!）", "The cell holds an error such as #N/A or #REF!",
         "更正公式或直接填写内容。", "Correct the formula, or enter the value itself."),
    Rule("shown_otherwise", _N, _CRITICAL, _ROW,
         "数值按单元格格式显示时另有字符或零，单元格内并没有", "The format of the cell shows signs or zeros with the number that it does not hold",
         "将该列设为文本格式，按显示的内容重新填写。", "Format the column as text and enter what is shown."),
    Rule("value_unreadable", _N, _CRITICAL, _ROW,
         "无法按申报的格式读取", "Cannot be read in the declared format",
         "按“应为”一栏的格式更正该值。", "Correct the value to the form shown as expected."),
    Rule("placeholder", _C, _CRITICAL, _ROW,
         "必填项填了占位文字", "Placeholder text in a required element",
         "补填真实内容，不要用“空”“无”“-”“测试”代替。", "Enter the real value instead of a placeholder."),
    Rule("placeholder_optional", _C, _WARNING, _ROW,
         "选填项填了占位文字，已按空值处理", "Placeholder text in an optional element; treated as empty",
         "没有内容时请留空。", "Leave the field empty when there is nothing to say."),
    Rule("required", _C, _CRITICAL, _ROW,
         "必填项为空", "A required element is empty",
         "补填该项。", "Fill in this element."),
    Rule("length", _N, _CRITICAL, _ROW,
         "超过规定长度", "Longer than the platform takes",
         "核对是否误填了其他内容，缩短到规定长度以内。", "Check for text that belongs elsewhere and shorten it."),
    Rule("type_code", _N, _CRITICAL, _ROW,
         "证照类型代码不合规（应为18位统一社会信用代码加3位顺序号）", "The certificate type code is malformed",
         "按国家证照目录更正证照类型代码。", "Correct the type code from the national catalogue."),
    Rule("type_code_unknown", _K, _CRITICAL, _ROW,
         "证照类型代码不在目录中", "The certificate type code is not in the catalogue",
         "核对代码；确为新类型的，请联系数据局登记目录。", "Check the code; for a new type ask the data bureau to add it to the catalogue."),
    Rule("type_code_other", _K, _CRITICAL, _ROW,
         "证照类型与本数据源申报的不一致", "Not the certificate type this source declares",
         "核对该记录是否应由其他数据源报送。", "Check whether this record belongs to another source."),
    Rule("issuing_authority_code", _A, _CRITICAL, _ROW,
         "颁发机构代码不是有效的统一社会信用代码", "The issuing authority code is not a valid unified social credit code",
         "按机构登记证书更正18位代码。", "Correct the 18-character code from the authority's registration."),
    Rule("issuing_authority_other", _K, _CRITICAL, _ROW,
         "颁发机构不在本数据源申报的机构之列", "The issuing authority is not one this source may speak for",
         "核对颁发机构；确需代报的，请联系数据局补充申报。", "Check the authority; if you report on its behalf, have it added to the declaration."),
    Rule("holder_type_code", _N, _CRITICAL, _ROW,
         "持证主体代码类型代码不在16种之列", "The holder type code is not one of the sixteen",
         "从附录A的16种代码中选用。", "Use one of the sixteen codes of Annex A."),
    Rule("holder_count", _K, _CRITICAL, _ROW,
         "持证主体的姓名、代码、类型个数不一致", "Numbers of holder names, codes and types differ",
         "核对每个持证主体是否都填了姓名、代码和类型。", "Give every holder a name, a code and a type."),
    Rule("holder_code_old", _A, _CRITICAL, _ROW,
         "持证主体代码为15位旧身份证号", "The holder code is a 15-digit old citizen number",
         "更新为18位公民身份号码。", "Replace it with the 18-digit citizen number."),
    Rule("holder_code", _A, _CRITICAL, _ROW,
         "持证主体代码与其类型不符或校验不通过", "The holder code does not fit its type, or its check character is wrong",
         "按证件原件更正代码，或更正代码类型。", "Correct the code from the document, or correct its type."),
    Rule("holder_category", _K, _WARNING, _ROW,
         "持证主体类别与代码类型矛盾", "The holder category contradicts the holder type",
         "核对持证主体是自然人还是法人。", "Check whether the holder is a person or an organisation."),
    Rule("status", _N, _CRITICAL, _ROW,
         "证照状态无法识别", "The certificate status is not known",
         "使用申报的状态代码；新增代码请先告知数据局。", "Use the declared status codes; announce new ones to the data bureau."),
    Rule("area_code", _N, _WARNING, _ROW,
         "行政区划代码不在枣庄市代码表中", "The area code is not one of the city's",
         "按行政区划代码表更正。", "Correct it from the table of area codes."),
    Rule("identifier", _N, _CRITICAL, _ROW,
         "证照标识结构不合规", "The certificate identifier is malformed",
         "更正标识；没有标识时请留空，由平台赋码。", "Correct the identifier, or leave it empty to have one minted."),
    Rule("identifier_check", _A, _CRITICAL, _ROW,
         "证照标识校验位错误", "The check character of the certificate identifier is wrong",
         "核对标识是否抄录有误；没有标识时请留空。", "Check the identifier for typing errors, or leave it empty."),
    Rule("identifier_legacy", _A, _WARNING, _ROW,
         "证照标识的校验位由已知有误的旧算法生成", "The identifier's check character comes from a known faulty routine",
         "请升级制证系统的校验位算法；标识暂予保留。", "Update the routine of the issuing system; the identifier is kept for now."),
    Rule("identifier_parts", _K, _CRITICAL, _ROW,
         "证照标识中的类型或机构代码与记录不一致", "The identifier names another type or authority than the record",
         "核对标识是否属于该证照。", "Check that the identifier belongs to this licence."),
    Rule("date_order", _A, _CRITICAL, _ROW,
         "日期先后矛盾（颁发 ≤ 起始 ≤ 截止）", "Dates out of order (issued <= effective <= expiring)",
         "核对颁发日期、有效期起始和截止日期。", "Check the issued, effective and expiring dates."),
    Rule("issued_in_future", _A, _CRITICAL, _ROW,
         "颁发日期在将来", "Issued in the future",
         "核对颁发日期。", "Check the issued date."),
    Rule("operation_unknown", _N, _CRITICAL, _ROW,
         "操作标识不在申报的取值之列", "The operation is none of the declared ones",
         "核对该值；新增取值请先告知数据局，由其申报为保留（kept）或删除（deleted）。", "Check the value; announce a new one, so that it is declared as kept or as deleted."),
    Rule("key_missing", _K, _WARNING, _ROW,
         "主键有空列，无法据以识别该行，只能按证照号码识别", "A column of the key is null, so the key names no row, and only its number tells this one",
         "补填主键；主键允许为空的，请数据局申报另一个主键。", "Fill in the key; where it may be null, have another key declared."),
    Rule("update_time_missing", _T, _WARNING, _ROW,
         "更新时间为空或无法识别，无法判断先后", "No update time that can be read: nobody knows what came last",
         "补填该行的更新时间。", "Fill in the update time of the row."),
    Rule("update_time_future", _A, _WARNING, _ROW,
         "更新时间晚于读取时刻，不可采信", "The update time lies after the reading, so it is not believed",
         "更正该行的更新时间。", "Correct the update time of the row."),
    Rule("identifier_taken", _K, _CRITICAL, _ROW,
         "同一证照标识用于不同的证照", "One identifier on different licences",
         "核对标识，一证一标识。", "Give every licence an identifier of its own."),
    Rule("duplicate_undecided", _K, _CRITICAL, _ROW,
         "同一证照有多条内容不同的记录，时间相同或无法判断先后", "Rows of one licence differ, and nothing says which came last",
         "只保留正确的一条，或更正更新时间。", "Keep only the right one, or correct the update times."),
    Rule("duplicate", _K, _WARNING, _ROW,
         "同一证照重复报送，已采用最新的一条", "The licence is sent more than once; the newest is taken",
         "删除重复记录。", "Remove the repeated record."),
    Rule("deleted", _C, _CRITICAL, _ROW,
         "数据源已删除该记录", "The source says that the record was deleted",
         "确认证照是否注销；注销的请报送注销状态。", "Confirm whether the licence ended; report a cancellation if it did."),
    Rule("platform_refused", _N, _CRITICAL, _PLATFORM,
         "平台数据库不接收该行，未入库", "The platform's database does not take the row, so it was not delivered",
         "按“现值”一栏中数据库的理由核对该行；内容无误的，请数据局调整平台数据库的约束。", "Check the row against the database's reason, shown as found; where the row is right, the data bureau changes the constraint."),
    Rule("stale", _T, _WARNING, _PLATFORM,
         "记录比平台已有的旧，未采用", "Older than what the platform has; not taken",
         "一般无需处理；如内容应生效，请更新记录的更新时间或序号。", "Usually nothing to do; if it should count, renew its update time or number."),
    Rule("order_backwards", _T, _WARNING, _PLATFORM,
         "该证照现在的内容与平台不同，但更新时间或序号早于平台已采用的内容", "The licence's row says something else now, by an older time or number than what the platform has",
         "确认该行的内容；应生效的，请把更新时间改为现在（只有日期的，改为次日），或重新取一个序号。", "Check the row; if it is right, set its update time to now, or a date alone to tomorrow, or give it a new number of the sequence."),
    Rule("moved", _K, _WARNING, _PLATFORM,
         "该行改了证照编号，原编号的证照已随之终止", "The row names another licence now; the one that it named before has ended",
         "确认是更正编号；主键会重复使用的，请告知数据局申报 reused。", "Confirm that the number was corrected; if keys are used again, have that declared (reused)."),
    Rule("key_undecided", _K, _WARNING, _PLATFORM,
         "同一主键在同一时间指向两个证照编号，无法判断哪个在后，两者都保留", "One key names two licences at one time, and nothing says which came last; both stand",
         "原编号的证照应终止的，请报送注销，或更正更新时间。", "Where one of them ended, report that, or correct the update times."),
    Rule("ending_unmatched", _K, _WARNING, _PLATFORM,
         "数据源称该记录已删除，但平台没有对应的证照，或无法判断先后", "The source says that a record ended which the platform does not know, or whose order nobody knows",
         "核对该记录的编号或主键；从未报送的请补报。", "Check its number or key; send the record if it was never sent."),
    Rule("ended_again", _K, _WARNING, _PLATFORM,
         "数据源不止一次称该记录已删除", "The source says more than once that the record ended",
         "核对删除标识是否重复写入。", "Check whether the deletion was written more than once."),
    Rule("sources_disagree", _K, _WARNING, _PLATFORM,
         "两个部门对同一证照的记录不一致", "Two departments say different things of one licence",
         "与对方部门核对，以签发部门的记录为准更正。", "Settle it with the other department; the issuer's record decides."),
    Rule("identifier_shared", _K, _WARNING, _PLATFORM,
         "同一证照标识在平台上用于不同的证照", "The platform has this identifier on another licence too",
         "与另一证照核对，一证一标识。", "Settle with the other licence whose identifier it is."),
    Rule("vanished", _C, _WARNING, _PLATFORM,
         "上次全量中有、本次全量中没有的证照", "In an earlier snapshot, but no longer in this one",
         "证照失效的请报送注销状态；漏报的请补报。", "Report a cancellation if it ended; send it again if it was left out."),
    Rule("number_shared", _K, _WARNING, _PLATFORM,
         "清查发现多行使用同一证照编号，无法判断以哪行为准", "The sweep met several rows that name this licence; nobody knows which of them counts",
         "只保留一行，或更正其他行的证照编号。", "Keep one of the rows, or correct the number of the others."),
    Rule("rows_not_found", _X, _WARNING, _PLATFORM,
         "清查发现的未读记录，按主键再读时没有找到", "Rows that the sweep found unread, and did not find again by their keys",
         "清查期间被删除的无需处理；每次都出现的，请把主键改为数据库能按原值查找的列。", "Nothing to do where they were deleted meanwhile; where it is said each time, declare a key that the database finds by its value."),
    Rule("sweep_refused", _C, _CRITICAL, _PLATFORM,
         "清查发现缺少过多此前已有的证照，未采用", "The sweep misses too many of the licences that were there; it was not taken",
         "核对数据是否被清空、主键是否整体改动；确属批量注销的，请先告知数据局。", "Check that nothing was emptied and that keys are the same; announce a real mass cancellation first."),
    Rule("source_unreadable", _X, _CRITICAL, _BATCH,
         "数据源内容无法读取", "What the source holds cannot be read",
         "按“应为”一栏恢复数据源后重新报送。", "Put the source right as expected and send it again."),
    Rule("table_missing", _X, _CRITICAL, _BATCH,
         "数据源中没有申报的表", "The source has no such table",
         "核对表名或恢复该表；表名变更请通知数据局。", "Restore the table, or announce its new name."),
    Rule("columns_missing", _N, _CRITICAL, _BATCH,
         "缺少申报的列", "Declared columns are missing",
         "恢复该列；列名变更请通知数据局修改申报。", "Restore the columns, or announce their new names."),
    Rule("columns_unknown", _N, _CRITICAL, _BATCH,
         "出现未申报的列", "Columns that nobody declared",
         "请通知数据局：新列要映射还是忽略。", "Tell the data bureau whether to map or to ignore them."),
    Rule("columns_ambiguous", _N, _CRITICAL, _BATCH,
         "同一要素申报的新旧两个列名同时存在", "A column is there under two of its names",
         "只保留一列，或请数据局修改申报。", "Keep one of the two, or have the declaration changed."),
    Rule("column_renamed", _N, _CRITICAL, _BATCH,
         "列名改了", "A column was renamed",
         "恢复原列名；确需改名的，请数据局按“应为”一栏修改申报。", "Restore the old name; if the new one is meant, have the declaration changed as shown."),
    Rule("column_dropped", _N, _CRITICAL, _BATCH,
         "上次有的列这次没有了", "A column of the last batch is gone",
         "恢复该列；确不再提供的，请通知数据局。", "Restore the column, or announce that it ends."),
    Rule("column_added", _N, _WARNING, _BATCH,
         "多了一列", "A column was added",
         "请通知数据局：新列要映射还是忽略。", "Tell the data bureau whether to map or to ignore it."),
    Rule("column_type", _N, _WARNING, _BATCH,
         "列的类型或长度变了", "The type or length of a column changed",
         "确认改动是有意的，并通知数据局。", "Confirm that the change is meant, and announce it."),
    Rule("nulls_jumped", _C, _WARNING, _BATCH,
         "某列的空值比上次多了很多", "A column is empty far more often than last time",
         "核对该列是否漏填或导出有误。", "Check whether the column was left out or exported wrongly."),
    Rule("code_jumped", _A, _WARNING, _BATCH,
         "某列中一个代码的占比突变", "The share of one code in a column jumped",
         "核对是否误改了代码或批量误操作。", "Check for a changed code list or a mass update by mistake."),
    Rule("rows_unusual", _C, _WARNING, _BATCH,
         "行数超出平常的范围", "The number of rows is outside its usual band",
         "核对是否漏报、重复导出或批量误操作。", "Check whether rows were left out, exported twice or mass updated by mistake."),
    Rule("rising_fell", _A, _CRITICAL, _BATCH,
         "只增的编号变小、重新开始或用于别的记录", "A number that only rises fell, began anew, or is on another row",
         "恢复原表；确属重新编号的，请告知数据局认可新的开始。", "Restore the table; if its numbers begin anew, have the data bureau accept it."),
    Rule("rows_few", _C, _CRITICAL, _BATCH,
         "行数低于申报的下限", "Fewer rows than declared",
         "核对数据是否导出完整。", "Check that the export is whole."),
    Rule("rows_many", _C, _WARNING, _BATCH,
         "行数高于申报的上限", "More rows than declared",
         "核对是否重复导出。", "Check that nothing was exported twice."),
    Rule("filled_low", _C, _CRITICAL, _BATCH,
         "某项填写率低于申报的下限", "An element is filled less often than declared",
         "核对该列是否整体丢失或错位。", "Check whether the column was lost or shifted."),
    Rule("snapshot_shrunk", _C, _CRITICAL, _BATCH,
         "全量数据缺少过多此前已有的证照", "The snapshot lacks too many of the licences that were there",
         "核对数据是否被截断、编号是否整体改动；确属批量注销的，请先告知数据局。", "Check that nothing is cut off and that numbers are the same; announce a real mass cancellation first."),
    Rule("register_turned_over", _C, _CRITICAL, _BATCH,
         "本批将使平台上过多的证照终止", "The batch would end too many of the licences that the platform has",
         "核对编号是否整体改动、数据是否换了范围；确属批量变更的，请先告知数据局。", "Check whether all numbers changed or another register is shown; announce a real mass change first."),
    Rule("key_repeated", _K, _WARNING, _BATCH,
         "申报的主键在一次读取中重复", "The declared key names more than one row",
         "请数据局申报能唯一标识一行的主键。", "Have a key declared that names one row only."),
    Rule("count_differs", _C, _CRITICAL, _BATCH,
         "取得的行数与数据源自己的计数不符", "Rows read differ from the source's own count",
         "请重试；仍不符时检查数据源是否在并发修改。", "Try again; if it stays, look for changes during the read."),
    Rule("witness_differs", _C, _WARNING, _BATCH,
         "我们数得的行数与部门另行统计的不符", "Our count of all rows differs from the department's own",
         "核对读取账号是否看不到部分行，或读的不是同一张表。", "Check whether rows are hidden from the user that reads, or another table is read."),
    Rule("rows_hidden", _X, _CRITICAL, _BATCH,
         "数据库对读取账号隐藏了部分行", "The database may hide rows from the user that reads it",
         "让该账号看到全部行（如授予 BYPASSRLS）。", "Let that user see all rows, as by BYPASSRLS."),
    Rule("platform_refuses_many", _N, _CRITICAL, _BATCH,
         "平台数据库不接收的行太多，整批未入库", "The platform's database does not take too many of the rows",
         "请数据局按“现值”一栏的理由检查平台数据库的约束、触发器和编码，然后重放该批次。", "The data bureau looks at constraints, triggers and encoding of the platform's database for the reason shown, and replays the batch."),
    Rule("rows_unread", _T, _WARNING, _BATCH,
         "清查发现从未被任何增量取到、或内容已变而未被取到的记录，现已补取", "Rows that no day has read, or not as they are; the sweep has read them now",
         "请让每次修改都更新更新时间（或编号），并及时提交。", "Have every change set its update time (or number), and be committed in time."),
    Rule("rows_unseen", _T, _WARNING, _BATCH,
         "有记录的更新时间为空或在将来，任何增量都取不到", "Rows with an empty or future update time, which no day would ever see",
         "补填或更正更新时间。", "Fill in or correct the update time."),
)  # fmt: skip

RULES: dict[str, Rule] = {rule.id: rule for rule in _TABLE}
RANK: dict[str, int] = {rule_id: rank for rank, rule_id in enumerate(RULES)}


def refuses(rule: str, reactions: Mapping[str, str]) -> bool:
    """Whether a rule that a batch breaks as a whole refuses it.

    Args:
        rule: its id.
        reactions: of rules for which the declaration says so, whether they `refuse`, `warn` or are `ignore`d.
    """
    return reactions.get(rule, "refuse" if RULES[rule].critical else "warn") == "refuse"
