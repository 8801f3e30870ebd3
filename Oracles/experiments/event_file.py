"""A file of events as TensorBoard's own libraries write it, which Cloze must write byte for byte.

Needs the PyPI package tensorboard, which is not among Oracles/requirements.txt:
    pip install tensorboard
    python Oracles/experiments/event_file.py            # writes Tests/Goldens/experiments/events.tfevents
    python Oracles/experiments/event_file.py --read DIR # reads what `cloze runs export` has left, and checks it
Made with tensorboard 2.20; no seed, the numbers stand below.
"""

import json
import pathlib
import sys

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "Tests/Goldens/experiments/events.tfevents"

START = 1_764_000_000.25
# step, seconds, loss, dev, rate, gradient norm
STEPS = [(1, 0.5, 0.75, None, 0.01, 1.5), (2, 0.25, 0.5, 0.875, 0.005, 2.25), (300, 0.125, 0.015625, None, 0.0, 1e-3)]
END, METRIC, VALUE = 1_764_000_010.5, "accuracy", 0.9375


def event(time, step, values):
    summary = summary_pb2.Summary(
        value=[summary_pb2.Summary.Value(tag=name, simple_value=value) for name, value in values if value is not None]
    )
    return event_pb2.Event(wall_time=time, step=step, summary=summary)


def write():
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    with open(GOLDEN, "wb") as file:
        writer = RecordWriter(file)
        writer.write(event_pb2.Event(wall_time=START, file_version="brain.Event:2").SerializeToString())
        time = START
        for step, seconds, loss, dev, rate, norm in STEPS:
            time += seconds
            values = [("loss", loss), ("dev", dev), ("rate", rate), ("gradient norm", norm)]
            writer.write(event(time, step, values).SerializeToString())
        writer.write(event(END, STEPS[-1][0], [("test " + METRIC, VALUE)]).SerializeToString())
        writer.flush()
    print(GOLDEN, GOLDEN.stat().st_size, "bytes")


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    steps = [json.loads(line) for line in open(folder / "metrics.jsonl")]
    for name, key in [("loss", "loss"), ("dev", "dev"), ("rate", "rate"), ("gradient norm", "gradientNorm")]:
        wanted = [(step["step"], step[key]) for step in steps if step.get(key) is not None]
        if not wanted:
            continue
        found = [(scalar.step, scalar.value) for scalar in events.Scalars(name)]
        assert len(found) == len(wanted), (name, len(found), len(wanted))
        for (step, value), (own_step, own_value) in zip(found, wanted):
            assert step == own_step and abs(value - own_value) <= 1e-6 * max(1, abs(own_value)), (name, step)
        print(f"{name}: {len(found)} values are those of metrics.jsonl")
    print("tags:", events.Tags()["scalars"])


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--read":
        read(pathlib.Path(sys.argv[2]))
    else:
        write()
