"""The departments: one folder each, one YAML declaration per source."""
