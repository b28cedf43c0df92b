import warnings
from pathlib import Path

import numpy as np
from onnx_models import graph, op

import minigraph as mg
import minigraph.onnx

DATA = Path(__file__).parents[1] / "data"


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
