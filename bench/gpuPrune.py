"""Zeroes the device code of other GPUs in onnxruntime's CUDA provider, so that it compresses from 260 MB to about 50.

    python3 bench/gpuPrune.py SOURCE DESTINATION ARCHITECTURE...      90 is that of an H100 or H200
"""

import struct
import sys

FATBIN = b"\x50\xed\x55\xba"
ELF_KIND = 2  # code of one architecture; 1 is PTX, from which the driver would make any
LARGEST = 50_000_000  # attention kernels of a large language model: not used here


def section(data: bytes, wanted: bytes) -> tuple[int, int]:
    """Offset and size of a section of a 64-bit ELF file."""
    (table,) = struct.unpack_from("<Q", data, 40)
    size, count, names_index = struct.unpack_from("<HHH", data, 58)
    headers = [struct.unpack_from("<IIQQQQ", data, table + i * size) for i in range(count)]
    names = headers[names_index][4]
    for name, _, _, _, offset, length in headers:
        start = names + name
        if data[start : data.index(b"\0", start)] == wanted:
            return offset, length
    raise SystemExit(f"there is no section {wanted.decode()}")


def prune(data: bytearray, keep: set[int]) -> int:
    """Changes `data` in place. Returns the bytes of device code that are kept."""
    offset, length = section(data, b".nv_fatbin")
    end, kept = offset + length, 0
    at = data.find(FATBIN, offset, end)
    while at >= 0:
        _, _, header, size = struct.unpack_from("<IHHQ", data, at)
        entry, stop = at + header, at + header + size
        while entry + 64 <= stop:
            kind, _, entry_header, entry_size = struct.unpack_from("<HHIQ", data, entry)
            (architecture,) = struct.unpack_from("<I", data, entry + 28)
            if entry_header < 32 or entry + entry_header + entry_size > stop + 8:
                raise SystemExit(f"unknown layout at {entry:#x}")
            body = entry + entry_header
            if kind == ELF_KIND and architecture in keep and entry_size <= LARGEST:
                kept += entry_size
            else:
                data[body : body + entry_size] = bytes(entry_size)
            entry = body + entry_size
        at = data.find(FATBIN, stop, end)
    return kept


if __name__ == "__main__":
    source, destination, *architectures = sys.argv[1:]
    content = bytearray(open(source, "rb").read())
    kept = prune(content, {int(one) for one in architectures})
    if kept == 0:
        raise SystemExit(f"no device code for {architectures}")
    open(destination, "wb").write(content)
    print(f"kept {kept / 1e6:.0f} MB of device code for {', '.join(architectures)}")
