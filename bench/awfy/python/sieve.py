# The primes up to 5000.

from som import Benchmark, new_array


class Sieve(Benchmark):
    def benchmark(self):
        return self.sieve(new_array(5000, True), 5000)

    def verify_result(self, result):
        return result == 669

    def sieve(self, flags, size):
        prime_count = 0
        for i in range(2, size + 1):
            if flags[i - 1]:
                prime_count += 1
                k = i + i
                while k <= size:
                    flags[k - 1] = False
                    k += i
        return prime_count


BENCHMARK = Sieve
