"""Files that PyTorch and scikit-learn have written."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_models import predictions

import minigraph as mg
import minigraph.onnx

DATA = Path(__file__).parents[1] / "data"
EXPECTED: dict[str, Any] = json.loads((DATA / "onnx_expected.json").read_text())


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
        (
            "torch_unknown",
            "operator Clip 'n4', output 'hardtanh', is not supported; supported are Abs, Add, .* Tanh, Where",
        ),
        ("sklearn_pipeline", "operator ai.onnx.ml.Scaler 'Scaler', output 'variable', is not supported"),
    ],
)
def test_the_first_operator_that_is_not_supported_is_named(name: str, message: str) -> None:
    with pytest.raises(mg.ModelFormatError, match=f"{name}.onnx: {message}"):
        minigraph.onnx.load(DATA / f"{name}.onnx")


def test_a_cost_may_be_chosen_for_files_that_tell_none() -> None:
    net = minigraph.onnx.load(DATA / "torch_float64.onnx", cost="cross_entropy")
    assert repr(net.costs[0]) == "CrossEntropy()"
    with pytest.raises(mg.ArgumentError, match="did you mean 'squared_error'"):
        minigraph.onnx.load(DATA / "torch_float64.onnx", cost="squared_eror")  # type: ignore[arg-type]
