"""What a network's answer to one sample of a data set is worth; ``kernels/samples.py`` has the compiled twins.

All scores are higher for better answers. Those of classes are percentages: 100 for a right answer, and in the mean
100 / classes for guessing. A network whose weights all grow by one factor decides alike, so ``likelihood`` first
divides the outputs by their spread: what is left is which are greater, and by how much more than others. ``entropy``
is its logarithm, the cross-entropy turned round: 100 for a sure right answer, 0 for guessing, below 0 for a sure wrong
one. It values what is still unsure more, and is asked for by presets that grow classifiers; where networks could answer
few samples well, the best of them would be one that never answers.
"""

from collections.abc import Sequence

import numpy as np

from wann_rt.core.arithmetic import ONE, ZERO, Number, absolute, both, is_number, maximum, select
from wann_rt.core.exponential import exponential, logarithm

HUNDRED = np.float32(100.0)
SHARPNESS = np.float32(2.4)  # logits are so many mean absolute deviations: 3 standard deviations of normal outputs
LEAST = np.float32(-1000.0)  # entropy where outputs are no numbers
FARTHEST = np.float32(-1e30)  # squared error where outputs are no numbers


def accuracy(outputs: Sequence[Number], label: Number) -> Number:
    """Returns 100 where the greatest output is that of the label, else 0; ``Controller.decide`` says of equal ones."""
    best, place = outputs[0], ZERO
    chosen = select(best < best, ONE, ZERO)
    for output in outputs[1:]:
        place = place + ONE
        greater = output > best
        best, chosen = select(greater, output, best), select(greater, place, chosen)
    return select(both(chosen >= label, chosen <= label), HUNDRED, ZERO)


def likelihood(outputs: Sequence[Number], label: Number) -> Number:
    """Returns the probability of the label, in percent, by the softmax of the outputs over their spread."""
    summed, _, wanted = softmax(outputs, label)
    score = HUNDRED * wanted / summed
    return select(is_number(score), score, ZERO)


def entropy(outputs: Sequence[Number], label: Number) -> Number:
    """Returns the logarithm of that probability, scaled: 100 where it is 1, 0 where it is that of guessing."""
    summed, logit, _ = softmax(outputs, label)
    score = HUNDRED - per_logarithm(len(outputs)) * (logarithm(summed) - logit)
    return select(is_number(score), score, LEAST)


def softmax(outputs: Sequence[Number], label: Number) -> tuple[Number, Number, Number]:
    """Returns the sum of all powers, and logit and power of the label, of the outputs over their spread."""
    total, top = outputs[0], outputs[0]
    for output in outputs[1:]:
        total, top = total + output, maximum(output, top)
    mean = total * np.float32(1.0 / len(outputs))
    spread = absolute(outputs[0] - mean)
    for output in outputs[1:]:
        spread = spread + absolute(output - mean)
    factor = select(spread > ZERO, sharpness(len(outputs)) / spread, ZERO)
    summed = wanted = chosen = select(spread < spread, ONE, ZERO)
    place = ZERO
    for output in outputs:
        logit = (output - top) * factor
        power, is_label = exponential(logit), both(label >= place, label <= place)
        summed, wanted, chosen = summed + power, select(is_label, power, wanted), select(is_label, logit, chosen)
        place = place + ONE
    return summed, chosen, wanted


def closeness(outputs: Sequence[Number], wanted: Sequence[Number]) -> Number:
    """Returns minus the sum of the squared errors."""
    total = (outputs[0] - wanted[0]) * (outputs[0] - wanted[0])
    for output, want in zip(outputs[1:], wanted[1:], strict=True):
        total = total + (output - want) * (output - want)
    return select(is_number(total), maximum(-total, FARTHEST), FARTHEST)


def sharpness(outputs: int) -> np.float32:
    """Returns what divided by the summed deviations is the factor of the logits."""
    return np.float32(float(SHARPNESS) * outputs)


def per_logarithm(outputs: int) -> np.float32:
    """Returns what a natural logarithm costs in ``entropy``: 100 for that of the number of outputs."""
    return np.float32(100.0 / np.log(max(2.0, outputs)))
