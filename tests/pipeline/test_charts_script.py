"""The script of the charts is reused from the workspace."""

from pipeline.reporting import load_charts_script
from reports import script
from workspace.workspace import Workspace


def test_the_stored_script_of_an_earlier_process_is_used(tmp_path, monkeypatch):
    monkeypatch.setattr(script, "_cached", [])
    workspace = Workspace(str(tmp_path))
    workspace.write_text(workspace.shared_path(script.NAME), "stored")
    assert load_charts_script(workspace)
    assert script.charts_script() == "stored"


def test_without_a_stored_script_it_is_loaded_and_reported_as_not_stored(tmp_path, monkeypatch):
    monkeypatch.setattr(script, "_cached", ["made"])
    assert not load_charts_script(Workspace(str(tmp_path)))
    assert script.charts_script() == "made"
