"""Registration of a backend outside `backends/` by an entry point, as an installed package does it."""

from pathlib import Path


def install(folder: Path, name: str, module: str) -> Path:
    """Write the metadata of a package `<name>-backend`, which makes `module` a backend once `folder` is on the path."""
    info = folder / f"{name}_backend-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-backend\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[activation_bench.backends]\n{name} = {module}\n")
    return folder
