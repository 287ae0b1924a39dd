"""The city's page of a day: which sources have arrived, and what became of their records."""

import re

from reports.city import MATRIX_DAYS, CityFacts, city_page, city_report
from tests.reports.conftest import without_scripts

CITY = CityFacts("枣庄市电子证照交换")


def draw_city(sources, day, entries, *, deadline_passed=True):
    page = city_page(CITY, sources, day, entries, deadline_passed=deadline_passed)
    return without_scripts(page)


def test_a_source_without_an_entry_or_with_a_failed_batch_is_missing(sources, day, entry, refused):
    housing, human, market, natural, transport = sources
    entries = [
        entry(source=market.name),
        refused(source=housing.name),
        refused(source=natural.name, status="failed", refused=0),
        entry(day.plus(-1), source=human.name),
    ]
    report = city_report(sources, day, entries)
    assert report.missing == [human, natural, transport]
    page = draw_city(sources, day, entries)
    assert "5 个数据源中 1 个已送达，1 个整批退回，3 个未到" in page
    assert "已过截止时间" in page
    assert "未到截止时间" in draw_city(sources, day, entries, deadline_passed=False)


def test_the_last_run_counts(sources, day, entry, refused):
    market = sources[2]
    report = city_report([market], day, [entry(run=2), refused()])
    assert report.missing == []
    assert report.entry(market).status == "delivered"


def test_totals_are_those_of_all_sources_and_balance(sources, day, entry):
    report = city_report(sources, day, [entry(source=source.name) for source in sources])
    assert report.totals["extracted"] == 5 * 1240
    assert all(equation.holds for equation in report.equations)
    assert "5 个数据源的数据全部送达平台" in draw_city(sources, day, [entry(source=source.name) for source in sources])


def test_missed_days_are_in_the_headline_whatever_the_outcome_of_the_day(sources, day, entry, refused):
    market = sources[2]
    missed = {market.name: [str(day.plus(-back)) for back in (9, 5, 4, 3)]}
    for of_day in (entry(), refused()):
        page = city_page(CITY, [market], day, [entry(day.plus(-10)), of_day], deadline_passed=True, missed=missed)
        headline = re.search(r'<p class="headline">(.*?)</p>', page, re.DOTALL)[1]
        assert "但此前有 4 批应到的数据没有取到" in headline
        assert "4 batches of earlier days were missed" in headline
        assert f"{day.plus(-9)}, {day.plus(-5)} – {day.plus(-3)}" in page
        assert 'class="outcome status_' + ("refused" if of_day.refused else "absent") in page
    assert "没有取到" not in draw_city([market], day, [entry()])


def test_the_matrix_shows_the_newest_days_and_gaps(sources, day, entry, refused):
    market = sources[2]
    entries = [entry(day.plus(-back)) for back in range(40) if back != 3] + [refused(day.plus(-5))]
    report = city_report([market], day, entries)
    assert report.days == tuple(str(day.plus(-back)) for back in reversed(range(MATRIX_DAYS)))
    assert report.entry(market, str(day.plus(-3))) is None
    page = draw_city([market], day, entries)
    assert 'href="market_regulation.food_operation/2026-03-01.html"' in page
    assert 'href="city-2026-03-02.html"' in page
    assert 'href="city-2026-02-28.html"' not in page


def test_a_source_that_only_the_ledger_has_is_shown(sources, day, entry):
    report = city_report(sources[:1], day, [entry(source="gone.source")])
    assert [source.name for source in report.sources] == ["gone.source", sources[0].name]
    assert "gone.source" in draw_city(sources[:1], day, [entry(source="gone.source")])


def test_a_city_without_sources_or_batches_has_a_page(sources, day):
    assert "没有申报的数据源" in draw_city([], day, [])
    assert "5 个未到" in draw_city(sources, day, [])


def test_the_page_does_not_depend_on_the_order_of_the_ledger(sources, day, entry):
    entries = [entry(day.plus(-back), source=source.name) for source in sources for back in range(3)]
    assert draw_city(sources, day, entries) == draw_city(list(reversed(sources)), day, list(reversed(entries)))
