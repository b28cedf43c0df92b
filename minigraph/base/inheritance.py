"""What a class may inherit once it replaces the rule from which it was derived."""

from __future__ import annotations

from collections.abc import Collection


def reset_derived(cls: type, base: type, rules: Collection[str], derived: Collection[str]) -> None:
    """Reset to those of `base` the attributes of `cls` that were derived from a rule which `cls` does not use.

    An attribute belongs to the rules of the class that defines it, and of the classes which that inherits from. If a
    class earlier in the method resolution order replaces one of the rules, the attribute may be wrong.

    Args:
        cls: a new subclass of `base`.
        base: the class whose defaults are right for any rule.
        rules: names of methods.
        derived: names of attributes that depend on them.

    >>> class Base: f, shortcut = (lambda self: 0), None
    >>> class Known(Base): f, shortcut = (lambda self: 1), "1"
    >>> class Changed(Known): f = lambda self: 2
    >>> reset_derived(Changed, Base, ["f"], ["shortcut"])
    >>> Known.shortcut, Changed.shortcut
    ('1', None)
    """

    def place(name: str) -> int:
        return next(index for index, each in enumerate(cls.__mro__) if name in vars(each))

    first = min(place(rule) for rule in rules)
    for name in derived:
        if place(name) > first:
            setattr(cls, name, vars(base)[name])
