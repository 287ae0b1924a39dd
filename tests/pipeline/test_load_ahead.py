"""What a thread imports while the source is read is not looked at by others while it is half made."""

import subprocess
import sys

ASK = "import sys, pipeline.runner; print('sqlalchemy.orm' in sys.modules, 'great_expectations' in sys.modules)"


def test_sqlalchemy_is_whole_before_a_thread_imports_great_expectations():
    # Its core asks its mapper of any value, and met it without the names that it asks for: a run in many ended with a traceback.
    asked = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert asked.stdout.split() == ["True", "False"]
