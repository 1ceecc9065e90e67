# A hundred balls in a box, for fifty frames: how often do they bounce?

from som import Benchmark, Random, new_array


class Ball:
    def __init__(self, random):
        self.x = random.next() % 500
        self.y = random.next() % 500
        self.x_velocity = (random.next() % 300) - 150
        self.y_velocity = (random.next() % 300) - 150

    def bounce(self):
        x_limit = 500
        y_limit = 500
        bounced = False
        self.x += self.x_velocity
        self.y += self.y_velocity
        if self.x > x_limit:
            self.x = x_limit
            self.x_velocity = 0 - abs(self.x_velocity)
            bounced = True
        if self.x < 0:
            self.x = 0
            self.x_velocity = abs(self.x_velocity)
            bounced = True
        if self.y > y_limit:
            self.y = y_limit
            self.y_velocity = 0 - abs(self.y_velocity)
            bounced = True
        if self.y < 0:
            self.y = 0
            self.y_velocity = abs(self.y_velocity)
            bounced = True
        return bounced


class Bounce(Benchmark):
    def benchmark(self):
        random = Random()
        ball_count = 100
        bounces = 0
        balls = new_array(ball_count, None)
        for i in range(ball_count):
            balls[i] = Ball(random)
        for _ in range(50):
            for i in range(ball_count):
                if balls[i].bounce():
                    bounces += 1
        return bounces

    def verify_result(self, result):
        return result == 1331


BENCHMARK = Bounce
