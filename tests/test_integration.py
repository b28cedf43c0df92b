"""The examples of integration: a typed service, a layer of one's own, a notebook."""

import re
import runpy
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from mypy import api
from nbclient import NotebookClient

import minigraph as mg

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "examples" / "integration"


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "service.py"))


class TestService:
    def test_answers_where_the_network_is_sure(self, service: dict[str, Any]) -> None:
        model = service["train"]()
        desk = service["Desk"](model)
        setosa = desk.answer(dict(zip(model.features, [5.1, 3.5, 1.4, 0.2], strict=True)))
        assert setosa.label == "setosa"
        assert setosa.estimate.probability > 0.9
        assert "with a₁⁽³⁾: setosa" in setosa.estimate.reasons
        between = desk.answer(dict(zip(model.features, [6.0, 2.8, 4.9, 1.7], strict=True)))
        assert between.label is None

    def test_its_own_tests_need_no_network(self, service: dict[str, Any]) -> None:
        class Fake:
            features: Sequence[str] = ("size",)

            def estimate(self, measurements: Mapping[str, float]) -> object:
                return service["Estimate"]("large", measurements["size"], "because")

        desk = service["Desk"](Fake(), least_probability=0.5)
        assert desk.answer({"size": 0.6}).label == "large"
        assert desk.answer({"size": 0.4}).label is None
        with pytest.raises(ValueError, match="size missing"):
            desk.answer({"weight": 1.0})

    def test_a_network_without_names_is_refused(self, service: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="expected unit_names"):
            service["NetworkModel"](mg.mlp([2, 3]))


class TestTypes:
    """What mypy says of the service, and of those who use it wrongly."""

    def mypy(self, folder: Path, *files: Path) -> str:
        options = ["--strict", "--config-file", str(ROOT / "pyproject.toml"), "--no-error-summary", "--no-pretty"]
        output, errors, _ = api.run([*options, "--cache-dir", str(ROOT / ".mypy_cache"), *map(str, files)])
        assert errors == ""
        return output

    def test_the_service_fills_in_its_protocol(self, tmp_path: Path) -> None:
        shutil.copy(FOLDER / "service.py", tmp_path)
        user = tmp_path / "user.py"
        user.write_text(
            "from collections.abc import Mapping, Sequence\n"
            "from typing import assert_type\n"
            "import minigraph as mg\n"
            "from service import Answer, Desk, Estimate, Model, NetworkModel\n"
            "net = mg.mlp([2, 3])\n"
            "model: Model = NetworkModel(net)\n"
            "assert_type(Desk(model).answer({'x': 1.0}), Answer)\n"
            "class NoModel:\n"
            "    features: Sequence[str] = ()\n"
            "    def estimate(self, measurements: Mapping[str, str]) -> Estimate: ...\n"
            "Desk(NoModel())\n"
            "NetworkModel(mg.Network(mg.Input(2), [mg.Dense(1)(mg.Input(2))]))\n"
            "Desk(model).answer({'x': 'one'})\n"
        )
        lines = self.mypy(tmp_path, tmp_path / "service.py", user).splitlines()
        found = [(re.search(r"user\.py:(\d+): error:", line), line) for line in lines]
        errors = {int(match[1]): line for match, line in found if match}
        assert set(errors) == {10, 11, 12, 13}, lines
        assert 'incompatible type "NoModel"; expected "Model"' in errors[11]
        assert 'expected "Network[ndarray' in errors[12]


def test_the_custom_layer_passes_its_gradient_check_and_the_wrong_one_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    example = runpy.run_path(str(FOLDER / "custom_layer.py"))
    X, Y, network = example["X"], example["Y"], example["network"]
    assert mg.check_gradient(network(example["Scale"]()), X, Y).passed
    assert not mg.check_gradient(network(example["Forgetful"]()), X, Y).passed
    example["main"]()
    assert "loaded again, equal bit for bit: True" in capsys.readouterr().out
    edges = network(example["Scale"]()).node(3).unit(2).inputs
    assert [edge.weight for edge in edges] == [-0.2, 0.5]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
def test_the_notebook_runs_and_shows_drawings() -> None:
    notebook = nbformat.read(FOLDER / "notebook.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    stored = [text_of(cell) for cell in notebook.cells]
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert [text_of(cell) for cell in notebook.cells] == stored
    assert any(
        out.get("text", "").endswith("[0 1 1 0]\n") for cell in notebook.cells for out in cell.get("outputs", [])
    )
    kinds = [kind for cell in notebook.cells for output in cell.get("outputs", []) for kind in output.get("data", {})]
    assert kinds.count("image/svg+xml") == 3
    assert kinds.count("text/latex") == 2
    assert kinds.count("text/html") == 4  # each drawing as HTML, too


def text_of(cell: Any) -> str:
    """Return what a cell prints, without its numbers, whose last digits depend on the machine."""
    streams = [output for output in cell.get("outputs", []) if output.output_type == "stream"]
    return re.sub(r"[-\d.e]*\d[.\de]*", "#", "\n".join(output.text for output in streams))
