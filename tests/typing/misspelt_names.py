"""Names and arguments that are type errors: mypy complains of an ignore that is not needed."""

import minigraph as mg

x = mg.Input(2)

mg.Dense(3, "sigmod")  # type: ignore[arg-type]
mg.Activate("Relu")  # type: ignore[arg-type]
mg.mlp([2, 1], activation="tanhh")  # type: ignore[arg-type]
mg.mlp([2, 1], output_activation="sofmax")  # type: ignore[arg-type]
mg.mlp([2, 1], cost="cross-entropy")  # type: ignore[arg-type]
mg.Network(x, mg.Dense(1)(x), cost="squared")  # type: ignore[arg-type]
mg.Network(x, mg.Dense(1)(x), cost=["squared"])  # type: ignore[list-item]
mg.Network(x, mg.Dense(1))  # type: ignore[call-overload]
mg.Network([1, 2], mg.Dense(1)(x))  # type: ignore[list-item]
mg.Dense("three")  # type: ignore[arg-type]
mg.Dense(3, "relu", mg.He())  # type: ignore[call-arg]
mg.Dropout("half")  # type: ignore[arg-type]
mg.Dense(3)(3)  # type: ignore[arg-type]
mg.Dense(3)(x).delta = x.a  # type: ignore[misc]
mg.Dense(3)(x).unit("first")  # type: ignore[arg-type]
mg.mlp([2, 1]).nodez  # type: ignore[attr-defined]  # noqa: B018
