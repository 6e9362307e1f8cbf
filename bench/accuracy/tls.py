"""Access to the cluster of a sweep: whoever connects to it can run any function as its user.

The sweep's own cluster listens on 127.0.0.1, where every user of the machine can reach it, and therefore accepts only
the key that was made for it. A cluster of the user's is reached with the files that Dask's own commands take as
`--tls-ca-file`, `--tls-cert` and `--tls-key`.
"""

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from bench.core.faults import BadInput
from bench.core.installation import install_command

PROTOCOL = "tls://"
VARIABLE = "DASK_DISTRIBUTED__COMM__"
"""The prefix of the environment variables from which Dask reads its settings."""


@dataclass(frozen=True)
class TlsFiles:
    """The paths of a certificate authority, of the client's certificate, and of its key; all of them or none."""

    ca_file: str = ""
    cert: str = ""
    key: str = ""

    def checked(self, scheduler: str | None) -> "TlsFiles":
        """Return these files; raise LookupError if the options do not fit each other or the address."""
        paths = list(filter(None, astuple(self)))
        if paths and not scheduler:
            raise LookupError(
                "--tls-ca-file, --tls-cert and --tls-key need --scheduler: our own cluster makes its keys"
            )
        if paths and not all(astuple(self)):
            raise LookupError("--tls-ca-file, --tls-cert and --tls-key go together")
        if paths and not str(scheduler).startswith(PROTOCOL):
            raise LookupError(f"the scheduler's address {scheduler!r} is without TLS (it should begin with {PROTOCOL})")
        for path in paths:
            if not Path(path).is_file():
                raise LookupError(f"no file at {path!r}")
        return self

    def security(self, scheduler: str) -> Any:
        """Return credentials for Dask's client, from Dask's settings if no files were given; BadInput without any."""
        from distributed import Security

        if not self.key:
            security = Security()
            if scheduler.startswith(PROTOCOL) and not security.get_connection_args("client").get("ssl_context"):
                raise BadInput(f"{scheduler} needs --tls-ca-file, --tls-cert and --tls-key")
            return security
        paths = {"tls_ca_file": self.ca_file, "tls_client_cert": self.cert, "tls_client_key": self.key}
        return Security(require_encryption=True, **paths)


def warning(scheduler: str) -> str:
    """Return a warning about an address that is not protected, or an empty string."""
    if scheduler.startswith(PROTOCOL):
        return ""
    return (
        f"warning: whoever reaches {scheduler}, other users of its machine included, can run code as you there and "
        f"here; give scheduler and workers --tls-ca-file, --tls-cert and --tls-key (SECURITY.md)"
    )


def temporary_security() -> Any:
    """Return credentials that are made for one cluster and kept in memory."""
    from distributed import Security

    try:
        return Security.temporary()
    except ImportError:
        raise BadInput(f"this needs the package 'cryptography': {install_command('reports')}") from None


def worker_variables(security: Any) -> dict[str, str]:
    """Return the environment variables that give a worker these credentials.

    Its command line is not used, since everybody can read it: a process' environment is readable by its user alone.
    """
    texts = {"CA_FILE": security.tls_ca_file, "WORKER__CERT": security.tls_worker_cert}
    texts["WORKER__KEY"] = security.tls_worker_key
    settings = {f"{VARIABLE}TLS__{name}": text for name, text in texts.items()}
    return settings | {f"{VARIABLE}REQUIRE_ENCRYPTION": "True"}
