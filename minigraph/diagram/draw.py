"""`diagram` and `diagram_frames`: from a network and options to drawings."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar, Unpack

from minigraph.base.arrays import integer
from minigraph.diagram.options import FrameArguments, Options, check_network
from minigraph.diagram.rendering.result import Diagram
from minigraph.graph.node import Unit
from minigraph.network.network import AnyNetwork

if TYPE_CHECKING:
    from minigraph.diagram.frames import DiagramFrames
    from minigraph.network.checks import Data

P = ParamSpec("P")
Result = TypeVar("Result")


def takes_arguments_of(options: Callable[P, Options]) -> Callable[[Callable[[Options], Result]], Callable[P, Result]]:
    """Give a function of Options the signature of their constructor, which then stands in one place."""

    def decorate(draw: Callable[[Options], Result]) -> Callable[P, Result]:
        @wraps(draw)
        def with_arguments(*args: P.args, **kwargs: P.kwargs) -> Result:
            return draw(options(*args, **kwargs))

        returns = inspect.signature(draw).return_annotation
        vars(with_arguments)["__signature__"] = inspect.signature(options).replace(return_annotation=returns)
        return with_arguments

    return decorate


@takes_arguments_of(Options)
def diagram(options: Options) -> Diagram:
    """Draw a network with its weights, activations and errors, as they stand in its caches.

    Nothing is computed for a drawing: a value that is not current shows "—". At unit level a node is a
    column of units, named `a_l_j` in DOT, and every edge a line: blue if its weight is positive, orange and
    dashed if negative, the wider the larger. The ring of a unit is its error, its fill its activation.
    At layer level a node is a box. Every unit and line has a tooltip with its numbers in full.

    Characters that XML forbids or that would disturb a line, such as control characters in a name, are drawn
    as their pictures in Unicode or as U+FFFD.

    Args:
        net: the network.
        detail: "units", "layers", or "auto": units for up to 16 nodes.
        show: at unit level, one or several of "weights", "gradient" (D), "accumulator" (Δ) on edges, of
            which the first gives colour and width; "z", "a", "delta" in units; "target" beside outputs;
            "links" for plain lines where none of the values on edges is shown.
        example: which example of the last batch, from 0, or "mean" for the mean of |value| over the batch.
        max_units: how many units of a node are shown, or which (a list of numbers from 1), for all nodes or
            by name, as in `{"pixels": 6}`, the others 12; None for all, with at most 25,000 edges. What is left
            out is stated and its weights are drawn in bundles.
        direction: "LR", "RL", "TB" or "BT".
        theme: "light", "dark", "print" (greys), or "auto": light, and an SVG that turns dark where the
            reader's system is dark.
        top_k: write the numbers of so many weights of each Θ, the strongest; None writes all of up to 64
            edges, of more the strongest 24.
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
    # Imported on use, so that `import minigraph` stays quick.
    if options.is_at_unit_level:
        from minigraph.diagram.marks.units import draw_units
        from minigraph.diagram.scene.scene import read_scene

        return Diagram(draw_units(read_scene(options)), options)
    from minigraph.diagram.marks.boxes import draw_boxes

    return Diagram(draw_boxes(options), options)


def diagram_frames(
    net: AnyNetwork, X: Data, Y: Data, every: int = 1, **drawing: Unpack[FrameArguments]
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
    from minigraph.diagram.frames import DiagramFrames

    check_network(net)
    twin = net.copy()
    twin.cost_and_gradient(X, Y)
    focus = drawing.get("focus")
    if isinstance(focus, Unit) and focus.node in net.nodes:
        drawing["focus"] = twin.node(focus.node.position).unit(focus.index)
    return DiagramFrames(net, Options(twin, "units", **drawing), X, Y, integer(every, "every"))
