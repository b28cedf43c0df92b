"""`diagram`: from a network and wishes to a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict, Unpack

from numpy.typing import ArrayLike

from minigraph.diagram.result import ENGINES, Diagram, EngineName
from minigraph.errors import ArgumentError, nearest
from minigraph.graph.node import Unit
from minigraph.network.network import AnyNetwork, Network

if TYPE_CHECKING:
    from minigraph.diagram.frames import DiagramFrames
    from minigraph.diagram.options import Options
    from minigraph.diagram.themes import ThemeName
    from minigraph.diagram.wishes import Detail, Direction, Example, GradientReport, MaxUnits, Shown
    from minigraph.inputs.checks import Data


class DrawingArguments(TypedDict, total=False):
    """The arguments of `diagram` that frames may have, too."""

    show: Shown | Sequence[Shown]
    example: Example
    max_units: MaxUnits
    direction: Direction
    theme: ThemeName
    top_k: int | None
    focus: Unit | None
    tables: bool
    image_shape: tuple[int, int] | None
    thumbnails: bool
    classes: Sequence[str] | Mapping[str, Sequence[str]] | None
    title: str | None
    caption: str | None
    legend: bool
    engine: EngineName | None
    timeout: float


def diagram(
    net: AnyNetwork,
    detail: Detail = "auto",
    show: Shown | Sequence[Shown] = ("weights", "z", "a", "delta"),
    example: Example = 0,
    max_units: MaxUnits = 12,
    direction: Direction = "LR",
    theme: ThemeName = "light",
    *,
    top_k: int | None = None,
    focus: Unit | None = None,
    tables: bool = False,
    image_shape: tuple[int, int] | None = None,
    thumbnails: bool = False,
    classes: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    title: str | None = None,
    caption: str | None = None,
    legend: bool = True,
    fold: bool = True,
    gradient_check: GradientReport | None = None,
    before: ArrayLike | None = None,
    after: ArrayLike | None = None,
    engine: EngineName | None = None,
    timeout: float = 60.0,
) -> Diagram:
    """Draw a network with its weights, activations and errors, as they stand in its caches.

    Nothing is computed for a drawing: a value that is not current shows "—". At unit level a node is a
    column of units, named `a_l_j` in DOT, and every link a line: blue if its weight is positive, orange and
    dashed if negative, the wider the larger. The ring of a unit is its error, its fill its activation.
    At layer level a node is a box. Every unit and line has a tooltip with its numbers in full.

    Args:
        net: the network.
        detail: "units", "layers", or "auto": units for up to 16 nodes.
        show: at unit level, one or several of "weights", "gradient" (D), "accumulator" (Δ) on edges, of
            which the first gives colour and width; "z", "a", "delta" in units; "target" beside outputs;
            "links" for plain lines where none of the values on edges is shown.
        example: which example of the last batch, from 0, or "mean" for the mean of |value| over the batch.
        max_units: how many units of a node are shown, or which (a list of numbers from 1), for all nodes or
            by name, as in `{"pixels": 6}`, the others 12; None for all. What is left out is stated and its
            weights are drawn in bundles.
        direction: "LR", "RL", "TB" or "BT".
        theme: "light", "dark", "print" (greys), or "auto": light, and an SVG that turns dark where the
            reader's system is dark.
        top_k: write the numbers of so many weights of each Θ, the strongest; None writes all of up to 64
            links, of more the strongest 24.
        focus: a unit whose edges are drawn in full, the rest dimmed.
        tables: True writes the matrices beside the drawing.
        image_shape: (rows, columns) if an input's units are pixels: their picture is drawn beside them.
        thumbnails: True draws the incoming weights of units behind such an input as pictures, too.
        classes: names of the output's units, or names by node, `{"x": ["length", "width"]}`; without, each node's
            `unit_names`.
        title: above the drawing.
        caption: below it.
        legend: False leaves it out.
        fold: False draws repeated blocks of a network of 13 or more nodes one by one at layer level.
        gradient_check: what `check_gradient` returned: edges show relative errors, the worst is named.
        before: parameters as `net.unroll()` gives them: edges show the change from these.
        after: the parameters changed to; None takes those of the network.
        engine: "dot" or "graphviz-pure"; None takes the first that is there.
        timeout: seconds that an engine may take.

    Returns:
        The drawing: `.source`, `.graph`, `.svg()`, `.png()`, `.save(path)`, and itself in notebooks.

    Raises:
        ArgumentError: an argument outside its range; the message gives the nearest valid choice.
        ShapeError: `before`, `after` or `image_shape` do not fit the network.

    >>> import minigraph as mg
    >>> net = mg.mlp([3, 6, 5, 5], seed=0)
    >>> a = net.forward([[0.1, 0.2, 0.3]])
    >>> drawing = mg.diagram(net, max_units=4, title="A small network")
    >>> "4 of 6 shown" in drawing.source
    True
    """
    # Imported on use: who never draws should not wait for it.
    from minigraph.diagram import options as checked

    if not isinstance(net, Network):
        raise ArgumentError(f"net: received {net!r}, expected a Network")
    if engine is not None and engine not in ENGINES:
        raise ArgumentError(f"engine: received {engine!r}, expected a name{nearest(engine, ENGINES)}")
    if isinstance(timeout, bool) or not timeout > 0:
        raise ArgumentError(f"timeout: received {timeout!r}, expected seconds > 0")
    first, second = checked.checked_vectors(before, after, net)
    options = checked.Options(
        detail=checked.resolve_detail(detail, net),
        show=checked.checked_show(show),
        example=checked.checked_example(example, net),
        max_units=checked.checked_max_units(max_units, net),
        direction=checked.checked_direction(direction),
        theme=checked.checked_theme(theme),
        top_k=checked.checked_top_k(top_k),
        focus=checked.checked_focus(focus, net),
        tables=tables,
        image_shape=checked.checked_image_shape(image_shape, net),
        thumbnails=thumbnails,
        names=checked.checked_names(classes, net),
        title=checked.checked_text(title, "title"),
        caption=checked.checked_text(caption, "caption"),
        legend=legend,
        fold=fold,
        errors=checked.checked_errors(gradient_check, net),
        before=first,
        after=second,
    )
    return Diagram(
        _source(net, options),
        options,
        title=options.title or "Neural network",
        description=_description(net),
        follows_system=theme == "auto",
        engine=engine,
        timeout=timeout,
    )


def _source(net: AnyNetwork, options: Options) -> str:
    if options.detail == "layers":
        from minigraph.diagram.layers import draw_layers

        return draw_layers(net, options)
    from minigraph.diagram.scene import read_scene
    from minigraph.diagram.units import draw_units

    return draw_units(read_scene(net, options))


def _description(net: AnyNetwork) -> str:
    sizes = ", ".join(f"{node.name} ({node.size})" for node in net.nodes[:12])
    more = f" and {len(net.nodes) - 12} more" if len(net.nodes) > 12 else ""
    return f"A network of {len(net.nodes)} nodes with their numbers of units: {sizes}{more}."


def diagram_frames(
    net: AnyNetwork, X: Data, Y: Data, every: int = 1, **drawing: Unpack[DrawingArguments]
) -> DiagramFrames:
    """Prepare to watch a training: frames drawn on one fixed scale, and an animated picture of them.

    Args:
        net: the network that will be trained.
        X: the examples whose values are drawn, as in `net.forward`; few are enough.
        Y: their targets, as in `net.backward`.
        every: epochs between two frames.
        **drawing: as in `diagram`, always at unit level.

    Returns:
        A callback for `fit`, with `save(folder)` and `animate(path)` for afterwards, and `capture()` for
        training loops of your own.

    Raises:
        ArgumentError: an argument outside its range.

    >>> import minigraph as mg
    >>> net = mg.mlp([2, 3, 1], seed=0)
    >>> X, Y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> frames = mg.diagram_frames(net, X, Y, every=10)
    >>> history = mg.fit(net, X, Y, epochs=30, callbacks=[frames], progress=False)
    >>> len(frames)
    4
    """
    from minigraph.diagram.frames import DiagramFrames, checked_every
    from minigraph.diagram.options import checked_example

    like = diagram(net, "units", **drawing)
    twin = net.copy()
    twin.cost_and_gradient(X, Y)
    checked_example(like.options.example, twin)
    return DiagramFrames(net, X, Y, checked_every(every), like)
