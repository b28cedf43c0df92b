import hashlib
import json
import os
import struct
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import ArrayLike

import minigraph as mg
from fuzz_load import assembled, compact, parts
from graphs import random_network
from minigraph.persistence import to_bytes


def written(content: bytes, folder: Path) -> Path:
    path = folder / "net.safetensors"
    path.write_bytes(content)
    return path


def assert_same(twin: mg.AnyNetwork, net: mg.AnyNetwork) -> None:
    assert twin.to_dict() == net.to_dict()
    assert twin.unroll().tobytes() == net.unroll().tobytes()
    assert twin.dtype == net.dtype
    assert twin.classes == net.classes
    assert [type(label) for label in twin.classes or ()] == [type(label) for label in net.classes or ()]
    assert [node.name for node in twin.nodes] == [node.name for node in net.nodes]
    assert [repr(node.layer.activation) for node in twin.nodes] == [repr(node.layer.activation) for node in net.nodes]
    random = np.random.default_rng(0)
    X = [random.normal(size=(4, node.size)) for node in net.inputs]
    for found, expected in zip(np.atleast_3d(*_all(twin, X)), np.atleast_3d(*_all(net, X)), strict=True):
        np.testing.assert_array_equal(found, expected)


def _all(net: mg.AnyNetwork, X: list[Any]) -> tuple[Any, ...]:
    outputs = net.predict(X if len(X) > 1 else X[0])
    return outputs if isinstance(outputs, tuple) else (outputs,)


@pytest.mark.parametrize("seed", range(40))
def test_load_gives_back_what_save_got_and_saving_again_the_same_bytes(seed: int, tmp_path: Path) -> None:
    net = random_network(seed)
    path = tmp_path / "net"
    mg.save(net, path)
    twin = mg.load(path)
    assert_same(twin, net)
    assert to_bytes(twin) == path.read_bytes() == to_bytes(net)


def test_the_bytes_are_the_same_in_any_process() -> None:
    code = (
        "import hashlib, sys; sys.path.insert(0, 'tests'); from graphs import random_network;"
        "from minigraph.persistence import to_bytes;"
        "print(hashlib.sha256(b''.join(to_bytes(random_network(seed)) for seed in range(8))).hexdigest())"
    )
    digests = {hashlib.sha256(b"".join(to_bytes(random_network(seed)) for seed in range(8))).hexdigest()}
    for hash_seed in "1", "2":
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        process = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, cwd=ROOT
        )
        digests.add(process.stdout.strip())
    assert len(digests) == 1


ROOT = Path(__file__).parents[1]


def test_safetensors_reads_the_same_tensors(tmp_path: Path) -> None:
    x = mg.Input(3)
    links = np.array([[True, False, True], [False, True, True]])
    net = mg.Network(x, mg.Dense(1)(mg.Dense(2, links=links)(x)), dtype="float32", seed=5)
    tensors = safetensors.numpy.load(to_bytes(net))
    assert sorted(tensors) == ["links.1", "theta.1", "theta.2"]
    np.testing.assert_array_equal(tensors["links.1"], links)
    for name, layer in zip(("theta.1", "theta.2"), net.layers, strict=True):
        assert tensors[name].dtype == np.float32
        np.testing.assert_array_equal(tensors[name], layer.theta)


def test_a_trained_network_with_dropout_goes_on_as_it_was(tmp_path: Path) -> None:
    net = mg.mlp([3, 8, 2], "leaky_relu", dropout=0.25, l2=0.01, seed=4)
    X, Y = np.random.default_rng(0).normal(size=(20, 3)), np.eye(2)[np.arange(20) % 2]
    vector = net.unroll()
    for _ in range(5):
        vector -= net.cost_and_gradient(X, Y)[1]
        net.assign(vector)
    mg.save(net, tmp_path / "net")
    twin = mg.load(tmp_path / "net")
    assert twin.cost(X, Y) == net.cost(X, Y)
    assert twin.nodes[2].layer.to_config() == {"rate": 0.25, "name": None}
    np.testing.assert_array_equal(twin.cost_and_gradient(X, Y)[1], net.cost_and_gradient(X, Y)[1])


@pytest.mark.skipif(sys.platform != "linux", reason="reads its peak memory as Linux tells it")
def test_a_chain_of_10_000_nodes(tmp_path: Path) -> None:
    node = x = mg.Input(1)
    for _ in range(10_000):
        node = mg.Dense(1, "tanh")(node)
    net = mg.Network(x, node, cost="squared_error")
    path = tmp_path / "net"
    mg.save(net, path)
    code = (
        "import re, sys, minigraph as mg; from pathlib import Path;"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1]);"
        "before = peak(); net = mg.load(sys.argv[1]); print(len(net.nodes), net.unroll().sum(), peak() - before)"
    )
    process = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    nodes, total, kibibytes = process.stdout.split()
    assert (int(nodes), float(total)) == (10_001, net.unroll().sum())
    assert 10e6 < int(kibibytes) * 1024 <= 2 * path.stat().st_size + 50e6


def peak_memory(function: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_loading_takes_at_most_twice_the_file_and_50_mb(tmp_path: Path) -> None:
    """The network itself, θ and its gradient, takes twice the file: so nothing is copied on the way."""
    x = mg.Input(4000)
    links = np.ones((4000, 4000), np.bool_)
    net = mg.Network(x, mg.Dense(4000, links=links, initializer=mg.Zeros())(x), dtype="float32")
    path = tmp_path / "net"
    mg.save(net, path)
    del net
    assert 80e6 < peak_memory(lambda: mg.load(path)) <= 2 * path.stat().st_size + 50e6


class Scale(mg.Layer):
    kind = "scale"

    def __init__(self, factor: float, gate: mg.Activation | None = None, name: str | None = None) -> None:
        self.factor = factor
        self.gate = gate
        self.name = name

    def output_size(self, sizes: Any) -> int:
        return int(sizes[0])

    def forward(self, at: mg.Buffers) -> None:
        np.multiply(at.inputs[0][1:], self.factor, out=at.z)

    def error(self, at: mg.Buffers, parent: int, out: mg.Array) -> None:
        np.multiply(at.delta, self.factor, out=out)


class Square(mg.Activation):
    name = "square"

    def value(self, z: mg.Array, a: mg.Array, scratch: mg.Array) -> None:
        np.multiply(z, z, out=a)

    def vjp(self, z: mg.Array, a: mg.Array, error: mg.Array, scratch: mg.Array) -> None:
        error *= 2 * z


class Huber(mg.SquaredError):
    def __init__(self, limit: float) -> None:
        self.bound = limit

    def to_config(self) -> dict[str, object]:
        return {"limit": self.bound}


class Steps(mg.Initializer):
    def __init__(self, steps: tuple[float, ...]) -> None:
        self.steps = steps

    def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> mg.Array:
        return np.resize(self.steps, shape)


def own_network() -> mg.Network:
    x = mg.Input(2)
    h = Scale(2.5, Square(), name="s")(mg.Dense(3, Square(), initializer=Steps((1.0, 2.0)))(x))
    return mg.Network(x, h, Huber(np.float64(0.5)))


def test_own_classes_come_back_with_their_settings(tmp_path: Path) -> None:
    net = own_network()
    mg.save(net, tmp_path / "net")
    twin = mg.load(tmp_path / "net", custom=[Scale, Square, Huber, Steps])
    scale, cost = twin.node("s").layer, twin.costs[0]
    assert isinstance(scale, Scale)
    assert (scale.factor, type(scale.gate)) == (2.5, Square)
    assert isinstance(cost, Huber)
    assert cost.bound == 0.5
    np.testing.assert_array_equal(twin.predict([[1.0, 2.0]]), net.predict([[1.0, 2.0]]))
    assert to_bytes(twin) == to_bytes(net)


def test_own_classes_that_are_not_passed_in_are_named(tmp_path: Path) -> None:
    mg.save(own_network(), tmp_path / "net")
    with pytest.raises(mg.ModelFormatError, match=r"type 'Square'.*custom=\[TheClass\].*Sigmoid"):
        mg.load(tmp_path / "net")
    with pytest.raises(mg.ModelFormatError, match="type 'Scale'"):
        mg.load(tmp_path / "net", custom=[Square, Huber, Steps])


def test_wrong_custom_classes_are_refused(tmp_path: Path) -> None:
    mg.save(own_network(), tmp_path / "net")
    for wrong in (3, int, Scale(1.0), "Scale"):
        with pytest.raises(mg.ArgumentError, match=r"custom\[0\]"):
            mg.load(tmp_path / "net", custom=[wrong])  # type: ignore[list-item]
    other = type("Scale", (Scale,), {})
    with pytest.raises(mg.ArgumentError, match="another class named 'Scale'"):
        mg.load(tmp_path / "net", custom=[Scale, other])
    with pytest.raises(mg.ArgumentError, match="another class named 'Dense'"):
        mg.load(tmp_path / "net", custom=[type("Dense", (mg.Dense,), {})])


class Forgetful(Scale):
    def to_config(self) -> dict[str, object]:
        return {"factor": 1.0 if self.factor == 1.0 else self.factor + 1}


class Hidden(mg.Activation):
    def __init__(self, secret: float) -> None:
        self._secret = secret

    value = Square.value
    vjp = Square.vjp


class Inverted(mg.Dense):
    """Takes for links what are none, each time that it is made."""

    def __init__(self, units: int, links: ArrayLike, name: str | None = None) -> None:
        super().__init__(units, links=~np.asarray(links), name=name)

    def to_config(self) -> dict[str, object]:
        return {"units": self.units, "links": self.links, "name": self.name}


def saved_with(layer: mg.Layer) -> None:
    x = mg.Input(2)
    to_bytes(mg.Network(x, layer(x)))


def test_what_would_not_come_back_is_not_saved() -> None:
    with pytest.raises(mg.ArgumentError, match="Hidden: its argument 'secret' is in no attribute"):
        saved_with(mg.Dense(1, Hidden(1.0)))
    with pytest.raises(mg.ArgumentError, match=r"layers\[1\]: Forgetful.from_config returned another object"):
        saved_with(Forgetful(2.0))
    with pytest.raises(mg.ArgumentError, match=r"layers\[1\]\.links: .*came back from from_config with others"):
        saved_with(Inverted(1, [[True, False]]))
    with pytest.raises(mg.ArgumentError, match="own named 'Dense'"):
        saved_with(type("Dense", (mg.Dense,), {})(1))
    with pytest.raises(mg.ArgumentError, match="own named 'Input'"):
        saved_with(type("Input", (Scale,), {})(2.0))
    with pytest.raises(mg.ArgumentError, match=r"layers\[1\].factor: received nan"):
        saved_with(Scale(float("nan")))
    with pytest.raises(mg.ArgumentError, match=r"layers\[1\].factor: received \{\}"):
        saved_with(Scale({}))  # type: ignore[arg-type]
    with pytest.raises(mg.ArgumentError, match="name: received"):
        saved_with(mg.Dense(1, name="\ud800"))
    x = mg.Input(2)
    net = mg.Network(x, mg.Dense(1)(x))
    net.layers[0].theta[0, 0] = np.inf
    with pytest.raises(mg.NonFiniteError, match=r"theta\.1"):
        to_bytes(net)


class Doubling(mg.SquaredError):
    def __init__(self, limits: list[float]) -> None:
        self.limits = limits * 2


class Nested(mg.Initializer):
    def __init__(self, parts: list[mg.Initializer]) -> None:
        self.parts = parts

    def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> mg.Array:
        return self.parts[0].draw(shape, generator)


def test_a_cost_that_would_not_come_back_is_not_saved() -> None:
    x = mg.Input(2)
    with pytest.raises(mg.ArgumentError, match=r"costs\[0\]: Doubling.from_config returned another object"):
        to_bytes(mg.Network(x, mg.Dense(1)(x), Doubling([1.0])))


def test_own_classes_within_a_list_are_read_back(tmp_path: Path) -> None:
    net = mg.mlp([2, 1], initializer=Nested([Steps((1.0, 2.0))]))
    mg.save(net, tmp_path / "net")
    assert_same(mg.load(tmp_path / "net", custom=[Nested, Steps]), net)


def test_too_large_a_graph_is_not_saved() -> None:
    node = x = mg.Input(1)
    for _ in range(12_000):
        node = mg.Activate("tanh")(node)
    with pytest.raises(mg.ArgumentError, match="expected at most 12000"):
        to_bytes(mg.Network(x, node, "squared_error"))


def test_an_error_while_saving_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "net"
    mg.save(mg.mlp([2, 1]), path)
    before = path.read_bytes()
    with pytest.raises(mg.ArgumentError):
        mg.save(mg.Network(x := mg.Input(2), Scale(float("inf"))(x)), path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["net"]
    with pytest.raises(FileNotFoundError):
        mg.load(tmp_path / "missing")
    with pytest.raises(IsADirectoryError if sys.platform != "win32" else PermissionError):
        mg.load(tmp_path)


GOOD = to_bytes(
    mg.Network(
        x := mg.Input(3, name="x", unit_names=["p", "q", "r"]),
        mg.Dense(2, mg.LeakyRelu(0.2), name="y")(
            mg.Dropout(0.5)(mg.Dense(4, "tanh", links=np.eye(4, 3) > 0, initializer=mg.Normal(0.1))(x))
        ),
        "squared_error",
        seed=3,
    )
)


def test_the_attacks_start_from_a_good_file(tmp_path: Path) -> None:
    content = assembled(*parts(GOOD))
    assert mg.load(written(content, tmp_path)).node("y").size == 2


Attack = Callable[[dict[str, Any], dict[str, Any], bytes], bytes]
ATTACKS: dict[str, bytes | Attack] = {}


def attack(function: Attack) -> Attack:
    ATTACKS[function.__name__] = function
    return function


def change(name: str, edit: Callable[[dict[str, Any]], object]) -> None:
    """Edit the architecture, keep everything else right, checksum included."""

    def attack(header: dict[str, Any], inner: dict[str, Any], tensors: bytes) -> bytes:
        edit(inner["architecture"])
        return assembled(header, inner, tensors)

    ATTACKS[name] = attack


def layer(index: int, **settings: object) -> Callable[[dict[str, Any]], object]:
    return lambda data: data["layers"][index].update(settings)


def node(index: int, **settings: object) -> Callable[[dict[str, Any]], object]:
    return lambda data: data["nodes"][index].update(settings)


def top(**settings: object) -> Callable[[dict[str, Any]], object]:
    return lambda data: data.update(settings)


def raw(text: str | bytes, length: int | None = None, tensors: bytes = b"") -> bytes:
    text = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(text) if length is None else length) + text + tensors


ATTACKS |= {
    "empty file": b"",
    "seven bytes": b"\0" * 7,
    "only zeros": b"\0" * 100,
    "header length 0": raw("", 0),
    "header length 2^63": raw("{}", 2**63),
    "header length 2^64 - 1": raw("{}", 2**64 - 1),
    "header longer than the file": raw("{}", 3),
    "a pickle": b"\x80\x04cos\nsystem\n(S'touch /tmp/owned'\ntR.",
    "a zip file": b"PK\x03\x04" + bytes(100),
    "header is a list": raw("[]"),
    "header is no JSON": raw("{'a': 1}"),
    "header of deep lists": raw("[" * 90_000),
    "header of deep objects": raw('{"a":' * 90_000),
    "header of a million lists": raw('{"a":[' + "[]," * 1_000_000 + "[]]}"),
    "header of many empty objects": raw('{"a":[' + "{}," * 99_990 + "{}]}"),
    "header is a huge number": raw("9" * 5_000_000),
    "header with bytes that are no UTF-8": raw(b'{"\xff\xfe": 1}'),
    "header with a key twice": raw('{"__metadata__": {}, "__metadata__": {}}'),
    "header of one long string": raw('{"a": "' + "x" * 7_000_000 + '"}'),
    "no metadata": raw("{}"),
    "metadata of another program": raw('{"__metadata__": {"format": "pt"}}'),
    "metadata is a number": raw('{"__metadata__": {"minigraph": 1}}'),
    "metadata is no JSON": raw('{"__metadata__": {"minigraph": "x"}}'),
    "metadata is nested deeply": raw(compact({"__metadata__": {"minigraph": "[" * 90_000}})),
    "metadata holds NaN": raw(compact({"__metadata__": {"minigraph": '{"sha256": NaN}'}})),
    "cut short": GOOD[:-1],
    "one byte too long": GOOD + b"\0",
    "a bit of a parameter": GOOD[:-3] + bytes([GOOD[-3] ^ 1]) + GOOD[-2:],
}
change("version 2", top(version=2))
change("version -1", top(version=-1))
change("version true", top(version=True))
change("version 1.0", top(version=1.0))
change("dtype float16", top(dtype="float16"))
change("dtype object", top(dtype=["object"]))
change("dtype other than the tensors", top(dtype="float32"))
change("l2 negative", top(l2=-1))
change("l2 text", top(l2="0"))
change("l2 of 400 digits", top(l2=10**400))
change("a class of the standard library", layer(1, type="os.system"))
change("a dunder", layer(1, type="__import__"))
change("a class of another kind", layer(1, type="Relu"))
change("an activation in place of a layer", layer(1, type="LeakyRelu", slope=0.1))
change("an unknown setting", layer(1, colour="red"))
change("a missing setting", lambda data: data["layers"][1].pop("units"))
change("units 0", layer(1, units=0))
change("units 2^62", layer(1, units=2**62))
change("units of the input 2^62", layer(0, units=2**62))
change("units of the input beyond the tensors", layer(0, units=4))
change("units text", layer(1, units="4"))
change("rate 1", layer(2, rate=1))
change("rate a list", layer(2, rate=[[[[]]]]))
change("settings nested deeply", layer(1, activation=json.loads('{"type":"Relu","x":' * 20 + "1" + "}" * 20)))
change("links without a tensor", layer(3, links=True))
change("links as text", layer(1, links="os"))
change("no links for the tensor", layer(1, links=None))
change("layer name a lone surrogate", layer(1, name="\udcff"))
change("node name a lone surrogate", node(1, name="\ud800"))
change("node name twice", node(1, name="x"))
change("node name empty", node(1, name=""))
change("node its own parent", node(1, parents=[1]))
change("node its child's child", node(1, parents=[2]))
change("parent beyond the end", node(1, parents=[99]))
change("parent -1", node(1, parents=[-1]))
change("parent true", node(1, parents=[False]))
change("a million parents", node(2, parents=[1] * 200_000))
change("no parents", node(1, parents=[]))
change("an input with parents", lambda data: data["nodes"].append(data["nodes"][0] | {"name": "z", "parents": [0]}))
change("a layer beyond the end", node(1, layer=17))
change("a layer that no node uses", lambda data: data["layers"].append({"type": "Add", "name": None}))
change("a node that reaches no output", lambda d: d["nodes"].append(d["nodes"][2] | {"name": "z", "parents": [0]}))
change("no nodes", top(nodes=[]))
change("nodes an object", top(nodes={}))
change("no inputs", top(inputs=[]))
change("inputs twice", top(inputs=[0, 0]))
change("an input that is none", top(inputs=[1]))
change("no outputs", top(outputs=[]))
change("output a text", top(outputs="y"))
change("an input as output", top(outputs=0))
change("no costs", top(costs=[]))
change("two costs", lambda data: data["costs"].append(data["costs"][0]))
change("a layer as cost", top(costs=[{"type": "Add", "name": None}]))
change("a number as cost", top(costs=[1]))
change("classes too many", top(classes=["a", "b", "c"]))
change("classes an object", top(classes={"a": 1}))
change("classes of lists", top(classes=[[], []]))
change("classes twice", top(classes=["a", "a"]))
change("unit names too few", node(0, unit_names=["a"]))
change("unit names twice", node(0, unit_names=["a", "a", "b"]))
change("an unknown key", top(code="import os"))
change("a missing key", lambda data: data.pop("classes"))
change("architecture gone", lambda data: data.clear())


def moved(name: str, **settings: object) -> None:
    def attack(header: dict[str, Any], inner: dict[str, Any], tensors: bytes) -> bytes:
        content = assembled(header, inner, tensors)
        (length,) = struct.unpack_from("<Q", content)
        changed = json.loads(content[8 : 8 + length])
        changed["theta.3"] |= settings
        return raw(compact(changed), tensors=tensors)

    ATTACKS[name] = attack


moved("tensor of another shape", shape=[5, 2])
moved("tensor of a negative shape", shape=[-2, -5])
moved("tensor of an overflowing shape", shape=[2**32, 2**32])
moved("tensor of one axis", shape=[10])
moved("tensor of another type", dtype="I64")
moved("tensor of an unhashable type", dtype=[])
moved("tensor over another one", data_offsets=[0, 80])
moved("tensor beyond the end", data_offsets=[2**40, 2**40 + 80])
moved("tensor that ends before it begins", data_offsets=[80, 0])
moved("tensor of fractions", data_offsets=[0.0, 80.0])


@attack
def a_tensor_too_many(header: dict[str, Any], inner: dict[str, Any], tensors: bytes) -> bytes:
    header["theta.7"] = {"dtype": "F64", "shape": [1, 1], "data_offsets": [len(tensors), len(tensors) + 8]}
    return assembled(header, inner, tensors + bytes(8))


@attack
def a_tensor_missing(header: dict[str, Any], inner: dict[str, Any], tensors: bytes) -> bytes:
    del header["theta.3"]
    return raw(compact({"__metadata__": {"minigraph": compact(inner)}, **header}), tensors=tensors)


@attack
def not_a_number(header: dict[str, Any], inner: dict[str, Any], tensors: bytes) -> bytes:
    begin, _ = header["theta.3"]["data_offsets"]
    return assembled(header, inner, tensors[:begin] + struct.pack("<d", float("nan")) + tensors[begin + 8 :])


@attack
def a_boolean_of_two(header: dict[str, Any], inner: dict[str, Any], tensors: bytes) -> bytes:
    begin, _ = header["links.1"]["data_offsets"]
    return assembled(header, inner, tensors[:begin] + b"\2" + tensors[begin + 1 :])


@attack
def no_checksum(header: dict[str, Any], inner: dict[str, Any], tensors: bytes) -> bytes:
    return assembled(header, inner | {"sha256": None}, tensors)


@attack
def a_wrong_checksum(header: dict[str, Any], inner: dict[str, Any], tensors: bytes) -> bytes:
    return assembled(header, compact(inner | {"sha256": "0" * 64}), tensors)


def refuse(path: Path) -> None:
    with pytest.raises(mg.ModelFormatError):
        mg.load(path)


CHECKSUM = {"a bit of a parameter", "a_wrong_checksum"}
"""What only the checksum can tell."""


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_answered_by_model_format_error_and_little_memory(name: str, tmp_path: Path) -> None:
    how = ATTACKS[name]
    content = how if isinstance(how, bytes) else how(*parts(GOOD))
    path = written(content, tmp_path)
    with pytest.raises(mg.ModelFormatError, match=r"net\.safetensors: ") as caught:
        mg.load(path)
    assert ("SHA-256" in str(caught.value)) == (name in CHECKSUM)
    if len(content) > 100_000:
        assert peak_memory(lambda: refuse(path)) <= 2 * len(content) + 50e6


def test_tensors_of_one_shape_cannot_change_places(tmp_path: Path) -> None:
    content = to_bytes(mg.mlp([2, 2, 2]))
    swapped = content.replace(b'"theta.1"', b'"theta.0"').replace(b'"theta.2"', b'"theta.1"')
    swapped = swapped.replace(b'"theta.0"', b'"theta.2"')
    with pytest.raises(mg.ModelFormatError, match="SHA-256"):
        mg.load(written(swapped, tmp_path))


def test_a_weight_on_an_absent_link_is_loaded_as_0(tmp_path: Path) -> None:
    header, inner, tensors = parts(GOOD)
    begin, end = header["theta.1"]["data_offsets"]
    links = np.eye(4, 3) > 0
    theta = np.frombuffer(tensors[begin:end]).reshape(4, 4)
    assert not theta[:, 1:][~links].any()
    forged = np.arange(1.0, 17.0).reshape(4, 4)
    path = written(assembled(header, inner, tensors[:begin] + forged.tobytes() + tensors[end:]), tmp_path)
    layer = mg.load(path).layers[0]
    np.testing.assert_array_equal(layer.theta[:, 1:][~links], 0)
    np.testing.assert_array_equal(layer.theta[:, 1:][links], forged[:, 1:][links])
    np.testing.assert_array_equal(layer.theta[:, 0], forged[:, 0])


def test_links_that_are_no_matrix_are_refused_before_a_class_of_the_user_sees_them(tmp_path: Path) -> None:
    header, inner, tensors = parts(GOOD)
    header["links.1"]["shape"] = [2, 2, 3]
    with pytest.raises(mg.ModelFormatError, match=r"links\.1: received bool \(2, 2, 3\), expected a matrix of bool"):
        mg.load(written(assembled(header, inner, tensors), tmp_path))


def test_a_weight_written_to_an_absent_link_is_not_saved(tmp_path: Path) -> None:
    net = mg.load(written(GOOD, tmp_path))
    net.layers[0].theta[0, 2] = 7.0
    tensors = safetensors.numpy.load(to_bytes(net))
    assert tensors["theta.1"][0, 2] == 0
    np.testing.assert_array_equal(tensors["theta.1"], safetensors.numpy.load(GOOD)["theta.1"])


class Wrong(mg.Layer):
    kind = "wrong"

    def __init__(self, shape: str = "") -> None:
        self.shape = shape

    def output_size(self, sizes: Any) -> int:
        return int(sizes[0])

    def theta_shape(self, sizes: Any) -> tuple[int, int]:
        return (int(self.shape), 2)

    def forward(self, at: mg.Buffers) -> None: ...

    def error(self, at: mg.Buffers, parent: int, out: mg.Array) -> None: ...


def test_what_a_class_of_the_user_makes_of_wrong_settings_is_no_leak(tmp_path: Path) -> None:
    header, inner, tensors = parts(GOOD)
    inner["architecture"]["layers"][2] = {"type": "Wrong", "shape": "x"}
    path = written(assembled(header, inner, tensors), tmp_path)
    with pytest.raises(mg.ModelFormatError, match="invalid literal"):
        mg.load(path, custom=[Wrong])


def test_units_that_would_take_all_memory_take_none(tmp_path: Path) -> None:
    """Sizes that fit the limits of a node, but not the file: an exabyte of parameters."""
    header, inner, tensors = parts(GOOD)
    inner["architecture"]["layers"][0]["units"] = inner["architecture"]["layers"][1]["units"] = 2**24
    inner["architecture"]["layers"][1]["links"] = None
    inner["architecture"]["nodes"][0]["unit_names"] = None
    del header["links.1"]
    path = written(assembled(header, inner, tensors), tmp_path)
    assert peak_memory(lambda: refuse(path)) < 5e6


@pytest.mark.parametrize(
    "classes", [["no", "yes"], [False, True], [-1, 1], [0.5, 1.5], np.array([3, 4]), np.array(["a", "b"])]
)
def test_class_labels_keep_their_type(classes: ArrayLike, tmp_path: Path) -> None:
    net = mg.mlp([2, 1])
    net.classes = classes  # type: ignore[assignment]
    mg.save(net, tmp_path / "net")
    twin = mg.load(tmp_path / "net")
    assert twin.classes == net.classes == tuple(np.asarray(classes).tolist())
    assert [type(each) for each in twin.classes] == [type(each) for each in np.asarray(classes).tolist()]


@pytest.mark.parametrize(
    "classes", ["ab", ["a"], ["a", "a"], [1, True], [None, "a"], [float("nan"), 1.0], 3, ["a", "b", "c"]]
)
def test_wrong_class_labels_are_refused(classes: Any) -> None:
    net = mg.mlp([2, 1])
    with pytest.raises(mg.ArgumentError, match="classes"):
        net.classes = classes
    assert net.classes is None


def test_safetensors_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(mg.MissingExtraError, match=r"pip install 'minigraph\[save\]'"):
        mg.save(mg.mlp([2, 1]), tmp_path / "net")
    assert list(tmp_path.iterdir()) == []
    path = written(GOOD, tmp_path)
    assert mg.load(path).node("y").size == 2
