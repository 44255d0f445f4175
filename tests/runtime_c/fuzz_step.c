/*
 * libFuzzer target: any bits as observations of generated headers. Each must give the bits that its
 * blob gives on the runtime, which is other code of the same arithmetic; any NaN equals any other.
 */

#include "exercise.h"
#include "fuzz_subjects.h" /* written by tests/evidence/fuzz.py: static const subject subjects[] */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : bits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static wann_controller loaded[sizeof subjects / sizeof *subjects];
    const size_t which = size > 0 ? data[0] % (sizeof subjects / sizeof *subjects) : 0;
    const subject *const s = &subjects[which];
    wann_controller *const c = &loaded[which];
    float *obs;
    float *actions;
    float *expected;
    float *scratch;
    size_t k;

    if (wann_digest(c) == NULL) {
        REQUIRE(wann_load(c, s->blob, s->size) == WANN_OK);
    }
    if (size < 1 + c->observations * sizeof *obs) {
        return -1;
    }
    obs = (float *)exactly(c->observations * sizeof *obs);
    actions = (float *)exactly(c->actions * sizeof *actions);
    expected = (float *)exactly(c->actions * sizeof *expected);
    scratch = (float *)exactly(wann_scratch_floats(c) * sizeof *scratch);
    memcpy(obs, data + 1, c->observations * sizeof *obs);
    s->step(obs, actions);
    REQUIRE(wann_step(c, obs, expected, scratch, wann_scratch_floats(c)) == WANN_OK);
    for (k = 0; k < c->actions; k++) {
        REQUIRE(bits_of(actions[k]) == bits_of(expected[k]));
    }
    free(obs);
    free(actions);
    free(expected);
    free(scratch);
    return 0;
}
