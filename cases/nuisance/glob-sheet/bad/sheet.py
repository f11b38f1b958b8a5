"""Lay small grey images out on a sheet, three in a row, and save it as a PNG."""

import argparse
import struct
import zlib
from pathlib import Path

SIDE = 8
TILES_PER_ROW = 3


def read_pgm(path):
    """Return the rows of a plain PGM image of SIDE x SIDE pixels."""
    numbers = [int(word) for word in path.read_text(encoding="ascii").split()[1:]]
    assert numbers[:3] == [SIDE, SIDE, 255], path
    pixels = numbers[3:]
    return [bytes(pixels[start : start + SIDE]) for start in range(0, SIDE * SIDE, SIDE)]


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def write_png(path, rows):
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    tiles = [read_pgm(path) for path in args.images.glob("*.pgm")]
    sheet = []
    for first in range(0, len(tiles), TILES_PER_ROW):
        band = tiles[first : first + TILES_PER_ROW]
        sheet.extend(b"".join(rows) for rows in zip(*band))
    write_png(args.out, sheet)


if __name__ == "__main__":
    main()
