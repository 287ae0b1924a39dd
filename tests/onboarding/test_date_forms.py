import pyarrow as pa
import pytest

from onboarding.date_forms import FORMS, UNSURE, WITH_TIME, day_numbers, forms_of
from transforms.dates import parse_dates

WRITTEN = ["2024-03-05", "2024-3-5", "2024年3月5日", "2024/03/05", "2024.3.5", "20240305", "2024/3/5 8:05:09", "20240305080509",
           "2024-03-05 08:05:09", "2024-03-05T08:05:09.25", "2024年3月5日 8:05:09", "2024/3/5 8:05", "2024-03-05 08:05"]  # fmt: skip


def forms(*values):
    return {form: pa.array(values).filter(mask).to_pylist() for form, mask in forms_of(pa.array(values))}


@pytest.mark.parametrize("value", WRITTEN)
def test_a_day_is_of_one_form_and_the_reader_reads_it_by_that(value):
    (form,) = [form for form, found in forms(value).items() if found]
    declared = [] if form == WITH_TIME else [form]
    assert parse_dates(pa.array([value]), declared)[0].as_py().isoformat() == "2024-03-05"


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("05/03/2024", "day first or month first"),
        ("24-03-05", "years of two digits"),
        ("2024-03", "months"),
        ("2024.3", "months"),
        ("2023-01-01至2026-01-01", "two days in a value"),
        ("自2023年1月1日起至2026年1月1日", "two days in a value"),
    ],
)
def test_what_may_be_several_days_is_of_no_form_that_is_declared(value, form):
    assert [each for each, found in forms(value).items() if found] == [form]
    assert form in UNSURE


@pytest.mark.parametrize(
    "value", ["45356", "2024-13-01", "20241301", "2024-00-10", "长期", "9999-12-31", "370402188001010012", ""]
)
def test_what_is_no_day_is_of_no_form(value):
    assert not any(forms(value).values())


def test_days_are_put_in_order_whatever_their_form():
    days = day_numbers(pa.array(["2024-12-31", "2025年1月1日", "20250102", "2025/1/3 08:00:00"])).to_pylist()
    assert days == sorted(days)


def test_the_forms_are_in_the_order_in_which_a_declaration_lists_them():
    assert list(FORMS)[:5] == ["%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"]
