"""Finds the pinyin initials of Chinese titles, after which departments name the columns of their databases: 发证日期 is `FZRQ`."""

from __future__ import annotations

from bisect import bisect_right

# GB 2312 sorts its 3,755 common characters by their reading, so the first character of each initial identifies all of them. A
# character with several readings is sorted under one: 长 is `C`, 行 is `X`, as in titles of licences.
_FIRST = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
_INITIALS = "ABCDEFGHJKLMNOPQRSTWXYZ"
_STARTS = [sign.encode("gb2312") for sign in _FIRST]
_END = b"\xd7\xfa"  # after the last common character; further ones are sorted by radicals


def initials(title: str) -> str:
    """The initials of a title in capitals; Latin letters and digits stay, and characters without a known initial are dropped."""
    return "".join(map(_initial, title))


def _initial(sign: str) -> str:
    if sign.isascii():
        return sign.upper() if sign.isalnum() else ""
    try:
        code = sign.encode("gb2312")
    except UnicodeEncodeError:
        return ""
    place = bisect_right(_STARTS, code) - 1
    return _INITIALS[place] if place >= 0 and code < _END else ""
