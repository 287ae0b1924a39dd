"""The DAG that purges expired data on its configured schedule.

Airflow parses only files that contain both words, airflow and dag.
"""

from dags.factory import retention_dag

licence_exchange_retention = retention_dag()
