"""The departments: one folder each, one YAML declaration a source."""
