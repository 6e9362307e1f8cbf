"""A backend from outside of `backends/`, made known as an installed package makes its own known: by an entry point."""

from pathlib import Path


def install(folder: Path, name: str, module: str) -> Path:
    """Write what an installer would of a package `<name>-backend`; with `folder` on the path, `module` is a backend."""
    info = folder / f"{name}_backend-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-backend\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[activation_bench.backends]\n{name} = {module}\n")
    return folder
