"""The drawing returned to users: its text, graph and images."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from minigraph.diagram.options import EngineName, Options
from minigraph.errors import ArgumentError, MissingExtraError, RenderError, nearest
from minigraph.network.network import AnyNetwork

if TYPE_CHECKING:
    from pathlib import Path

    import graphviz

_MOST_NAMED = 12


class Diagram:
    """A drawing of a network: DOT text that is rendered by engines.

    >>> import minigraph as mg
    >>> drawing = mg.diagram(mg.mlp([2, 1], seed=0))
    >>> drawing.source.splitlines()[0]
    'digraph minigraph {'
    """

    def __init__(self, source: str, options: Options) -> None:
        self.options = options
        self.title: str = options.title or "Neural network"
        self.description: str = _description(options.net)
        self.engine: EngineName | None = options.engine
        self.timeout: float = options.timeout
        self._source = source
        self._graph: graphviz.Digraph | None = None

    @property
    def source(self) -> str:
        """The drawing as DOT text, including changes to `graph`."""
        return self._source if self._graph is None else self._graph.source

    @property
    def graph(self) -> graphviz.Digraph:
        """The drawing as an editable `graphviz.Digraph`; additions appear in all images.

        Positions are pinned, in points, with y pointing up. Graphviz's own methods require `engine="neato"`,
        which is set, and `neato_no_op=2`.
        """
        if self._graph is None:
            import graphviz

            body = self._source.splitlines(keepends=True)[1:-1]
            self._graph = graphviz.Digraph("minigraph", engine="neato", body=body)
        return self._graph

    def svg(self) -> str:
        """Return the drawing as responsive SVG with title, description and tooltips.

        Raises:
            RenderError: there is no engine, or it failed.
        """
        from minigraph.diagram.rendering.engines import REMEDY, run_engine
        from minigraph.diagram.rendering.svg import finished

        raw = run_engine(self.source, "svg", self.engine, self.timeout)
        try:
            return finished(raw, self.title, self.description, self.options.theme == "auto")
        except SyntaxError as error:
            name = self.engine or "the engine"
            raise RenderError(f"{name} wrote no svg that can be read: {error}; {REMEDY}") from None

    def png(self, dpi: float = 144.0) -> bytes:
        """Return the drawing as PNG.

        Args:
            dpi: pixels per inch; a point is 1/72 inch.

        Raises:
            RenderError: there is no engine, or it failed.
        """
        from minigraph.diagram.rendering.engines import run_engine

        return run_engine(self.source, "png", self.engine, self.timeout, dpi)

    def pdf(self) -> bytes:
        """Return the drawing as PDF, converted from SVG by vl-convert (extra `pdf`), or else rendered by `dot`.

        Raises:
            RenderError: neither is installed, or rendering failed.
        """
        from minigraph.diagram.rendering.engines import is_installed, no_pdf, run_engine
        from minigraph.diagram.rendering.svg import pdf_from_svg

        if self.engine != "dot":
            try:
                return pdf_from_svg(self.svg)
            except MissingExtraError:
                if self.engine is not None or not is_installed("dot"):
                    raise RenderError(no_pdf(self.engine)) from None
        return run_engine(self.source, "pdf", "dot", self.timeout)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the drawing atomically in the format of the file extension: svg, png, pdf or dot.

        Returns:
            The path.

        Raises:
            ArgumentError: the extension is not supported.
            RenderError: there is no engine for the format, or it failed.
        """
        from pathlib import Path

        from minigraph.base.atomic import write_atomically

        target = Path(path)
        format = target.suffix.lower().removeprefix(".")
        writers: dict[str, Callable[[], bytes | str]] = {
            "svg": self.svg,
            "png": self.png,
            "pdf": self.pdf,
            "dot": lambda: self.source,
        }
        if format not in writers:
            raise ArgumentError(f"path: received {os.fspath(path)!r}, expected an ending{nearest(format, writers)}")
        data = writers[format]()
        if isinstance(data, str):
            data = data.encode()
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, data)
        return target

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Return the image for notebooks; without a working engine, the reason and the DOT text."""
        try:
            svg = self.svg()
            # JupyterLab shows an SVG as an <img>, without tooltips, and HTML as it is.
            return {"text/html": f"<div>{svg}</div>", "image/svg+xml": svg, "text/plain": repr(self)}
        except RenderError as error:
            return {"text/plain": f"{self!r}\n{error}\n\n{self.source}"}

    def __repr__(self) -> str:
        return f"Diagram({self.title!r}, {self.source.count(chr(10)) - 2} lines of DOT)"


def _description(net: AnyNetwork) -> str:
    sizes = ", ".join(f"{node.name} ({node.size})" for node in net.nodes[:_MOST_NAMED])
    more = f" and {len(net.nodes) - _MOST_NAMED} more" if len(net.nodes) > _MOST_NAMED else ""
    return f"A network of {len(net.nodes)} nodes with their numbers of units: {sizes}{more}."
