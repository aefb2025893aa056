from __future__ import annotations

import socket
import struct
import threading

import pytest

from workers.line import Line, LineBroken


def pair(limit: int = 1_000_000) -> tuple[Line, socket.socket]:
    ours, theirs = socket.socketpair()
    return Line(ours, limit), theirs


def test_a_message_arrives_with_the_bytes_behind_it() -> None:
    ours, theirs = pair()
    other = Line(theirs, 10_000_000)
    big = bytes(range(256)) * 20_000
    sender = threading.Thread(target=ours.send, args=({"a": 1}, big))
    sender.start()
    assert other.receive() == ({"a": 1}, big)
    sender.join()
    ours.close()
    other.close()


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("!IQ", 1 << 30, 0),
        struct.pack("!IQ", 2, 1 << 60) + b"{}",
        struct.pack("!IQ", 2, 0) + b"[]",
        struct.pack("!IQ", 3, 0) + b"\xff\xfe\xfd",
        struct.pack("!IQ", 10, 0) + b"{",
        b"\0",
    ],
)
def test_nonsense_is_told_and_never_believed(data: bytes) -> None:
    ours, theirs = pair()
    theirs.sendall(data)
    theirs.close()
    with pytest.raises(LineBroken):
        ours.receive()
    ours.close()


def test_waiting_asks_for_patience_whether_reading_or_writing() -> None:
    ours, theirs = pair()

    def out_of_patience() -> None:
        raise TimeoutError("enough")

    with pytest.raises(TimeoutError, match="enough"):
        ours.receive(out_of_patience)
    with pytest.raises(TimeoutError, match="enough"):
        ours.send({}, b"x" * 10_000_000, out_of_patience)
    ours.close()
    theirs.close()
