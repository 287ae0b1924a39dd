"""Knows the initials of Chinese titles, by which departments name the columns of their databases: 发证日期 is `FZRQ`."""

from __future__ import annotations

from bisect import bisect_right

# GB 2312 orders its 3,755 common characters by their reading, so the first character of each initial tells all of them. A
# character of several readings stands under one: 长 is `C`, 行 is `X`, as titles of licences mean them.
_FIRST = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
_INITIALS = "ABCDEFGHJKLMNOPQRSTWXYZ"
_STARTS = [sign.encode("gb2312") for sign in _FIRST]
_END = b"\xd7\xfa"  # behind the last common character; what follows is ordered by radicals


def initials(title: str) -> str:
    """The initials of a title in capitals; Latin letters and digits stay, and what has no known initial is left out."""
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
