"""The test suites: `core` needs no framework, `conformance` runs once per backend."""
