/*
 * libFuzzer target: bytes through wann_load() and, where they load, through everything else.
 *
 * Nobody guesses a CRC-32, so the mutator makes the envelope right again - but once in 16 times,
 * when the envelope is what is tried. tests/evidence/fuzz.py builds and runs it.
 */

#include "exercise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, most);
    if (seed % 16 != 0) {
        seal(data, size);
    }
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    (void)exercise(data, size);
    return 0;
}
