import copy
import json
from typing import Any

import jsonschema
import numpy as np
import pytest

import minigraph as mg
from graphs import random_network
from minigraph.architecture.architecture import MAX_NODES, MAX_UNITS, schema
from minigraph.architecture.parsing import read
from minigraph.architecture.registry import BUILT_IN
from minigraph.architecture.writing import to_dict

VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_the_schema_is_one_and_knows_the_limits() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    text = json.dumps(schema())
    assert f'"maxItems": {MAX_NODES}' in text
    assert f'"maximum": {MAX_UNITS}' in text


@pytest.mark.parametrize("seed", range(60))
def test_the_architecture_goes_through_json_and_follows_the_schema(seed: int) -> None:
    net = random_network(seed)
    data = json.loads(json.dumps(net.to_dict()))
    assert data == net.to_dict()
    VALIDATOR.validate(data)
    before = copy.deepcopy(data)
    twin = mg.Network.from_dict(data, seed=seed)
    assert data == before
    assert twin.to_dict() == data
    assert twin.unroll().tobytes() == net.unroll().tobytes()
    assert [node.unit_names for node in twin.nodes] == [node.unit_names for node in net.nodes]
    assert twin.has_one_output == net.has_one_output


def test_everything_of_minigraph_is_known() -> None:
    public = [getattr(mg, name) for name in mg.__all__]
    kinds = (mg.Layer, mg.Activation, mg.Cost, mg.Initializer)
    concrete = [each for each in public if isinstance(each, type) and issubclass(each, kinds) and each not in kinds]
    assert sorted(BUILT_IN) == sorted(each.__name__ for each in concrete)


def test_links_are_rows_of_digits() -> None:
    x = mg.Input(3)
    net = mg.Network(x, mg.Dense(2, links=[[1, 0, 1], [0, 1, 0]])(x))
    data: Any = net.to_dict()
    assert data["layers"][1]["links"] == ["101", "010"]
    twin = mg.Network.from_dict(data)
    links = twin.layers[0].links
    assert links is not None
    np.testing.assert_array_equal(links, [[True, False, True], [False, True, False]])


def small() -> Any:
    return mg.mlp([2, 3, 1], "leaky_relu").to_dict()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["version"], 2, r"version: received 2, expected 1 or less; written by a newer minigraph"),
        (["dtype"], "int8", "dtype: received 'int8', expected 'float64' or 'float32'"),
        (["l2"], -0.5, "l2: received -0.5, expected a finite number >= 0"),
        (["layers", 1, "units"], 0, r"layers\[1\]: Dense cannot be made with these settings: units: received 0"),
        (["layers", 1, "type"], "Dens", r"layers\[1\]: received type 'Dens'.*custom=.*did you mean 'Dense'"),
        (["layers", 1, "activation", "slope"], 2, r"layers\[1\].activation: LeakyRelu cannot be made.*slope"),
        (["layers", 1, "links"], ["01"], r"layers\[1\]: Dense cannot be made.*links: received shape \(1, 2\)"),
        (["layers", 1, "links"], ["012"], r"layers\[1\].links: .*expected rows of equal length of 0 and 1"),
        (["layers", 1, "links"], ["01", "0"], r"layers\[1\].links: .*expected rows of equal length"),
        (["layers", 1, "links"], ["01", "00", "11"], None),
        (["layers", 0, "units"], 2**25, r"layers\[0\].units: received 33554432, expected an integer from 1"),
        (["nodes", 1, "parents"], [2], r"nodes\[1\].parents: received 2, expected an integer from 0 to 0"),
        (["nodes", 1, "parents"], [], r"nodes\[1\]: parents: received none"),
        (["nodes", 2, "name"], "dense2", r"nodes\[2\].name: received 'dense2', expected a name of its own"),
        (["nodes", 1, "extra"], 1, r"nodes\[1\]: received \['extra', .*expected the keys name, layer"),
        (["outputs"], [2], None),
        (["outputs"], 1, "nodes: 1 of 3 reach no output"),
        (["costs"], [], "cost: received 0 costs"),
        (["costs", 0], {"type": "Relu"}, r"costs\[0\]: received Relu\(\), expected a cost"),
        (["classes"], ["a"], "classes: received 1 labels"),
        (["classes"], [1.5, "b"], None),
    ],
)
def test_errors_say_where_and_what(path: list[Any], value: object, message: str | None) -> None:
    data = small()
    part = data
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    if message is None:
        VALIDATOR.validate(data)
        assert mg.Network.from_dict(data).to_dict() == data
    else:
        with pytest.raises(mg.ModelFormatError, match=message):
            mg.Network.from_dict(data)


@pytest.mark.parametrize("data", [None, [], {}, "net", {"version": 1}])
def test_what_is_no_architecture_at_all(data: Any) -> None:
    with pytest.raises(mg.ModelFormatError, match="data: received"):
        mg.Network.from_dict(data)


def test_the_schema_refuses_what_from_dict_refuses() -> None:
    changes: list[tuple[list[Any], Any]] = [
        (["version"], 2),
        (["dtype"], "int8"),
        (["l2"], -1),
        (["layers", 1, "units"], 0),
        (["layers", 1, "activation", "slope"], 2),
        (["layers", 1, "links"], ["012"]),
        (["nodes", 1, "extra"], 1),
        (["nodes", 1, "parents"], None),
        (["classes"], ["a"]),
    ]
    for path, value in changes:
        data = small()
        part = data
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value
        assert not VALIDATOR.is_valid(data), path


class Steps(mg.Initializer):
    def __init__(self, steps: list[float]) -> None:
        self.steps = steps

    def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> mg.Array:
        return np.resize(self.steps, shape)


def test_own_classes_are_made_and_asked() -> None:
    net = mg.mlp([2, 1], initializer=Steps([1.0, 2.0]))
    data = net.to_dict()
    VALIDATOR.validate(data)
    twin = mg.Network.from_dict(data, custom=[Steps])
    np.testing.assert_array_equal(twin.unroll(), [1.0, 2.0, 1.0])
    with pytest.raises(mg.ModelFormatError, match="type 'Steps'"):
        mg.Network.from_dict(data)


class Deep(mg.Initializer):
    def __init__(self, inner: mg.Initializer | list[object] | None) -> None:
        self.inner = inner

    def draw(self, shape: tuple[int, int], generator: np.random.Generator) -> mg.Array:
        return np.zeros(shape)


def deep(depth: int, kind: str) -> mg.Initializer:
    """Return an initializer that is itself the first level of a nesting so deep."""
    inner: Any = None
    for _ in range(depth - 1):
        inner = Deep(inner) if kind == "object" else [inner]
    return Deep(inner)


@pytest.mark.parametrize("kind", ["object", "list"])
def test_settings_may_be_nested_8_deep(kind: str) -> None:
    net = mg.mlp([2, 1], initializer=deep(8, kind))
    assert mg.Network.from_dict(net.to_dict(), custom=[Deep]).to_dict() == net.to_dict()
    with pytest.raises(mg.ArgumentError, match="nested at most 8 deep"):
        mg.mlp([2, 1], initializer=deep(9, kind)).to_dict()
    data: Any = net.to_dict()
    inner: Any = {"type": "Deep", "inner": None}
    for _ in range(7):
        inner = {"type": "Deep", "inner": inner} if kind == "object" else [inner]
    data["layers"][1]["initializer"]["inner"] = inner
    with pytest.raises(mg.ModelFormatError, match="nested at most 8 deep"):
        mg.Network.from_dict(data, custom=[Deep])


def test_limits_of_nodes_and_parents() -> None:
    data = small()
    for count, message in (
        (99_999, "received 99999 nodes, expected one for Dense"),
        (100_000, "more than 100000 parents"),
    ):
        data["nodes"][2]["parents"] = [1] * count  # and one of node 1
        with pytest.raises(mg.ModelFormatError, match=message):
            mg.Network.from_dict(data)
    data = small()
    data["layers"] *= 4001
    with pytest.raises(mg.ModelFormatError, match="layers: received 12003, expected at most 12000"):
        mg.Network.from_dict(data)
    x = mg.Input(2**24)
    wide = mg.Network(x, mg.Concat()([x]), "squared_error").to_dict()
    wide["nodes"][1]["parents"] = [0, 0]  # type: ignore[index, call-overload]
    with pytest.raises(mg.ModelFormatError, match="has 33554432 units, expected at most 16777216"):
        mg.Network.from_dict(wide)


def test_an_input_is_one_node() -> None:
    data = small()
    data["nodes"].insert(1, data["nodes"][0] | {"name": "again"})
    with pytest.raises(mg.ModelFormatError, match=r"nodes\[1\]: an input has no parents and is one node"):
        mg.Network.from_dict(data)


def test_an_architecture_needs_no_network() -> None:
    plan = read(small())
    assert [node.name for node in plan.nodes] == ["input1", "dense2", "dense3"]
    assert plan.theta_shapes == {plan.layers[1]: (3, 3), plan.layers[2]: (1, 4)}
    assert to_dict(plan) == small()
