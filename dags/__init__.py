"""The nightly exchange as Airflow sees it; the only package that knows Airflow."""
