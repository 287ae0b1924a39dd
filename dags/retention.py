"""The purge of what is old, for Airflow, at the hour that the settings declare."""

from dags.factory import retention_dag

licence_exchange_retention = retention_dag()
