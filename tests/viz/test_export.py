"""Files to take away: what is read back from them is what went in, with the settings."""

from __future__ import annotations

import io
import json
import re
import zipfile

import numpy as np
import pandas as pd
import pytest

from viz import export
from viz.figures.equation import Matrix, equation
from viz.figures.heads.heatmap import heatmap
from viz.figures.predictions.next_token import next_token_bars

SETTINGS = {"run": "copy", "prompt": '</script>\n# é,"', "switches": {"mask": "none"}}


def read_csv(data: bytes, index: int) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(data), comment="#", index_col=list(range(index)))


def first_line(data: bytes) -> dict[str, object]:
    line = data.decode().split("\n")[0]
    assert line.startswith("# ")
    return json.loads(line[2:])


@pytest.mark.parametrize("shape", [(3, 5, 7, 11), (5, 7, 11), (7, 11), (11,), ()])
def test_a_table_reads_back_exactly(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).standard_normal(shape).astype(np.float32) * 1e-3
    if values.ndim:
        values.flat[1], values.flat[2] = -np.inf, np.nan
    data = export.to_csv("masked", values, SETTINGS)
    table = read_csv(data, max(len(shape) - 1, min(1, len(shape))))
    read = table.to_numpy(np.float32).reshape(shape)
    assert np.array_equal(read, values, equal_nan=True)
    assert first_line(data) == SETTINGS


def test_a_table_says_where_each_number_belongs() -> None:
    weights = np.arange(2 * 3 * 3).reshape(2, 3, 3)
    table = read_csv(export.to_csv("weights", weights, {}), 2)
    assert table.index.names == ["head", "query"]
    assert table.columns.tolist() == ["key 0", "key 1", "key 2"]
    assert table.loc[(1, 2), "key 0"] == weights[1, 2, 0]


def test_tokens_that_look_like_csv_are_text() -> None:
    tokens = np.array(["#", 'a,"b"', "\n", "NA", "=1"])
    data = export.to_csv("tokens", tokens, {})
    table = pd.read_csv(io.BytesIO(data), comment="#", keep_default_na=False)
    assert table["tokens"].tolist() == tokens.tolist()


def test_a_table_nothing_could_open_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "LARGEST_TABLE", 8)
    with pytest.raises(ValueError, match="weights has 9 numbers; a CSV takes 8 at most, an NPZ"):
        export.to_csv("weights", np.zeros((3, 3)), {})


def test_the_zip_holds_every_array() -> None:
    arrays = {"weights": np.eye(3), "logits": np.arange(6.0).reshape(3, 2)}
    with zipfile.ZipFile(io.BytesIO(export.to_zip(arrays, SETTINGS))) as archive:
        assert archive.namelist() == ["weights.csv", "logits.csv"]
        table = read_csv(archive.read("logits.csv"), 1)
        assert np.array_equal(table.to_numpy(), arrays["logits"])
        assert first_line(archive.read("weights.csv")) == SETTINGS


def test_npz_reads_back_without_pickle() -> None:
    arrays = {"weights": np.eye(3, dtype=np.float32), "tokens": ["a", "↵"]}
    found = np.load(io.BytesIO(export.to_npz(arrays, SETTINGS)), allow_pickle=False)
    assert sorted(found.files) == ["settings", "tokens", "weights"]
    assert found["weights"].dtype == np.float32 and np.array_equal(found["weights"], np.eye(3))
    assert found["tokens"].tolist() == ["a", "↵"]
    assert json.loads(str(found["settings"])) == SETTINGS


def test_what_an_npz_cannot_hold_is_named() -> None:
    with pytest.raises(ValueError, match="x holds Python objects"):
        export.to_npz({"x": np.array([None])}, {})
    with pytest.raises(ValueError, match="cannot be called settings"):
        export.to_npz({"settings": np.eye(1)}, {})


def test_a_page_holds_plotly_the_settings_and_says_them() -> None:
    figure = export.dressed(heatmap(np.eye(2), ["<s>", "b"]))
    page = export.to_html(figure, SETTINGS, "<Title>").decode()
    assert "plotly.js v" in page and "<title>&lt;Title&gt;</title>" in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    (told,) = re.findall(r'<script type="application/json" id="settings">(.*?)</script>', page)
    assert json.loads(told) == SETTINGS
    assert '<p id="told">run: copy · prompt: &lt;/script&gt;↵# é,&quot;' in page


def test_the_caption_leaves_out_what_is_empty_and_shortens_arrays() -> None:
    mask = np.ones((20, 20), dtype=bool).tolist()
    told = {"run": "copy", "switches": {"mask": mask, "heads_off": [[0, 1]]}, "top_k": None}
    assert export.caption(told | {"link": "?run=copy"}) == (
        "run: copy · switches: mask a 20 × 20 array, heads_off [[0, 1]]"
    )


def test_a_dressed_figure_has_a_size_and_a_background_and_leaves_the_page_s_alone() -> None:
    figure = heatmap(np.eye(2), ["a", "b"])
    light = export.dressed(figure)
    assert (light.layout.width, light.layout.height) == (460 + export.BESIDE, 460)
    assert light.layout.paper_bgcolor == "#ffffff"
    dark = export.dressed(figure, paper="#15181c", ink="#e3e6ea")
    assert dark.layout.font.color == "#e3e6ea"
    assert figure.layout.width is None and figure.layout.paper_bgcolor is None
    bars = next_token_bars(np.array([0.5, 0.5]), np.array([0.5, 0.5]), ["a", "b"])
    assert export.dressed(bars).layout.width == export.WIDTH


def test_what_is_drawn_to_scale_is_as_wide_as_its_height_asks() -> None:
    """Two matrices of 2 × 8 beside each other need more than a square."""
    wide = equation([Matrix("x", np.ones((2, 8))), "=", Matrix("y", np.ones((2, 8)))])
    layout = export.dressed(wide).layout
    across = layout.xaxis.range[1] - layout.xaxis.range[0]
    down = layout.yaxis.range[0] - layout.yaxis.range[1]
    assert across / down > 5
    assert layout.width == round(layout.height * across / (0.75 * down)) + export.BESIDE
