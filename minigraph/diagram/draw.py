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
    """Give a function of `Options` the signature of their constructor, which is thus defined in a single place."""

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
    """Draw a network with its cached weights, activations and errors.

    Drawing computes nothing: a value that is not current is shown as "—". At unit level, a node is a
    column of units, named `a_l_j` in DOT, and each edge is a line: blue for positive weights, orange and
    dashed for negative ones, with a width that grows with the magnitude. The ring of a unit shows its error,
    the fill its activation. At layer level, a node is a box. Units and lines have tooltips with all numbers.

    Characters that XML forbids or that would break a line, such as control characters in a name, are drawn
    as Unicode control pictures or as U+FFFD.

    Args:
        net: the network.
        detail: "units", "layers", or "auto": units for up to 16 nodes.
        show: at unit level, one or several of "weights", "gradient" (D), "accumulator" (Δ) on edges, the
            first of which determines colour and width; "z", "a", "delta" in units; "target" next to outputs;
            "links" for plain lines if no values are shown on edges.
        example: index of the example in the last batch, or "mean" for the mean of |value| over the batch.
        max_units: maximum number of units shown per node, or a list of unit numbers, for all nodes or as a
            dict by name, such as `{"pixels": 6}`, with 12 for other nodes; None shows all, with at most 25,000
            edges. Omitted units are stated, and their weights are drawn in bundles.
        direction: "LR", "RL", "TB" or "BT".
        theme: "light", "dark", "print" (greys), or "auto": light, with an SVG that follows the dark mode of
            the reader's system.
        top_k: number of strongest weights of each Θ labelled with their values; None labels all of up to 64
            edges, and the strongest 24 of more.
        focus: a unit whose edges are highlighted by dimming the others.
        tables: True adds the matrices as tables.
        image_shape: (rows, columns) if the units of an input are pixels, to draw them as an image.
        thumbnails: True also draws the incoming weights of the children of such an input as images.
        classes: names of the output units, or names by node, `{"x": ["length", "width"]}`; by default the
            `unit_names` of each node.
        title: title above the drawing.
        caption: caption below the drawing.
        legend: False omits the legend.
        fold: False draws repeated blocks of a network of 13 or more nodes individually at layer level.
        gradient_check: result of `check_gradient`: edges show relative errors, and the worst is labelled.
        before: parameters in the order of `net.unroll()`: edges show the change from these.
        after: the changed parameters; None means those of the network.
        engine: "dot" or "graphviz-pure"; None means the first one installed.
        timeout: time limit of the engine in seconds.

    Returns:
        The drawing, with `.source`, `.graph`, `.svg()`, `.png()`, `.save(path)`; notebooks display it.

    Raises:
        ArgumentError: an argument is out of range; the message gives the nearest valid choice.
        ShapeError: `before`, `after` or `image_shape` does not match the network.

    >>> import minigraph as mg
    >>> net = mg.mlp([3, 6, 5, 5], seed=0)
    >>> a = net.forward([[0.1, 0.2, 0.3]])
    >>> drawing = mg.diagram(net, max_units=4, title="A small network")
    >>> "4 of 6 shown" in drawing.source
    True
    """
    # Imported lazily, so that `import minigraph` stays fast.
    if options.is_at_unit_level:
        from minigraph.diagram.marks.units import draw_units
        from minigraph.diagram.scene.scene import read_scene

        return Diagram(draw_units(read_scene(options)), options)
    from minigraph.diagram.marks.boxes import draw_boxes

    return Diagram(draw_boxes(options), options)


def diagram_frames(
    net: AnyNetwork, X: Data, Y: Data, every: int = 1, **drawing: Unpack[FrameArguments]
) -> DiagramFrames:
    """Record training as a sequence of drawings on a common scale, which can be animated.

    Args:
        net: the network to be trained.
        X: the examples whose values are drawn, as in `net.forward`; a few suffice.
        Y: their targets, as in `net.backward`.
        every: number of epochs between frames.
        **drawing: as in `diagram`, always at unit level.

    Returns:
        A callback for `fit`, with `save(folder)` and `animate(path)` for use after training, and `capture()` for
        custom training loops.

    Raises:
        ArgumentError: an argument is out of range.

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
