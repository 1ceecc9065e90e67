# What the benchmarks share: their own collections and random numbers, so that no language's library is measured.
# Vectors and dictionaries know arrays only.


def new_array(size, value):
    return [value] * size


class Benchmark:
    # Runs the benchmark so many times; returns whether every result was right.
    def inner_benchmark_loop(self, inner_iterations):
        for _ in range(inner_iterations):
            if not self.verify_result(self.benchmark()):
                return False
        return True


class Random:
    def __init__(self):
        self.seed = 74755

    def next(self):
        self.seed = (self.seed * 1309 + 13849) & 65535
        return self.seed


# A growing array from whose front elements can be taken.
class Vector:
    def __init__(self, capacity=50):
        self.storage = new_array(capacity, None)
        self.first_index = 0
        self.last_index = 0

    @staticmethod
    def with_element(element):
        vector = Vector(1)
        vector.append(element)
        return vector

    def at(self, index):
        return self.storage[index] if index < len(self.storage) else None

    def append(self, element):
        if self.last_index >= len(self.storage):
            storage = new_array(2 * len(self.storage), None)
            for i in range(self.last_index):
                storage[i] = self.storage[i]
            self.storage = storage
        self.storage[self.last_index] = element
        self.last_index += 1

    def is_empty(self):
        return self.last_index == self.first_index

    def size(self):
        return self.last_index - self.first_index

    def for_each(self, action):
        for i in range(self.first_index, self.last_index):
            action(self.storage[i])

    def remove_first(self):
        if self.is_empty():
            return None
        self.first_index += 1
        return self.storage[self.first_index - 1]

    # Copies all but the element; returns whether it was there.
    def remove(self, element):
        storage = new_array(len(self.storage), None)
        last = 0
        found = False

        def action(each):
            nonlocal last, found
            if each is element:
                found = True
            else:
                storage[last] = each
                last += 1

        self.for_each(action)
        self.storage = storage
        self.first_index = 0
        self.last_index = last
        return found

    # Sorts; `before(a, b)` says whether a comes before b.
    def sort(self, before):
        if self.size() > 1:
            self.sort_range(self.first_index, self.last_index - 1, before)

    # Quicksort around the middle element.
    def sort_range(self, low, high, before):
        storage = self.storage
        pivot = storage[(low + high) // 2]
        i = low
        j = high
        while i <= j:
            while before(storage[i], pivot):
                i += 1
            while before(pivot, storage[j]):
                j -= 1
            if i <= j:
                swapped = storage[i]
                storage[i] = storage[j]
                storage[j] = swapped
                i += 1
                j -= 1
        if low < j:
            self.sort_range(low, j, before)
        if i < high:
            self.sort_range(i, high, before)


class Entry:
    def __init__(self, key, value, next):
        self.key = key
        self.value = value
        self.next = next


# A hash table with chained entries; keys tell their `custom_hash` and are compared by identity.
class IdentityDictionary:
    def __init__(self):
        self.buckets = new_array(16, None)
        self.size = 0

    def bucket_index(self, hash):
        return hash & (len(self.buckets) - 1)

    def at(self, key):
        entry = self.buckets[self.bucket_index(key.custom_hash)]
        while entry is not None:
            if entry.key is key:
                return entry.value
            entry = entry.next
        return None

    def at_put(self, key, value):
        index = self.bucket_index(key.custom_hash)
        entry = self.buckets[index]
        while entry is not None:
            if entry.key is key:
                entry.value = value
                return
            entry = entry.next
        self.buckets[index] = Entry(key, value, self.buckets[index])
        self.size += 1
        if self.size > len(self.buckets):
            self.resize()

    def resize(self):
        old = self.buckets
        self.buckets = new_array(2 * len(old), None)
        for i in range(len(old)):
            entry = old[i]
            while entry is not None:
                following = entry.next
                index = self.bucket_index(entry.key.custom_hash)
                entry.next = self.buckets[index]
                self.buckets[index] = entry
                entry = following
