"""What a format adds to a number that its digits do not say."""

import pytest

from extractors.files.workbooks.number_formats import adds, zeros_of

PLAIN = [
    *("", "General", "G/通用格式", "0", "0.00", "#,##0", "0%", "0.00E+00", "##0.0E+0", "# ??/??", "# ?/16", "@", "0_ "),
    *("#,##0.00_);[Red](#,##0.00)", "0.00_ ;[红色]-0.00 ", "[$¥-804]#,##0.00", "[$-804]0", "\\¥#,##0", "#### ####"),
    '_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ',
    *("yyyy-mm-dd", 'yyyy"年"m"月"', "[h]:mm", "[DBNum1]General", "0;-0"),
]
ZEROS = ["0000", "0000;-0000", "0000_ ", "[Red]0000", "0000_);[Red](0000)", "[$-804]0000", "0000;0000;0000;@", "* 0000"]
ADDING = [
    *(
        '"鲁"0000',
        "鲁0000",
        "\\A0",
        "!A0",
        "[$鲁-804]0000",
        "*-0",
        "0000-0000",
        "000\\-0000",
        "0000 0000",
        "(0)",
        '0"号"',
    ),
    *(
        '"鲁"General',
        '"鲁"@',
        '"男";"女"',
        '[=1]"男";[=2]"女";General',
        "[<100]0000;0",
        "0,000",
        "00.0",
        "[DBNum1]0000",
    ),
]


@pytest.mark.parametrize("code", PLAIN)
def test_a_format_of_numbers_adds_nothing(code):
    assert (zeros_of(code), adds(code)) == (0, False)


@pytest.mark.parametrize("code", ZEROS)
def test_a_format_of_zeros_is_shown_whatever_else_it_has(code):
    assert (zeros_of(code), adds(code)) == (4, False)


@pytest.mark.parametrize("code", ADDING)
def test_a_format_adds_what_the_digits_lack(code):
    assert (zeros_of(code), adds(code)) == (0, True)
