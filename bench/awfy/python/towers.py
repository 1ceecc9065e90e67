# The towers of Hanoi with 13 disks.

from som import Benchmark, new_array


class Disk:
    def __init__(self, size):
        self.size = size
        self.next = None


class Towers(Benchmark):
    def benchmark(self):
        self.piles = new_array(3, None)
        self.build_tower_at(0, 13)
        self.moves_done = 0
        self.move_disks(13, 0, 1)
        return self.moves_done

    def verify_result(self, result):
        return result == 8191

    def push_disk(self, disk, pile):
        top = self.piles[pile]
        if top is not None and disk.size >= top.size:
            raise RuntimeError("a big disk cannot lie on a smaller one")
        disk.next = top
        self.piles[pile] = disk

    def pop_disk_from(self, pile):
        top = self.piles[pile]
        if top is None:
            raise RuntimeError("there is no disk to take")
        self.piles[pile] = top.next
        top.next = None
        return top

    def move_top_disk(self, from_pile, to_pile):
        self.push_disk(self.pop_disk_from(from_pile), to_pile)
        self.moves_done += 1

    def build_tower_at(self, pile, disks):
        for size in range(disks, -1, -1):
            self.push_disk(Disk(size), pile)

    def move_disks(self, disks, from_pile, to_pile):
        if disks == 1:
            self.move_top_disk(from_pile, to_pile)
            return
        other_pile = 3 - from_pile - to_pile
        self.move_disks(disks - 1, from_pile, other_pile)
        self.move_top_disk(from_pile, to_pile)
        self.move_disks(disks - 1, other_pile, to_pile)


BENCHMARK = Towers
