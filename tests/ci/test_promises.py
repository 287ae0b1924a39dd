"""The promises stand in the same words wherever they are made."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def promises(name, heading):
    """The numbered items right below a heading, with their blanks made one."""
    text = (ROOT / name).read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    items = re.findall(r"^[1-9]\. .*(?:\n {3}.*)*", text, re.MULTILINE)
    return [" ".join(item.split()) for item in items[:4]]


def test_the_four_promises_are_the_same_in_the_readme_and_the_architecture():
    said = promises("README.md", "Four promises")
    assert promises("docs/explanation/architecture.md", "The four promises") == said
    assert [item.split("**")[1] for item in said] == [
        "Nothing is lost.",
        "Order does not matter.",
        "Every value can be explained.",
        "What is not right is said.",
    ]


def test_the_four_promises_are_made_in_chinese_too():
    said = promises("README.zh-CN.md", "四项承诺")
    assert [item.split("**")[1] for item in said] == [
        "不丢数据。",
        "与先后无关。",
        "每个值都说得清来历。",
        "不对的就说出来。",
    ]


def test_both_readmes_show_the_same_commands_and_what_they_print():
    shown = {
        name: re.findall(r"```[a-z]*\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
        for name in ("README.md", "README.zh-CN.md")
    }
    english, chinese = (
        [
            [line.partition(" #")[0].rstrip() for line in block.splitlines() if "to judge" not in line]
            for block in blocks
        ]
        for blocks in shown.values()
    )
    assert len(english) == len(chinese) > 5
    for one, other in zip(english, chinese, strict=True):
        assert set(other) <= set(one) | {""}
