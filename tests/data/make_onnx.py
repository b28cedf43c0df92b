"""Make the ONNX files of PyTorch and scikit-learn that the tests read, with what they should give.

Needs an environment of its own: pip install torch==2.13.0 onnx onnxscript scikit-learn skl2onnx
"""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

HERE = Path(__file__).parent
EXPECTED: dict[str, Any] = {}


def strip(name: str) -> None:
    """Take out where in which file each operator was called: it tells of this machine."""
    model: Any = onnx.load(HERE / f"{name}.onnx")
    for part in (*model.graph.node, *model.graph.input, *model.graph.output, *model.graph.value_info, model.graph):
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.save(model, HERE / f"{name}.onnx")


def write_torch(name: str, model: Any, dynamo: bool, dtype: Any = torch.float32) -> None:
    torch.manual_seed(0)
    model = model.to(dtype).eval()
    X = torch.randn(5, 4, dtype=dtype)
    shapes: Any = (
        {"dynamic_shapes": ({0: torch.export.Dim("batch")},)} if dynamo else {"dynamic_axes": {"x": {0: "batch"}}}
    )
    torch.onnx.export(
        model,
        (X,),
        str(HERE / f"{name}.onnx"),
        input_names=["x"],
        output_names=["y"],
        dynamo=dynamo,
        external_data=False,
        opset_version=18,
        **shapes,
    )
    strip(name)
    EXPECTED[name] = {"X": X.tolist(), "Y": model(X).detach().numpy().tolist()}


def write_sklearn(name: str, model: Any, X: Any, y: Any, output: str, **options: bool) -> None:
    X = X.astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    final = model[-1] if hasattr(model, "steps") else model
    proto = to_onnx(model, X[:1], options={id(final): options} if options else None, target_opset=18)
    (HERE / f"{name}.onnx").write_bytes(proto.SerializeToString())
    EXPECTED[name] = {"X": X[::30].tolist(), "Y": getattr(model, output)(X[::30]).tolist()}


def every_activation() -> Any:
    return nn.Sequential(
        nn.Linear(4, 6), nn.Sigmoid(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 6), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(6, 5), nn.LeakyReLU(0.2), nn.Linear(5, 5, bias=False), nn.ELU(), nn.Linear(5, 6), nn.Softplus(),
        nn.Linear(6, 5), nn.SiLU(), nn.Linear(5, 4), nn.GELU(), nn.Linear(4, 3), nn.Softmax(dim=1),
    )  # fmt: skip


class Residual(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(8, 2)

    def forward(self, x: Any) -> Any:
        h = x + torch.relu(self.first(x))
        h = h + self.second(torch.nn.functional.silu(self.second(h)))
        return self.last(torch.cat([h, x], dim=1))


def main() -> None:
    write_torch("torch_activations", every_activation(), dynamo=True)
    write_torch("torch_activations_script", every_activation(), dynamo=False)
    write_torch("torch_float64", nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1)), True, torch.float64)
    write_torch("torch_residual", Residual(), dynamo=True)
    write_torch("torch_unknown", nn.Sequential(nn.Linear(4, 3), nn.Hardtanh(), nn.Linear(3, 1)), dynamo=True)
    cancer, iris, diabetes = (load(return_X_y=True) for load in (load_breast_cancer, load_iris, load_diabetes))
    few: Any = {"max_iter": 20, "random_state": 0}
    write_sklearn("sklearn_binary", MLPClassifier((5,), **few), cancer[0][:, :6] / 100, cancer[1], "predict_proba")
    names = np.array(["setosa", "versicolor", "virginica"])[iris[1]]
    for activation in "relu", "tanh", "logistic", "identity":
        model = MLPClassifier((6, 5), activation=activation, **few)
        write_sklearn(f"sklearn_{activation}", model, iris[0], names, "predict_proba", zipmap=False)
    regressor = MLPRegressor(hidden_layer_sizes=(6,), activation="tanh", **few)
    write_sklearn("sklearn_regressor", regressor, diabetes[0], diabetes[1], "predict")
    scaled = make_pipeline(StandardScaler(), MLPClassifier((3,), **few))
    write_sklearn("sklearn_pipeline", scaled, iris[0], iris[1], "predict_proba", zipmap=False)
    (HERE / "onnx_expected.json").write_text(json.dumps(EXPECTED) + "\n")


if __name__ == "__main__":
    main()
