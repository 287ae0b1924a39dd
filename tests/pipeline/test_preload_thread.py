"""Modules that a thread preloads while the source is read are not used by others while half imported."""

import subprocess
import sys

PROGRAM = "import sys, pipeline.runner; print('sqlalchemy.orm' in sys.modules, 'great_expectations' in sys.modules)"


def test_sqlalchemy_is_imported_completely_before_a_thread_imports_great_expectations():
    # SQLAlchemy's core used its half-imported ORM, and some runs ended with a traceback.
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["True", "False"]
