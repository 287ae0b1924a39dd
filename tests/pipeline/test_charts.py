from pipeline.reporting import have_charts
from reports import script
from workspace.workspace import Workspace


def test_the_script_of_the_charts_is_taken_from_where_an_earlier_process_kept_it(tmp_path, monkeypatch):
    monkeypatch.setattr(script, "_made", [])
    workspace = Workspace(str(tmp_path))
    workspace.write_text(workspace.shared_path(script.NAME), "kept")
    assert have_charts(workspace)
    assert script.charts_script() == "kept"


def test_a_script_that_nobody_kept_is_there_and_not_said_to_be_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(script, "_made", ["made"])
    assert not have_charts(Workspace(str(tmp_path)))
    assert script.charts_script() == "made"
