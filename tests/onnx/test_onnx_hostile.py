"""Files that were damaged, or made to be read wrongly or to fill the memory."""

import random
import tracemalloc
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from onnx_models import graph, load, op, predictions
from test_onnx_activation_forms import FORMS, scalar, with_scalars
from test_onnx_shared_parameters import RandomModel

import minigraph as mg
import minigraph.onnx
from graphs import random_network

DATA = Path(__file__).parents[1] / "data"


def test_mutated_bytes_give_a_network_or_model_format_error(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    originals = [(DATA / f"{name}.onnx").read_bytes() for name in ("torch_residual", "sklearn_binary")]
    originals.append(graph(op("Constant", "", "c", value_float=0.0), op("Max", "x c")))
    outcomes = Counter[bool]()
    for number in range(900):
        content = bytearray(originals[number % len(originals)])
        for _ in range(generator.integers(1, 4)):
            content[generator.integers(len(content))] = generator.integers(256)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                load(bytes(content), tmp_path)
            outcomes[True] += 1
        except mg.ModelFormatError:
            outcomes[False] += 1
    assert min(outcomes[True], outcomes[False]) > 50


class Mutator:
    """Changes a model that stays readable, in ways that may change what it computes."""

    KINDS = (
        "Add",
        "Mul",
        "Sub",
        "Div",
        "Max",
        "Min",
        "Relu",
        "Sigmoid",
        "Tanh",
        "Identity",
        "Softmax",
        "MatMul",
        "Sum",
    )

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        nodes, constants = self.random.choice([FORMS[name][1:] for name in FORMS if "opset 24" not in name])
        content = self.random.choice(
            [
                with_scalars(nodes, constants, opset=20),
                RandomModel(seed).content(),
                minigraph.onnx.to_model(random_network(seed, "float32")).SerializeToString(),
            ]
        )
        self.model = onnx.load_model_from_string(content)
        self.graph = self.model.graph
        for _ in range(self.random.choice([1, 1, 2])):
            self.random.choice(
                [self.change_operator, self.rewire, self.swap, self.change_attribute, self.change_number, self.reshape]
            )(self.random.choice(self.graph.node))

    def change_operator(self, node: onnx.NodeProto) -> None:
        node.op_type = self.random.choice(self.KINDS)

    def rewire(self, node: onnx.NodeProto) -> None:
        tensors = [port.name for port in self.graph.input] + [name for each in self.graph.node for name in each.input]
        if node.input:
            node.input[self.random.randrange(len(node.input))] = self.random.choice(tensors)

    def swap(self, node: onnx.NodeProto) -> None:
        inputs = list(node.input)
        self.random.shuffle(inputs)
        node.input[:] = inputs

    def change_attribute(self, node: onnx.NodeProto) -> None:
        for attribute in node.attribute:
            attribute.f, attribute.i = self.random.choice([0.5, 2.0, -1.0]), self.random.choice([0, 1, -1])

    def change_number(self, node: onnx.NodeProto) -> None:
        for tensor in self.graph.initializer:
            if tensor.name in node.input:
                values = onnx.numpy_helper.to_array(tensor).copy()
                values.flat[self.random.randrange(values.size)] = self.random.choice([0, 0.5, 1, 2, 20, -3])
                tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))

    def reshape(self, node: onnx.NodeProto) -> None:
        for tensor in self.graph.initializer:
            if tensor.name in node.input:
                values = onnx.numpy_helper.to_array(tensor)
                shape = self.random.choice([(*values.shape, 1), (1, *values.shape), values.shape[::-1], (values.size,)])
                tensor.CopyFrom(onnx.numpy_helper.from_array(values.reshape(shape), tensor.name))


@pytest.mark.parametrize("start", range(0, 400, 50))
def test_mutated_operators_are_read_as_other_runtimes_compute_them_or_refused(start: int, tmp_path: Path) -> None:
    loaded = 0
    for seed in range(start, start + 50):
        model = Mutator(seed).model
        try:
            net = load(model.SerializeToString(), tmp_path)
        except mg.ModelFormatError:
            continue
        loaded += 1
        X = [100 * np.random.default_rng(seed).normal(size=(3, node.size)).astype(np.float32) for node in net.inputs]
        feeds = {node.name: values for node, values in zip(net.inputs, X, strict=True)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = ReferenceEvaluator(model).run(None, feeds)
        for found, values in zip(predictions(net, X), expected, strict=True):
            np.testing.assert_allclose(found, values, rtol=1e-3, atol=1e-4 * max(1.0, float(np.abs(values).max())))
    assert loaded >= 5


def chain(count: int, kinds: tuple[str, ...], *others: str, **constants: Any) -> bytes:
    """Return a file of so many operators, each behind the one before."""
    names = ["x", *(f"h{k}" for k in range(count))]
    nodes = [op(kinds[k % len(kinds)], " ".join([names[k], *others]), names[k + 1]) for k in range(count)]
    return graph(*nodes, op("Identity", names[-1]), **constants)


@pytest.mark.parametrize(
    ("kinds", "others", "constants"),
    [
        (("Relu",), (), {}),
        (("Relu", "Softplus", "Tanh"), (), {}),
        (("Mul", "Div"), ("c",), {"c": scalar(1)}),
        (("Mul",), ("c",), {"c": scalar(0.5)}),
        (("Abs",), (), {}),
    ],
)
def test_the_memory_for_a_chain_of_operators_is_linear(
    kinds: tuple[str, ...],
    others: tuple[str, ...],
    constants: dict[str, Any],
    tmp_path: Path,
) -> None:
    content = chain(1500, kinds, *others, **constants)
    tracemalloc.start()
    try:
        net = load(content, tmp_path)
        assert len(net.nodes) in (2, 1501)
    except mg.ModelFormatError:
        assert kinds in (("Mul",), ("Abs",))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 120 * len(content) + 2e6


def test_layers_that_take_one_tensor_times_many_factors_are_limited(tmp_path: Path) -> None:
    w = np.zeros((64, 64), np.float32)
    nodes = [op("Gemm", f"{f'h{k - 1}' if k else 'x'} w", f"h{k}", alpha=1 + k / 256) for k in range(200)]
    content = graph(*nodes, op("Identity", "h199"), shape=("batch", 64), units=64, w=w)
    tracemalloc.start()
    with pytest.raises(mg.ModelFormatError, match=r"tensor 'h\d+': up to this layer the parameters take \d+ bytes"):
        load(content, tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 2e6
    assert len(load(graph(*nodes[:20], op("Identity", "h19"), shape=("b", 64), units=64, w=w), tmp_path).layers) == 20


def test_ever_wider_nodes_are_limited(tmp_path: Path) -> None:
    nodes = [op("Concat", f"{f'h{k - 1}' if k else 'x'} " * 2, f"h{k}", axis=1) for k in range(40)]
    with pytest.raises(mg.ModelFormatError, match="tensor 'h23' is of 33554432 units"):
        load(graph(*nodes, op("Identity", "h39"), units=2**41), tmp_path)


def test_a_layer_that_is_used_many_times_counts_once(tmp_path: Path) -> None:
    w = np.zeros((64, 64), np.float32)
    nodes = [op("Gemm", f"{f'h{k - 1}' if k else 'x'} w", f"h{k}") for k in range(200)]
    net = load(graph(*nodes, op("Identity", "h199"), shape=("batch", 64), units=64, w=w), tmp_path)
    assert (len(net.layers), len(net.nodes)) == (1, 201)
