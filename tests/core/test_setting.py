"""Settings: the processor's vendor and instruction set by name, on processors that this one is not."""

import pytest

from bench.core import environment, setting

AMD = "vendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC\nflags\t\t: fpu sse2 avx avx2\n"
INTEL = "vendor_id\t: GenuineIntel\nflags\t\t: fpu sse2 avx avx2 avx512f avx512_bf16 avx512_fp16\n"
SKYLAKE = "vendor_id\t: GenuineIntel\nflags\t\t: fpu sse2 avx avx2 avx512f\n"
ARM = "BogoMIPS\t: 243.75\nFeatures\t: fp asimd fphp sve\nCPU implementer\t: 0x41\n"
OTHER = "vendor_id\t: Unheard\nflags\t\t: fpu sse2 avx\n"


@pytest.mark.parametrize(
    ("cpuinfo", "vendor", "instruction_set"),
    [
        (AMD, "amd", "avx2"),
        (INTEL, "intel", "avx512_fp16"),
        (SKYLAKE, "intel", "avx512"),
        (ARM, "arm", "sve"),
        (OTHER, "Unheard", "avx"),
    ],
)
def test_the_processor_is_named(
    monkeypatch: pytest.MonkeyPatch, cpuinfo: str, vendor: str, instruction_set: str
) -> None:
    """Linux's facts of a processor give its vendor's name and its widest instruction set."""
    monkeypatch.setattr(environment, "read", lambda path: cpuinfo if path == "/proc/cpuinfo" else None)

    assert (setting.vendor(), setting.instruction_set()) == (vendor, instruction_set)


def test_a_processor_that_says_nothing_is_named_by_its_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a name without /proc/cpuinfo."""
    monkeypatch.setattr(environment, "read", lambda _: None)

    assert setting.vendor()
    assert setting.instruction_set()


@pytest.mark.parametrize(
    ("activation", "mode", "expected"),
    [("tanh", "eager", 1), ("relu", "eager", 2), ("gelu", "eager", 1), ("gelu", "compiled", 3)],
)
def test_a_revision_is_of_a_function_or_of_one_mode(
    monkeypatch: pytest.MonkeyPatch, activation: str, mode: str, expected: int
) -> None:
    """An entry without a mode holds in both."""
    monkeypatch.setattr(setting, "literal", lambda *_: {"relu": 2, "gelu compiled": 3})

    assert setting.revision("any", activation, mode) == expected
