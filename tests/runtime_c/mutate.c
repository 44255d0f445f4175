/*
 * Exercises the runtime with what can become of good blobs: every value of every byte, every
 * length, and random damage in several places - each with its envelope made right again, because a
 * CRC would hide all that comes after it.
 *
 *     mutate ROUNDS BLOB...
 *
 * Prints how often wann_load() said what, one line for each name.
 */

#include "exercise.h"

enum { MOST = 1 << 16, ENVELOPE = 9 };

static unsigned long counts[1 - WANN_E_NO_MONITOR];
static uint32_t state = 1;

static uint32_t random_u32(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void count(uint8_t *blob, size_t size) {
    seal(blob, size);
    counts[-exercise(blob, size)]++;
}

static void mutate(const uint8_t *good, size_t size, unsigned rounds) {
    uint8_t *const bad = (uint8_t *)exactly(size + 8);
    size_t k;

    for (k = 0; k < size + 8; k++) { /* 8 bytes appended, then all shorter ones */
        memcpy(bad, good, size);
        count(bad, k);
    }
    for (k = ENVELOPE; k < size - 4; k++) {
        unsigned value;
        memcpy(bad, good, size);
        for (value = 0; value < 256; value++) {
            bad[k] = (uint8_t)value;
            count(bad, size);
        }
    }
    for (; rounds > 0; rounds--) {
        unsigned places = 1 + random_u32() % 6;
        memcpy(bad, good, size);
        for (; places > 0; places--) {
            bad[ENVELOPE + random_u32() % (size - ENVELOPE)] = (uint8_t)random_u32();
        }
        count(bad, size);
    }
    free(bad);
}

int main(int argc, char **argv) {
    static uint8_t blob[MOST];
    int k;

    for (k = 2; k < argc; k++) {
        FILE *const file = fopen(argv[k], "rb");
        size_t size;
        REQUIRE(file != NULL);
        size = fread(blob, 1, MOST, file);
        fclose(file);
        REQUIRE(exercise(blob, size) == WANN_OK);
        mutate(blob, size, (unsigned)atoi(argv[1]));
    }
    for (k = 0; k <= -WANN_E_NO_MONITOR; k++) {
        if (counts[k] > 0) {
            printf("%s %lu\n", wann_error_name(-k), counts[k]);
        }
    }
    return 0;
}
