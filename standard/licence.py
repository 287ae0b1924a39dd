"""The metadata schema of an electronic licence (GB/T 36903), from which everything else is derived."""

from __future__ import annotations

from standard.field import Field, Kind
from standard.schema import Schema

TEXT, CODE, DATE, TIME = Kind.TEXT, Kind.CODE, Kind.DATE, Kind.TIME
MULTIPLE = 2000  # several holders joined by ^; implementations moved from 256 characters to long text

# Lengths are those of the national exchange table and of implementations; the text of the standard is sold and was not available.
LICENCE = Schema(
    title="电子证照",
    key=("certificate_type_code", "certificate_issuing_authority_code", "certificate_number"),
    fields=(
        Field("certificate_name", "证照名称", "ZZMC", TEXT, 512, required=True),
        Field("certificate_type_name", "证照类型名称", "ZZLXMC", TEXT, 256, required=True),
        Field("certificate_type_code", "证照类型代码", "ZZLXDM", CODE, 21, required=True),
        Field("certificate_number", "证照编号", "ZZBH", TEXT, 128, required=True),
        # Required on the platform, not in the source: an identifier that a department does not supply is minted at delivery.
        Field("certificate_identifier", "证照标识", "ZZBS", CODE, 200),
        Field("certificate_issuing_authority_name", "证照颁发机构", "ZZBFJG", TEXT, 256, required=True),
        Field("certificate_issuing_authority_code", "证照颁发机构代码", "ZZBFJGDM", CODE, 18, required=True),
        Field("certificate_issued_date", "证照颁发日期", "ZZBFRQ", DATE, required=True),
        Field(
            "certificate_holder_name", "持证主体", "CZZT", TEXT, MULTIPLE, required=True, personal=True, multiple=True
        ),
        Field(
            "certificate_holder_code",
            "持证主体代码",
            "CZZTDM",
            CODE,
            MULTIPLE,
            required=True,
            personal=True,
            multiple=True,
        ),
        Field("certificate_holder_type_name", "持证主体代码类型", "CZZTDMLX", TEXT, MULTIPLE, multiple=True),
        Field(
            "certificate_holder_type_code",
            "持证主体代码类型代码",
            "CZZTDMLXDM",
            CODE,
            MULTIPLE,
            required=True,
            multiple=True,
        ),
        Field("certificate_effective_date", "证照有效期起始日期", "ZZYXQQSRQ", DATE),
        Field("certificate_expiring_date", "证照有效期截止日期", "ZZYXQJZRQ", DATE),
        Field("certificate_signer", "证照签章人", "ZZQZR", TEXT, 256, personal=True),
        Field("certificate_signed_time", "证照签章时间", "ZZQZSJ", TIME),
        Field("certificate_signature_name", "证照签章名称", "ZZQZMC", TEXT, 256),
        Field("certificate_copy_creation_time", "加注件制作时间", "JZJZZSJ", TIME),
        Field("certificate_copy_creator", "加注件制作者", "JZJZZZ", TEXT, 256, personal=True),
        Field("certificate_copy_cause", "加注件制作事由", "JZJZZSY", TEXT, 512),
        Field("certificate_copy_expiring_time", "加注件有效期截止时间", "JZJYXQJZSJ", TIME),
        # Not base elements: these come from the catalogue, the exchange layer and the ministries' type standards.
        Field("certificate_status", "证照状态", "", CODE, 16, required=True),
        Field("certificate_area_code", "行政区划代码", "", CODE, 12),
        Field("certificate_holder_category", "持证主体类别", "", CODE, 1),
        Field("associated_certificate_identifier", "关联证照标识", "", CODE, 200),
    ),
)

# Elements that the exchange fills in where a declaration does not map them, and where their values come from.
DERIVED = {
    "certificate_name": "the catalogue's name of the type",
    "certificate_type_name": "the catalogue",
    "certificate_type_code": "the declaration",
    "certificate_issuing_authority_name": "the department",
    "certificate_issuing_authority_code": "the department",
    "certificate_holder_type_name": "the code list",
    "certificate_status": "VALID",
}

# Elements whose values come from a code list, by its name.
CODED = {
    "certificate_status": "status",
    "certificate_holder_type_code": "holder_type",
    "certificate_holder_category": "holder_category",
}

# Columns beside the elements, from `standardise` to the platform. All are text; instants are in the form of `standard.day`.
# `face` is a JSON object of the licence type's own KZ_ fields; `record` a digest of the key, empty if the key is
# incomplete; `digest` covers the whole content, `face_digest` the content without status and identifier.
EXCHANGE = ("face", "source_updated_at", "observed_at", "locator", "record", "digest", "face_digest")

# Boolean columns beside them: whether the source gives a credible order among several rows of a record; whether that order is
# a whole day, so that the row may be from any time of it; and whether the row only says that its record ended.
FLAGS = ("ordered", "of_day", "ends")

# The separator between several holders, and between their codes, in one element.
HOLDERS_JOINED_BY = "^"

# Placeholder texts, entered in forms whose fields must not be left empty.
PLACEHOLDER = r"^(空|无|暂无|未知|不详|测试|test|TEST|待补|待定|null|NULL|None|N/A|NA|nan|NaN|NaT|<NA>|\\N|[-—/*.]+)$"

# The text of a spreadsheet error that was copied as text, or of a value that its column was too narrow to show.
CELL_ERROR = r"(?i)^(#(N/A|(NULL|DIV/0|VALUE|REF|NUM|SPILL|CALC|FIELD|BLOCKED|CONNECT|BUSY|UNKNOWN|EXTERNAL|PYTHON)!|NAME\?|GETTING_DATA|ERROR)|#{2,}|Err:\d{3})$"
