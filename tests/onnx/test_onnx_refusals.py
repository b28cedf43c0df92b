from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx_models import by_reference, graph, load, op, predictions, relative_error

import minigraph as mg
import minigraph.onnx

W = np.eye(2, dtype=np.float32)
V = np.ones(2, np.float32)
ONE, TWO = np.float32(1), np.float32(2)


def own_function() -> bytes:
    """Return a file that defines what Relu is."""
    model = onnx.load_model_from_string(graph(op("Relu", "x")))
    opset = [onnx.helper.make_opsetid("", 18)]
    model.functions.append(onnx.helper.make_function("", "Relu", ["a"], ["b"], [op("Neg", "a", "b")], opset))
    return model.SerializeToString()


WRONG = {
    "no ONNX": (b"\xff\xff\xff", "not an ONNX model"),
    "empty": (b"", "no output holds numbers"),
    "another type": (graph(op("Cast", "x", to=onnx.TensorProto.INT64)), "Cast.* is to a type other"),
    "a cube": (graph(op("Relu", "x"), shape=("b", 2, 3)), r"input 'x': received shape \['b', 2, 3\]"),
    "units unknown": (graph(op("Relu", "x"), shape=("b", "n")), r"input 'x': received shape \['b', 'n'\]"),
    "softmax over examples": (graph(op("Softmax", "x", axis=0)), "Softmax.* over an axis other"),
    "concat of examples": (graph(op("Concat", "x x", axis=0)), "Concat.* along an axis other"),
    "transposed": (graph(op("Gemm", "x w", transA=1), w=W), "Gemm.* with transA"),
    "weights of another size": (graph(op("MatMul", "x w"), w=np.ones((3, 2), np.float32)), "for 3 units behind 2"),
    "a bias of another size": (graph(op("Gemm", "x w b"), w=W, b=np.ones(3, np.float32)), r"a bias of shape \(3,\)"),
    "integer weights": (graph(op("MatMul", "x w"), w=np.ones((2, 2), np.int64)), "'w': received int64"),
    "no weights": (graph(op("MatMul", "x x")), "takes 'x' as weights, which is not a constant"),
    "a vector": (graph(op("Mul", "x v"), v=V), r"Mul.* is with an array of shape \(2,\), other than as a bias"),
    "an unknown product": (
        graph(op("Tanh", "x", "t"), op("Mul", "x t")),
        "Mul, output 'y', is not a step of any activation",
    ),
    "a product of nodes": (
        graph(op("Gemm", "x w", "h"), op("Mul", "x h"), w=W),
        "Mul, output 'y', is not a step of any activation",
    ),
    "constants only": (graph(op("Add", "v v", "c"), op("Add", "x c"), v=V), "Add.* is of constants only"),
    "a tensor of nowhere": (graph(op("Relu", "z")), "input 'z' of node: .*Relu is not output of any previous nodes"),
    "a loop": (
        graph(op("Relu", "y", "h"), op("Relu", "h")),
        "input 'y' of node: .*Relu is not output of any previous nodes",
    ),
    "dropout in training": (graph(op("Dropout", "x r t"), r=TWO, t=np.bool_(True)), "Dropout.* is in training"),
    "a reshape": (graph(op("Reshape", "x s"), s=np.array([1, -1])), r"Reshape.* to the shape \[1, -1\]"),
    "another domain": (graph(op("Relu", "x", domain="my.own")), "operator my.own.Relu, output 'y', is not supported"),
    "a part of an activation": (
        graph(op("Abs", "x", "e"), op("Gemm", "e w"), w=W),
        "Gemm.* takes 'e', which is only a part of an activation",
    ),
    "infinity": (graph(op("MatMul", "x w"), w=np.full((2, 2), np.inf, np.float32)), "infinity"),
    "too few inputs": (graph(op("Greater", "x")), "Greater"),
    "an output of nowhere": (graph(op("Relu", "x", "h")), "Graph output 'y' is not an output of any node"),
    "a bias per example": (
        graph(op("MatMul", "x w", "m"), op("Add", "m b"), w=W, b=V[:, None]),
        r"Add.* a bias of shape \(2, 1\) for 2 units",
    ),
    "a bias per example in Gemm": (graph(op("Gemm", "x w b"), w=W, b=V[:, None]), r"Gemm.* a bias of shape \(2, 1\)"),
    "a bias of its own for each example": (
        graph(op("Gemm", "x w b"), w=W, b=np.ones((2, 2), np.float32)),
        r"Gemm.* a bias of shape \(2, 2\)",
    ),
    "a bias that adds an axis": (
        graph(op("MatMul", "x w", "m"), op("Add", "m b"), w=W, b=np.ones((1, 1, 2), np.float32)),
        r"Add.* a bias of shape \(1, 1, 2\)",
    ),
    "a bias that adds units": (
        graph(op("MatMul", "x w", "m"), op("Add", "m v"), w=W[:, :1], v=V),
        r"Add.* a bias of shape \(2,\) for 1 units",
    ),
    "a bias reshaped to one per example": (
        graph(op("Reshape", "v s", "b"), op("MatMul", "x w", "m"), op("Add", "m b"), w=W, v=V, s=np.array([2, 1])),
        "Reshape, output 'b', is of a constant",
    ),
    "a second bias": (
        graph(op("Gemm", "x w v", "m"), op("Add", "m v"), w=W, v=V),
        r"Add.* is with an array of shape \(2,\)",
    ),
    "a bias behind an activation": (
        graph(op("MatMul", "x w", "m"), op("Relu", "m", "r"), op("Add", "r v"), w=W, v=V),
        r"Add.* is with an array of shape \(2,\)",
    ),
    "a scalar that adds an axis": (
        graph(op("Max", "x c"), c=np.zeros((1, 1, 1), np.float32)),
        r"Max.* is with an array of shape \(1, 1, 1\)",
    ),
    "an integer scalar": (graph(op("Max", "x c"), c=np.int64(0)), "Max.* the constant 'c': received int64"),
    "weights of half precision": (graph(op("MatMul", "x w"), w=W.astype(np.float16)), "'w': received float16"),
    "two types": (graph(op("MatMul", "x w"), w=W.astype(np.float64)), "not valid ONNX.*MatMul"),
    "a reshape to no examples": (
        graph(op("Reshape", "x s", allowzero=1), s=np.array([0, 2])),
        r"Reshape.* to the shape \[0, 2\]",
    ),
    "an attribute that is none": (graph(op("Relu", "x", axis=1)), "Unrecognized attribute: axis for operator Relu"),
    "operators of before opset 7": (
        graph(op("Add", "x v", axis=1, broadcast=1), v=V, opset=6),
        r"received opsets \[6\], expected one of version >= 7",
    ),
    "a constant of text": (
        graph(op("Constant", "", "c", value_string="0"), op("Max", "x c")),
        "Constant, output 'c', holds no tensor, float or integer",
    ),
    "1 − p alone": (
        graph(op("Sub", "o x"), o=ONE, shape=("b", 1), units=1),
        "the graph takes 'y', which is 1 − p",
    ),
    "a layer behind 1 − p beside p": (
        graph(op("Sub", "o x", "n"), op("Concat", "n x", "c", axis=1), op("Relu", "c"), o=ONE, shape=("b", 1)),
        "Relu.* takes 'c', which is 1 − p or 1 − p beside p",
    ),
    "p beside 1 − p": (
        graph(op("Sub", "o x", "n"), op("Concat", "x n", axis=1), o=ONE, shape=("b", 1)),
        "Concat.* takes 'n', which is 1 − p",
    ),
    "1 − p of two units": (
        graph(op("Sub", "o x", "n"), op("Concat", "n x", axis=1), o=ONE, units=4),
        "Sub, output 'n', is not a step of any activation",
    ),
    "a constant cast to no type": (
        graph(op("Cast", "v", "c", to=[1, 11]), op("Add", "x c"), v=V),
        "Mismatched attribute type in .* : to",
    ),
    "a constant beyond float32": (
        graph(op("Cast", "d", "w", to=onnx.TensorProto.FLOAT), op("MatMul", "x w"), d=np.full((2, 2), 1e99)),
        "initializer 'w': contains infinity or NaN",
    ),
    "flattened examples": (graph(op("Flatten", "x", axis=0)), "Flatten.* is along an axis other than the examples"),
    "2 − p beside p": (
        graph(op("Sub", "o x", "n"), op("Concat", "n x", axis=1), o=TWO, shape=("b", 1)),
        "Sub, output 'n', is not a step of any activation",
    ),
    "1 − p beside q": (
        graph(op("Sub", "o x", "n"), op("Relu", "x", "q"), op("Concat", "n q", axis=1), o=ONE, shape=("b", 1)),
        "Concat.* takes 'n', which is 1 − p",
    ),
    "an operator of the file's own": (own_function(), "operator Relu is redefined by the model"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_read_is_explained(name: str, tmp_path: Path) -> None:
    content, message = WRONG[name]
    with pytest.raises(mg.ModelFormatError, match=f"net.onnx: .*{message}"):
        load(content, tmp_path)


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
        net = load(content, tmp_path)
        expected = by_reference(onnx.load_model_from_string(content), [X])
        assert relative_error(predictions(net, [X]), expected) <= 1e-6


def test_a_constant_among_the_inputs_and_one_that_is_cast(tmp_path: Path) -> None:
    content = graph(op("Cast", "w", "d", to=onnx.TensorProto.DOUBLE), op("MatMul", "x d"), w=W * 0.1, dtype=np.float64)
    model = onnx.load_model_from_string(content)
    model.graph.input.append(onnx.helper.make_tensor_value_info("w", onnx.TensorProto.FLOAT, [2, 2]))
    net = load(model.SerializeToString(), tmp_path)
    assert [node.name for node in net.inputs] == ["x"]
    X = np.array([[0.5, -1.0]])
    assert relative_error(predictions(net, [X]), by_reference(onnx.load_model_from_string(content), [X])) <= 1e-12


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
