"""Questions that come at the same time are answered together."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.errors import InferenceBusy

Q = TypeVar("Q")
A = TypeVar("A")

MOST_TOGETHER = 8
PLACES = 64
"""How many may wait; more are refused."""
COMPANY_SECONDS = 0.002
"""How long two or more wait for others. Nobody waits who is alone: for whom?"""
LONGEST_SECONDS = 0.030
"""Who has been waiting for so long waits for no more company."""
PATIENCE_SECONDS = 5.0
"""An answer that takes longer will not come."""


@dataclass(eq=False)
class _Ticket(Generic[Q, A]):
    question: Q
    asked_at: float
    answer: A | None = None
    error: Exception | None = None
    is_done: bool = False

    def result(self) -> A:
        if self.error:
            raise self.error
        return self.answer  # type: ignore[return-value]  # it is done, so this is what was answered


class Batcher(Generic[Q, A]):
    """Whoever asks while nobody answers does it for all who wait; the others sleep until they are told."""

    def __init__(self, answer: Callable[[Sequence[Q]], Sequence[A]], *, places: int = PLACES) -> None:
        self._answer = answer
        self._places = places
        self._waiting: deque[_Ticket[Q, A]] = deque()
        self._is_busy = False
        self._changed = threading.Condition()
        self.batches = 0
        self.questions = 0

    def ask(self, question: Q) -> A:
        """The answer; refused where too many wait."""
        ticket = self._queued(question)
        while batch := self._next_batch(ticket):
            self._do(batch)
        return ticket.result()

    def _queued(self, question: Q) -> _Ticket[Q, A]:
        ticket: _Ticket[Q, A] = _Ticket(question, time.monotonic())
        with self._changed:
            if len(self._waiting) >= self._places:
                raise _busy(len(self._waiting), self._places)
            self._waiting.append(ticket)
            self._changed.notify_all()
        return ticket

    def _next_batch(self, ticket: _Ticket[Q, A]) -> list[_Ticket[Q, A]]:
        """What the caller has to answer now; nothing, once its own question is answered."""
        with self._changed:
            if not self._changed.wait_for(lambda: ticket.is_done or not self._is_busy, PATIENCE_SECONDS):
                if ticket in self._waiting:
                    self._waiting.remove(ticket)
                raise _busy(len(self._waiting), self._places)
            if ticket.is_done:
                return []
            self._is_busy = True
            self._wait_for_company()
            return [self._waiting.popleft() for _ in range(min(MOST_TOGETHER, len(self._waiting)))]

    def _wait_for_company(self) -> None:
        end = min(time.monotonic() + COMPANY_SECONDS, self._waiting[0].asked_at + LONGEST_SECONDS)
        while 1 < len(self._waiting) < MOST_TOGETHER and (left := end - time.monotonic()) > 0:
            self._changed.wait(left)

    def _do(self, batch: list[_Ticket[Q, A]]) -> None:
        error: Exception | None = None
        answers: Sequence[A] = ()
        try:
            answers = self._answer([ticket.question for ticket in batch])
        except Exception as fault:  # noqa: BLE001 - raised again, by each who asked
            error = fault
        finally:
            with self._changed:
                self._is_busy = False
                if error is None and len(answers) != len(batch):
                    error = RuntimeError(f"{len(answers)} answers to {len(batch)} questions")
                for place, ticket in enumerate(batch):
                    ticket.answer, ticket.error = (None, error) if error else (answers[place], None)
                    ticket.is_done = True
                self.batches += 1
                self.questions += len(batch)
                self._changed.notify_all()


def _busy(waiting: int, places: int) -> InferenceBusy:
    return InferenceBusy(f"{waiting} predictions wait already; the limit is {places}.", limit=places, actual=waiting)
