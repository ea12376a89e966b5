#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""csv_python.py PROGRAM [SECONDS] [SEED]: core/base/csv against Python's csv module, in its default, lenient dialect.

PROGRAM is build/.../tests/diff/csv_records. Thousands of random texts, of texts that csv.writer wrote, of mutations of
those and of the files in tests/data/csv are read by both, in pieces of random size by ours; every field and every
line number must be equal. Where the two differ by intent:
  - a blank line is an empty record for Python, and nothing for us: those are left out here;
  - a quote that is never closed is a last record for Python, and an error with its line for us: that record is left out,
    and its line must be the one we name.
A NUL byte is data for both (Python since 3.11; before it, texts have none). Bytes are compared as Latin-1, one to one.
"""
import csv
import io
import json
import pathlib
import random
import struct
import subprocess
import sys
import time

csv.field_size_limit(1 << 24)
NUL = sys.version_info >= (3, 11)
DELIMITERS = b",;\t|"


def by_python(text, delimiter):
    """(records as [line, field...], line of an open quote or 0)"""
    lines = io.StringIO(text.decode("latin-1"), newline="")
    reader = csv.reader(lines, delimiter=chr(delimiter))
    records = []
    begins = 1
    for record in reader:
        if record:
            records.append([begins] + [f.encode("latin-1").hex() for f in record])
        begins = reader.line_num + 1
    # Is the last record open? Then a quote would close it, and a second record could follow.
    if records:
        probe = list(csv.reader(io.StringIO(text.decode("latin-1") + '"\nx', newline=""), delimiter=chr(delimiter)))
        closed = list(csv.reader(io.StringIO(text.decode("latin-1") + "\nx", newline=""), delimiter=chr(delimiter)))
        if probe[-1] == ["x"] and closed[-1] != ["x"]:
            return records[:-1], records[-1][0]
    return records, 0


def random_text(rng):
    alphabet = rng.choice([b'a",\n', b'a",\n\r', b'ab",;|\t\r\n ', b'"\n', b'a,"\xe9\x85\x1c\x0b\x0c\n', b'"",a\r\n' + (b"\0" if NUL else b"")])
    return bytes(rng.choice(alphabet) for _ in range(rng.choice([1, 3, 8, 20, 60, 300])))


def written_text(rng, delimiter):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=chr(delimiter), quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
                        lineterminator=rng.choice(["\n", "\r\n", "\r"]))
    for _ in range(rng.randint(1, 8)):
        writer.writerow(["".join(rng.choice('ab "\n\r,;\xe9') for _ in range(rng.choice([0, 1, 5, 30]))) for _ in range(rng.randint(1, 6))])
    return out.getvalue().encode("latin-1")


def mutated(rng, text):
    data = bytearray(text)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(data))
        what = rng.random()
        if what < 0.4:
            data[at:at] = bytes([rng.choice(b'",\n\r;a')])
        elif what < 0.7:
            del data[at : at + rng.randint(1, 3)]
        elif data:
            data[rng.randrange(len(data))] = rng.choice(b'"\n\r,\t x')
    return bytes(data)


def main():
    program = sys.argv[1]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 3
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else time.time_ns() % 1_000_000_007
    print("seed", seed)
    rng = random.Random(seed)
    folder = pathlib.Path(__file__).parent.parent / "data" / "csv"
    found = [p.read_bytes() for p in sorted(folder.glob("*.csv"))]
    found = [t for t in found if NUL or b"\0" not in t]
    if len(found) < 60:
        sys.exit("where are the files of tests/data/csv?")
    ours = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    end = time.monotonic() + seconds
    count = {"text": 0, "record": 0, "open quote": 0}
    todo = [(t, 44, 65536) for t in found]
    while todo or time.monotonic() < end:
        if todo:
            text, delimiter, piece = todo.pop()
        else:
            delimiter = rng.choice(DELIMITERS)
            text = rng.choice([lambda: random_text(rng), lambda: written_text(rng, delimiter), lambda: mutated(rng, written_text(rng, delimiter)),
                               lambda: mutated(rng, rng.choice(found)[: rng.choice([50, 400, 2000])])])()
            piece = rng.choice([1, 2, 3, 7, 8, 9, 64, 1 << 16])
        ours.stdin.write(struct.pack("=IIB", len(text), piece, delimiter) + text)
        ours.stdin.flush()
        answer = ours.stdout.readline()
        if not answer.endswith(b"}\n"):
            sys.exit(f"the program ended at {text!r} with {chr(delimiter)!r} in pieces of {piece}")
        got = json.loads(answer)
        want, open_line = by_python(text, delimiter)
        if got["records"] != want or got["open"] != open_line:
            sys.exit(f"they differ at {text!r} with {chr(delimiter)!r} in pieces of {piece}:\n  python {want} open {open_line}\n  ours   {got['records']} open {got['open']}")
        count["text"] += 1
        count["record"] += len(want)
        count["open quote"] += open_line > 0
    ours.stdin.close()
    if ours.wait() != 0:
        sys.exit(f"the program ended with {ours.returncode}")
    if min(count.values()) == 0:
        sys.exit(f"compared too little: {count}")
    print(", ".join(f"{n} {what}s" for what, n in count.items()), "alike")


main()
