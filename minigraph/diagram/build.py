"""`diagram`: from a network and wishes to a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from numpy.typing import ArrayLike

from minigraph.diagram import options as checked
from minigraph.diagram.options import Detail, Direction, Example, GradientReport, MaxUnits, Options, Shown
from minigraph.diagram.result import Diagram, EngineName
from minigraph.diagram.themes import ThemeName
from minigraph.errors import ArgumentError
from minigraph.network import AnyNetwork, Network
from minigraph.node import Unit


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
    """Draw a network with its weights, activations and errors, as they stand in its caches."""
    if not isinstance(net, Network):
        raise ArgumentError(f"net: received {net!r}, expected a Network")
    first, second = checked.checked_vectors(before, after, net)
    options = Options(
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
        title=options.title or "Neural network",
        description=_description(net),
        follows_system=theme == "auto",
        engine=engine,
        timeout=timeout,
    )


def _source(net: AnyNetwork, options: Options) -> str:
    # Imported on use: a network that is never drawn should not wait for it.
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
