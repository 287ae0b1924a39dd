"""Whatever imports the steps of a batch has its memory from one allocator."""

import os
import subprocess
import sys

import pytest

ASK = "import pipeline, pyarrow; print(pyarrow.default_memory_pool().backend_name)"


@pytest.mark.parametrize(
    ("environment", "expected"), [({}, "system"), ({"ARROW_DEFAULT_MEMORY_POOL": "jemalloc"}, "jemalloc")]
)
def test_arrow_uses_the_allocator_of_the_c_library_unless_the_environment_names_another(environment, expected):
    environ = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"} | environment
    asked = subprocess.run([sys.executable, "-c", ASK], env=environ, capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == expected
