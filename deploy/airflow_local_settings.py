"""Loads what every task needs before tasks are forked, so that a task starts in no time; put its folder on PYTHONPATH.

Airflow imports a module of this name in each of its processes. Only the ones that fork tasks (the scheduler with the
LocalExecutor, a Celery worker) gain from it; the others must stay light.
"""

import sys

if {"scheduler", "worker"} & set(sys.argv):
    import transforms.conform  # noqa: F401 - imported for their presence in the forked tasks
