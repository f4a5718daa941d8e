"""A MessagePack-RPC server: python3 server.py [PORT]. Prints its port. Needs msgpack."""

import asyncio
import sys

import msgpack


def kind(value):
    return type(value).__name__


class Words:
    async def Count(self, text):
        letters = {}
        for letter in text.replace(" ", ""):
            letters[letter] = letters.get(letter, 0) + 1
        return {"words": len(text.split()), "letters": letters, "list": text.split(), "raw": text.encode(), "more": 1}

    async def Join(self, separator, parts):
        return separator.join(parts)

    async def Add(self, a, b):
        assert kind(a) == kind(b) == "int", f"{kind(a)} and {kind(b)}"
        return a + b

    async def Halve(self, value):
        assert kind(value) == "float", kind(value)
        return value / 2

    async def Slow(self, ms, value):
        await asyncio.sleep(ms / 1000)
        return value

    async def Fail(self, text):
        raise ValueError(text)

    async def Quit(self, text):
        raise ConnectionError(text)


async def serve_connection(reader, writer):
    words = Words()
    unpacker = msgpack.Unpacker()

    async def answer(number, method, params):
        error, result = None, None
        try:
            result = await getattr(words, method)(*params)
        except ConnectionError:
            writer.close()
            return
        except Exception as failure:  # the caller is told
            error = str(failure)
        # In pieces: answers may arrive cut anywhere.
        for byte in msgpack.packb([1, number, error, result]):
            writer.write(bytes([byte]))
        await writer.drain()

    while data := await reader.read(65536):
        unpacker.feed(data)
        for _type, number, method, params in unpacker:
            asyncio.ensure_future(answer(number, method, params))


async def main(port):
    server = await asyncio.start_server(serve_connection, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50052))
