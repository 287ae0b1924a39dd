"""The exchange as Airflow DAGs; the only package that imports Airflow."""
