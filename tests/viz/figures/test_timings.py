"""Times against T: one line a way, in milliseconds."""

from viz.figures.timings import timings


def test_seconds_become_milliseconds() -> None:
    figure = timings([8, 16], {"loop": [0.5, 1.0], "matrix product": [0.001, 0.002]})
    assert [line.name for line in figure.data] == ["loop", "matrix product"]
    assert list(figure.data[0].x) == [8, 16] and list(figure.data[0].y) == [500.0, 1000.0]
    assert list(figure.data[1].y) == [1.0, 2.0]
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
