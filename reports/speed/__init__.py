"""The charts, tables and sentences about the speed of a run."""
