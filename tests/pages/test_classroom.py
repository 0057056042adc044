"""In a class a run is changed by the browser that made it; alone, nobody is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from gpt.errors import ConfigError, ConversionError, TrainingError
from gpt.training.control import Wish
from gpt.training.runs import Run, list_runs
from pages.parts.import_model import source
from pages.shared import classroom, run_state, visitors
from pages.shared.visitors import DOOR, MODE, TOKEN, VISITOR, Visitors
from tests.coroutines import run_apart
from tests.gpt import tiny

ADA, BEN = "a" * 64, "b" * 64


class Cookies(dict[str, str]):
    """What `st.context` has of the browser that asks."""

    @property
    def cookies(self) -> dict[str, str]:
        return self


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, checkpoints: Path) -> Cookies:
    """The browser that asks, in a class; its cookies can be changed."""
    monkeypatch.setenv(MODE, "1")
    monkeypatch.delenv(TOKEN, raising=False)
    cookies = Cookies({VISITOR: ADA})
    monkeypatch.setattr(classroom.st, "context", cookies)
    return cookies


@pytest.fixture
def run(browser: Cookies, checkpoints: Path) -> Run:
    """A run that Ada made."""
    new_run = tiny.new_run(checkpoints / "adas")
    classroom.own(new_run)
    return new_run


def test_only_who_made_a_run_changes_it(run: Run, browser: Cookies) -> None:
    assert classroom.may_change(run)
    browser[VISITOR] = BEN
    assert not classroom.may_change(run)
    for change in (
        lambda: run_state.resume(run),
        lambda: run_state.ask(run, Wish.STOP),
        lambda: classroom.check_mine(run),
    ):
        with pytest.raises(TrainingError, match="'adas' is not yours"):
            change()
    now = run_state.moment(run)
    assert not now.ours and now.hindrance == "it is another visitor's run"


def test_a_run_that_nobody_made_is_nobodys(browser: Cookies, checkpoints: Path) -> None:
    assert not classroom.may_change(tiny.new_run(checkpoints / "shipped"))


def test_its_folder_does_not_hold_the_token(run: Run) -> None:
    assert ADA not in (run.path / classroom.OWNER).read_text(encoding="utf-8")


def test_the_teacher_changes_every_run(
    run: Run, browser: Cookies, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.update({VISITOR: BEN, visitors.TEACHER: "secret"})
    assert not classroom.may_change(run)  # no token is set, so nobody is the teacher
    monkeypatch.setenv(TOKEN, "secret")
    assert classroom.may_change(run)
    browser[visitors.TEACHER] = "Secret"
    assert not classroom.may_change(run)


def test_alone_nobody_is_asked(run: Run, browser: Cookies, monkeypatch: pytest.MonkeyPatch) -> None:
    browser[VISITOR] = BEN
    (run.path / classroom.OWNER).unlink()
    for limit in ("RUNS", "STEPS", "PARAMETERS"):
        monkeypatch.setenv(classroom.PREFIX + limit, "1")
    monkeypatch.setenv(MODE, "0")
    assert classroom.may_change(run)
    classroom.own(run)
    assert classroom.limits().runs == 1 and not (run.path / classroom.OWNER).exists()
    classroom.check_line(["adas"] * 9)
    classroom.check_upload(10**15)


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("RUNS", "2", "you have 1 run, and 2 are the most in this class; delete 1 first"),
        ("STEPS", "9", "12 steps are too many"),
        ("PARAMETERS", "99", "parameters are too many in this class"),
        ("DISK_MB", "1", "fill the 1 MB"),
    ],
)
def test_beyond_a_limit_none_of_the_new_runs_stays(
    run: Run,
    checkpoints: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: str,
    message: str,
) -> None:
    (checkpoints / "large").write_bytes(bytes(10**6))
    monkeypatch.setenv(classroom.PREFIX + limit, value)
    new_runs = [tiny.new_run(checkpoints / name) for name in ("first", "second")]
    with pytest.raises(TrainingError, match=message):
        classroom.own(*new_runs)
    assert list_runs(checkpoints)[0].name == "adas" and len(list_runs(checkpoints)) == 1
    monkeypatch.delenv(classroom.PREFIX + limit)
    classroom.own(*(tiny.new_run(new.path) for new in new_runs))
    assert all(map(classroom.may_change, new_runs))


def test_a_run_that_was_shared_may_have_had_more_steps(run: Run, monkeypatch: Any) -> None:
    monkeypatch.setenv(classroom.PREFIX + "STEPS", "9")
    (run.path / "model.safetensors").touch()
    classroom.own(run)


def test_a_full_disk_stops_what_would_go_on(run: Run, checkpoints: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv(classroom.PREFIX + "DISK_MB", "1")
    assert classroom.full_disk() == ""
    (checkpoints / "large").write_bytes(bytes(10**6))
    assert "fill the 1 MB" in classroom.full_disk()
    with pytest.raises(TrainingError, match="fill the 1 MB"):
        run_state.resume(run)


def test_a_class_measures_one_thing_at_a_time(browser: Cookies, monkeypatch: Any) -> None:
    with classroom.one_measurement():
        second = classroom.one_measurement()
        with pytest.raises(TrainingError, match="one measurement at a time"), second:
            pass
        monkeypatch.setenv(MODE, "")
        with classroom.one_measurement(), classroom.one_measurement():
            pass
        monkeypatch.setenv(MODE, "1")
    with classroom.one_measurement():
        pass


def test_the_line_and_uploads_are_bounded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(classroom.PREFIX + "WAITING", "1")
    classroom.check_line(["another"])
    with pytest.raises(TrainingError, match="1 of your runs"):
        classroom.check_line(["another", "adas"])
    with pytest.raises(TrainingError, match="bring 100 MB at most"):
        classroom.check_upload(100 * 2**20 + 1)


def test_a_limit_that_is_no_number_is_named(browser: Cookies, monkeypatch: Any) -> None:
    monkeypatch.setenv(classroom.PREFIX + "STEPS", "many")
    with pytest.raises(ConfigError, match="HEADLIGHT_CLASSROOM_STEPS is 'many'"):
        classroom.limits()


@pytest.mark.parametrize("place", [source.PATH, source.HUB])
def test_no_path_of_the_server_is_looked_at(browser: Cookies, place: str) -> None:
    with pytest.raises(ConversionError, match="handed over as files"):
        source.recognized(source.Source(place, "/etc/passwd", "x"))


def answered(path: str, query: str = "", cookie: str = "") -> list[dict[str, Any]]:
    """What the middleware sends before a page of Streamlit's."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"cookie", cookie.encode())] if cookie else []
    scope = {"type": "http", "path": path, "query_string": query.encode(), "headers": headers}
    run_apart(Visitors(app)(scope, None, send))
    return sent


def cookies_set(sent: list[dict[str, Any]]) -> list[str]:
    return [v.decode() for n, v in sent[0]["headers"] if n == b"set-cookie"]


def test_a_new_browser_gets_a_cookie_once(browser: Cookies, monkeypatch: Any) -> None:
    first, second = cookies_set(answered("/")), cookies_set(answered("/train"))
    assert len(first) == len(second) == 1 and first != second
    assert "HttpOnly" in first[0] and len(first[0].partition(";")[0]) > 60
    assert cookies_set(answered("/", cookie=first[0].partition(";")[0])) == []
    monkeypatch.setenv(MODE, "")
    assert cookies_set(answered("/")) == []


def test_the_teachers_door_opens_with_the_token_alone(browser: Cookies, monkeypatch: Any) -> None:
    door = f"/{DOOR}"
    assert answered(door, "token=")[0]["status"] == 403  # no token is set
    monkeypatch.setenv(TOKEN, "secret")
    assert answered(door, "token=other")[0]["status"] == 403
    opened = answered(door, "token=secret")
    assert opened[0]["status"] == 303 and cookies_set(opened)[0].startswith("headlight_teacher=")
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": "class"}.get)
    assert answered(f"/class{door}", "token=secret")[0]["status"] == 303
    assert answered(door, "token=secret")[0]["status"] == 200


@pytest.mark.parametrize(
    ("address", "mode", "warned"),
    [("0.0.0.0", "", True), (None, "", True), ("127.0.0.1", "", False), ("0.0.0.0", "1", False)],
)
def test_an_open_server_without_the_mode_is_warned_of(
    monkeypatch: Any, caplog: Any, address: str | None, mode: str, warned: bool
) -> None:
    monkeypatch.setenv(MODE, mode)
    visitors.warn_if_open(address)
    assert bool(caplog.records) == warned
