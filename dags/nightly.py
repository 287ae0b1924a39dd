"""The loop that gives Airflow one DAG for every declared source."""

from dags.factory import source_dags

globals().update(source_dags())
