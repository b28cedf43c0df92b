"""Rules as programs: the calls that they yield are those that are made, whoever asks."""

import inspect

import numpy as np

from minigraph import Array
from minigraph.base.programs import Program, is_straight_line, straight_line, unrolled


class Rule:
    @straight_line
    def power(self, z: Array, out: Array) -> Program:
        """Write z³ into `out`."""
        yield np.multiply, z, z, out
        yield np.multiply, out, z, out

    def plain(self, z: Array, out: Array) -> None:
        np.negative(z, out)


def test_a_program_run_by_its_caller_or_unrolled_gives_the_same() -> None:
    z, rule = np.array([2.0, -3.0]), Rule()
    for expected, method, count in (([8, -27], rule.power, 2), ([-2, 3], rule.plain, 1)):
        direct, planned = np.full(2, np.nan), np.full(2, np.nan)
        method(z, direct)
        calls = unrolled(method, z, planned)
        assert np.isnan(planned).all()
        assert len(calls) == count
        for function, arguments in calls:
            function(*arguments)
        assert direct.tolist() == planned.tolist() == expected
    assert is_straight_line(rule.power)
    assert not is_straight_line(rule.plain)


def test_a_rule_keeps_its_name_its_arguments_and_its_docstring() -> None:
    assert Rule.power.__name__ == "power"
    assert Rule.power.__doc__ == "Write z³ into `out`."
    assert list(inspect.signature(Rule.power).parameters) == ["self", "z", "out"]
