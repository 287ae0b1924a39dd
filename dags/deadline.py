"""The deadline, for Airflow: the city page of the day once more, naming who has not arrived."""

from dags.factory import deadline_dag

licence_exchange_deadline = deadline_dag()
