"""Figures, and the table that they become."""

import time

_rows = []


def row(promise, measured, wanted=""):
    _rows.append((promise, measured, wanted))
    print(f"  {promise}: {measured}" + (f"   (promise: {wanted})" if wanted else ""), flush=True)


def percentile(values, share):
    ordered = sorted(values)
    position = (len(ordered) - 1) * share
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def milliseconds(values):
    return f"p50 {percentile(values, 0.5) * 1000:.1f} ms, p95 {percentile(values, 0.95) * 1000:.1f} ms (n={len(values)})"


def timed(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def table():
    lines = ["| what | measured | promise |", "| --- | --- | --- |"]
    return "\n".join(lines + [f"| {promise} | {measured} | {wanted} |" for promise, measured, wanted in _rows])
