"""The parts of a page: charts, chapters, templates and files."""
