"""The command that runs the suite under several settings: what it chooses, says and fails for."""

from __future__ import annotations

import pytest

from tests import processors
from tests.processors import ARITHMETIC, SETTINGS, Setting, main


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Which settings ran, and what pytest was given; the one called avx2 has a test that fails."""
    calls: list[tuple[str, list[str]]] = []

    def run(command: list[str], setting: Setting) -> int:
        calls.append((setting.name, list(command[5:])))
        return int(setting.name == "avx2")

    monkeypatch.setattr(processors, "run", run)
    monkeypatch.setattr(processors, "libraries", lambda setting: "libraries")
    monkeypatch.setattr(processors, "flags", lambda: {"", "avx2"})
    return calls


def test_all_that_the_processor_can_run_are_run_and_one_that_fails_fails_all(
    ran: list[tuple[str, list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code
    assert [name for name, _ in ran] == [s.name for s in SETTINGS if s.name != "avx512"]
    assert all(given == ARITHMETIC for _, given in ran)
    said = capsys.readouterr().out
    assert "avx512             left out: this processor has no avx512bw" in said
    assert "avx2               FAILED in 0 min" in said and said.count("passed in") == 6


def test_a_choice_of_settings_and_tests(ran: list[tuple[str, list[str]]]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--only", "oldest,imitated-1", "tests/gpt/nn", "-x"])
    assert not left.value.code
    assert ran == [(name, ["tests/gpt/nn", "-x"]) for name in ("oldest", "imitated-1")]


def test_a_setting_that_is_not_there_is_said(
    ran: list[tuple[str, list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "z80"])
    assert "--only z80: choose of this,this-2-threads," in capsys.readouterr().err and not ran


def test_a_setting_changes_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "1")
    found = Setting("x", {"ATEN_CPU_CAPABILITY": "default"}, threads=2).environment()
    assert (found["KEPT"], found["ATEN_CPU_CAPABILITY"]) == ("1", "default")
    assert found["HEADLIGHT_TEST_THREADS"] == "2"
