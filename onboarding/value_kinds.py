"""Classifies values by themselves: an identifier by its check characters, a name by its characters, a telephone."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from standard.identifiers import check_identifier, is_citizen_number, is_old_citizen_number, is_type_code, is_uscc

_INVISIBLE = r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{feff}]"
_BLANK = " \t\r\n\x0b\x0c\x85\xa0\u3000\u2000\u2002\u2003\u2009\u202f"
# Separators of several holders; in normalised texts, so ； is ;
SEPARATORS = ("、", "^", ";", ",", "/")
_SEVERAL = r"[、^;,/].*$"

FOOTER = r"^([小合总共累]计|[制填]表|填报人|审核人)"
TEST_RECORD = r"^(系统测试|测试数据|测试记录|测试用)"
_ORGANISATION = (
    r"(公司|企业|集团|厂|店|店铺|商行|超市|酒店|饭店|餐馆|餐厅|宾馆|旅馆|药房|诊所|医院|卫生院|卫生室|门诊部|学校|幼儿园|大学|学院|中学|小学|合作社|"
    r"经营部|经销处|事务所|研究所|工作室|服务部|个体户|协会|基金会|委员会|村委会|居委会|分公司|电站|水厂|农场|养殖场|站|中心|局|部|处|院|馆|社|行|坊|屋|吧|场)(\(.*\))?$"
)
_AUTHORITY = (
    r"(局|委员会|委|厅|政府|办公室|管理处|服务中心|中心|支队|大队|管理所|监督所|管委会|分局|部|处|站)(\(.*\))?$"
)
_PATTERNS = {
    "digits": r"^\d+$",
    "number": r"^-?\d+(\.\d+)?$",
    "has_digit": r"\d",
    "code_like": r"^[0-9A-Za-z._/()-]*[0-9][0-9A-Za-z._/()-]*$",
    "person": r"^\p{Han}{2,4}$|^\p{Han}{1,12}·\p{Han}{1,12}$",
    "organisation": _ORGANISATION,
    "authority": _AUTHORITY,
    "chinese": r"\p{Han}{2}",
    "phone": r"^1[3-9]\d{9}$|^0\d{2,3}-?\d{7,8}(-\d{1,5})?$",
    "area_shaped": r"^\d{6}(\d{3})?(0{3}|0{6})?$",
}
_UUID = r"^[0-9A-Fa-f]{8}-?([0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}$"


def trimmed(values: pa.Array) -> pa.Array:
    """Strip blanks around texts; null becomes an empty text."""
    return pc.fill_null(pc.utf8_trim(values, _BLANK), "")


def plain(values: pa.Array) -> pa.Array:
    """Normalise compatibility characters (NFKC), and remove invisible ones."""
    return pc.utf8_trim(pc.replace_substring_regex(pc.utf8_normalize(values, "NFKC"), _INVISIBLE, ""), _BLANK)


def kinds_of(values: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    """Find the values of each kind; of several holders in one value the first is examined.

    Args:
        values: distinct texts without nulls, as `plain` returns them.

    Yields:
        The kind and a mask over the values: `credit_code`, `citizen`, `type_code`, `identifier`, `uuid`, and the keys of
        the patterns here.
    """
    capitals = pc.utf8_upper(pc.replace_substring_regex(values, r"\s+", ""))
    first = pc.replace_substring_regex(capitals, _SEVERAL, "")
    yield "credit_code", is_uscc(first)
    yield "citizen", pc.or_(is_citizen_number(first), is_old_citizen_number(first))
    yield "type_code", is_type_code(capitals)
    yield "identifier", pc.not_equal(check_identifier(capitals), "malformed")
    yield "uuid", pc.match_substring_regex(values, _UUID)
    one = pc.replace_substring_regex(values, _SEVERAL, "")
    for kind, pattern in _PATTERNS.items():
        looked_at = values if kind in {"chinese", "has_digit"} else one
        yield kind, pc.match_substring_regex(looked_at, pattern)
    for sign in SEPARATORS:
        yield f"several {sign}", pc.match_substring(values, sign)
