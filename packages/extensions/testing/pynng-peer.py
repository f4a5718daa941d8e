"""One nng socket for tests: pynng-peer.py req|rep|push|pull URL [RECEIVE_TIMEOUT_MS]

req   dials, says `handshake` and then repeats what it is told; says `handshake` anew after each receive timeout
rep   listens and repeats what it is asked
push  dials and sends a message for each line of input: as many bytes as the line says, each the last digit of that
pull  listens and prints length and digest of each message
"""
import hashlib
import sys

import pynng

role, url = sys.argv[1:3]
timeout = int(sys.argv[3]) if len(sys.argv) > 3 else None


def digest(message):
    return "%d %s" % (len(message), hashlib.sha1(message).hexdigest())


def receive(socket):
    """pynng cannot unpack an empty message: it raises, although the message has come."""
    try:
        return socket.recv()
    except RuntimeError:
        return b""


if role == "req":
    with pynng.Req0(dial=url, resend_time=0, recv_timeout=timeout or 60_000) as socket:
        body = b"handshake"
        while True:
            try:
                socket.send(body)
                body = receive(socket)
                print(digest(body))
            except pynng.exceptions.Timeout:
                print("timeout")
                body = b"handshake"
            except pynng.exceptions.ConnectionReset:
                print("reset")
                body = b"handshake"
elif role == "rep":
    with pynng.Rep0(listen=url) as socket:
        print("listens")
        while True:
            socket.send(receive(socket))
elif role == "push":
    with pynng.Push0(dial=url, send_timeout=10_000) as socket:
        for line in sys.stdin:
            socket.send(line.strip()[-1].encode() * int(line))
            print("sent")
elif role == "pull":
    with pynng.Pull0(listen=url, recv_max_size=0) as socket:
        print("listens")
        while True:
            print(digest(receive(socket)))
