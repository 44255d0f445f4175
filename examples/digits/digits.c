/* Reads raw images of 28 x 28 bytes from standard input and prints the digit of each, a line an
 * image. */
#include <stdio.h>

#include "digits.h"
#include "prepare.h"

int main(void) {
    uint8_t raw[DIGITS_RAW * DIGITS_RAW];
    float observation[MNIST_N_OBSERVATIONS], actions[MNIST_N_ACTIONS];

    if (mnist_selftest() != 0) {
        fputs("this compiler computes something else\n", stderr);
        return 1;
    }
    while (fread(raw, sizeof raw, 1, stdin) == 1) {
        int digit = 0;
        digits_prepare(raw, observation);
        mnist_step(observation, actions);
        for (int k = 1; k < MNIST_N_ACTIONS; k++) {
            digit = actions[k] > actions[digit] ? k : digit;
        }
        printf("%d\n", digit);
    }
    return 0;
}
