# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands between qmc and a libvirtd, and falls silent when a domain is going
to be defined: silent.py LISTEN DAEMON MARK. Connections stay open and new ones
are accepted, but nothing comes back any more, as from a daemon that hangs. The
file MARK tells that it happened."""

import os
import select
import socket
import struct
import sys

DEFINE_XML = 11
HEADER = struct.Struct(">IIII")  # length, program, version, procedure


class Pair:
    def __init__(self, client, path):
        self.client = client
        self.server = socket.socket(socket.AF_UNIX)
        self.server.connect(path)
        self.pending = b""

    def from_client(self):
        """FALSE: nothing may be passed on any more."""
        self.pending += self.client.recv(65536)
        while len(self.pending) >= HEADER.size:
            length, _, _, procedure = HEADER.unpack_from(self.pending)
            if procedure == DEFINE_XML:
                return False
            if len(self.pending) < length:
                break
            self.server.sendall(self.pending[:length])
            self.pending = self.pending[length:]
        return True

    def from_server(self):
        self.client.sendall(self.server.recv(65536))


def serve(listener, path, mark):
    pairs = []
    while True:
        ends = [p.client for p in pairs] + [p.server for p in pairs]
        ready = select.select([listener] + ends, [], [])[0]
        if listener in ready:
            pairs.append(Pair(listener.accept()[0], path))
        for pair in pairs:
            if pair.server in ready:
                pair.from_server()
            if pair.client in ready and not pair.from_client():
                open(mark, "w").close()
                return pairs


def main():
    listen, path, mark = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(listen + ".new")
    listener.listen(16)
    os.rename(listen + ".new", listen)
    pairs = serve(listener, path, mark)
    while pairs:
        select.select([], [], [])


main()
