from __future__ import annotations

from app.adapters.circuit import Circuit, Standing


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_failures_in_a_row_and_tries_again_after_a_while() -> None:
    clock = Clock()
    circuit = Circuit(failures=3, seconds=30, clock=clock)
    seen = [circuit.standing]
    for _ in range(3):
        circuit.note_failure()
        seen.append(circuit.standing)
    clock.now = 29.9
    seen.append(circuit.standing)
    clock.now = 30
    seen.append(circuit.standing)
    circuit.note_failure()
    seen.append(circuit.standing)
    clock.now = 60
    circuit.note_success()
    seen.append(circuit.standing)
    closed, opened, half = Standing.CLOSED, Standing.OPEN, Standing.HALF_OPEN
    assert seen == [closed, closed, closed, opened, opened, half, opened, closed]


def test_failures_that_are_not_in_a_row_do_not_open_it() -> None:
    circuit = Circuit(failures=2)
    for _ in range(5):
        circuit.note_failure()
        circuit.note_success()
    assert circuit.standing is Standing.CLOSED
