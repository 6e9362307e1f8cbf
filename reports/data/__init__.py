"""Records of runs as tables: reading, the tidy table, and its views."""
