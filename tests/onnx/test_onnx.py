import json
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator
from test_persistence import Huber, Scale, Square

import minigraph as mg
import minigraph.onnx
from graphs import random_network
from minigraph.functions.activations import ACTIVATIONS
from minigraph.onnx.reader import translate

DATA = Path(__file__).parents[1] / "data"
EXPECTED: dict[str, Any] = json.loads((DATA / "onnx_expected.json").read_text())

Arrays = list[NDArray[Any]]


def batch(net: mg.AnyNetwork, seed: int = 0, m: int = 4) -> Arrays:
    random = np.random.default_rng(seed)
    return [random.normal(size=(m, node.size)).astype(net.dtype) for node in net.inputs]


def predictions(net: mg.AnyNetwork, X: Arrays) -> Arrays:
    outputs = net.predict(X if len(X) > 1 else X[0])
    return list(outputs) if isinstance(outputs, tuple) else [outputs]


def by_reference(model: onnx.ModelProto, X: Arrays) -> Arrays:
    feeds = {port.name: values for port, values in zip(model.graph.input, X, strict=True)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of overflow in the evaluator's own sigmoid
        return list(ReferenceEvaluator(model).run(None, feeds))


def by_onnxruntime(model: onnx.ModelProto, X: Arrays) -> Arrays:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return list(session.run(None, {port.name: values for port, values in zip(model.graph.input, X, strict=True)}))


def relative_error(found: Sequence[Any], expected: Sequence[Any]) -> float:
    """Return the largest difference, relative to the largest number of its array."""
    errors = [0.0]
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert one.dtype == other.dtype
        errors.append(float(np.abs(one - other).max()) / max(float(np.abs(other).max()), 1e-30))
    return max(errors)


@pytest.mark.parametrize("seed", range(200))
def test_random_graphs_compute_the_same_elsewhere(seed: int) -> None:
    net = random_network(seed, "float64")
    model = minigraph.onnx.to_model(net)
    onnx.checker.check_model(model, full_check=True)
    X = batch(net, seed)
    expected = predictions(net, X)
    assert relative_error(by_reference(model, X), expected) <= 1e-12
    assert relative_error(by_onnxruntime(model, X), expected) <= 1e-12
    single = net.copy("float32")
    model = minigraph.onnx.to_model(single)
    onnx.checker.check_model(model, full_check=True)
    X = batch(single, seed, m=1 + seed % 7)
    expected = predictions(single, X)
    assert relative_error(by_reference(model, X), expected) <= 1e-5
    assert relative_error(by_onnxruntime(model, X), expected) <= 1e-5


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_activation_from_minus_1000_to_1000(name: Any, dtype: str) -> None:
    x = mg.Input(1)
    net: mg.AnyNetwork = mg.Network(x, mg.Activate(name)(x), "squared_error", dtype=dtype)
    z = np.linspace(-30, 30, 601, dtype=dtype)[:, None]
    model = minigraph.onnx.to_model(net)
    bound = 1e-12 if dtype == "float64" else 1e-5
    assert relative_error(by_reference(model, [z]), [net.predict(z)]) <= bound
    far = np.array([[-1000], [-100], [0], [100], [1000]], dtype)
    for values in (z, far):
        assert relative_error(by_onnxruntime(model, [values]), [net.predict(values)]) <= bound


@pytest.mark.parametrize("seed", range(30))
def test_load_takes_back_what_export_writes(seed: int, tmp_path: Path) -> None:
    net = random_network(seed)
    path = tmp_path / "net.onnx"
    minigraph.onnx.export(net, path)
    twin = minigraph.onnx.load(path)
    assert twin.to_dict() == net.to_dict()
    assert twin.unroll().tobytes() == net.unroll().tobytes()
    content = path.read_bytes()
    minigraph.onnx.export(twin, path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("seed", range(50))
def test_without_the_metadata_the_operators_alone_give_a_network_that_computes_the_same(seed: int) -> None:
    net = random_network(seed)
    twin = translate(minigraph.onnx.to_model(net))
    assert twin.dtype == net.dtype
    assert [(node.name, node.size) for node in twin.inputs] == [(node.name, node.size) for node in net.inputs]
    assert [node.name for node in twin.outputs] == [node.name for node in net.outputs]
    X = batch(net)
    bound = 1e-12 if net.dtype == np.float64 else 1e-5
    assert relative_error(predictions(twin, X), predictions(net, X)) <= bound


def test_names_shapes_and_settings() -> None:
    x = mg.Input(3, name="x")
    h = mg.Dense(4, "relu", name="hidden")(x)
    net = mg.Network(x, mg.Dense(2, "softmax", name="y")(mg.Dropout(0.5, name="d")(h)), "categorical_cross_entropy")
    model = minigraph.onnx.to_model(net)
    assert [opset.version for opset in model.opset_import] == [20]
    graph = model.graph
    assert [node.op_type for node in graph.node] == ["Gemm", "Relu", "Gemm", "Softmax"]
    assert [list(node.output) for node in graph.node] == [["hidden.z"], ["hidden"], ["y.z"], ["y"]]
    assert list(graph.node[2].input) == ["hidden", "y.weights", "y.bias"]
    for port, size in ((graph.input[0], 3), (graph.output[0], 2)):
        dims = port.type.tensor_type.shape.dim
        assert (dims[0].dim_param, dims[1].dim_value) == ("batch", size)


def test_a_shared_layer_has_its_parameters_once() -> None:
    x = mg.Input(3)
    layer = mg.Dense(3, "tanh")
    model = minigraph.onnx.to_model(mg.Network(x, layer(layer(x))))
    assert len(model.graph.initializer) == 2
    shared = translate(model)
    assert len(shared.layers) == 1


def test_names_of_the_network_come_before_those_of_the_file() -> None:
    x = mg.Input(1, name="y.z")
    h = mg.Dense(1, name="constant 1")(mg.Dense(1, "elu", name="y.bias")(x))
    net: mg.AnyNetwork = mg.Network(x, mg.Dense(1, "tanh", name="y")(h))
    model = minigraph.onnx.to_model(net)
    onnx.checker.check_model(model, full_check=True)
    assert relative_error(by_reference(model, batch(net)), predictions(net, batch(net))) <= 1e-12


def test_dropout_at_the_end_and_at_the_beginning_is_left_out() -> None:
    x = mg.Input(2)
    net: mg.AnyNetwork = mg.Network(x, mg.Dropout(0.5)(mg.Dense(2)(mg.Dropout(0.5)(x))))
    model = minigraph.onnx.to_model(net)
    assert [node.op_type for node in model.graph.node] == ["Gemm", "Sigmoid", "Identity"]
    assert relative_error(by_onnxruntime(model, batch(net)), predictions(net, batch(net))) <= 1e-12


def test_what_onnx_does_not_know_is_named(tmp_path: Path) -> None:
    x = mg.Input(2)
    with pytest.raises(mg.ArgumentError, match=r"node 's': received a layer Scale.*expected one of Activate, Add"):
        minigraph.onnx.export(mg.Network(x, Scale(2.0, name="s")(x)), tmp_path / "net.onnx")
    x = mg.Input(2)
    with pytest.raises(mg.ArgumentError, match=r"node 'h': received the activation Square"):
        minigraph.onnx.export(mg.Network(x, mg.Dense(1, Square(), name="h")(x)), tmp_path / "net.onnx")
    net = mg.mlp([2, 1])
    net.layers[0].theta[0, 0] = np.inf
    with pytest.raises(mg.NonFiniteError):
        minigraph.onnx.export(net, tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []


def test_an_own_cost_comes_back_if_it_is_passed_in(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    minigraph.onnx.export(mg.mlp([2, 1], cost=Huber(0.5)), path)
    cost = minigraph.onnx.load(path, custom=[Huber]).costs[0]
    assert isinstance(cost, Huber)
    assert cost.bound == 0.5
    with pytest.raises(mg.ModelFormatError, match=r"type 'Huber'.*custom="):
        minigraph.onnx.load(path)


def test_a_file_that_was_changed_after_export_is_read_by_its_operators(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    minigraph.onnx.export(mg.mlp([2, 3, 1], l2=0.5, dropout=0.5), path)
    model = onnx.load(path)
    next(node for node in model.graph.node if node.op_type == "Sigmoid").op_type = "Tanh"
    onnx.save(model, path)
    net = minigraph.onnx.load(path)
    assert repr(net.nodes[1].layer.activation) == "Tanh()"
    assert (net.l2, len(net.nodes)) == (0.0, 3)


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - {"torch_unknown", "sklearn_pipeline"}))
def test_files_of_pytorch_and_scikit_learn(name: str) -> None:
    net = minigraph.onnx.load(DATA / f"{name}.onnx")
    (found,) = predictions(net, [np.array(EXPECTED[name]["X"])])
    expected = np.array(EXPECTED[name]["Y"])
    if name == "sklearn_binary":
        expected = expected[:, 1:]
        assert net.classes == (0, 1)
        assert repr(net.costs[0]) == "CrossEntropy()"
    elif name == "sklearn_regressor":
        expected = expected[:, None]
    elif name.startswith("sklearn"):
        assert net.classes == ("setosa", "versicolor", "virginica")
        assert repr(net.costs[0]) == "CategoricalCrossEntropy()"
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= (1e-12 if name == "torch_float64" else 1e-6) * np.abs(expected).max()


def test_activations_are_found_however_they_are_composed() -> None:
    names = ["Sigmoid", "Tanh", "Relu", "LeakyRelu", "Elu", "Softplus", "Silu", "Gelu", "Softmax"]
    for name in "torch_activations", "torch_activations_script":
        net = minigraph.onnx.load(DATA / f"{name}.onnx")
        assert [type(node.layer.activation).__name__ for node in net.nodes[1:]] == names
        assert net.nodes[4].layer.activation.to_config() == {"slope": 0.2}
        assert all(isinstance(node.layer, mg.Dense) for node in net.nodes[1:])


def test_a_module_used_twice_stays_one_layer() -> None:
    net = minigraph.onnx.load(DATA / "torch_residual.onnx")
    assert len(net.layers) == 3
    assert net.node("linear_1").layer is net.node("linear_2").layer


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("torch_unknown", "operator Clip 'n4', output 'hardtanh', is not supported; supported are Abs, Add, .* Tanh, Where"),
        ("sklearn_pipeline", "operator ai.onnx.ml.Scaler 'Scaler', output 'variable', is not supported"),
    ],
)
def test_the_first_operator_that_is_not_supported_is_named(name: str, message: str) -> None:
    with pytest.raises(mg.ModelFormatError, match=f"{name}.onnx: {message}"):
        minigraph.onnx.load(DATA / f"{name}.onnx")


def graph(*nodes: onnx.NodeProto, units: int = 2, shape: Sequence[Any] = ("batch", 2), **arrays: Any) -> bytes:
    """Return a file with input x, output y, and the arrays as initializers."""
    tensors = [onnx.numpy_helper.from_array(np.asarray(values), name) for name, values in arrays.items()]
    ports = [
        [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, dims)]
        for name, dims in (("x", shape), ("y", ("batch", units)))
    ]
    made = onnx.helper.make_graph(list(nodes), "g", ports[0], ports[1], tensors)
    return onnx.helper.make_model(made, opset_imports=[onnx.helper.make_opsetid("", 18)]).SerializeToString()


def op(kind: str, inputs: str, output: str = "y", **attributes: Any) -> onnx.NodeProto:
    return onnx.helper.make_node(kind, inputs.split(), [output], **attributes)


W = np.eye(2, dtype=np.float32)
V = np.ones(2, np.float32)
TWO = np.float32(2)

WRONG = {
    "no ONNX": (b"\xff\xff\xff", "no ONNX model"),
    "empty": (b"", "no output holds numbers"),
    "another type": (graph(op("Cast", "x", to=onnx.TensorProto.INT64)), "Cast.* is to another type"),
    "a cube": (graph(op("Relu", "x"), shape=("b", 2, 3)), r"input 'x': received shape \['b', 2, 3\]"),
    "units unknown": (graph(op("Relu", "x"), shape=("b", "n")), r"input 'x': received shape \['b', 'n'\]"),
    "softmax over examples": (graph(op("Softmax", "x", axis=0)), "Softmax.* over another axis"),
    "concat of examples": (graph(op("Concat", "x x", axis=0)), "Concat.* along another axis"),
    "transposed": (graph(op("Gemm", "x w", transA=1), w=W), "Gemm.* with transA"),
    "weights of another size": (graph(op("MatMul", "x w"), w=np.ones((3, 2), np.float32)), "for 3 units behind 2"),
    "a bias of another size": (graph(op("Gemm", "x w b"), w=W, b=np.ones(3, np.float32)), r"a bias of shape \(3,\)"),
    "integer weights": (graph(op("MatMul", "x w"), w=np.ones((2, 2), np.int64)), "'w': received int64"),
    "no weights": (graph(op("MatMul", "x x")), "takes 'x' as weights, which are no constant"),
    "a vector": (graph(op("Mul", "x v"), v=V), r"Mul.* is with an array of shape \(2,\), other than as a bias"),
    "an unknown product": (graph(op("Tanh", "x", "t"), op("Mul", "x t")), "Mul, output 'y', is no step of an activation"),
    "a product of nodes": (
        graph(op("Gemm", "x w", "h"), op("Mul", "x h"), w=W),
        "Mul, output 'y', is no step of an activation",
    ),
    "constants only": (graph(op("Add", "v v", "c"), op("Add", "x c"), v=V), "Add.* is of constants only"),
    "a tensor of nowhere": (graph(op("Relu", "z")), "takes 'z', which is computed by nothing"),
    "a loop": (graph(op("Relu", "y", "h"), op("Relu", "h")), "which is computed by nothing"),
    "dropout in training": (graph(op("Dropout", "x r t"), r=TWO, t=np.bool_(True)), "Dropout.* is in training"),
    "a reshape": (graph(op("Reshape", "x s"), s=np.array([1, -1])), r"Reshape.* to the shape \[1, -1\]"),
    "another domain": (graph(op("Relu", "x", domain="my.own")), "operator my.own.Relu, output 'y', is not supported"),
    "a part of an activation": (
        graph(op("Abs", "x", "e"), op("Gemm", "e w"), w=W),
        "Gemm.* takes 'e', which is only a part of an activation",
    ),
    "infinity": (graph(op("MatMul", "x w"), w=np.full((2, 2), np.inf, np.float32)), "infinity"),
    "too few inputs": (graph(op("Greater", "x")), "Greater"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_read_is_explained(name: str, tmp_path: Path) -> None:
    content, message = WRONG[name]
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with np.errstate(invalid="ignore"), pytest.raises(mg.ModelFormatError, match=f"net.onnx: .*{message}"):
        minigraph.onnx.load(path)


def test_other_forms_of_the_same(tmp_path: Path) -> None:
    """Bias by Add, alpha and beta, an activation of an activation, z used twice, an input passed on."""
    X = np.array([[0.5, -1.0], [2.0, 0.25]], np.float32)
    for content in (
        graph(op("MatMul", "x w", "m"), op("Add", "v m"), w=2 * W, v=V),
        graph(op("Gemm", "x w v", alpha=0.5, beta=3.0), w=W, v=V),
        graph(op("Relu", "x", "r"), op("Sigmoid", "r")),
        graph(op("Relu", "x", "r"), op("Sigmoid", "r", "s"), op("Mul", "r s")),
        graph(op("Gemm", "x w", "z"), op("Relu", "z", "r"), op("Tanh", "z", "t"), op("Add", "r t"), w=W),
        graph(op("Gemm", "x w", "z"), op("Identity", "z", "i"), op("Relu", "i"), w=W),
        graph(op("Identity", "x")),
        graph(op("Sum", "x x x")),
        graph(op("Greater", "x o", "g"), op("Mul", "x h", "s"), op("Where", "g x s"), o=TWO * 0, h=TWO / 8),
        graph(op("Constant", "", "c", value_float=0.0), op("Max", "x c")),
        graph(op("Flatten", "x", "f"), op("Dropout", "f", "d"), op("Softmax", "d")),
        graph(op("Softmax", "x", "s"), op("Softmax", "s")),
    ):
        path = tmp_path / "net.onnx"
        path.write_bytes(content)
        net = minigraph.onnx.load(path)
        expected = by_reference(onnx.load_model_from_string(content), [X])
        assert relative_error(predictions(net, [X]), expected) <= 1e-6


def test_data_in_other_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(16))
    content = graph(op("MatMul", "x w"), w=W)
    for location in ("secret", "../secret", "/etc/hostname"):
        model = onnx.load_model_from_string(content)
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", location
        path = tmp_path / "net.onnx"
        path.write_bytes(model.SerializeToString())
        with pytest.raises(mg.ModelFormatError, match="'w': its data are in another file, which is not read"):
            minigraph.onnx.load(path)


def test_metadata_that_ask_for_more_memory_than_the_file_has_are_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    minigraph.onnx.export(mg.mlp([2, 1]), path)
    model = onnx.load(path)
    data = json.loads(model.metadata_props[0].value)
    data["layers"][0]["units"] = data["layers"][1]["units"] = 2**24
    model.metadata_props[0].value = json.dumps(data)
    onnx.save(model, path)
    assert minigraph.onnx.load(path).inputs[0].size == 2


def test_a_cost_may_be_chosen_for_files_that_tell_none() -> None:
    net = minigraph.onnx.load(DATA / "torch_float64.onnx", cost="cross_entropy")
    assert repr(net.costs[0]) == "CrossEntropy()"
    with pytest.raises(mg.ArgumentError, match="did you mean 'squared_error'"):
        minigraph.onnx.load(DATA / "torch_float64.onnx", cost="squared_eror")  # type: ignore[arg-type]


def test_mutated_files_give_a_network_or_model_format_error(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    path = tmp_path / "net.onnx"
    originals = [(DATA / f"{name}.onnx").read_bytes() for name in ("torch_residual", "sklearn_binary")]
    originals.append(graph(op("Constant", "", "c", value_float=0.0), op("Max", "x c")))
    outcomes = {True: 0, False: 0}
    for number in range(600):
        content = bytearray(originals[number % len(originals)])
        for _ in range(random.integers(1, 4)):
            content[random.integers(len(content))] = random.integers(256)
        path.write_bytes(content)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                minigraph.onnx.load(path)
            outcomes[True] += 1
        except mg.ModelFormatError:
            outcomes[False] += 1
    assert min(outcomes.values()) > 50


def test_without_onnx_the_extra_is_named() -> None:
    code = "import sys; sys.modules['onnx'] = None; import minigraph.onnx"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingExtraError: onnx is not installed: pip install 'minigraph[onnx]'" in process.stderr
