"""Which dense layers of a file share Θ, and that all compute what other runtimes compute."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx_models import by_onnxruntime, by_reference, graph, load, op, predictions, relative_error

import minigraph as mg

W = np.array([[3, 1], [-2, 4]], np.float32)
B = np.array([1, 2], np.float32)
X = np.array([[1, 0], [0, 1], [0.5, -2]], np.float32)


def check(content: bytes, folder: Path, layers: int) -> mg.AnyNetwork:
    net = load(content, folder)
    model = onnx.load_model_from_string(content)
    assert relative_error(predictions(net, [X]), by_reference(model, [X])) <= 1e-6
    assert relative_error(predictions(net, [X]), by_onnxruntime(model, [X])) <= 1e-6
    assert len(net.layers) == layers
    return net


def test_the_example_of_two_gemms_that_differ_in_transb(tmp_path: Path) -> None:
    content = graph(op("Gemm", "x w b", "h", transB=1), op("Gemm", "h w b"), w=W, b=B)
    net = check(content, tmp_path, 2)
    assert predictions(net, [X[:1]])[0].tolist() == [[13.0, 6.0]]


@pytest.mark.parametrize(
    ("first", "second", "layers"),
    [
        ({}, {}, 1),
        ({"alpha": 1.0, "transA": 0}, {"beta": 1.0}, 1),
        ({"transB": 1}, {"transB": 1}, 1),
        ({"alpha": 2.0, "beta": 0.5}, {"alpha": 2.0, "beta": 0.5}, 1),
        ({}, {"alpha": 2.0}, 2),
        ({}, {"beta": 2.0}, 2),
        ({"alpha": -1.0}, {}, 2),
        ({"transB": 1}, {"transB": 0}, 2),
    ],
)
def test_gemms_on_one_w_and_b(first: Any, second: Any, layers: int, tmp_path: Path) -> None:
    nodes = op("Gemm", "x w b", "h", **first), op("Tanh", "h", "t"), op("Gemm", "t w b", **second)
    check(graph(*nodes, w=W, b=B), tmp_path, layers)


def test_gemm_beside_matmul_and_add(tmp_path: Path) -> None:
    later = op("MatMul", "h w", "m"), op("Add", "m b")
    check(graph(op("Gemm", "x w b", "h", transB=1), *later, w=W, b=B), tmp_path, 2)
    check(graph(op("Gemm", "x w b", "h"), *later, w=W, b=B), tmp_path, 1)
    check(graph(op("Gemm", "x w", "h"), *later, w=W, b=B), tmp_path, 2)


def test_one_w_with_two_biases_and_with_none(tmp_path: Path) -> None:
    nodes = op("Gemm", "x w b", "h"), op("Gemm", "h w c", "i"), op("Gemm", "i w", "j"), op("MatMul", "j w")
    check(graph(*nodes, w=W, b=B, c=-B), tmp_path, 3)


def test_z_with_and_without_its_bias(tmp_path: Path) -> None:
    nodes = op("MatMul", "x w", "m"), op("Add", "b m", "a"), op("Tanh", "m", "t"), op("Sum", "a t m")
    check(graph(*nodes, w=W, b=B), tmp_path, 2)


def test_equal_numbers_in_two_tensors_are_two_layers(tmp_path: Path) -> None:
    check(graph(op("Gemm", "x w", "h"), op("Gemm", "h v"), w=W, v=W), tmp_path, 2)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (2,), (1, 2)])
def test_a_bias_of_every_shape_that_broadcasts_to_a_number_per_unit(shape: tuple[int, ...], tmp_path: Path) -> None:
    b = np.arange(1, 1 + np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)
    check(graph(op("Gemm", "x w b", beta=0.5), w=W, b=b), tmp_path, 1)
    check(graph(op("MatMul", "x w", "m"), op("Add", "m b"), w=W, b=b), tmp_path, 1)
    check(graph(op("MatMul", "x w", "m"), op("Sum", "b m"), w=W, b=b), tmp_path, 1)


def test_activations_behind_a_layer_that_is_used_once_and_twice(tmp_path: Path) -> None:
    once = check(graph(op("Gemm", "x w b", "h"), op("Relu", "h"), w=W, b=B), tmp_path, 1)
    assert [(node.name, type(node.layer).__name__) for node in once.nodes] == [("x", "InputLayer"), ("y", "Dense")]
    nodes = op("Gemm", "x w b", "h"), op("Relu", "h", "r"), op("Gemm", "r w b", "z"), op("Tanh", "z")
    twice = check(graph(*nodes, w=W, b=B), tmp_path, 1)
    assert [node.name for node in twice.nodes] == ["x", "h", "r", "z", "y"]


class RandomModel:
    """A random graph on few tensors; `thetas` has the different Θ that are used, computed in another way."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.ends = ["x"]
        self.thetas: dict[str, set[bytes]] = {"x": set()}
        square = [self.random.normal(size=(3, 3)).astype(np.float32) for _ in range(2)]
        shapes: list[tuple[int, ...]] = [(3,), (1, 3), (1,), (), (1, 1)]
        self.weights = {f"w{k}": each / 2 for k, each in enumerate(square)}
        self.biases = {f"b{k}": self.random.normal(size=shape).astype(np.float32) for k, shape in enumerate(shapes)}
        for number in range(int(self.random.integers(3, 12))):
            self.step(number)
        self.add("Sum", self.ends[-4:], "y")

    def content(self) -> bytes:
        arrays: dict[str, Any] = self.weights | self.biases
        return graph(*self.nodes, shape=("batch", 3), units=3, **arrays)

    def pick(self, choices: Any) -> Any:
        return choices[self.random.integers(len(choices))]

    def add(self, kind: str, inputs: list[str], output: str, theta: bytes = b"", **attributes: Any) -> str:
        self.nodes.append(op(kind, " ".join(inputs), output, **attributes))
        self.thetas[output] = set().union(*(self.thetas.get(each, set()) for each in inputs)) | ({theta} - {b""})
        return output

    def step(self, number: int) -> None:
        parent, name = self.pick(self.ends), f"h{number}"
        kind = self.pick(["Gemm", "Gemm", "MatMul", "activation", "Add", "Identity"])
        w, b = self.pick(list(self.weights)), self.pick([*self.biases, ""])
        weights, bias = self.weights[w], self.biases.get(b, np.zeros((), np.float32))
        if kind == "Gemm":
            alpha, beta, transposed = self.pick([1.0, 1.0, 0.5]), self.pick([1.0, 1.0, -2.0]), int(self.pick([0, 1]))
            beta = beta if b else 1.0
            rows = (weights if transposed else weights.T) * np.float32(alpha)
            theta = np.column_stack([np.broadcast_to(bias * np.float32(beta), (1, 3))[0], rows]).tobytes()
            inputs = [parent, w, b] if b else [parent, w]
            attributes = {"alpha": alpha, "beta": beta, "transB": transposed}
            given = {key: value for key, value in attributes.items() if value not in (1.0, 0) or self.pick([0, 1])}
            self.ends.append(self.add(kind, inputs, name, theta, **{"transB": transposed} | given))
        elif kind == "MatMul":
            theta = np.column_stack([np.broadcast_to(bias, (1, 3))[0], weights.T]).tobytes()
            if b:
                self.add(kind, [parent, w], f"{name}m")
                pair = [f"{name}m", b]
                self.ends.append(self.add("Add", pair if self.pick([0, 1]) else pair[::-1], name, theta))
            else:
                self.ends.append(self.add(kind, [parent, w], name, theta))
        elif kind == "activation":
            self.ends.append(self.add(self.pick(["Tanh", "Relu", "Sigmoid", "Softplus", "Softmax"]), [parent], name))
        elif kind == "Add":
            self.ends.append(self.add(kind, [parent, self.pick(self.ends)], name))
        else:
            self.ends.append(self.add(kind, [parent], name))


@pytest.mark.parametrize("seed", range(300))
def test_random_graphs_on_few_tensors(seed: int, tmp_path: Path) -> None:
    model = RandomModel(seed)
    net = load(model.content(), tmp_path)
    x = np.random.default_rng(seed).normal(size=(5, 3)).astype(np.float32)
    expected = by_onnxruntime(onnx.load_model_from_string(model.content()), [x])
    assert relative_error(predictions(net, [x]), expected) <= 1e-5
    assert len(net.layers) == len(model.thetas["y"])
