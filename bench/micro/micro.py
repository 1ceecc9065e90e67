# Microbenchmarks. Each has a function `run_…`, which is measured and gives a result that is verified, and may have a
# function that prepares what it works on. python3 micro.py NAME ROUNDS N prints the milliseconds and the result of each
# round.

import sys
import time

# Calls.


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def run_call(n, state):
    return fib(n)


def prepare_closure(n):
    step = 3
    return lambda a: a + step


def run_closure(n, add):
    total = 0
    for _ in range(n):
        total = add(total)
    return total


# Methods: sixteen objects of one class, of four, and of sixteen.


class Shape0:
    def kind(self):
        return 0


class Shape1:
    def kind(self):
        return 1


class Shape2:
    def kind(self):
        return 2


class Shape3:
    def kind(self):
        return 3


class Shape4:
    def kind(self):
        return 4


class Shape5:
    def kind(self):
        return 5


class Shape6:
    def kind(self):
        return 6


class Shape7:
    def kind(self):
        return 7


class Shape8:
    def kind(self):
        return 8


class Shape9:
    def kind(self):
        return 9


class Shape10:
    def kind(self):
        return 10


class Shape11:
    def kind(self):
        return 11


class Shape12:
    def kind(self):
        return 12


class Shape13:
    def kind(self):
        return 13


class Shape14:
    def kind(self):
        return 14


class Shape15:
    def kind(self):
        return 15


CLASSES = [
    Shape0, Shape1, Shape2, Shape3, Shape4, Shape5, Shape6, Shape7,
    Shape8, Shape9, Shape10, Shape11, Shape12, Shape13, Shape14, Shape15,
]


def prepare_methods_1(n):
    return [Shape1() for _ in range(16)]


def prepare_methods_4(n):
    return [CLASSES[i % 4]() for i in range(16)]


def prepare_methods_16(n):
    return [CLASSES[i]() for i in range(16)]


# One function for each, so that each call has caches of its own.


def run_methods_1(n, shapes):
    total = 0
    for i in range(n):
        total = total + shapes[i & 15].kind()
    return total


def run_methods_4(n, shapes):
    total = 0
    for i in range(n):
        total = total + shapes[i & 15].kind()
    return total


def run_methods_16(n, shapes):
    total = 0
    for i in range(n):
        total = total + shapes[i & 15].kind()
    return total


# Attributes: four a round.


class Point:
    def __init__(self):
        self.x = 1
        self.y = 2


def prepare_attributes(n):
    return Point()


def run_attribute_get(n, p):
    total = 0
    for _ in range(n):
        total = total + p.x + p.y + p.x + p.y
    return total


def run_attribute_put(n, p):
    for i in range(n):
        p.x = i
        p.y = i
        p.x = i
        p.y = i
    return p.x + p.y


# Loops.


def run_integer_loop(n, state):
    total = 0
    i = 0
    while i < n:
        total = total + i
        i = i + 1
    return total


def run_double_loop(n, state):
    x = 0.0
    for _ in range(n):
        x = x * 0.5 + 1.0
    return x


# Strings and dictionaries; keys are looked up in an order that caches do not like.

STRIDE = 611_953


def run_string_building(n, state):
    pieces = []
    for i in range(n):
        pieces.append(f"item {i}")
    return len(" ".join(pieces))


def prepare_keys(n):
    return [f"key {i}" for i in range(n)]


def run_dictionary_insert(n, keys):
    numbers = {}
    for i in range(n):
        numbers[keys[i]] = i
    return len(numbers)


def prepare_dictionary(n):
    keys = prepare_keys(n)
    return keys, {keys[i]: i for i in range(n)}


def run_dictionary_get(n, state):
    keys, numbers = state
    total = 0
    for i in range(n):
        total = total + numbers[keys[i * STRIDE % n]]
    return total


# Exceptions and allocation.


class Failure(Exception):
    def __init__(self, value):
        self.value = value


def risky(i):
    raise Failure(i)


def run_raise_and_catch(n, state):
    total = 0
    for i in range(n):
        try:
            risky(i)
        except Failure as e:
            total = total + e.value
    return total


class Node:
    def __init__(self, left, right):
        self.left = left
        self.right = right

    def node_count(self):
        if self.left is None:
            return 1
        return 1 + self.left.node_count() + self.right.node_count()


def make_tree(depth):
    if depth == 0:
        return Node(None, None)
    return Node(make_tree(depth - 1), make_tree(depth - 1))


def run_tree(n, state):
    return make_tree(n).node_count()


def nothing(n):
    return None


BENCHMARKS = {
    "call": (nothing, run_call),
    "closure": (prepare_closure, run_closure),
    "methods-1": (prepare_methods_1, run_methods_1),
    "methods-4": (prepare_methods_4, run_methods_4),
    "methods-16": (prepare_methods_16, run_methods_16),
    "attribute-get": (prepare_attributes, run_attribute_get),
    "attribute-put": (prepare_attributes, run_attribute_put),
    "integer-loop": (nothing, run_integer_loop),
    "double-loop": (nothing, run_double_loop),
    "string-building": (nothing, run_string_building),
    "dictionary-insert": (prepare_keys, run_dictionary_insert),
    "dictionary-get": (prepare_dictionary, run_dictionary_get),
    "raise-and-catch": (nothing, run_raise_and_catch),
    "tree": (nothing, run_tree),
}


def measure(name, rounds, n):
    prepare, run = BENCHMARKS[name]
    state = prepare(n)
    for _ in range(rounds):
        start = time.process_time()
        result = run(n, state)
        print(f"{(time.process_time() - start) * 1e3:.6f} {result}", flush=True)


measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
