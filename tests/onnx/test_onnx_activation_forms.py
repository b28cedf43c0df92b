"""Forms in which exporters write activations, copied from their files, and look-alikes that are something else."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx_models import by_reference, graph, load, op, predictions, relative_error

import minigraph as mg
import minigraph.onnx

ROOT2, HALF_ROOT = np.float32(np.sqrt(2)), np.float32(np.sqrt(0.5))
Z = np.concatenate([np.linspace(-40, 40, 400), [-1000, -200, -70, 70, 200, 1000]]).astype(np.float32).reshape(-1, 2)


def scalar(value: float) -> NDArray[Any]:
    return np.array(value, np.float32)


def with_scalars(nodes: list[onnx.NodeProto], constants: dict[str, Any], opset: int = 24) -> bytes:
    arrays: dict[str, Any] = {key: scalar(value) for key, value in constants.items()}
    return graph(*nodes, opset=opset, **arrays)


FORMS: dict[str, tuple[str, list[onnx.NodeProto], dict[str, Any]]] = {
    "sigmoid": ("Sigmoid()", [op("Sigmoid", "x")], {}),
    "tanh": ("Tanh()", [op("Tanh", "x")], {}),
    "relu": ("Relu()", [op("Relu", "x")], {}),
    "relu, PyTorch's clamp(min=0)": ("Relu()", [op("Max", "x c")], {"c": 0}),
    "leaky relu": ("LeakyRelu(slope=0.2)", [op("LeakyRelu", "x", alpha=0.2)], {}),
    "leaky relu, its default": ("LeakyRelu(slope=0.01)", [op("LeakyRelu", "x")], {}),
    "leaky relu by max": ("LeakyRelu(slope=0.5)", [op("Mul", "c x", "m"), op("Max", "m x")], {"c": 0.5}),
    "leaky relu, decomposed": (
        "LeakyRelu(slope=0.3)",
        [op("Greater", "x o", "g"), op("Mul", "x c", "m"), op("Where", "g x m")],
        {"c": 0.3, "o": 0},
    ),
    "elu": ("Elu()", [op("Elu", "x", alpha=1.0)], {}),
    "elu, its default": ("Elu()", [op("Elu", "x")], {}),
    "elu, PyTorch with its scales": ("Elu()", [op("Mul", "x c", "i"), op("Elu", "i", "e"), op("Mul", "e c")], {"c": 1}),
    "softplus": ("Softplus()", [op("Softplus", "x")], {}),
    "softplus, PyTorch": (
        "Softplus()",
        [op("Softplus", "x", "s"), op("Greater", "x c", "g"), op("Where", "g x s")],
        {"c": 20},
    ),
    "softplus, PyTorch with its beta": (
        "Softplus()",
        [
            op("Mul", "x o", "b"),
            op("Softplus", "b", "t"),
            op("Div", "t o", "s"),
            op("Greater", "b c", "g"),
            op("Where", "g x s"),
        ],
        {"c": 20, "o": 1},
    ),
    "silu": ("Silu()", [op("Sigmoid", "x", "s"), op("Mul", "x s")], {}),
    "silu, TensorFlow with its beta": (
        "Silu()",
        [op("Mul", "o x", "b"), op("Sigmoid", "b", "s"), op("Mul", "s x")],
        {"o": 1},
    ),
    "gelu, PyTorch's older exporter": (
        "Gelu()",
        [op("Div", "x r", "d"), op("Erf", "d", "e"), op("Add", "e o", "a"), op("Mul", "x a", "m"), op("Mul", "m h")],
        {"r": ROOT2, "o": 1, "h": 0.5},
    ),
    "gelu, PyTorch's newer exporter": (
        "Gelu()",
        [op("Div", "x r", "d"), op("Erf", "d", "e"), op("Add", "e o", "a"), op("Mul", "h a", "m"), op("Mul", "x m")],
        {"r": ROOT2, "o": 1, "h": 0.5},
    ),
    "gelu, TensorFlow": (
        "Gelu()",
        [op("Mul", "h x", "m"), op("Div", "x r", "d"), op("Erf", "d", "e"), op("Add", "o e", "a"), op("Mul", "m a")],
        {"r": ROOT2, "o": 1, "h": 0.5},
    ),
    "gelu, TensorFlow's optimizer": (
        "Gelu()",
        [op("Mul", "h x", "m"), op("Mul", "x r", "d"), op("Erf", "d", "e"), op("Add", "o e", "a"), op("Mul", "m a")],
        {"r": HALF_ROOT, "o": 1, "h": 0.5},
    ),
    "gelu, opset 20": ("Gelu()", [op("Gelu", "x")], {}),
    "gelu, opset 20, exact": ("Gelu()", [op("Gelu", "x", approximate="none")], {}),
    "silu, opset 24": ("Silu()", [op("Swish", "x")], {}),
    "softmax": ("Softmax()", [op("Softmax", "x", axis=-1)], {}),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_of_exporters_are_recognized(name: str, tmp_path: Path) -> None:
    activation, nodes, constants = FORMS[name]
    content = with_scalars(nodes, constants)
    net = load(content, tmp_path)
    assert [repr(node.layer.activation) for node in net.nodes] == ["Identity()", activation]
    expected = by_reference(onnx.load_model_from_string(content), [Z])
    np.testing.assert_allclose(predictions(net, [Z])[0], expected[0], rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize("name", FORMS)
def test_in_double_precision_too(name: str, tmp_path: Path) -> None:
    activation, nodes, constants = FORMS[name]
    exact = {ROOT2: np.sqrt(2), HALF_ROOT: np.sqrt(0.5)}
    arrays: dict[str, Any] = {key: np.array(exact.get(value, value), np.float64) for key, value in constants.items()}
    net = load(graph(*nodes, opset=24, dtype=np.float64, **arrays), tmp_path)
    assert net.dtype == np.float64
    assert type(net.nodes[1].layer.activation).__name__ == activation.partition("(")[0]


def test_constants_by_an_operator_decide_on_the_precision_too(tmp_path: Path) -> None:
    slope = onnx.numpy_helper.from_array(np.array(0.1 + 1e-12))
    nodes = op("Constant", "", "c", value=slope), op("Mul", "x c", "m"), op("Max", "x m")
    net = load(graph(*nodes, dtype=np.float64), tmp_path)
    assert net.dtype == np.float64
    assert net.nodes[1].layer.activation.to_config() == {"slope": 0.1 + 1e-12}


def test_the_slope_of_a_leaky_relu_keeps_the_digits_of_its_file(tmp_path: Path) -> None:
    content = graph(op("LeakyRelu", "x", alpha=0.2), dtype=np.float64)
    assert load(content, tmp_path).nodes[1].layer.activation.to_config() == {"slope": float(np.float32(0.2))}
    nodes = op("Mul", "x c", "m"), op("Max", "x m", "h"), op("Mul", "h d", "n"), op("Max", "h n")
    close: dict[str, Any] = {"c": np.float64(0.2), "d": np.float64(0.2 + 1e-12)}
    net = load(graph(*nodes, dtype=np.float64, **close), tmp_path)
    assert [node.layer.activation.to_config() for node in net.nodes[1:]] == [{"slope": 0.2}, {"slope": 0.2 + 1e-12}]


OTHERS: dict[str, tuple[str, list[onnx.NodeProto], dict[str, Any]]] = {
    "min": ("Min", [op("Min", "x c")], {"c": 60}),
    "clamp(max=100) of relu": ("Min", [op("Relu", "x", "r"), op("Min", "r c")], {"c": 100}),
    "clamp(min=-50)": ("Max", [op("Max", "x c")], {"c": -50}),
    "clip": ("Clip", [op("Clip", "x c d")], {"c": -50, "d": 50}),
    "where": ("Greater", [op("Greater", "x c", "g"), op("Where", "g c x")], {"c": 50}),
    "where, less": ("Less", [op("Less", "x c", "l"), op("Where", "l x c")], {"c": 50}),
    "where, swapped": (
        "Where",
        [op("Greater", "x o", "g"), op("Mul", "x c", "m"), op("Where", "g m x")],
        {"c": 0.3, "o": 0},
    ),
    "max of softplus": ("Min", [op("Softplus", "x", "s"), op("Min", "s c")], {"c": 40}),
    "softplus with another threshold": (
        "Greater",
        [op("Softplus", "x", "s"), op("Greater", "x c", "g"), op("Where", "g x s")],
        {"c": 5},
    ),
    "softplus with beta 2": ("Mul", [op("Mul", "x c", "b"), op("Softplus", "b", "t"), op("Div", "t c")], {"c": 2}),
    "silu with beta 1.702": ("Mul", [op("Mul", "x c", "b"), op("Sigmoid", "b", "s"), op("Mul", "x s")], {"c": 1.702}),
    "swish with beta": ("Swish", [op("Swish", "x", alpha=1.5)], {}),
    "elu with alpha": ("Elu", [op("Elu", "x", alpha=0.5)], {}),
    "scaled elu": ("Mul", [op("Elu", "x", "e"), op("Mul", "e c")], {"c": 1.05}),
    "selu": ("Selu", [op("Selu", "x")], {}),
    "leaky relu that falls": ("LeakyRelu", [op("LeakyRelu", "x", alpha=-0.1)], {}),
    "leaky relu that is steep": ("LeakyRelu", [op("LeakyRelu", "x", alpha=1.5)], {}),
    "prelu": ("PRelu", [op("PRelu", "x c")], {"c": 0.25}),
    "gelu by tanh": ("Gelu", [op("Gelu", "x", approximate="tanh")], {}),
    "gelu with a rough root": (
        "Div",
        [op("Div", "x r", "d"), op("Erf", "d", "e"), op("Add", "e o", "a"), op("Mul", "x a", "m"), op("Mul", "m h")],
        {"r": 1.414, "o": 1, "h": 0.5},
    ),
    "twice gelu": (
        "Mul",
        [op("Div", "x r", "d"), op("Erf", "d", "e"), op("Add", "e o", "a"), op("Mul", "x a", "m"), op("Mul", "m h")],
        {"r": ROOT2, "o": 1, "h": 1.5},
    ),
    "hard sigmoid": ("HardSigmoid", [op("HardSigmoid", "x")], {}),
    "an offset": ("Add", [op("Add", "x c")], {"c": 1e-9}),
    "a factor": ("Mul", [op("Mul", "x c")], {"c": 1.0000001}),
    "a quotient": ("Div", [op("Div", "c x")], {"c": 1}),
    "a difference": ("Sub", [op("Sub", "c x")], {"c": 0}),
    "relu of two": ("Max", [op("Max", "x c c")], {"c": 0}),
    "a negative": ("Neg", [op("Neg", "x")], {}),
}


@pytest.mark.parametrize("name", OTHERS)
def test_look_alikes_are_refused_by_name(name: str, tmp_path: Path) -> None:
    operator, nodes, constants = OTHERS[name]
    content = with_scalars(nodes, constants)
    with pytest.raises(mg.ModelFormatError, match=rf"net.onnx: operator {operator}, output '\w+', is "):
        load(content, tmp_path)


def test_a_tensor_times_1_is_the_same_node(tmp_path: Path) -> None:
    nodes = op("Relu", "x", "r"), op("Mul", "r o", "m"), op("Tanh", "r", "t"), op("Tanh", "m", "u"), op("Sum", "t u")
    net = load(with_scalars(list(nodes), {"o": 1}), tmp_path)
    assert [node.name for node in net.nodes] == ["x", "r", "t", "u", "y"]


@pytest.mark.parametrize("name", ["elu", "gelu", "softplus", "leaky_relu"])
def test_own_forms_with_one_change_are_refused(name: Any, tmp_path: Path) -> None:
    x = mg.Input(2, name="x")
    net = mg.Network(x, mg.Activate(name)(x), "squared_error", dtype="float64")
    original = minigraph.onnx.to_model(net)
    del original.metadata_props[:]
    assert repr(load(original.SerializeToString(), tmp_path).nodes[1].layer) == repr(net.nodes[1].layer)
    changed = []
    for index, node in enumerate(original.graph.node):
        model = onnx.ModelProto.FromString(original.SerializeToString())
        if node.op_type in ("Sub", "Div"):
            model.graph.node[index].input[:] = list(node.input)[::-1]
            changed.append(model)
        elif len(node.input) == 2:
            model.graph.node[index].op_type = {"Mul": "Add", "Add": "Mul", "Min": "Max", "Max": "Min"}[node.op_type]
            changed.append(model)
    for index, tensor in enumerate(original.graph.initializer if name != "leaky_relu" else ()):
        model = onnx.ModelProto.FromString(original.SerializeToString())
        values = onnx.numpy_helper.to_array(tensor)
        model.graph.initializer[index].CopyFrom(onnx.numpy_helper.from_array(values * (1 + 1e-9) + 1e-99, tensor.name))
        changed.append(model)
    assert changed
    for model in changed:
        with pytest.raises(
            mg.ModelFormatError, match=r"operator \w+ 'activate2.*', (is not a step|takes .* only a part)"
        ):
            load(model.SerializeToString(), tmp_path)


def test_an_activation_on_the_way_to_another_is_a_node_if_something_else_takes_it(tmp_path: Path) -> None:
    """A sigmoid within a SiLU, but taken by a tanh and as an output as well."""
    nodes = op("Sigmoid", "x", "s"), op("Tanh", "s", "t"), op("Mul", "x s", "u"), op("Add", "t u")
    content = graph(*nodes)
    net = load(content, tmp_path)
    assert [(node.name, repr(node.layer.activation)) for node in net.nodes[1:-1]] == [
        ("s", "Sigmoid()"),
        ("t", "Tanh()"),
        ("u", "Silu()"),
    ]
    expected = by_reference(onnx.load_model_from_string(content), [Z])
    assert relative_error(predictions(net, [Z]), expected) <= 1e-6


ACTIVATIONS = ("Relu", "Sigmoid", "Tanh", "Softplus", "Elu", "Gelu")
PIECES = (*ACTIVATIONS, "Abs", "Neg", "Exp", "Min", "Max", "Mul", "Add", "Where")


@pytest.mark.parametrize("seed", range(400))
def test_random_elementwise_graphs_are_right_or_refused(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    names, nodes = ["x"], []
    for number in range(random.integers(1, 6)):
        kind = str(random.choice(PIECES if seed % 2 else ACTIVATIONS))
        count = {"Min": 2, "Max": 2, "Mul": 2, "Add": 2, "Where": 2}.get(kind, 1)
        inputs = [str(random.choice(names[-2:] + ["c0", "c1", "c2"] * (k > 0))) for k in range(count)]
        if kind == "Where":
            nodes.append(op("Greater", f"{random.choice(names)} c0", f"g{number}"))
            inputs = [f"g{number}", *inputs]
        nodes.append(op(kind, " ".join(inputs), f"h{number}"))
        names.append(f"h{number}")
    constants: dict[str, Any] = {
        f"c{k}": scalar(value) for k, value in enumerate(random.choice([0, 0.5, 1, 20, 50, -50], 3))
    }
    content = graph(*nodes, op("Identity", names[-1]), opset=20, **constants)
    try:
        net = load(content, tmp_path)
    except mg.ModelFormatError:
        assert seed % 2, "activations behind one another are supported"
        return
    with np.errstate(all="ignore"):
        expected = by_reference(onnx.load_model_from_string(content), [Z])
    np.testing.assert_allclose(predictions(net, [Z])[0], expected[0], rtol=2e-4, atol=1e-6)
