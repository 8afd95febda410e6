"""Unpacks the photographs of Qt resource files (.rcc, versions 1 to 3, stored or zlib) under the names that they have inside.

python unpack_rcc.py FOLDER_OF_RCC_FILES OUT
"""
import argparse
import struct
import zlib
from pathlib import Path

COMPRESSED, IS_FOLDER, UNREADABLE = 1, 2, 4  # flags; the last is Zstandard
SMALLEST = 15_000  # bytes; smaller ones are icons


class Resources:
    def __init__(self, data: bytes):
        if data[:4] != b'qres':
            raise ValueError('not a Qt resource file')
        self.data = data
        version, self.tree, self.body, self.names = struct.unpack('>4I', data[4:20])
        self.node_size = 14 if version == 1 else 22

    def files(self, node: int = 0, path: str = ''):
        """Path and contents of every file below a node."""
        at = self.tree + node * self.node_size
        name, flags = struct.unpack('>IH', self.data[at:at + 6])
        if node:
            path = f'{path}/{self._name(name)}' if path else self._name(name)
        if flags & IS_FOLDER:
            count, first = struct.unpack('>II', self.data[at + 6:at + 14])
            for child in range(first, first + count):
                yield from self.files(child, path)
        elif not flags & UNREADABLE:
            yield path, self._contents(struct.unpack('>I', self.data[at + 10:at + 14])[0], flags)

    def _name(self, offset: int) -> str:
        at = self.names + offset
        length, = struct.unpack('>H', self.data[at:at + 2])
        return self.data[at + 6:at + 6 + 2 * length].decode('utf-16-be')

    def _contents(self, offset: int, flags: int) -> bytes:
        at = self.body + offset
        length, = struct.unpack('>I', self.data[at:at + 4])
        contents = self.data[at + 4:at + 4 + length]
        return zlib.decompress(contents[4:]) if flags & COMPRESSED else contents


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('folder', type=Path)
    p.add_argument('out', type=Path)
    a = p.parse_args()
    for file in sorted(a.folder.rglob('*.rcc')):
        for name, contents in Resources(file.read_bytes()).files():
            if name.lower().endswith(('.webp', '.jpg', '.jpeg', '.png')) and len(contents) > SMALLEST:
                target = a.out / file.stem / name
                if not target.resolve().is_relative_to(a.out.resolve()):
                    raise SystemExit(f'{file} has a file with the name {name}')
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(contents)


if __name__ == '__main__':
    main()
