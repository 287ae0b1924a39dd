"""Importing the pipeline sets a single allocator."""

import os
import subprocess
import sys

import pytest

PROGRAM = "import pipeline, pyarrow; print(pyarrow.default_memory_pool().backend_name)"


@pytest.mark.parametrize(
    ("environment", "expected"), [({}, "system"), ({"ARROW_DEFAULT_MEMORY_POOL": "jemalloc"}, "jemalloc")]
)
def test_arrow_uses_the_allocator_of_the_c_library_unless_the_environment_names_another(environment, expected):
    environ = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"} | environment
    result = subprocess.run([sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == expected
