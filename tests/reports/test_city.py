"""The city's day: who arrived, what became of all records."""

import re

from reports.city import MATRIX_DAYS, CityFacts, city_page, city_report

CITY = CityFacts("枣庄市电子证照交换")


def draw(sources, day, entries, *, deadline_passed=True):
    page = city_page(CITY, sources, day, entries, deadline_passed=deadline_passed)
    return re.sub(r"<(style|script)\b.*?</\1>", "", page, flags=re.DOTALL)


def test_who_is_missing_has_no_entry_or_could_not_be_reached(sources, day, entry, refused):
    housing, human, market, natural, transport = sources
    entries = [
        entry(source=market.name),
        refused(source=housing.name),
        refused(source=natural.name, status="failed", refused=0),
        entry(day.plus(-1), source=human.name),
    ]
    report = city_report(sources, day, entries)
    assert report.missing == [human, natural, transport]
    page = draw(sources, day, entries)
    assert "5 个数据源中 1 个已送达，1 个整批退回，3 个未到" in page
    assert "已过截止时间" in page
    assert "未到截止时间" in draw(sources, day, entries, deadline_passed=False)


def test_a_later_run_that_arrived_is_what_counts(sources, day, entry, refused):
    market = sources[2]
    report = city_report([market], day, [entry(run=2), refused()])
    assert report.missing == []
    assert report.entry(market).status == "delivered"


def test_totals_are_those_of_all_sources_and_balance(sources, day, entry):
    report = city_report(sources, day, [entry(source=source.name) for source in sources])
    assert report.totals["extracted"] == 5 * 1240
    assert all(equation.holds for equation in report.equations)
    assert "5 个数据源的数据全部送达平台" in draw(sources, day, [entry(source=source.name) for source in sources])


def test_days_that_were_missed_stand_in_the_headline_whatever_became_of_the_day(sources, day, entry, refused):
    market = sources[2]
    missed = {market.name: [str(day.plus(-back)) for back in (9, 5, 4, 3)]}
    for of_day in (entry(), refused()):
        page = city_page(CITY, [market], day, [entry(day.plus(-10)), of_day], deadline_passed=True, missed=missed)
        headline = re.search(r'<p class="headline">(.*?)</p>', page, re.DOTALL)[1]
        assert "但此前有 4 批应到的数据没有取到" in headline
        assert "4 batches of earlier days were missed" in headline
        assert f"{day.plus(-9)}, {day.plus(-5)} – {day.plus(-3)}" in page
        assert 'class="outcome status_' + ("refused" if of_day.refused else "absent") in page
    assert "没有取到" not in draw([market], day, [entry()])


def test_the_matrix_shows_the_newest_days_and_gaps(sources, day, entry, refused):
    market = sources[2]
    entries = [entry(day.plus(-back)) for back in range(40) if back != 3] + [refused(day.plus(-5))]
    report = city_report([market], day, entries)
    assert report.days == tuple(str(day.plus(-back)) for back in reversed(range(MATRIX_DAYS)))
    assert report.entry(market, str(day.plus(-3))) is None
    page = draw([market], day, entries)
    assert 'href="market_regulation.food_operation/2026-03-01.html"' in page
    assert 'href="city-2026-03-02.html"' in page
    assert 'href="city-2026-02-28.html"' not in page


def test_a_source_only_the_ledger_knows_is_not_forgotten(sources, day, entry):
    report = city_report(sources[:1], day, [entry(source="gone.source")])
    assert [source.name for source in report.sources] == ["gone.source", sources[0].name]
    assert "gone.source" in draw(sources[:1], day, [entry(source="gone.source")])


def test_a_city_without_sources_or_batches_still_has_a_page(sources, day):
    assert "没有申报的数据源" in draw([], day, [])
    assert "5 个未到" in draw(sources, day, [])


def test_the_same_ledger_in_any_order_gives_the_same_page(sources, day, entry):
    entries = [entry(day.plus(-back), source=source.name) for source in sources for back in range(3)]
    assert draw(sources, day, entries) == draw(list(reversed(sources)), day, list(reversed(entries)))
