# python3 harness.py NAME OUTER INNER: prints the milliseconds of processor time of each outer iteration.

import importlib
import sys
import time


def main(name, outer_iterations, inner_iterations):
    benchmark = importlib.import_module(name).BENCHMARK()
    for _ in range(outer_iterations):
        start = time.process_time()
        if not benchmark.inner_benchmark_loop(inner_iterations):
            raise RuntimeError(f"{name} gave a wrong result")
        print(f"{(time.process_time() - start) * 1e3:.6f}", flush=True)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
