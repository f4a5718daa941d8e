"""MessagePack, as much of it as values need. Ints and floats stay apart."""

import datetime
import math
import struct

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MAX_DEPTH = 500


def pack(value):
    out = bytearray()
    _write(out, value, 0)
    return bytes(out)


def _write(out, value, depth):
    kind = type(value)
    if kind is str:
        data = value.encode("utf-8", "surrogatepass")
        _head(out, len(data), 0xA0, 32, 0xD9, 0xDA, 0xDB)
        out += data
    elif kind is int:
        _write_int(out, value)
    elif kind is float:
        if not math.isfinite(value):
            raise ValueError("result is %s" % ("NaN" if math.isnan(value) else "Inf"))
        out += struct.pack(">Bd", 0xCB, value)
    elif value is None:
        out.append(0xC0)
    elif kind is bool:
        out.append(0xC3 if value else 0xC2)
    elif kind is list or kind is tuple:
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deep")
        _head(out, len(value), 0x90, 16, None, 0xDC, 0xDD)
        for element in value:
            _write(out, element, depth + 1)
    elif kind is dict:
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deep")
        _head(out, len(value), 0x80, 16, None, 0xDE, 0xDF)
        for key, member in value.items():
            _write(out, key if type(key) is str else str(key), depth + 1)
            _write(out, member, depth + 1)
    elif isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        _head(out, len(data), 0, 0, 0xC4, 0xC5, 0xC6)
        out += data
    elif isinstance(value, datetime.datetime):
        _write_moment(out, value)
    else:
        _write(out, plain(value), depth)


def plain(value):
    """Values of other kinds, such as those of numpy, as those of Python."""
    for base in (bool, int, float, str):
        if isinstance(value, base):
            return base(value)
    if isinstance(value, dict):
        return dict(value)
    for convert in ("tolist", "item"):
        method = getattr(value, convert, None)
        if callable(method):
            return method()
    if isinstance(value, (set, frozenset)) or hasattr(value, "__iter__"):
        return list(value)
    raise TypeError("a value of type %s cannot be sent" % type(value).__name__)


def _write_int(out, value):
    if 0 <= value < 0x80:
        out.append(value)
    elif -32 <= value < 0:
        out.append(value & 0xFF)
    elif -0x80000000 <= value < 0x80000000:
        out += struct.pack(">Bi", 0xD2, value)
    elif -(1 << 63) <= value < 1 << 63:
        out += struct.pack(">Bq", 0xD3, value)
    else:
        raise ValueError("%d does not fit 64 bits" % value)


def _write_moment(out, value):
    if value.tzinfo is None:
        value = value.astimezone()
    passed = value - _EPOCH
    out += struct.pack(">BBbIq", 0xC7, 12, -1, passed.microseconds * 1000, passed.days * 86400 + passed.seconds)


def _head(out, length, fix, below, code8, code16, code32):
    if length < below:
        out.append(fix | length)
    elif code8 is not None and length < 0x100:
        out += bytes((code8, length))
    elif length < 0x10000:
        out += struct.pack(">BH", code16, length)
    else:
        out += struct.pack(">BI", code32, length)


def unpack(data):
    value, at = _read(data, 0, 0)
    if at != len(data):
        raise ValueError("message goes on behind its end")
    return value


_numbers = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}
_numbers = {code: struct.Struct(form) for code, form in _numbers.items()}
_lengths = {1: struct.Struct(">B"), 2: struct.Struct(">H"), 4: struct.Struct(">I")}


def _length(data, at, size):
    return _lengths[size].unpack_from(data, at)[0], at + size


def _read(data, at, depth):
    code = data[at]
    at += 1
    if code < 0x80:
        return code, at
    if code >= 0xE0:
        return code - 0x100, at
    if 0xA0 <= code < 0xC0:
        return _text(data, at, code & 0x1F)
    if code < 0x90:
        return _map(data, at, code & 0x0F, depth)
    if code < 0xA0:
        return _list(data, at, code & 0x0F, depth)
    number = _numbers.get(code)
    if number is not None:
        return number.unpack_from(data, at)[0], at + number.size
    if code == 0xC0:
        return None, at
    if code == 0xC2:
        return False, at
    if code == 0xC3:
        return True, at
    if 0xC4 <= code <= 0xC6:
        length, at = _length(data, at, 1 << (code - 0xC4))
        return _cut(data, at, length), at + length
    if 0xC7 <= code <= 0xC9:
        length, at = _length(data, at, 1 << (code - 0xC7))
        return _moment(data, at, length)
    if 0xD4 <= code <= 0xD8:
        return _moment(data, at, 1 << (code - 0xD4))
    if 0xD9 <= code <= 0xDB:
        length, at = _length(data, at, 1 << (code - 0xD9))
        return _text(data, at, length)
    if 0xDC <= code <= 0xDD:
        length, at = _length(data, at, 2 if code == 0xDC else 4)
        return _list(data, at, length, depth)
    if 0xDE <= code <= 0xDF:
        length, at = _length(data, at, 2 if code == 0xDE else 4)
        return _map(data, at, length, depth)
    raise ValueError("0x%02x is no value" % code)


def _cut(data, at, length):
    if at + length > len(data):
        raise ValueError("message ends too early")
    return data[at:at + length]


def _text(data, at, length):
    return _cut(data, at, length).decode("utf-8", "replace"), at + length


def _list(data, at, length, depth):
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deep")
    values = []
    for _ in range(length):
        value, at = _read(data, at, depth + 1)
        values.append(value)
    return values, at


def _map(data, at, size, depth):
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deep")
    members = {}
    for _ in range(size):
        key, at = _read(data, at, depth + 1)
        members[key], at = _read(data, at, depth + 1)
    return members, at


def _moment(data, at, length):
    (kind,) = struct.unpack_from(">b", data, at)
    at += 1
    if kind != -1 or length not in (4, 8, 12):
        raise ValueError("extension type %d is unknown" % kind)
    if length == 4:
        (seconds,), nanos = struct.unpack_from(">I", data, at), 0
    elif length == 8:
        (both,) = struct.unpack_from(">Q", data, at)
        seconds, nanos = both & 0x3FFFFFFFF, both >> 34
    else:
        nanos, seconds = struct.unpack_from(">Iq", data, at)
    return _EPOCH + datetime.timedelta(seconds=seconds, microseconds=nanos // 1000), at + length
