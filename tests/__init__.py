"""What must hold: `core` needs no framework, `conformance` runs once per backend."""
