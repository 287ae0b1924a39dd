"""The DAG of the deadline, which writes the city's page and names the sources that have not arrived.

Airflow parses only files that contain both words, airflow and dag.
"""

from dags.factory import deadline_dag

licence_exchange_deadline = deadline_dag()
