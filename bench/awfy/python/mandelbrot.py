# The Mandelbrot set, a bit a pixel, all bytes of the picture xored into one. The inner iterations are its size.

from som import Benchmark

RESULTS = {1: 128, 500: 191, 750: 50}


class Mandelbrot(Benchmark):
    def inner_benchmark_loop(self, inner_iterations):
        return self.mandelbrot(inner_iterations) == RESULTS[inner_iterations]

    def mandelbrot(self, size):
        sum = 0
        byte = 0
        bits = 0
        for y in range(size):
            ci = (2.0 * y) / size - 1.0
            for x in range(size):
                zr_squared = 0.0
                zi = 0.0
                zi_squared = 0.0
                cr = (2.0 * x) / size - 1.5
                z = 0
                not_done = True
                escape = 0
                while not_done and z < 50:
                    zr = zr_squared - zi_squared + cr
                    zi = 2.0 * zr * zi + ci
                    zr_squared = zr * zr
                    zi_squared = zi * zi
                    if zr_squared + zi_squared > 4.0:
                        not_done = False
                        escape = 1
                    z += 1
                byte = (byte << 1) + escape
                bits += 1
                if bits == 8:
                    sum ^= byte
                    byte = 0
                    bits = 0
                elif x == size - 1:
                    byte <<= 8 - bits
                    sum ^= byte
                    byte = 0
                    bits = 0
        return sum


BENCHMARK = Mandelbrot
