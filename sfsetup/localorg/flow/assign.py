"""The assignment operators (FlowAssignmentOperator of the WSDL)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from sfsetup.localorg.flow.values import FlowFault, FlowType, FlowValue, convert, copied, text_of

MOST = 100_000
"""Characters of a text, or items of a collection, that a variable may have (the local org's own bound)."""

Operator = Callable[[FlowValue, FlowValue, FlowType, str], FlowValue]
"""(current value, given value, type of the target, its name) -> new value"""


def apply(operator: str, current: FlowValue, given: FlowValue, target: FlowType, name: str) -> FlowValue:
    """The new value of the target. Raises FlowFault for operators that its type does not have."""
    function = OPERATORS.get(operator)
    if function is None:
        raise FlowFault(f"The local org does not model the assignment operator {operator} ({name}).")
    value = function(current, given, target, name)
    if isinstance(value, str | list) and len(value) > MOST:
        # A flow that goes in circles and adds a variable to itself would double it with every round.
        raise FlowFault(f"{name} grows beyond {MOST} {'characters' if isinstance(value, str) else 'items'}.")
    return value


def _assign(_current: FlowValue, given: FlowValue, target: FlowType, name: str) -> FlowValue:
    return copied(convert(given, target, name))


def _add(current: FlowValue, given: FlowValue, target: FlowType, name: str) -> FlowValue:
    if target.collection:
        return [*(current or []), *_items(given, target, name)]
    if target.kind == "Text":
        return text_of(current) + text_of(given)
    if target.kind == "Number":
        return (current or Decimal(0)) + _number(given, name)
    if target.kind in ("Date", "DateTime"):
        return _moved(current, _number(given, name), name)
    raise FlowFault(f"The operator Add cannot be used on {name}, which is {target}.")


def _subtract(current: FlowValue, given: FlowValue, target: FlowType, name: str) -> FlowValue:
    if not target.collection and target.kind == "Number":
        return (current or Decimal(0)) - _number(given, name)
    if not target.collection and target.kind in ("Date", "DateTime"):
        return _moved(current, -_number(given, name), name)
    raise FlowFault(f"The operator Subtract cannot be used on {name}, which is {target}.")


def _add_at_start(current: FlowValue, given: FlowValue, target: FlowType, name: str) -> FlowValue:
    return [*_items(given, target, name), *_list(current, target, name)]


def _remove_all(current: FlowValue, given: FlowValue, target: FlowType, name: str) -> FlowValue:
    unwanted = _items(given, target, name)
    return [item for item in _list(current, target, name) if item not in unwanted]


def _remove_first(current: FlowValue, given: FlowValue, target: FlowType, name: str) -> FlowValue:
    left = list(_list(current, target, name))
    for item in _items(given, target, name):
        if item in left:
            left.remove(item)
    return left


def _remove_after(current: FlowValue, given: FlowValue, target: FlowType, name: str) -> FlowValue:
    items, wanted = _list(current, target, name), _items(given, target, name)
    position = next((index for index, item in enumerate(items) if item in wanted), None)
    return items if position is None else items[: position + 1]


def _remove_before(current: FlowValue, given: FlowValue, target: FlowType, name: str) -> FlowValue:
    items, wanted = _list(current, target, name), _items(given, target, name)
    position = next((index for index, item in enumerate(items) if item in wanted), None)
    return items if position is None else items[position:]


def _remove_position(current: FlowValue, given: FlowValue, target: FlowType, name: str) -> FlowValue:
    items = list(_list(current, target, name))
    position = int(_number(given, name))
    if not 1 <= position <= len(items):
        raise FlowFault(f"{name} has {len(items)} items: there is no position {position}.")
    del items[position - 1]
    return items


def _remove_uncommon(current: FlowValue, given: FlowValue, target: FlowType, name: str) -> FlowValue:
    common = _items(given, target, name)
    return [item for item in _list(current, target, name) if item in common]


def _count(_current: FlowValue, given: FlowValue, target: FlowType, name: str) -> FlowValue:
    if target.collection or target.kind != "Number" or not isinstance(given, list | None):
        raise FlowFault(f"The operator AssignCount puts the size of a collection into a Number, not into {name}.")
    return Decimal(len(given or []))


OPERATORS: dict[str, Operator] = {
    "Assign": _assign,
    "Add": _add,
    "Subtract": _subtract,
    "AddItem": _add,
    "AddAtStart": _add_at_start,
    "RemoveAll": _remove_all,
    "RemoveFirst": _remove_first,
    "RemoveAfterFirst": _remove_after,
    "RemoveBeforeFirst": _remove_before,
    "RemovePosition": _remove_position,
    "RemoveUncommon": _remove_uncommon,
    "AssignCount": _count,
}


def _list(current: FlowValue, target: FlowType, name: str) -> list[FlowValue]:
    if not target.collection:
        raise FlowFault(f"{name} is not a collection.")
    return list(current or [])


def _items(given: FlowValue, target: FlowType, name: str) -> list[FlowValue]:
    """One item, or all items of a collection, as items of the target."""
    if not target.collection:
        raise FlowFault(f"{name} is not a collection.")
    items = given if isinstance(given, list) else [] if given is None else [given]
    return [convert(item, target.single, name) for item in items]


def _number(given: FlowValue, name: str) -> Decimal:
    if given is None:
        return Decimal(0)
    if not isinstance(given, Decimal):
        raise FlowFault(f"A Number is needed to change {name}.")
    return given


def _moved(current: FlowValue, days: Decimal, name: str) -> FlowValue:
    if not isinstance(current, date):
        raise FlowFault(f"{name} has no date yet that days could be added to.")
    try:
        return current + timedelta(seconds=float(days * 86400))
    except OverflowError as error:
        raise FlowFault(f"{name} leaves the range of dates.") from error
