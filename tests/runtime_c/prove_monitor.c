/*
 * A line, a feature or a level of a monitor, of any bytes: what wann_monitor_load() accepts, a step
 * takes as long as that, and reads only its bytes, the numbers before it, and its own part of what
 * is remembered.
 */

#include "prove.h"

#define HOLDS_is_reached_0(H) H(k <= others), H(others < MOST_OF)
#define FORGET_is_reached_0 (k = any_unsigned(), sum = any_float(), hit = any_float())
#define LEFT_is_reached_0 (others - k)

#include "wann_rt.c"

#include "prove_take.h"

enum { MOST_FLOATS = 65536 };

/* Of which the last part is the memory, so that nothing is behind it. */
extern float numbers_memory[MOST_FLOATS];
extern float line_memory[MOST_OF];

static cursor in;

/* Whether something was accepted; then nothing is behind it. */
static _Bool is_accepted(int error) {
    PROVE("the cursor stays inside", INSIDE(&in));
    if (error != WANN_OK || in.has_overrun) {
        return 0;
    }
    blob_size = offset(in.at);
    return 1;
}

static void prove_level(void) {
    const uint32_t before = any_u32();
    uint32_t state = before;
    if (is_accepted(level_error(&in, &state))) {
        const unsigned others = blob[AT_OF] - 1u;
        const uint8_t *at = blob;
        PROVE("what it remembers is counted", state == before + others && others < MOST_OF);
        (void)is_alarming(&at, any_float(), line_memory + (MOST_OF - others));
        PROVE("both end alike", offset(at) == blob_size);
    }
}

int main(void) {
    const unsigned numbers = any_unsigned();
    const unsigned bytes = any_bool() ? 1u : 2u;
    const unsigned observations = any_unsigned();
    const float *values;
    const uint8_t *at = blob;
    judgement found = {any_float(), any_u32()};

    any_blob();
    ASSUME(blob_size <= 16 && numbers < MOST_FLOATS && observations <= MOST_CHANNELS);
    values = numbers_memory + (MOST_FLOATS - numbers);
    BEGIN(&in);
    if (any_bool()) {
        if (is_accepted(line_error(&in, bytes, numbers))) {
            (void)calculated(&at, bytes, values);
            PROVE("both end alike", offset(at) == blob_size);
        }
    } else if (any_bool()) {
        if (is_accepted(feature_error(&in, bytes, numbers, observations))) {
            judge(&at, bytes, values, &found);
            PROVE("both end alike", offset(at) == blob_size);
        }
    } else {
        prove_level();
    }
    return 0;
}
