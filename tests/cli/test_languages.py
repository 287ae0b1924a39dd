"""Commands print Chinese or English, and every error has a code under which it is explained."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from cli.documents import pages
from standard.error_codes import ERROR_CODES

ROOT = Path(__file__).parents[2]
CHINESE = re.compile("[\u4e00-\u9fff]")
DAY = "2026-03-01"
# Not translated: names of commands, options and formats, and the type names that Typer shows.
NAMES = re.compile(
    r"`[^`]*`|--?[a-z][a-z-]*|\blicex( [a-z-]+)?\b|LICEX_\S*|<[a-z]+>|\[(OPTIONS|ARGS|SOURCE)\]|\b[A-Z]+\b|"
    r"\b[a-z_]+[._][a-z_.]+\b|\b(shell|trace|preview)\b"
)
COMMANDS = sorted(path for path in (ROOT / "cli").glob("*.py"))


@pytest.fixture(scope="module")
def catalogue():
    spec = importlib.util.spec_from_file_location("messages_of_ci", ROOT / ".ci/messages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setenv("LICEX_LANG", "zh")
    monkeypatch.setenv("COLUMNS", "200")
    # so that what a command sets for gettext is undone after the test
    monkeypatch.setenv("LANGUAGE", "")


def test_the_catalogue_has_exactly_one_translation_of_every_message(catalogue):
    assert catalogue.check() == []


def test_a_message_without_a_translation_is_found(catalogue, monkeypatch):
    found, problems = catalogue.collect_messages()
    monkeypatch.setattr(
        catalogue, "collect_messages", lambda: ({**found, "{source}: a new sentence": {"cli/x.py"}}, problems)
    )
    assert any("a new sentence" in problem for problem in catalogue.check())


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('raise UsageError("LX-101", f"{day}: expected a day")', "expected a literal template"),
        ('raise UsageError("LX-101", sentence)', "expected a literal template"),
        ('raise UsageError("LX-101", "a {day}", day=day)', ""),
    ],
)
def test_a_template_that_is_not_a_literal_is_found(catalogue, line, problem):
    texts = list(catalogue._texts(ast.parse(line), cli=False))
    assert (problem == "") == (None not in [text for _, text in texts])


def _codes_raised():
    """Yields every error code in the source code, and its file."""
    for path in ROOT.glob("*/**/*.py"):
        if path.parts[len(ROOT.parts)] in {"tests", ".venv", "build"} or path.name == "error_codes.py":
            continue
        for code in re.findall(r"\"(LX-\d{3})\"", path.read_text(encoding="utf-8")):
            yield code, path


def test_every_code_has_its_page_and_every_page_its_error():
    raised = {code for code, _ in _codes_raised()}
    assert raised == set(ERROR_CODES)
    page = pages()["reference/errors.md"]
    for code in ERROR_CODES.values():
        assert f"## {code.code} " in page
        for chinese, english in (code.title, code.meaning, code.owner, code.remedy):
            assert CHINESE.search(chinese)
            assert not CHINESE.search(english)


def _english_words(text):
    """The English words of an output, without names."""
    return re.findall(r"[A-Za-z]{3,}", NAMES.sub(" ", text))


@pytest.mark.parametrize("command", ["", "run", "check", "ledger", "trace", "purge", "suggest", "preview", "sweep"])
def test_help_is_in_chinese(chinese, licex, command):
    code, out, _ = licex(*filter(None, [command]), "--help")
    assert code == 0
    lines = [line for line in out.splitlines() if not re.match(r"│ +[a-z-]+ +[^\x00-\x7f]", line)]
    assert _english_words("\n".join(lines)) == [], out
    assert "用法：" in out
    assert "显示本帮助并退出" in out


@pytest.mark.parametrize(
    ("words", "expected", "code"),
    [
        (("run", "transport.road", "--day", "2026-13-01"), "应为 2026-03-01 这样的日期", "LX-101"),
        (("run", "transport.raod", "--day", DAY), "是否应为 transport.road？", "LX-205"),
        (("ledger", "--form", DAY), "没有选项 --form", "LX-100"),
        (("run", "transport.road"), "缺少选项 '--day'", "LX-100"),
        (("rnu",), "没有命令 'rnu'", "LX-100"),
        (("trace", "370402999999"), "平台上应有该标识或编号的证照", "LX-108"),
        (("open", "--rule", "x"), "x：应为规则", "LX-102"),
    ],
)
def test_an_error_is_in_chinese_with_its_code(chinese, licex, city, words, expected, code):
    exit_code, out, err = licex(*words)
    assert exit_code != 0
    assert expected in err.replace("\n", "")
    assert f"[{code}]" in err
    assert out == ""


def test_an_error_has_the_same_code_in_english(licex, city):
    assert "[LX-101]" in licex("run", "transport.road", "--day", "x")[2]


def test_every_problem_of_a_declaration_is_in_chinese(chinese, licex, city):
    path = city / "sources/transport/road.yaml"
    text = path.read_text(encoding="utf-8").replace("title:", "titel:")
    path.write_text(f"{text}\nschedule: 5\n", encoding="utf-8")
    code, _, err = licex("check")
    assert code == 2
    assert all(CHINESE.search(line) for line in err.splitlines() if line.strip())
    assert "LX-202" in err


def test_headings_and_outcomes_of_batches_are_in_chinese(chinese, licex, city):
    code, out, err = licex("run", "transport.road", "--day", DAY)
    assert (code, err.strip()) == (0, "")
    assert "数据源" in out
    for words in (("ledger", "--runs"), ("sources",), ("open",), ("trace", "370402000001"), ("audit",), ("purge",)):
        out = licex(*words)[1]
        heads = [line for line in out.splitlines() if line.strip()][:2]
        assert any(map(CHINESE.search, heads)), (words, out)


def test_the_ledger_is_in_english_whatever_the_language_of_commands(chinese, licex, city, platform, monkeypatch):
    (city / "transport.db").rename(city / "gone.db")
    exit_code, _, err = licex("run", "transport.road", "--day", DAY)
    assert exit_code == 3
    assert CHINESE.search(err)
    (reason,) = platform("SELECT reason FROM exchange_batch")[0]
    assert not CHINESE.search(reason.replace("枣庄", ""))
    shown = licex("ledger")[1]
    assert "应" in shown, shown
    monkeypatch.setenv("LICEX_LANG", "en")
    assert reason.split("; ")[0][:60] in licex("ledger")[1].replace("\n", "")
