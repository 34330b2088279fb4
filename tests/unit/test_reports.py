"""Messages between processes of this machine: they arrive, or nothing happens."""

import pickle
import queue
import socket

from mnistlab.evaluation import reports
from mnistlab.evaluation.reports import Sender, received

import pytest


@pytest.fixture
def seen():
    return queue.Queue()


def test_what_is_sent_arrives(seen):
    with received(lambda *message: seen.put(message)) as send:
        pickle.loads(pickle.dumps(send))(2, 5, 0.25, {"val_accuracy": 0.9})
        assert seen.get(timeout=30) == (2, 5, 0.25, {"val_accuracy": 0.9})


def test_strangers_are_not_heard(seen):
    with received(lambda *message: seen.put(message)) as send:
        Sender(send.port, "0" * 32)(0, 0, 0.0, {})
        with socket.socket(type=socket.SOCK_DGRAM) as stranger:
            for noise in (b"", b"\xff", b"[]", b"7", b'{"a": 1}', b"[1, 2, 3, 4, 5]"):
                stranger.sendto(noise, ("127.0.0.1", send.port))
        send(1, 0, 1.0, {})
        assert seen.get(timeout=30) == (1, 0, 1.0, {})
    assert seen.empty()


def test_it_listens_on_this_machine_only(monkeypatch):
    addresses = []
    real_bind = socket.socket.bind

    class Watched(socket.socket):
        def bind(self, address):
            addresses.append(address)
            real_bind(self, address)

    monkeypatch.setattr(socket, "socket", Watched)
    with received(lambda *message: None):
        assert addresses == [("127.0.0.1", 0)]


def test_where_no_one_listens_nothing_happens():
    with received(lambda *message: None) as send:
        pass
    send(0, 0, 0.5, {})


def refuse(*arguments, **options):
    raise OSError("too many open files")


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [(reports, "LOOPBACK", "192.0.2.1"), (reports.socket, "socket", refuse)],
    ids=["not bound", "not opened"],
)
def test_where_there_can_be_no_socket_the_work_goes_on(monkeypatch, where, name, value):
    monkeypatch.setattr(where, name, value)
    with received(lambda *message: None) as send:
        assert send is None
