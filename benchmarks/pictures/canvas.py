"""Figures of one look, laid out in inches from the top left; equal numbers give equal files."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 9.0  # of 100 pixels each, about the width of a README
BLUE, PALE, GREY, GREEN, RED = "#1f5fbf", "#a9c7ee", "#c3c8cf", "#1a7f37", "#c2410c"
TEXT, FAINT, HAIR = "#1f2328", "#656d76", "#e6e9ec"

_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "object2vec",  # else ids are random
    "svg.fonttype": "path",  # a reader's fonts would not fit
    "figure.dpi": 100,
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 8,
    "text.color": TEXT,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "grid.color": HAIR,
    "xtick.color": FAINT,
    "ytick.color": TEXT,
    "xtick.labelsize": 7,
    "legend.frameon": False,
    "legend.borderpad": 0,
    "legend.handlelength": 1,
    "legend.fontsize": 7.5,
}


@contextmanager
def style() -> Iterator[None]:
    """Everything drawn inside this context looks the same. The background is white, since a README may be
    dark."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        yield


def figure(height: float, title: str = "") -> "Figure":
    """An empty figure."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(WIDTH, height), facecolor="white")
    made.text(0.1 / WIDTH, 1 - 0.25 / height, title, fontsize=10, weight="bold", va="center")
    return made


def axes(on: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    """An empty part of the figure, in inches from its top left corner."""
    whole = on.get_figheight()
    return on.add_axes((left / WIDTH, 1 - (top + height) / whole, width / WIDTH, height / whole))


def legend(on: "Figure", colours: Mapping[str, str]) -> None:
    """Draws what the colours mean, below the title."""
    from matplotlib.patches import Patch

    patches = [Patch(color=colour, label=name) for name, colour in colours.items()]
    on.legend(
        handles=patches,
        ncols=len(patches),
        loc="upper left",
        bbox_to_anchor=(0.1 / WIDTH, 1 - 0.42 / on.get_figheight()),
        borderaxespad=0,
    )


def width_of(labels: Iterable[str]) -> float:
    """The width of the longest label, in inches."""
    return 0.25 + 0.064 * max(map(len, labels))


def number(value: float) -> str:
    """Three decimals of a share, three digits of what is larger, all of thousands."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3f}" if value < 1 else f"{value:#.3g}".rstrip(".")


def goal(value: float) -> str:
    """A goal as text, without trailing zeros."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def save(drawn: "Figure", path: Path) -> Path:
    """Saves as SVG, without a date, so that equal figures are equal files."""
    drawn.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    return path
