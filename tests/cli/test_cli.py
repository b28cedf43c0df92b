"""The command line, as a process; details of its errors within this one."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

import minigraph as mg
from minigraph.cli import main

COMMANDS = ("train", "predict", "check", "diagram", "summary", "export")


def run(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "minigraph", *map(str, arguments)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", env=environment)


def write(path: Path, columns: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with iris.csv, and a network trained on it."""
    folder = tmp_path_factory.mktemp("tables")
    data = load_iris()
    rows = [[*x, data.target_names[k]] for x, k in zip(data.data.tolist(), data.target, strict=True)]
    write(folder / "iris.csv", ["sepal length", "sepal width", "petal length", "petal width", "species"], rows)
    done = run("train", "iris.csv", "--target", "species", "--hidden", "6", "--l2", "0.1", "-o", "iris.safetensors",
               folder=folder)  # fmt: skip
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    (folder / "train.txt").write_text(done.stdout, encoding="utf-8")
    return folder


class TestTrain:
    def test_says_what_it_did(self, folder: Path) -> None:
        lines = (folder / "train.txt").read_text(encoding="utf-8").splitlines()
        assert lines[0] == "150 rows, 4 features; species is one of 3 classes: setosa, versicolor, virginica"
        assert float(lines[2].removeprefix("accuracy on the rows set aside: ")) > 0.9
        assert lines[-1] == "saved iris.safetensors"

    def test_the_model_is_a_network_that_takes_the_table_as_it_is(self, folder: Path) -> None:
        net = mg.load(folder / "iris.safetensors")
        assert net.inputs[0].unit_names == ("sepal length", "sepal width", "petal length", "petal width")
        assert net.outputs[0].name == "species"
        assert net.classes == net.outputs[0].unit_names == ("setosa", "versicolor", "virginica")
        data = load_iris()
        outputs = net.predict(data.data)
        assert isinstance(outputs, np.ndarray)
        assert np.mean(outputs.argmax(axis=1) == data.target) > 0.93

    def test_the_same_seed_gives_the_same_file(self, folder: Path, tmp_path: Path) -> None:
        names = [str(tmp_path / f"{name}.safetensors") for name in "abc"]
        for name, seed in zip(names, ("1", "1", "2"), strict=True):
            arguments = ["--epochs", "2", "--seed", seed, "--quiet", "-o", name]
            assert main(["train", str(folder / "iris.csv"), "--target", "species", *arguments]) == 0
        first, second, other = (Path(name).read_bytes() for name in names)
        assert first == second != other

    def test_two_classes_take_one_unit(self, tmp_path: Path) -> None:
        data = load_breast_cancer()
        names = [str(name) for name in data.feature_names]
        rows = [[*x, "benign" if k else "malignant"] for x, k in zip(data.data.tolist(), data.target, strict=True)]
        write(tmp_path / "cancer.csv", [*names, "kind"], rows)
        model, out = tmp_path / "cancer.safetensors", tmp_path / "out.csv"
        assert main(["train", str(tmp_path / "cancer.csv"), "--target", "kind", "--quiet", "-o", str(model)]) == 0
        assert main(["predict", str(model), str(tmp_path / "cancer.csv"), "--probabilities", "-o", str(out)]) == 0
        assert mg.load(model).outputs[0].size == 1
        answers = read(out.read_text(encoding="utf-8"))
        assert list(answers[0]) == ["kind", "p(benign)", "p(malignant)"]
        assert np.mean([answer["kind"] == row[-1] for answer, row in zip(answers, rows, strict=True)]) > 0.97
        assert float(answers[0]["p(benign)"]) + float(answers[0]["p(malignant)"]) == pytest.approx(1)

    def test_numbers_are_learnt_in_their_own_units(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        data = load_diabetes()
        rows: list[list[object]] = [[*x, y] for x, y in zip(data.data.tolist(), data.target.tolist(), strict=True)]
        table = write(tmp_path / "diabetes.csv", [*data.feature_names, "progression"], rows)
        model = tmp_path / "diabetes.safetensors"
        assert main(["train", str(table), "--target", "progression", "--quiet", "-o", str(model)]) == 0
        printed = capsys.readouterr().out
        assert "progression is a number" in printed
        error = float(printed.partition("error on the rows set aside: ")[2].split()[0])
        assert 40 < error < 65  # the standard deviation is 77
        assert main(["predict", str(model), str(table)]) == 0
        predicted = [float(row["progression"]) for row in read(capsys.readouterr().out)]
        assert np.corrcoef(predicted, data.target)[0, 1] > 0.65

    def test_columns_and_rows_can_be_left_out(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        rows: list[list[object]] = [[f"n{i}", i, "" if i == 3 else i % 2, "ab"[i % 2]] for i in range(12)]
        table = str(write(tmp_path / "t.csv", ["name", "x", "y", "kind"], rows))
        arguments = [
            "train",
            table,
            "--target",
            "kind",
            "--quiet",
            "--epochs",
            "1",
            "-o",
            str(tmp_path / "m.safetensors"),
        ]
        assert main([*arguments, "--drop-missing"]) == 1
        assert (
            "line 2: column 'name' has 'n0', expected a number between -1e100 and 1e100; --ignore 'name'"
            in capsys.readouterr().err
        )
        assert main([*arguments, "--ignore", "name"]) == 1
        assert "line 5: column 'y' has no value" in capsys.readouterr().err
        assert main([*arguments, "--ignore", "name", "--drop-missing"]) == 0
        printed = capsys.readouterr()
        assert "left out 1 of 12 rows" in printed.err
        assert "11 rows, 2 features" in printed.out

    @pytest.mark.parametrize(
        ("cells", "task", "expected"),
        [
            (["0", "1"] * 6, "auto", "one of 2 classes: 0, 1"),
            (["10", "9"] * 6, "auto", "one of 2 classes: 9, 10"),
            ([str(i) for i in range(20)] * 2, "auto", f"one of 20 classes: {', '.join(map(str, range(20)))}"),
            ([str(i) for i in range(21)] * 2, "auto", "a number"),
            ([str(i) for i in range(24)], "auto", "a number"),
            (["0.5", "1"] * 6, "auto", "a number"),
            (["0", "1"] * 6, "regression", "a number"),
            (["0.5", "1"] * 6, "classification", "one of 2 classes: 0.5, 1"),
        ],
    )
    def test_what_is_taken_for_classes(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], cells: list[str], task: str, expected: str
    ) -> None:
        table = write(tmp_path / "t.csv", ["x", "y"], [[i, cell] for i, cell in enumerate(cells)])
        arguments = ["--task", task, "--quiet", "--epochs", "1", "-o", str(tmp_path / "m.safetensors")]
        assert main(["train", str(table), "--target", "y", *arguments]) == 0
        assert f"y is {expected}\n" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("rows", "arguments", "message"),
        [
            ([["1", "a"], ["2", "a"]], [], "column 'y' has one class only, 'a'"),
            ([["1", "a"], ["2", "b"], ["3", "c"]], [], "has 3 classes in 3 rows"),
            ([["1", "a"], ["2", "b"]], ["--ignore", "x"], "no column is left to learn from"),
            ([["1", "a"], ["2", "b"]], ["--ignore", "z"], "no column 'z'"),
            ([["1", "a"], ["2", "b"]], ["--task", "regression"], "column 'y' has 'a', expected a number"),
            ([["1", "a"], ["2", "b"]] * 2, ["--validation", "0.1"], "validation: received 0.1, which sets 0 of 4"),
            ([["1", "a"], ["2", "b"]] * 4, ["--learning-rate", "1e9", "--hidden", *["2"] * 40], "not finite"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_written(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        rows: list[list[object]],
        arguments: list[str],
        message: str,
    ) -> None:
        table, model = write(tmp_path / "t.csv", ["x", "y"], rows), tmp_path / "m.safetensors"
        assert main(["train", str(table), "--target", "y", "--quiet", "-o", str(model), *arguments]) == 1
        error = capsys.readouterr().err
        assert error.startswith("minigraph train: error: ")
        assert message in error
        assert not model.exists()


class TestPredict:
    def test_writes_a_table(self, folder: Path) -> None:
        done = run("predict", "iris.safetensors", "iris.csv", "--probabilities", folder=folder)
        rows = read(done.stdout)
        assert (done.returncode, done.stderr, len(rows)) == (0, "", 150)
        assert rows[0]["species"] == "setosa"
        assert float(rows[0]["p(setosa)"]) > 0.9

    def test_other_columns_are_passed_over_and_the_order_does_not_matter(
        self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        columns = ["petal width", "note", "petal length", "sepal width", "sepal length"]
        table = write(tmp_path / "t.csv", columns, [[0.2, "fresh", 1.4, 3.5, 5.1]])
        assert main(["predict", str(folder / "iris.safetensors"), str(table)]) == 0
        assert capsys.readouterr().out == "species\nsetosa\n"

    def test_a_missing_column_is_named(self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        table = write(tmp_path / "t.csv", ["sepal_length", "x"], [[1, 2]])
        assert main(["predict", str(folder / "iris.safetensors"), str(table)]) == 1
        assert "has no column 'sepal length'; did you mean 'sepal_length'?" in capsys.readouterr().err

    def test_a_network_made_in_python_takes_columns_in_order(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        net = mg.mlp([2, 2], cost="squared_error", seed=0)
        mg.save(net, tmp_path / "m.safetensors")
        table = write(tmp_path / "t.csv", ["a", "b"], [[1, 2]])
        assert main(["predict", str(tmp_path / "m.safetensors"), str(table)]) == 0
        (row,) = read(capsys.readouterr().out)
        assert [float(value) for value in row.values()] == net.predict([[1.0, 2.0]])[0].tolist()
        write(table, ["a", "b", "c"], [[1, 2, 3]])
        assert main(["predict", str(tmp_path / "m.safetensors"), str(table)]) == 1
        assert "has 3 columns of features, expected 2" in capsys.readouterr().err

    def test_several_inputs_are_too_many(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        x, z = mg.Input(1), mg.Input(1)
        mg.save(mg.Network([x, z], mg.Dense(1)(mg.Concat()([x, z]))), tmp_path / "m.safetensors")
        assert main(["predict", str(tmp_path / "m.safetensors"), "t.csv"]) == 1
        assert "a network with 2 inputs and 1 outputs" in capsys.readouterr().err


class TestOthers:
    def test_check(self, folder: Path) -> None:
        done = run("check", "iris.safetensors", "iris.csv", "--rows", "5", folder=folder)
        assert done.returncode == 0
        assert done.stdout.startswith("gradient check passed: 51 of 51 parameters")

    def test_a_failed_check_has_exit_code_1(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("minigraph.cli.commands.check_gradient", wrong_check)
        assert main(["check", str(folder / "iris.safetensors"), str(folder / "iris.csv")]) == 1
        assert "gradient check FAILED" in capsys.readouterr().out

    def test_diagram_with_the_numbers_of_a_row(self, folder: Path, tmp_path: Path) -> None:
        for name in ("net.svg", "net.dot"):
            done = run(
                "diagram", "iris.safetensors", "--data", "iris.csv", "--row", "51", "-o", tmp_path / name, folder=folder
            )
            assert (done.returncode, done.stdout.strip()) == (0, f"saved {tmp_path / name}"), done.stderr
        assert "petal width" in (tmp_path / "net.svg").read_text(encoding="utf-8")
        source = (tmp_path / "net.dot").read_text(encoding="utf-8")
        assert "4.7" in source  # the petal length of row 51
        assert "versicolor" in source

    def test_diagram_of_the_model_alone(self, folder: Path, tmp_path: Path) -> None:
        path = tmp_path / "net.dot"
        assert main(["diagram", str(folder / "iris.safetensors"), "--detail", "layers", "-o", str(path)]) == 0
        assert path.read_text(encoding="utf-8").startswith("digraph")

    def test_diagram_shows_the_row_that_is_asked_for(self, tmp_path: Path) -> None:
        model, path = tmp_path / "m.safetensors", tmp_path / "net.dot"
        mg.save(mg.mlp([1, 1], cost="squared_error"), model)
        table = write(tmp_path / "t.csv", ["x"], [[12.5], [37.5], [62.5]])
        for row, value in enumerate(("12.5", "37.5", "62.5"), start=1):
            arguments = ["--data", str(table), "--row", str(row), "-o", str(path)]
            assert main(["diagram", str(model), *arguments]) == 0
            source = path.read_text(encoding="utf-8")
            assert [other for other in ("12.5", "37.5", "62.5") if other in source] == [value]

    def test_diagram_of_a_row_that_is_not_there(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        arguments = ["--data", str(folder / "iris.csv"), "--row", "151", "-o", "net.svg"]
        assert main(["diagram", str(folder / "iris.safetensors"), *arguments]) == 1
        assert "has no row 151, expected 1 to 150" in capsys.readouterr().err

    def test_summary(self, folder: Path) -> None:
        done = run("summary", "iris.safetensors", folder=folder)
        assert done.returncode == 0
        assert "51 parameters" in done.stdout
        assert "species: setosa, versicolor, virginica" in done.stdout

    def test_export(self, folder: Path, tmp_path: Path) -> None:
        onnx = pytest.importorskip("onnx")
        done = run("export", "iris.safetensors", "-o", tmp_path / "iris.onnx", folder=folder)
        assert done.returncode == 0, done.stderr
        onnx.checker.check_model(onnx.load(tmp_path / "iris.onnx"))

    def test_a_file_that_is_no_model(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["summary", str(folder / "iris.csv")]) == 1
        assert capsys.readouterr().err.startswith("minigraph summary: error: ")

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        done = run("summary", "absent.safetensors", folder=tmp_path)
        assert done.returncode == 1
        assert done.stderr == "minigraph summary: error: No such file or directory: 'absent.safetensors'\n"


class TestUsage:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_help_gives_an_example_that_is_understood(
        self, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(SystemExit) as exited:
            main([command, "--help"])
        assert exited.value.code == 0
        lines = capsys.readouterr().out.splitlines()
        example = lines[lines.index("example:") + 1].split()
        assert example[:2] == ["minigraph", command]
        monkeypatch.setattr(f"minigraph.cli.commands.{command}", lambda arguments: 7)
        assert main(example[1:]) == 7

    @pytest.mark.parametrize(
        "arguments",
        [[], ["fit"], ["train", "t.csv"], ["train", "t.csv", "--target", "y", "--hidden", "0"], ["export", "m"]],
        ids=" ".join,
    )
    def test_wrong_arguments_have_exit_code_2(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as exited:
            main(arguments)
        assert exited.value.code == 2
        assert "usage: minigraph" in capsys.readouterr().err

    def test_version(self, tmp_path: Path) -> None:
        done = run("--version", folder=tmp_path)
        assert (done.returncode, done.stdout) == (0, f"minigraph {mg.__version__}\n")

    def test_interruption_has_exit_code_130(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("minigraph.cli.commands.summary", interrupted)
        assert main(["summary", "m"]) == 130
        assert capsys.readouterr().err == "minigraph summary: error: interrupted\n"

    @pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
    def test_a_reader_that_has_had_enough_is_no_error(self, folder: Path) -> None:
        command = f"'{sys.executable}' -m minigraph predict iris.safetensors iris.csv | true"
        done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True)
        assert done.stderr == ""


def interrupted(arguments: object) -> int:
    raise KeyboardInterrupt


def wrong_check(net: mg.AnyNetwork, X: mg.Array, Y: mg.Array, sample: int | None) -> mg.GradientCheck:
    J, gradient = net.cost_and_gradient(X, Y)
    return mg.check_gradient(net, X, Y, gradient=1.01 * gradient + J)
