"""What `import minigraph` loads, and that the public names are there."""

import subprocess
import sys

import minigraph as mg

# Of the standard library, beyond what numpy loads: each light.
LIGHT = {"copy", "dataclasses", "difflib", "heapq"}


def loaded(code: str) -> set[str]:
    """Return the top-level modules that `code` loads on top of numpy, in a new process."""
    script = (
        "import sys, numpy\n"
        "before = set(sys.modules)\n"
        f"{code}\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name for name in done.stdout.split() if not name.startswith("_")}


def test_import_loads_numpy_and_nothing_heavier() -> None:
    assert loaded("import minigraph") <= {"minigraph", "numpy"} | LIGHT


def test_work_without_extras_loads_no_extra() -> None:
    used = loaded(
        "import minigraph as mg\n"
        "net = mg.mlp([2, 3, 1], 'gelu')\n"
        "net.cost_and_gradient([[0, 1]], [1])\n"
        "mg.check_gradient(net, [[0, 1]], [1])\n"
        "mg.explain(net.node(2).unit(1), 'z')\n"
        "net.summary()\n"
    )
    assert not used & {"scipy", "matplotlib", "sklearn", "onnx", "tqdm", "pandas", "safetensors", "graphviz"}


def test_public_names() -> None:
    assert sorted(mg.__all__) == mg.__all__
    assert len(set(mg.__all__)) == len(mg.__all__)
    for name in mg.__all__:
        assert getattr(mg, name).__doc__ or name in {"Array", "AnyNetwork", "ActivationName", "CostName"}, name
    assert mg.__version__.count(".") == 2
