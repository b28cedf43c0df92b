import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx_models import batch, by_onnxruntime, by_reference, predictions, relative_error
from test_persistence import Huber, Scale, Square

import minigraph as mg
import minigraph.onnx
from graphs import random_network
from minigraph.functions.activations import ACTIVATIONS
from minigraph.onnx.reader import translate


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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(60))
def test_every_node_has_a_tensor_of_its_name_except_dropout(seed: int, dtype: str) -> None:
    net = random_network(seed, dtype)
    model = minigraph.onnx.to_model(net)
    assert [port.name for port in model.graph.input] == [node.name for node in net.inputs]
    assert [port.name for port in model.graph.output] == [node.name for node in net.outputs]
    names = [name for node in model.graph.node for name in node.output]
    shown = [node for node in net.nodes if node.name in names]
    left_out = [node for node in net.nodes if node not in shown and node not in net.inputs]
    assert all(isinstance(node.layer, mg.Dropout) and node not in net.outputs for node in left_out)
    del model.graph.output[:]
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(node.name) for node in shown)
    X = [3 * values for values in batch(net, seed, m=1 + seed % 5)]
    net.forward(X if len(X) > 1 else X[0])
    for node, values in zip(shown, by_onnxruntime(model, X), strict=True):
        bound = 1e-5 if dtype == "float32" else 1e-12
        assert values.dtype == net.dtype
        np.testing.assert_allclose(values, node.a, rtol=bound, atol=bound * max(1.0, float(np.abs(node.a).max())))


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
        np.testing.assert_allclose(by_onnxruntime(model, [values])[0], net.predict(values), rtol=bound, atol=bound)


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


def test_a_weight_on_an_absent_link_is_exported_as_0_and_stays_in_the_network() -> None:
    x = mg.Input(2)
    net = mg.Network(x, mg.Dense(1, "identity", links=[[True, False]])(x), "squared_error")
    net.layers[0].theta = [[1.0, 2.0, 0.0]]
    net.layers[0].theta[0, 2] = 7
    (weights,) = [each for each in minigraph.onnx.to_model(net).graph.initializer if each.name.endswith("weights")]
    assert onnx.numpy_helper.to_array(weights).tolist() == [[2.0, 0.0]]
    assert net.predict([[1.0, 1.0]]).tolist() == [[3.0]]


def test_an_output_behind_another_and_a_layer_shared_by_both(tmp_path: Path) -> None:
    x = mg.Input(2, name="x")
    shared = mg.Dense(2, "tanh")
    first = shared(x)
    net = mg.Network(x, [shared(first), first, mg.Dropout(0.5)(first)], "squared_error", seed=1)
    model = minigraph.onnx.to_model(net)
    assert relative_error(by_onnxruntime(model, batch(net)), predictions(net, batch(net))) <= 1e-12
    twin = translate(model)
    assert [node.name for node in twin.outputs] == [node.name for node in net.outputs]
    assert len(twin.layers) == 1
    assert relative_error(predictions(twin, batch(net)), predictions(net, batch(net))) <= 1e-12


def test_z_that_is_an_output_is_not_taken_over_by_the_activation_behind_it() -> None:
    x = mg.Input(2, name="x")
    z = mg.Dense(2, "identity", name="z")(x)
    net = mg.Network(x, [z, mg.Activate("relu", name="a")(z)], "squared_error", seed=1)
    twin = translate(minigraph.onnx.to_model(net))
    assert [node.name for node in twin.outputs] == ["z", "a"]
    assert relative_error(predictions(twin, batch(net)), predictions(net, batch(net))) <= 1e-12


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_parameter_of_an_export_that_is_not_finite_is_refused(value: float, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    minigraph.onnx.export(mg.mlp([2, 1]), path)
    model = onnx.load(path)
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(np.array([[1.0, value]]), "dense2.weights"))
    onnx.save(model, path)
    with pytest.raises(mg.ModelFormatError, match=r"initializer 'dense2\.weights': contains infinity or NaN"):
        minigraph.onnx.load(path)


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


def test_metadata_that_ask_for_more_memory_than_the_file_has_are_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    minigraph.onnx.export(mg.mlp([2, 1]), path)
    model = onnx.load(path)
    data = json.loads(model.metadata_props[0].value)
    data["layers"][0]["units"] = data["layers"][1]["units"] = 2**24
    model.metadata_props[0].value = json.dumps(data, separators=(",", ":"))
    onnx.save(model, path)
    assert minigraph.onnx.load(path).inputs[0].size == 2


def test_without_onnx_the_extra_is_named() -> None:
    code = "import sys; sys.modules['onnx'] = None; import minigraph.onnx"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingExtraError: onnx is not installed: pip install 'minigraph[onnx]'" in process.stderr
