"""A custom layer: its gradient check, saving and loading.

`Scale` stretches and shifts every unit by parameters of its own: z_j = Θ_j0 + Θ_j1 a_j. A layer needs three
rules: what it computes, what it sends back to its parent, and, since it has parameters, their derivatives. The gradient
check compares all three with numerical derivatives; a wrong rule fails it, as the second half shows.

python examples/integration/custom_layer.py
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

import minigraph as mg

X = np.array([[0.2, -1.0], [1.5, 0.3], [-0.7, 0.9]])
Y = np.array([[1.0], [0.0], [1.0]])


class Scale(mg.Layer):
    """z_j = Θ_j0 + Θ_j1 a_j, unit by unit. Θ has shape (s, 2), column 0 the shift."""

    kind = "scale"

    def __init__(self) -> None:
        self.initializer = mg.Constant(1.0)

    def output_size(self, sizes: Sequence[int]) -> int:
        if len(sizes) != 1:
            raise mg.ShapeError(f"parents: received {len(sizes)} nodes, expected one for Scale")
        return sizes[0]

    def theta_shape(self, sizes: Sequence[int]) -> tuple[int, int]:
        return sizes[0], 2

    def forward(self, at: mg.Buffers) -> None:
        np.multiply(at.inputs[0][1:], at.theta[:, 1:], out=at.z)  # row 0 is the bias unit
        np.add(at.z, at.theta[:, :1], out=at.z)

    def error(self, at: mg.Buffers, parent: int, out: mg.Array) -> None:
        np.multiply(at.delta, at.theta[:, 1:], out=out)  # ∂z_j/∂a_j = Θ_j1

    def accumulate(self, at: mg.Buffers, out: mg.Array) -> None:
        np.sum(at.delta, axis=1, out=out[:, 0])  # ∂z_j/∂Θ_j0 = 1
        np.einsum("ji,ji->j", at.delta, at.inputs[0][1:], out=out[:, 1])  # ∂z_j/∂Θ_j1 = a_j

    def links_into(self, j: int, sizes: Sequence[int]) -> Iterable[tuple[int, int, int]]:
        """Return the edges into unit j, for drawings: the bias by column 0 of Θ, unit j of the parent by column 1."""
        return (0, 0, 0), (0, j, 1)


class Forgetful(Scale):
    """`Scale` with a mistake: the error sent to the parent lacks Θ."""

    def error(self, at: mg.Buffers, parent: int, out: mg.Array) -> None:
        np.copyto(out, at.delta)


def network(layer: mg.Layer) -> mg.Network[mg.Array]:
    """Place the layer between two dense ones."""
    x = mg.Input(2, name="x")
    h = layer(mg.Dense(3, "tanh", name="h")(x))
    net = mg.Network(x, mg.Dense(1, name="y")(h), l2=0.1, seed=0)
    layer.theta = [[0.1, 2.0], [-0.2, 0.5], [0.3, -1.5]]
    return net


def main() -> None:
    """Check the correct layer and the faulty one; save and load the correct one."""
    net = network(Scale())
    print(net.summary(), end="\n\n")
    print(mg.check_gradient(net, X, Y), end="\n\n")
    print("And with a mistake in the rule that sends errors back:")
    print(mg.check_gradient(network(Forgetful()), X, Y), end="\n\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.safetensors")
        mg.save(net, path)
        twin = mg.load(path, custom=[Scale])
    print("loaded again, equal bit for bit:", np.array_equal(twin.unroll(), net.unroll()))


if __name__ == "__main__":
    main()
