/*
 * A derived channel of any bytes: what derived_error() accepts, a step takes as long as that, and
 * reads only its bytes, the values below its own and its own part of what is remembered. What it
 * adds to the counts is what derive() and remember() take.
 */

#include "prove.h"

/* Of the line of a delayed channel: k goes down to 0. */
#define HOLDS_delayed_0(H) H(k < MOST_STEPS), H(k < memory_of(p))
#define FORGET_delayed_0 (k = any_unsigned())
#define LEFT_delayed_0 k

#include "wann_rt.c"

#include "prove_take.h"

enum { MOST_FLOATS = 65536 };

/* Each begins or ends where its memory does, so that nothing is before it or behind it. */
extern float values_memory[MOST_FLOATS];
extern float state_memory[MOST_FLOATS];

int main(void) {
    wann_controller c;
    cursor in;
    sensing s;
    unsigned number;
    unsigned floats;
    uint32_t state;
    uint32_t outputs;
    int error;

    any_blob();
    ASSUME(blob_size <= 16); /* more than a channel has */
    c.observations = (uint16_t)any_u32();
    c.actions = (uint16_t)any_u32();
    c.inputs = (uint16_t)any_u32();
    c.hidden = (uint16_t)any_u32();
    c.outputs = (uint16_t)any_u32();
    c.state = (uint16_t)any_u32();
    c.rate_hz = any_float();
    number = any_unsigned();
    ASSUME(number >= c.observations && number < c.inputs && c.actions <= c.outputs);
    ASSUME(1u + c.inputs + c.hidden + c.outputs + c.state <= WANN_MAX_NODES);
    state = c.state;
    outputs = c.outputs;
    BEGIN(&in);
    error = derived_error(&in, &c, number);
    PROVE("the cursor stays inside", INSIDE(&in));
    if (error != WANN_OK || in.has_overrun) {
        return 0;
    }
    blob_size = offset(in.at); /* nothing is behind the channel */
    floats = memory_of(blob);
    PROVE("a step goes as far", bytes_of(blob) == blob_size && blob_size > 0);
    PROVE("what it remembers is counted", c.state == state + floats && floats > 0);
    PROVE("what feeds it is counted", c.outputs == outputs + (blob[0] == RECURRENT ? 1u : 0u));
    PROVE("the scratch has room", 1u + c.inputs + c.hidden + c.outputs + c.state <= WANN_MAX_NODES);
    if (blob[0] == PREVIOUS) {
        PROVE("there is such an action", u16_at(blob + AT_SOURCES) < c.actions);
    }
    s.values = values_memory + (MOST_FLOATS - number);
    s.memory = any_bool() ? state_memory : state_memory + (MOST_FLOATS - floats);
    s.rate = c.rate_hz;
    s.observations = c.observations;
    s.has_begun = any_bool();
    s.is_complete = any_bool();
    (void)derived(&s, blob);
    return 0;
}
