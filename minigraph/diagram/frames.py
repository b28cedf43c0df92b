"""Training as a sequence of drawings on a common scale, and as an animation."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from minigraph.base.arrays import Array
from minigraph.base.atomic import write_atomically
from minigraph.base.extras import require
from minigraph.diagram.marks.units import draw_units
from minigraph.diagram.options import Options
from minigraph.diagram.rendering.result import Diagram
from minigraph.diagram.scene.scene import Scale, read_scene
from minigraph.errors import ArgumentError, StateError, nearest
from minigraph.graph.node import Layer
from minigraph.network.checks import Data
from minigraph.network.network import AnyNetwork
from minigraph.training.callbacks import Callback
from minigraph.training.run import Run

FrameFormat: TypeAlias = Literal["svg", "png", "dot"]
_ANIMATED = {"png": "PNG", "apng": "PNG", "gif": "GIF"}


class DiagramFrames(Callback):
    """Records parameters periodically during training, and draws them afterwards.

    Created by `diagram_frames`. Since all frames are drawn at the end, they share the scale of colours and
    widths, and the layout. The network's caches are unchanged: the values are computed by a copy.
    """

    def __init__(self, net: AnyNetwork, options: Options, X: Data, Y: Data, every: int) -> None:
        """Initialize with the network to be trained, and options for a copy of it, which computes the values."""
        self.every = every
        self._net = net
        self._options = options
        self._X, self._Y = X, Y
        self._taken: list[tuple[str, Array]] = []

    def __len__(self) -> int:
        """The number of frames so far."""
        return len(self._taken)

    def capture(self, label: str | None = None) -> None:
        """Record the current parameters as the next frame.

        Args:
            label: text above the frame; None numbers it.
        """
        self._taken.append((f"frame {len(self)}" if label is None else label, self._net.unroll()))

    def on_start(self, run: Run) -> None:
        """Record the first frame, before the first step."""
        if not self._taken:
            self.capture(f"epoch {run.epoch}")

    def on_epoch_end(self, run: Run) -> None:
        """Record a frame every `every` epochs."""
        if run.epoch % self.every == 0:
            self.capture(f"epoch {run.epoch}")

    def diagrams(self) -> Iterator[Diagram]:
        """Draw the frames one by one on a common scale.

        Raises:
            StateError: no frame was taken.
        """
        if not self._taken:
            raise StateError("frames: none taken yet; pass this to fit(callbacks=[...]) or call capture()")
        scale, ranks = self._scale()
        head = f"{self._options.title}: " if self._options.title else ""
        for label, vector in self._taken:
            options = replace(self._options, title=f"{head}{label}, J = {self._compute(vector):.4g}")
            yield Diagram(draw_units(read_scene(options, scale, ranks)), options)

    def save(self, folder: str | os.PathLike[str], format: FrameFormat = "svg") -> list[Path]:
        """Write the frames as frame_0000.svg, frame_0001.svg, …

        Returns:
            The paths, in order.

        Raises:
            StateError: no frame was taken.
            RenderError: there is no engine, or it failed.
        """
        return [drawing.save(Path(folder, f"frame_{i:04}.{format}")) for i, drawing in enumerate(self.diagrams())]

    def animate(self, path: str | os.PathLike[str], seconds: float = 0.4, dpi: float = 96.0) -> Path:
        """Write an animated image: APNG for .png and .apng, GIF for .gif.

        Args:
            path: path of the file.
            seconds: duration of a frame, > 0; the last one is shown four times as long.
            dpi: pixels per inch.

        Raises:
            ArgumentError: the extension is not supported, or seconds is not positive.
            MissingExtraError: Pillow is not installed.
            StateError: no frame was taken.
            RenderError: there is no engine, or it failed.
        """
        target = Path(path)
        ending = target.suffix.lower().removeprefix(".")
        if ending not in _ANIMATED:
            raise ArgumentError(f"path: received {os.fspath(path)!r}, expected an ending{nearest(ending, _ANIMATED)}")
        if not seconds > 0:
            raise ArgumentError(f"seconds: received {seconds!r}, expected a number > 0")
        require("PIL", "animate")
        from PIL import Image

        pictures = [Image.open(io.BytesIO(drawing.png(dpi))).convert("RGB") for drawing in self.diagrams()]
        size = max(each.width for each in pictures), max(each.height for each in pictures)
        frames = []
        for picture in pictures:
            frame = Image.new("RGB", size, picture.getpixel((0, 0)))
            frame.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
            frames.append(frame)
        durations = [round(1000 * seconds)] * (len(frames) - 1) + [round(4000 * seconds)]
        buffer = io.BytesIO()
        frames[0].save(buffer, _ANIMATED[ending], save_all=True, append_images=frames[1:], duration=durations, loop=0)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, buffer.getvalue())
        return target

    def _compute(self, vector: Array) -> float:
        """Compute all values of the copy with the given parameters, and return J."""
        self._options.net.assign(vector)
        return self._options.net.cost_and_gradient(self._X, self._Y)[0]

    def _scale(self) -> tuple[Scale, dict[Layer, Array]]:
        """Return the scale of all frames, and the maximum magnitude of each weight."""
        scale: Scale | None = None
        ranks: dict[Layer, Array] = {}
        for _, vector in self._taken:
            self._compute(vector)
            own = read_scene(self._options).scale
            scale = own if scale is None else scale.joined(own)
            for layer in self._options.net.layers:
                size = np.abs(layer.parameters())
                ranks[layer] = np.maximum(ranks[layer], size) if layer in ranks else size
        assert scale is not None
        return scale, ranks
