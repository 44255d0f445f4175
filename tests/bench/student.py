"""Student's t: half the width of the 95 % interval of a mean over a few seeds."""

import math
import statistics
from collections.abc import Sequence

# Two-sided 95 % points, by the number of values.
T_95 = {
    2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262, 11: 2.228, 12: 2.201,
    13: 2.179, 14: 2.160, 15: 2.145, 16: 2.131, 17: 2.120, 18: 2.110, 19: 2.101, 20: 2.093, 21: 2.086,
}  # fmt: skip


def half_width(values: Sequence[float]) -> float:
    """Returns half the 95 % interval of a mean; 0 of a single value, of which nothing is known."""
    if len(values) < 2:
        return 0.0
    point = T_95.get(len(values), 1.96 + 2.4 / (len(values) - 1))  # of more, within 0.01 of it
    return point * statistics.stdev(values) / math.sqrt(len(values))
