/*
 * libFuzzer target: any bytes through wann_load() and, where they load, through everything else.
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I../../runtime_c
 * \ fuzz_load.c ../../runtime_c/wann_rt.c -o fuzz_load python seeds.py corpus && ./fuzz_load
 * -max_len=512 corpus
 *
 * The bytes are tried as they are, and again with the envelope made right: nobody guesses a CRC-32.
 */

#include "exercise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *const sealed = (uint8_t *)exactly(size);

    if (size > 0) {
        memcpy(sealed, data, size);
    }
    seal(sealed, size);
    (void)exercise(data, size);
    (void)exercise(sealed, size);
    free(sealed);
    return 0;
}
