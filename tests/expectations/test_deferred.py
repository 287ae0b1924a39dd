import subprocess
import sys

HEAVY = "[name for name in ('scipy.stats._stats_py', 'altair.vegalite') if name in sys.modules]"
JUDGING = f"import sys, expectations.assess; assert 'great_expectations' in sys.modules; print({HEAVY})"
USED = f"""
import sys, expectations.assess, inspect
inspect.getmodule(sys._getframe())
print({HEAVY})
from scipy import stats
import altair
print(stats.norm.cdf(0), altair.Chart({{"values": []}}).mark_bar().to_dict()["mark"]["type"])
import altair.vegalite
from altair import Chart
assert Chart is altair.Chart
"""


def printed(program):
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    return ended.stdout.splitlines()


def test_judging_loads_neither_statistics_nor_charts():
    assert printed(JUDGING) == ["[]"]


def test_whoever_uses_what_is_deferred_has_it():
    assert printed(USED) == ["[]", "0.5 bar"]
