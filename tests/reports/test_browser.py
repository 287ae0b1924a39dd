"""The pages in a real browser, opened from disk as their readers open them."""

from contextlib import contextmanager

import pytest

from reports.city import CityFacts, city_page
from reports.page import department_page
from reports.quality import quality_report

WIDTHS = (1280, 390)


@pytest.fixture
def pages(tmp_path, source, sources, day, entry, refused, findings, hostile):
    """One page of each kind on disk."""
    days = [entry(day.plus(-back), failing={"accuracy": back}) for back in range(20) if back != 4]
    long = "1.2.156.3005.2.11100000MB0143028R001.11370400MB0000000N.JY13704020000001.001.M" * 2
    rows = [
        *({"locator": text, "value": text, "certificate_number": text, "expected": text} for text in hostile),
        *({"rule": "identifier_legacy", "locator": f"ID={row}", "value": long} for row in range(30)),
        {"rule": "length", "element": "a_column_of_the_department_with_a_very_long_name_indeed", "day": "2026-02-01"},
    ]
    shrunk = {"rule": "snapshot_shrunk", "locator": "", "value": "600", "expected": ">= 2400 (3000)"}
    none = dict.fromkeys(("extracted", "held", "duplicates", "updated", "unchanged", "stale", "left_out"), 0)

    def department(entries, *found):
        return department_page(quality_report(source, day, entries, findings(*found)))

    all_entries = [entry(day.plus(-back), source=each.name) for each in sources[1:] for back in range(16)]
    all_entries.append(refused(source=sources[0].name, reason=hostile[0] * 5))
    texts = {
        "many": department(days, *rows),
        "refused": department([refused(), *days[1:]], shrunk),
        "empty": department([entry(failing={}, **none)]),
        "absent": department([]),
        "city": city_page(CityFacts("枣庄市电子证照交换"), sources, day, all_entries, deadline_passed=True),
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.html").write_bytes(text.encode())
    return {name: (tmp_path / f"{name}.html").as_uri() for name in texts}


@contextmanager
def open_page(browser, address, width=1280):
    """Open a page; requires that it logs no message and requests nothing but itself."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    messages, requests = [], []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    page.wait_for_selector("html[data-drawn=zh]")
    yield page
    page.close()
    assert messages == []
    assert requests == [address]


def switch(page, language, side):
    page.click(f"button[data-language={language}]")
    page.wait_for_selector(f"html[data-drawn={side}]")


@pytest.mark.parametrize("name", ["many", "refused", "empty", "absent", "city"])
def test_a_page_opens_from_disk_without_messages_and_fits_the_screen(name, browser, pages):
    for width in WIDTHS:
        with open_page(browser, pages[name], width) as page:
            for language, side in (("zh-CN", "zh"), ("en", "en")):
                switch(page, language, side)
                assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_charts_are_drawn_in_the_language_of_the_page(browser, pages):
    with open_page(browser, pages["many"]) as page:
        assert page.locator("[data-chart] svg").count() == 7
        assert "待整改" in page.locator("[data-chart=course-chart] svg").text_content()
        assert page.locator("[data-chart=course-chart] svg path[aria-roledescription=bar]").count() >= 19
        switch(page, "en", "en")
        assert page.locator("[data-chart] svg").count() == 7
        assert "Held" in page.locator("[data-chart=course-chart] svg").text_content()


def test_a_bar_shows_its_numbers_in_a_tooltip(browser, pages):
    with open_page(browser, pages["many"]) as page:
        page.locator("[data-chart=course-chart] svg path[aria-roledescription=bar]").first.hover()
        page.wait_for_selector("#vg-tooltip-element.visible")
        assert "记录数" in page.locator("#vg-tooltip-element").inner_text()


def test_the_switch_changes_language_title_and_texts_and_is_not_remembered(browser, pages):
    with open_page(browser, pages["many"]) as page:
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        assert page.get_by_role("button", name="中文").get_attribute("aria-pressed") == "true"
        assert "需要整改" in page.inner_text("main")
        assert "To correct" not in page.inner_text("main")
        page.get_by_role("button", name="English").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("html[data-drawn=en]")
        assert page.evaluate("document.documentElement.lang") == "en"
        assert page.get_by_role("button", name="English").get_attribute("aria-pressed") == "true"
        assert "To correct" in page.inner_text("main")
        assert "需要整改" not in page.inner_text("main")
        assert "Licence data quality of the day" in page.title()
        assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_without_scripts_the_page_is_in_chinese(browser, pages):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["many"])
    assert page.locator("h2#to_correct").is_visible()
    assert not page.locator(".languages").is_visible()
    context.close()


def test_hostile_values_are_shown_as_text_and_not_executed(browser, pages, hostile):
    for name in ("many", "city"):
        with open_page(browser, pages[name]) as page:
            assert page.evaluate("window.broken") is None
            assert hostile[0] in page.inner_text("main")
            assert page.locator("main img").count() == 0


def test_the_policy_blocks_a_script_that_is_added_later(browser, pages):
    page = browser.new_page()
    page.goto(pages["many"])
    page.wait_for_selector("html[data-drawn]")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.broken = 1'}))")
    assert page.evaluate("window.broken") is None
    page.close()


def test_the_print_is_of_a4_pages(browser, pages):
    for name, min_pages in (("many", 2), ("refused", 1), ("city", 1)):
        with open_page(browser, pages[name]) as page:
            pdf = page.pdf(prefer_css_page_size=True)
            assert pdf.count(b"/Type /Page\n") >= min_pages
            assert b"/MediaBox [0 0 594.95" in pdf or b"/MediaBox [0 0 595" in pdf


def test_nothing_is_cut_off_in_print(browser, pages):
    for name in ("many", "city"):
        with open_page(browser, pages[name], 688) as page:  # the width of A4 between its margins
            page.emulate_media(media="print")
            assert page.evaluate("document.documentElement.scrollWidth") <= 688
            assert page.locator(".languages").is_hidden()
