"""How a new source begins: its columns are profiled, and a declaration is proposed from titles and values."""
