# Eight queens, ten times.

from som import Benchmark, new_array


class Queens(Benchmark):
    def benchmark(self):
        result = True
        for _ in range(10):
            result = result and self.queens()
        return result

    def verify_result(self, result):
        return result

    def queens(self):
        self.free_rows = new_array(8, True)
        self.free_maxima = new_array(16, True)
        self.free_minima = new_array(16, True)
        self.queen_rows = new_array(8, -1)
        return self.place_queen(0)

    def place_queen(self, column):
        for row in range(8):
            if self.row_column(row, column):
                self.queen_rows[row] = column
                self.set_row_column(row, column, False)
                if column == 7:
                    return True
                if self.place_queen(column + 1):
                    return True
                self.set_row_column(row, column, True)
        return False

    def row_column(self, row, column):
        return self.free_rows[row] and self.free_maxima[column + row] and self.free_minima[column - row + 7]

    def set_row_column(self, row, column, value):
        self.free_rows[row] = value
        self.free_maxima[column + row] = value
        self.free_minima[column - row + 7] = value


BENCHMARK = Queens
