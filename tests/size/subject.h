/* What the harness knows of a subject; the SIZE_ macros come from the command line. */
#ifndef SIZE_SUBJECT_H
#define SIZE_SUBJECT_H

#include <stdint.h>

/* Gets ready, outside of what is counted. Returns 0, or why that failed. */
int size_setup(void);

#if defined(SIZE_FIXED)
typedef int16_t size_value;
typedef int32_t size_action;

/* Any number of the type. */
static inline size_value size_input(uint32_t noise) { return (size_value)(uint16_t)(noise >> 16); }

static inline uint32_t size_bits(size_action action) { return (uint32_t)action; }
#else
typedef float size_value;
typedef float size_action;

typedef union {
    uint32_t bits;
    float value;
} size_float;

/* A float of either sign whose size is from 1/64 to 16: small ones, and such as saturate. */
static inline size_value size_input(uint32_t noise) {
    size_float made;
    made.bits = (noise & UINT32_C(0x807fffff)) | ((121 + ((noise >> 23) & 255) % 10) << 23);
    return made.value;
}

static inline uint32_t size_bits(size_action action) {
    size_float given;
    given.value = action;
    return given.bits;
}
#endif

void size_step(const size_value *observation, size_action *actions);

#endif /* SIZE_SUBJECT_H */
