"""Access to a sweep's cluster: nobody without its credentials can run a function on it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bench.accuracy import tls
from bench.accuracy.tls import TlsFiles
from bench.commands.accuracy import main
from bench.core.cli import run_cli
from tests.core.accuracy_run import Sweep, cluster_for, wait, wait_for_end, workers_of
from tests.core.conftest import ROOT

INTRUDER = """
import sys
from distributed import Client, Security

security = Security.temporary() if sys.argv[2] == "other" else None
try:
    with Client(sys.argv[1], timeout=4, security=security, set_as_default=False) as client:
        print("ran", client.run_on_scheduler(lambda: 1))
except (OSError, TimeoutError, ValueError) as error:
    print("refused", type(error).__name__)
"""


@pytest.fixture
def sweep(site: Path, tmp_path: Path) -> Iterator[Sweep]:
    """Yield the command, with nothing computed yet."""
    sweep = Sweep(site, tmp_path / "store")
    yield sweep
    sweep.stop()


def intrude(address: str, credentials: str) -> str:
    """Try to run a function at an address, in a separate process, and return the outcome."""
    command = [sys.executable, "-W", "ignore", "-c", INTRUDER, address, credentials]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout.split(" ")[0].strip() or done.stderr


def listening(process: psutil.Process) -> list[str]:
    """Return the addresses at which a process accepts connections."""
    addresses = (each.laddr for each in process.net_connections("inet") if each.status == psutil.CONN_LISTEN)
    return [f"{address.ip}:{address.port}" for address in addresses]


def test_a_client_without_credentials_runs_nothing(sweep: Sweep) -> None:
    """Scheduler and worker refuse unencrypted clients and clients with a self-made certificate."""
    client = sweep.start(FAKE_SECONDS="0.5")
    sweep.wait_for_shards(1)
    (worker,) = workers_of(client)
    scheduler = worker.cmdline()[worker.cmdline().index("--spec") - 1]
    words = {
        intrude(f"{protocol}://{scheduler.partition('://')[2]}", credentials)
        for protocol, credentials in (("tcp", "none"), ("tls", "other"))
    }
    places = [*listening(psutil.Process(client.pid)), *listening(worker)]
    secrets = [text for process in (psutil.Process(client.pid), worker) for text in process.cmdline()]
    client.terminate()
    wait_for_end(client)

    assert scheduler.startswith("tls://127.0.0.1:")
    assert words == {"refused"}
    assert places
    assert {place.partition(":")[0] for place in places} == {"127.0.0.1"}
    assert not any("PRIVATE KEY" in text or "CERTIFICATE" in text for text in secrets)


def test_the_intruder_would_get_in_without_tls(site: Path, tmp_path: Path) -> None:
    """The intruder of the test above does run its function on a cluster without TLS."""
    with cluster_for(Sweep(site, tmp_path / "store"), tmp_path) as open_cluster:
        wait(lambda: b"Scheduler at:" in open_cluster.log.read_bytes())

        assert intrude(open_cluster.address, "none") == "ran"


@pytest.fixture
def keys(tmp_path: Path) -> TlsFiles:
    """Return files of a certificate and its key, as a user has them."""
    security = tls.temporary_security()
    texts = {"ca.pem": security.tls_ca_file, "cert.pem": security.tls_client_cert, "key.pem": security.tls_client_key}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return TlsFiles(*(str(tmp_path / name) for name in texts))


def test_a_cluster_with_tls_takes_the_sweep(sweep: Sweep, keys: TlsFiles, tmp_path: Path) -> None:
    """The sweep runs with Dask's own TLS options, and without them no scheduler answers."""
    options = ("--tls-ca-file", keys.ca_file, "--tls-cert", keys.cert, "--tls-key", keys.key)
    with cluster_for(sweep, tmp_path, *options) as closed_cluster:
        closed_cluster.add()
        small = ("--scheduler", closed_cluster.address, "--dtype", "bfloat16", "--timeout", "3")
        done = sweep(*small, *options)
        refused = sweep(*small)

    assert closed_cluster.address.startswith("tls://")
    assert done.status == 0, done.err
    assert "warning" not in done.out
    assert len(sweep.files) == 2
    assert refused.status == 2
    assert refused.err == f"error: {closed_cluster.address} needs --tls-ca-file, --tls-cert and --tls-key\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--tls-key KEY --tls-cert KEY --tls-ca-file KEY", "need --scheduler"),
        ("--scheduler tls://h:1 --tls-key KEY", "go together"),
        ("--scheduler tcp://h:1 --tls-key KEY --tls-cert KEY --tls-ca-file KEY", "'tcp://h:1' is without TLS"),
        ("--scheduler tls://h:1 --tls-key KEY --tls-cert KEY --tls-ca-file /no/file", "no file at '/no/file'"),
    ],
)
def test_options_of_tls_go_together(
    line: str, words: str, keys: TlsFiles, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Bad TLS options give one line, before anything is written."""
    monkeypatch.setattr(sys, "argv", ["accuracy", *line.replace("KEY", keys.key).split()])

    assert run_cli(main) == 2
    err = capfd.readouterr().err
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("address", ["tcp://192.0.2.1:8786", "192.0.2.1:8786", "tcp://127.0.0.1:8786"])
def test_an_open_scheduler_is_warned_of(address: str) -> None:
    """An unprotected scheduler gives a warning with the remedy; TLS gives none."""
    assert address in tls.warning(address)
    assert "--tls-key" in tls.warning(address)
    assert tls.warning("tls://192.0.2.1:8786") == ""


def test_the_workers_hold_the_credentials_in_their_environment() -> None:
    """Dask reads the credentials from the environment as it would from its files of settings."""
    variables = tls.worker_variables(tls.temporary_security())
    code = "from distributed import Security; s = Security(); print(s.require_encryption, 'KEY' in s.tls_worker_key)"
    environment = {**os.environ, **variables}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "True"]
