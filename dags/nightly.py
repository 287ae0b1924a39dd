"""One DAG for every declared source.

Airflow parses only files that contain both words, airflow and dag.
"""

from dags.factory import source_dags

globals().update(source_dags())
