"""The lecture "Neural Network Cost Function and Backpropagation", in its order, by numbers.

Each formula stands beside the line that computes it. Where the slides slip, the numbers decide.
Run it: python examples/lecture.py
"""

from __future__ import annotations

import numpy as np

import minigraph as mg
from minigraph import reference
from minigraph.data import one_hot

ANIMALS = ["fish", "amphibian", "bird", "reptile", "mammal"]


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def show(formula: str, value: object) -> None:
    text = np.array2string(value, precision=4, suppress_small=True) if isinstance(value, np.ndarray) else str(value)
    print(f"{formula:<58} {text}".replace("\n", "\n" + " " * 59))


def review_forward_propagation() -> None:
    heading("Review: forward propagation")
    net = mg.mlp([3, 3, 1], seed=1)
    theta1, theta2 = (layer.theta for layer in net.layers)
    x = np.array([0.5, -1.0, 2.0])
    a1 = np.array([1.0, *x])  # a^(1) = x with the bias unit a_0^(1) = 1
    z2 = theta1 @ a1  # z^(2) = Θ^(1) a^(1)
    a2 = 1 / (1 + np.exp(-z2))  # a^(2) = g(z^(2))
    z3 = theta2 @ np.array([1.0, *a2])  # z^(3) = Θ^(2) a^(2)
    a3 = 1 / (1 + np.exp(-z3))  # a^(3) = h(x; Θ) = g(z^(3))
    h = net.forward(x[None, :])
    show("z^(2) = Θ^(1) a^(1)", z2)
    show("   the node's z", net.node(2).z[0])
    show("a^(3) = h(x; Θ)", a3)
    show("   the network's output", h[0])
    unit = net.node(2).unit(1)
    terms = " + ".join(f"{edge.weight:.3f}·{edge.source.a[0]:g}" for edge in unit.inputs)
    show("a_1^(2) = g(Θ_10 a_0 + Θ_11 a_1 + …)", f"g({terms}) = {unit.a[0]:.4f}")


def one_vs_all() -> tuple[np.ndarray, np.ndarray]:
    heading("One-vs-all: y is one-hot, h(x) has K entries")
    labels = ["bird", "fish", "mammal", "reptile", "amphibian", "fish", "bird", "mammal"]
    Y, classes = one_hot(labels, classes=ANIMALS)
    show("classes", ", ".join(map(str, classes)))
    show("y^(1), a bird", Y[0])
    print("K classes by one-vs-all need K >= 3; two classes use one output unit, y = 1 or y = 0.")
    X = np.random.default_rng(4).normal(size=(len(labels), 3))
    return X, Y


def notation(net: mg.Network) -> None:
    heading("Notation: L = 4, s_1 = 3, s_2 = 6, s_3 = 5, s_4 = 5")
    print(net.summary())
    count = sum(layer.theta.size for layer in net.layers)
    show("Σ s_{l+1} (s_l + 1)", f"{6 * (3 + 1)} + {5 * (6 + 1)} + {5 * (5 + 1)} = {count}")
    print("The slide's s_{l+1} × s_l + 1 lacks the brackets: the bias is one weight per unit, not one per layer.")


def cost_function(net: mg.Network, X: np.ndarray, Y: np.ndarray) -> None:
    heading("The cost J(Θ)")
    m = len(X)
    h = net.forward(X)
    cost = -np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h), axis=1)  # cost(i)
    squares = sum(np.sum(layer.theta[:, 1:] ** 2) for layer in net.layers)  # Σ_l Σ_i Σ_{j≥1} Θ_ij²
    J = cost.sum() / m + net.l2 / (2 * m) * squares
    show("J = (1/m) Σ cost(i) + (λ/2m) ΣΣΣ Θ_ij²", f"{J:.12f}")
    show("   net.cost(X, Y)", f"{net.cost(X, Y):.12f}")
    show("cost(1) = −Σ_k [y log h + (1−y) log(1−h)]", f"{cost[0]:.4f}")
    show("   as printed on a slide, without the minus", f"{-cost[0]:.4f}: a cost that rewards mistakes")
    square_of_sum = sum(np.sum(layer.theta[:, 1:]) for layer in net.layers) ** 2
    show("Σ_l Σ_i Σ_{j≥1} Θ_ij², bias columns excluded", f"{squares:.4f}")
    show("   some slides print (Σ Θ_ij)²", f"{square_of_sum:.4f}: opposite weights would cancel")
    frobenius = np.linalg.norm(net.layers[0].theta)
    show("Σ_ij Θ_ij² of Θ^(1) alone, bias column included", f"{np.sum(net.layers[0].theta ** 2):.4f}")
    show(
        "   a slide calls that sum the norm; it is its square",
        f"‖Θ^(1)‖_F = {frobenius:.4f}, ‖Θ^(1)‖_F² = {frobenius**2:.4f}",
    )


def backpropagation(net: mg.Network, X: np.ndarray, Y: np.ndarray) -> None:
    heading("Backpropagation for one example")
    x, y = X[:1], Y[:1]
    net.forward(x)
    net.backward(y)
    a = [net.node(position).a[0] for position in range(1, 5)]
    theta = [layer.theta for layer in net.layers]
    delta4 = a[3] - y[0]  # δ^(4) = a^(4) − y
    delta3 = (theta[2].T @ delta4)[1:] * a[2] * (1 - a[2])  # δ^(3) = (Θ^(3)ᵀ δ^(4)) ⊙ a^(3) ⊙ (1 − a^(3))
    delta2 = (theta[1].T @ delta3)[1:] * a[1] * (1 - a[1])
    for position, delta in ((4, delta4), (3, delta3), (2, delta2)):
        show(f"δ^({position})", delta)
        show("   the node's delta", net.node(position).delta[0])
    print("The input is without error: there is no δ^(1).")
    print("`.*` is called a dot product on a slide; it is elementwise, and a dot product would be one number.")
    D2 = np.outer(delta3, [1.0, *a[1]])  # ∂cost/∂Θ_ij^(2) = a_j^(2) δ_i^(3), without λ
    show("∂cost/∂Θ^(2)_11 = a_1^(2) δ_1^(3)", f"{D2[0, 1]:.6f}, the layer's Δ: {net.layers[1].accumulator[0, 1]:.6f}")
    print("A slide says that (Θᵀδ) .* a(1−a) 'is equivalent to' aδ. The first is δ^(l), the second ∂cost/∂Θ^(l):")
    show("   δ^(2) has shape", delta2.shape)
    show("   ∂cost/∂Θ^(2) has shape", D2.shape)


def worked_delta(X: np.ndarray) -> None:
    heading("The worked δ_2^(2)")
    net = mg.mlp([2, 2, 2], seed=3)
    net.forward(X[:1, :2])
    net.backward([[1.0, 0.0]])
    theta, a, delta = net.layers[1].theta, net.node(2).a[0], net.node(3).delta[0]
    right = (theta[0, 2] * delta[0] + theta[1, 2] * delta[1]) * a[1] * (1 - a[1])
    printed = theta[0, 2] * delta[0] * (1 - a[0]) + theta[1, 2] * delta[1] * (1 - a[1])
    print("Θ is Θ^(2), δ is δ^(3), a is a^(2):")
    show("(Θ_12 δ_1 + Θ_22 δ_2) · a_2 (1 − a_2)", f"{right:.6f}")
    show("   the unit's delta", f"{net.node(2).unit(2).delta[0]:.6f}")
    show("   as printed, with (1 − a_1) and without a_2", f"{printed:.6f}")


def all_examples(net: mg.Network, X: np.ndarray, Y: np.ndarray) -> None:
    heading("The algorithm for m examples, and the gradient check")
    m = len(X)
    loop = reference.backpropagation([layer.theta for layer in net.layers], X, Y, net.l2)
    _, gradient = net.cost_and_gradient(X, Y)
    difference = np.abs(mg.unroll(loop.gradients) - gradient).max()
    show("the lecture's loop over i = 1…m against the graph", f"largest difference {difference:.1e}")
    with_l2_over_m = [accumulator / m for accumulator in loop.accumulators]
    with_l2 = [accumulator / m for accumulator in loop.accumulators]
    for layer, right, printed in zip(net.layers, with_l2_over_m, with_l2, strict=True):
        right[:, 1:] += net.l2 / m * layer.theta[:, 1:]  # D_ij = Δ_ij/m + (λ/m) Θ_ij
        printed[:, 1:] += net.l2 * layer.theta[:, 1:]  # the slide: D_ij = Δ_ij/m + λ Θ_ij
    for formula, matrices in (("(λ/m) Θ", with_l2_over_m), ("λ Θ, as printed", with_l2)):
        check = mg.check_gradient(net, X, Y, gradient=mg.unroll(matrices))
        show(f"D = Δ/m + {formula}", f"{'passes' if check.passed else 'FAILS'}, largest error {check.max_error:.1e}")
        if check.hint:
            print(f"   {check.hint}")
            print(
                f"   That is λ − λ/m = {net.l2 - net.l2 / m:.4g}: the slide's D is not the derivative of the slide's J."
            )


def unrolling() -> None:
    heading("Unroll and reshape: s_1 = s_2 = s_3 = 10, one output unit")
    net = mg.mlp([10, 10, 10, 1], seed=0)
    vector = net.unroll()
    matrices = mg.reshape(vector, [(10, 11), (10, 11), (1, 11)])
    show("Θ^(1), Θ^(2), Θ^(3)", [matrix.shape for matrix in matrices])
    show("entries of the vector", f"10·11 + 10·11 + 1·11 = {vector.size}")
    show("mg.unroll(matrices) gives the vector back", np.array_equal(mg.unroll(matrices), vector))


def initialization(X: np.ndarray, Y: np.ndarray) -> None:
    heading("Zero initialization, random initialization")
    for name, initializer in (("zeros", mg.Zeros()), ("uniform in [−0.12, 0.12]", mg.Uniform(0.12))):
        net = mg.mlp([3, 4, 5], initializer=initializer, seed=2)
        for _ in range(100):
            _, gradient = net.cost_and_gradient(X, Y)
            net.assign(net.unroll() - 0.5 * gradient)
        rows = net.layers[0].theta
        show(f"{name}: rows of Θ^(1) differ by at most", f"{np.abs(rows - rows[0]).max():.4f} after 100 steps")
    print("Hidden units that begin equal stay equal: same a, same δ, same derivative.")
    print("Zeros do work for logistic regression, because its J is convex, not because g is a step function:")
    logistic = mg.mlp([3, 5], initializer=mg.Zeros(), seed=2)
    before = logistic.cost(X, Y)
    for _ in range(100):
        logistic.assign(logistic.unroll() - 0.5 * logistic.cost_and_gradient(X, Y)[1])
    show("   J from zeros, after 100 steps", f"{before:.4f} -> {logistic.cost(X, Y):.4f}")


def training(X: np.ndarray, Y: np.ndarray) -> None:
    heading("Training a neural network, steps 0 to 6")
    net = mg.mlp([3, 6, 5], l2=0.01, seed=1)  # 0. architecture, 1. random initialization
    h = net.forward(X)  # 2. forward propagation
    J = net.cost(X, Y)  # 3. cost function
    net.backward(Y)  # 4. backpropagation
    check = mg.check_gradient(net, X, Y)  # 5. gradient checking, then off
    show("h(x^(1))", h[0])
    show("gradient check", f"{'passes' if check.passed else 'FAILS'}, largest error {check.max_error:.1e}")
    print("From here on the check is switched off: it costs two forward passes per parameter.")
    for _ in range(2000):  # 6. gradient descent
        net.assign(net.unroll() - 0.5 * net.cost_and_gradient(X, Y)[1])
    show("J before and after 2000 steps", f"{J:.4f} -> {net.cost(X, Y):.4f}")
    right = int((net.predict(X).argmax(axis=1) == Y.argmax(axis=1)).sum())
    show("animals recognized", f"{right} of {len(X)}")


def dropout(X: np.ndarray) -> None:
    heading("Coda: dropout")
    net = mg.mlp([3, 8, 5], dropout=0.5, seed=5)
    for _ in range(2):
        net.forward(X[:1], training=True)
        mask = net.node(3).mask
        assert mask is not None
        show("units of one pass, # stays in, . drops out", "".join("#" if kept else "." for kept in mask[0]))
    same = np.array_equal(net.forward(X), net.forward(X))
    show("at test time nothing drops out, h(x) is repeatable", same)
    kept = []
    for _ in range(5000):
        net.forward(X[:1], training=True)
        kept.append(net.node(3).a[0])
    print("What stays in is divided by 1 − 0.5, the probability to stay in; the mean over many passes is nearly a^(2):")
    show("a^(2) behind the dropout, mean of 5000 passes", np.mean(kept, axis=0))
    show("   a^(2) without dropout", net.node(2).a[0])


def main() -> None:
    review_forward_propagation()
    X, Y = one_vs_all()
    net = mg.mlp([3, 6, 5, 5], l2=1.0, seed=0)
    notation(net)
    cost_function(net, X, Y)
    backpropagation(net, X, Y)
    worked_delta(X)
    all_examples(net, X, Y)
    unrolling()
    initialization(X, Y)
    training(X, Y)
    dropout(X)


if __name__ == "__main__":
    main()
