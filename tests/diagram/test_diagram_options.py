"""Wrong arguments of `diagram`: what was received, what was expected, and the nearest choice."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest
from diagram_cases import branching, lecture

import minigraph as mg


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"detail": "unit"}, "detail: received 'unit'.*did you mean 'units'"),
        ({"show": "weigths"}, "show: received 'weigths'.*did you mean 'weights'"),
        ({"show": ("a", 3)}, "show: received 3"),
        ({"example": -1}, "example: received -1"),
        ({"example": 4}, "example: received 4, expected 0 to 3"),
        ({"example": True}, "example: received True"),
        ({"example": "median"}, "example: received 'median'"),
        ({"max_units": 0}, "max_units: received 0"),
        ({"max_units": []}, "max_units: received no units"),
        ({"max_units": "all"}, "max_units: received 'all'"),
        ({"max_units": [1, 7]}, "max_units: received unit 7, expected units from 1 to 6"),
        ({"max_units": {"dense2": [0]}}, r"max_units\['dense2'\]: received unit 0"),
        ({"max_units": {"dense22": 3}}, "'dense22'.*did you mean 'dense2'"),
        ({"direction": "left"}, "direction: received 'left'"),
        ({"theme": "drak"}, "theme: received 'drak'.*did you mean 'dark'"),
        ({"top_k": -1}, "top_k: received -1"),
        ({"focus": "a_1_1"}, "focus: received 'a_1_1'"),
        ({"image_shape": (3,)}, "image_shape"),
        ({"image_shape": (2, 2)}, "image_shape: received 2×2 = 4 pixels.*3"),
        ({"classes": ["fish"]}, "classes: received 1 names.*expected 5"),
        ({"classes": {"dense4": "abcde"}}, "classes: received 'abcde'"),
        ({"title": 3}, "title: received 3"),
        ({"caption": b"x"}, "caption: received b'x'"),
        ({"gradient_check": 3}, "gradient_check: received 3"),
        ({"before": [1.0, 2.0]}, r"before: received shape \(2,\), expected \(89,\)"),
        ({"after": "x"}, "after"),
        ({"after": np.full(89, np.nan)}, "after: received nan"),
        ({"engine": "grphviz-pure"}, "engine: received.*did you mean 'graphviz-pure'"),
        ({"timeout": 0}, "timeout: received 0"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(mg.MinigraphError, match=message) as caught:
        mg.diagram(lecture(), **arguments)
    assert isinstance(caught.value, ValueError)


def test_not_a_network() -> None:
    with pytest.raises(mg.ArgumentError, match="net: received"):
        mg.diagram(mg.Input(3))  # type: ignore[arg-type]


def test_a_unit_of_another_network() -> None:
    with pytest.raises(mg.ArgumentError, match="focus"):
        mg.diagram(lecture(), focus=lecture().node(2).unit(1))


def test_a_report_on_another_network() -> None:
    net = lecture()
    X, Y = [[0.1, 0.2, 0.3]], [[1, 0, 0, 0, 0]]
    with pytest.raises(mg.ArgumentError, match="expected one on this network, which has 9"):
        mg.diagram(mg.mlp([2, 2, 1]), gradient_check=mg.check_gradient(net, X, Y))


def test_several_outputs_need_their_names() -> None:
    with pytest.raises(mg.ArgumentError, match="'kind', 'size'"):
        mg.diagram(branching(), classes=["a", "b", "c"])
    assert "large" in mg.diagram(branching(), classes={"size": ["large"]}).source


def test_options_of_a_drawing_are_those_of_its_signature() -> None:
    parameters = inspect.signature(mg.diagram).parameters
    assert list(parameters)[:7] == ["net", "detail", "show", "example", "max_units", "direction", "theme"]
    assert next(name for name, each in parameters.items() if each.kind is each.KEYWORD_ONLY) == "top_k"
    assert mg.diagram.__doc__ is not None
    for name in parameters:
        assert re.search(rf"^ +{name}: ", mg.diagram.__doc__, re.M), name
