"""Runs flows: what our templates emit and what real callout flows are made of. Knows no HTTP and no state.

    program.py      a flow as the interpreter sees it
    load.py         facts of a flow -> program
    values.py       values of flows, Apex-defined objects, types
    assign.py       the assignment operators
    conditions.py   the comparison operators and condition logic
    scope.py        what a reference stands for
    interpreter.py  walks from element to element

An element that is not modelled ends the run with a FlowFault that names it.
"""
