/*
 * wann_rt: loads and runs controller blobs. The manual is wann_rt.h; FORMAT.md defines the blob and
 * every float32 operation below.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#include "wann_rt.h"

/*
 * How a byte of the blob is read. On targets with a separate program memory, compile this file with
 * another definition; for AVR: -include avr/pgmspace.h
 * '-DWANN_READ_U8(address)=pgm_read_byte(address)'
 * With a definition of yours nothing is read but bytes. Without one, numbers are read as a whole
 * where the byte order is the blob's; the compiler knows whether the processor can do so at any
 * address, and reads bytes where it cannot.
 */
#ifndef WANN_READ_U8
#define WANN_READ_U8(address) (*(address))
#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WANN_READ_WORDS
#endif
#endif

/*
 * Whether the code that only makes a step faster is left out: 1 or 0. It takes 3 KiB of flash and
 * spares decoding, which is most of a step where the processor has float arithmetic. Where a
 * library computes floats, that takes nearly all of the time anyway.
 */
#ifndef WANN_SMALL
#if defined(__AVR__) || defined(__SOFTFP__) || (defined(__riscv) && !defined(__riscv_flen)) ||     \
    defined(__mips_soft_float)
#define WANN_SMALL 1
#else
#define WANN_SMALL 0
#endif
#endif

/*
 * Whether blobs of version 2, with a state or a monitor, are read: 1, or 0, which saves their code;
 * wann_load() then refuses them by their version.
 */
#ifndef WANN_STATE
#define WANN_STATE 1
#endif
#if WANN_STATE
#define LAST_VERSION WANN_BLOB_VERSION
#define HAS_DERIVED(c) (((c)->flags & FLAG_DERIVED) != 0)
#define HAS_MONITOR(c) (((c)->flags & FLAG_MONITOR) != 0)
#else
#define LAST_VERSION 1
#define HAS_DERIVED(c) 0
#define HAS_MONITOR(c) 0
#endif

#if defined(__FAST_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__ASSOCIATIVE_MATH__) ||     \
    defined(__NO_SIGNED_ZEROS__) || defined(_M_FP_FAST) || defined(__FP_FAST)
#error "wann_rt.c: -ffast-math, or a part of it, changes results: compile this file without it"
#endif
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0
#error "wann_rt.c: -ffinite-math-only changes results: compile this file without it"
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "wann_rt.c: this target computes float in a wider type: on x86 add -msse2 -mfpmath=sse"
#endif
#if WANN_MAX_NODES > 65535
#error "wann_rt.c: WANN_MAX_NODES is at most 65535, the limit of the format"
#endif

/*
 * A multiply and an add must not become one fused operation, which rounds only once. And what GCC
 * knows of some values must not become a shorter path for them: a step shall take about the same
 * time whatever is observed.
 */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off", "no-tree-pre")
#elif defined(_MSC_VER)
#pragma fp_contract(off)
#endif

/*
 * Vector units of 32-bit ARM, and AltiVec, take subnormal numbers for 0: compilers shall not use
 * them here (seen with clang 14 and 19, -O2, in the sine and in the mean of an ensemble).
 */
#if defined(__clang__) && defined(__arm__) && (defined(__ARM_NEON) || defined(__ARM_FEATURE_MVE))
#if defined(__ARM_NEON)
#pragma clang attribute push(__attribute__((target("no-neon"))), apply_to = function)
#else
#pragma clang attribute push(__attribute__((target("no-mve"))), apply_to = function)
#endif
#elif defined(__GNUC__) && !defined(__clang__)
#if defined(__ARM_FEATURE_MVE) || (defined(__ALTIVEC__) && !defined(__VSX__))
#pragma GCC optimize("no-tree-vectorize", "no-tree-slp-vectorize")
#endif
#endif

#if defined(__clang__) /* unsigned sums wrap here, as C says they do: no fault for a sanitizer */
#if __clang_major__ > 12 || (__clang_major__ == 12 && !defined(__apple_build_version__))
#pragma clang attribute push(                                                                      \
    __attribute__((__no_sanitize__("unsigned-integer-overflow", "unsigned-shift-base"))),          \
    apply_to = function)
#else /* which do not know the second of them */
#pragma clang attribute push(__attribute__((__no_sanitize__("unsigned-integer-overflow"))),        \
                             apply_to = function)
#endif
#endif

/* What a compiler should do with a function, if it cannot see for itself where time is spent. */
#if defined(__GNUC__)
#define INLINE __attribute__((always_inline)) inline
#define ONE_COPY __attribute__((noinline))
#define SMALL __attribute__((noinline, cold))
#else
#define INLINE
#define ONE_COPY
#define SMALL
#endif

/* Between two cases, the first of which goes on with the second. */
#if defined(__has_attribute)
#if __has_attribute(fallthrough)
#define FALL_THROUGH __attribute__((fallthrough))
#endif
#endif
#ifndef FALL_THROUGH
#define FALL_THROUGH ((void)0)
#endif

typedef char wann_float_must_have_32_bits[sizeof(float) == 4 ? 1 : -1];

/* The fixed part of a blob. */
enum {
    AT_VERSION = 4,
    AT_SIZE = 5,
    AT_FLAGS = 9,
    AT_OBSERVATIONS = 10,
    AT_HIDDEN = 12,
    AT_ACTIONS = 14,
    AT_MEMBERS = 16,
    AT_VECTORS = 17,
    AT_RATE = 18,
    AT_DIGEST = 22,
    HEADER_BYTES = 30
};

enum { CRC_BYTES = 4, MIN_BYTES = HEADER_BYTES + CRC_BYTES, LENGTH_BYTES = 4 };

/* Flags of a blob. FLAG_SIGNED must be 1: it is used as a shift. */
enum {
    FLAG_SIGNED = 1,       /* the lowest bit of a source says: minus */
    FLAG_WIDE = 2,         /* a source takes two bytes */
    FLAG_WEIGHTS = 4,      /* after each source stands its weight */
    FLAG_OBSERVATIONS = 8, /* observations are conditioned */
    FLAG_ACTIONS = 16,     /* actions are conditioned */
    FLAG_TEXT = 32,        /* text follows the vectors */
    FLAGS = 63,            /* all of version 1 */
    FLAG_DERIVED = 64,     /* of version 2, which always has it or the next one: derived channels */
    FLAG_MONITOR = 128     /* there is a monitor */
};

enum { FORM = 7 }; /* the flags that say of what a connection consists */

/* What is done to the value of a channel: operations, each with its floats, up to END. */
enum {
    END = 1,
    ADD = 2,      /* a float */
    MULTIPLY = 3, /* by a float */
    CLIP = 4      /* to two floats: low, high */
};

/* Kinds of derived channels. */
enum {
    RATE_OF = 1,
    FILTERED = 2,
    DELAYED = 3,
    PREVIOUS = 4,
    INTEGRAL = 5,
    RECURRENT = 6,
    SINE = 7,
    COSINE = 8
};

/* Of a derived channel: its kind, how many sources it has, and two bytes for each; its setting. */
enum { AT_SOURCES = 2, MOST_STEPS = 1000, MOST_STATE = 10001 };

#define ONE 0x3f800000u /* the bits of 1: of a filter that is none */

/* In a node's first byte: the activation's id times 16, plus the number of sources. */
enum { LONG_COUNT = 15 }; /* or plus this: the number follows in two bytes */

#define INFINITE 0x7f800000u /* the bits of infinity; larger ones, but for the sign, are NaN */
#define SIGN 0x80000000u

typedef union {
    uint32_t bits;
    float value;
} float_bits;

static uint32_t bits_of(float value) {
    float_bits number;
    number.value = value;
    return number.bits;
}

static float float_of(uint32_t bits) {
    float_bits number;
    number.bits = bits;
    return number.value;
}

static int is_nan(uint32_t bits) { return (bits & ~SIGN) > INFINITE; }

/* The activations: FORMAT.md, and wann_rt/core/activations.py, operation by operation. */

enum {
    LINEAR = 1,
    STEP = 2,
    SIN = 3,
    GAUSS = 4,
    TANH = 5,
    SIGMOID = 6,
    INVERSE = 7,
    ABS = 8,
    RELU = 9,
    COS = 10,
    SQUARE = 11,
    LAST_ACTIVATION = SQUARE
};

static float absolute(float x) {
#if defined(__GNUC__) && !defined(__FRAMAC__)
    return __builtin_fabsf(x); /* one instruction; never a call */
#else
    return float_of(bits_of(x) & ~SIGN);
#endif
}

/* x minus the nearest even integer. Floats near 1.5 * 2^24 are 2 apart, so the sum rounds to one.
 */
static float reduced(float x) {
    const float even = (x + 25165824.0f) - 25165824.0f;
    return absolute(x) >= 8388608.0f ? 0.0f : x - even;
}

static float cubic(float x, float a, float b, float c, float d) {
    return ((a * x + b) * x + c) * x + d;
}

static ONE_COPY float sin_pi(float x) {
    const float d = reduced(x);
    const float y = d * (1.0f - absolute(d));
    return y * cubic(absolute(y), 0.21969882f, 1.1122317f, 3.1418693f, 3.1415854f);
}

static ONE_COPY float cos_pi(float x) {
    const float e = 0.5f - absolute(reduced(x));
    return e * cubic(e * e, -0.5532916f, 2.5413868f, -5.1670885f, 3.1415806f);
}

static ONE_COPY float gauss(float x) {
    const float square = x * x;
    const float t = square > 32.0f ? 32.0f : square;
    float y = cubic(t, 3.4226698e-08f, -5.0466265e-06f, 0.0004881829f, -0.031249957f) * t + 1.0f;
    y = y * y;
    y = y * y;
    y = y * y;
    return y * y;
}

static ONE_COPY float tanh_rational(float x) {
    const float below = x > 7.25f ? 7.25f : x;
    const float z = below < -7.25f ? -7.25f : below;
    const float s = z * z;
    const float p = cubic(s, 1.0f, 591.1133f, 32190.752f, 262144.0f); /* 1 * s is s */
    const float q = cubic(s, 36.653416f, 5498.3735f, 119569.695f, 262144.0f);
    return z * p / q;
}

/*
 * By bits, as all that limits a value to 0 or to what a blob says: of `0 > x ? 0 : x` compilers
 * make instructions that order zeros (clang for WebAssembly, GCC for POWER9) or lose NaN.
 */
static ONE_COPY float relu(float x) {
    const uint32_t bits = bits_of(x);
    return float_of(bits - (SIGN + 1u) < INFINITE ? 0u : bits); /* -0 and NaN pass */
}

static INLINE float activated(float x, unsigned id) {
    float y = x; /* LINEAR */
    switch (id) {
    case STEP:
        y = x > 0.0f ? 1.0f : 0.0f;
        break;
    case SIN:
        y = sin_pi(x);
        break;
    case GAUSS:
        y = gauss(x);
        break;
    case TANH:
        y = tanh_rational(x);
        break;
    case SIGMOID:
        y = tanh_rational(x * 0.5f) * 0.5f + 0.5f;
        break;
    case INVERSE:
        y = -x;
        break;
    case ABS:
        y = absolute(x);
        break;
    case RELU:
        y = relu(x);
        break;
    case COS:
        y = cos_pi(x);
        break;
    case SQUARE:
        y = x * x;
        break;
    default:
        break;
    }
    return y;
}

/*
 * Running. Blobs are little-endian and unaligned. Nothing here looks for an end: each pointer moves
 * over what wann_load() walked in the same order.
 */

#if defined(WANN_READ_WORDS)
typedef struct {
    uint16_t value;
} __attribute__((packed, may_alias)) unaligned_u16;

typedef struct {
    uint32_t value;
} __attribute__((packed, may_alias)) unaligned_u32;

static unsigned u16_at(const uint8_t *p) { return ((const unaligned_u16 *)(const void *)p)->value; }

static uint32_t u32_at(const uint8_t *p) { return ((const unaligned_u32 *)(const void *)p)->value; }
#else
static unsigned u16_at(const uint8_t *p) {
    return WANN_READ_U8(p) | ((unsigned)WANN_READ_U8(p + 1) << 8);
}

static uint32_t u32_at(const uint8_t *p) {
    return (uint32_t)WANN_READ_U8(p) | ((uint32_t)WANN_READ_U8(p + 1) << 8) |
           ((uint32_t)WANN_READ_U8(p + 2) << 16) | ((uint32_t)WANN_READ_U8(p + 3) << 24);
}
#endif

static float float_at(const uint8_t *p) { return float_of(u32_at(p)); }

/* Numbers as integers in the same order; both zeros are one. */
static uint32_t order_of(uint32_t bits) { return (bits & SIGN) != 0 ? 0u - bits : bits + SIGN; }

/* x within [low, high], all by their bits; NaN becomes the value nearest 0. */
static uint32_t clipped(uint32_t x, uint32_t low, uint32_t high) {
    uint32_t y = is_nan(x) ? 0u : x;
    y = order_of(low) > order_of(y) ? low : y;
    return order_of(high) < order_of(y) ? high : y;
}

/*
 * Returns what the channel at *at makes of x, but only clips what is an action already, a mean.
 * Moves *at to the next channel.
 */
static float conditioned(const uint8_t **at, float x, int is_action) {
    const uint8_t *p = *at;
    unsigned operation = WANN_READ_U8(p);
    while (operation != END) {
        const float operand = float_at(p + 1);
        p += 5;
        if (operation == CLIP) {
            x = float_of(clipped(bits_of(x), bits_of(operand), u32_at(p)));
            p += 4;
        } else if (!is_action) {
            x = operation == ADD ? x + operand : x * operand;
        }
        operation = WANN_READ_U8(p);
    }
    *at = p + 1;
    return x;
}

/*
 * The sum of a node's terms, from left to right; of none, 0. The first is not added to 0, because
 * 0 + -0 would be +0. What is asked once for a node is not asked again for each source.
 */

/* How many sources there are: this many, or what follows. */
static unsigned counted(const uint8_t **at, unsigned count) {
    if (count == LONG_COUNT) {
        count = u16_at(*at);
        *at += 2;
    }
    return count;
}

/* Sources of any form, of which a compiler makes one where the caller writes down the flags. */
static INLINE float sum_of_any(const uint8_t **at, unsigned count, const float *values,
                               unsigned flags) {
    const unsigned is_signed = flags & FLAG_SIGNED;
    const uint8_t *p = *at;
    float sum = 0.0f;
    unsigned k;
    for (k = 0; k < count; k++) {
        unsigned entry = WANN_READ_U8(p);
        float term;
        if ((flags & FLAG_WIDE) != 0) {
            entry = u16_at(p);
            p++;
        }
        p++;
        term = values[entry >> is_signed];
        if (is_signed != 0) {
            term = float_of(bits_of(term) ^ ((uint32_t)entry << 31));
        }
        if ((flags & FLAG_WEIGHTS) != 0) {
            term = term * float_at(p);
            p += 4;
        }
        sum = k == 0 ? term : sum + term;
    }
    *at = p;
    return sum;
}

/* Computes the node at *at, and moves there to the next one. */
static INLINE float computed(const uint8_t **at, unsigned flags, float weight,
                             const float *values) {
    const unsigned head = WANN_READ_U8(*at);
    unsigned count;
    float sum;

    *at += 1;
    count = counted(at, head & LONG_COUNT);
    sum = sum_of_any(at, count, values, flags);
    return activated(sum * weight, head >> 4);
}

/* A row of nodes of any form, of which a compiler makes one where the caller writes down the flags.
 */
static INLINE const uint8_t *compute_any(const uint8_t *p, unsigned flags, float weight,
                                         const float *values, float *results, unsigned n) {
    unsigned k;
    for (k = 0; k < n; k++) {
        results[k] = computed(&p, flags, weight, values);
    }
    return p;
}

/* Sources of two bytes. Such a network is large, and so are its nodes: eight sources at a time. */
static INLINE float sum_of_wide(const uint8_t **at, unsigned count, const float *values) {
    const uint8_t *p = *at;
    float sum = 0.0f;
    if (count != 0) {
        const uint8_t *const end = p + 2u * count;
        sum = values[u16_at(p)];
        p += 2u + 2u * ((count - 1u) & 7u);
        switch ((count - 1u) & 7u) {
        case 7:
            sum = sum + values[u16_at(p - 14)];
            FALL_THROUGH;
        case 6:
            sum = sum + values[u16_at(p - 12)];
            FALL_THROUGH;
        case 5:
            sum = sum + values[u16_at(p - 10)];
            FALL_THROUGH;
        case 4:
            sum = sum + values[u16_at(p - 8)];
            FALL_THROUGH;
        case 3:
            sum = sum + values[u16_at(p - 6)];
            FALL_THROUGH;
        case 2:
            sum = sum + values[u16_at(p - 4)];
            FALL_THROUGH;
        case 1:
            sum = sum + values[u16_at(p - 2)];
            break;
        default:
            break;
        }
        while (p != end) {
            sum = sum + values[u16_at(p)];
            sum = sum + values[u16_at(p + 2)];
            sum = sum + values[u16_at(p + 4)];
            sum = sum + values[u16_at(p + 6)];
            sum = sum + values[u16_at(p + 8)];
            sum = sum + values[u16_at(p + 10)];
            sum = sum + values[u16_at(p + 12)];
            sum = sum + values[u16_at(p + 14)];
            p += 16;
        }
    }
    *at = p;
    return sum;
}

/* Computes the node at *at, whose sources have two bytes, and moves there to the next one. */
static INLINE float computed_wide(const uint8_t **at, float weight, const float *values) {
    const uint8_t *p = *at;
    const unsigned head = WANN_READ_U8(p);
    unsigned count;
    float sum;

    p++;
    count = counted(&p, head & LONG_COUNT);
    sum = sum_of_wide(&p, count, values);
    *at = p;
    return activated(sum * weight, head >> 4);
}

static ONE_COPY const uint8_t *compute_wide(const uint8_t *p, float weight, const float *values,
                                            float *results, unsigned n) {
    unsigned k;
    for (k = 0; k < n; k++) {
        results[k] = computed_wide(&p, weight, values);
    }
    return p;
}

#if WANN_SMALL
/* Computes n nodes in a row, the first of them at p. Returns where the next one stands. */
static ONE_COPY const uint8_t *compute(const uint8_t *p, unsigned flags, float weight,
                                       const float *values, float *results, unsigned n) {
    const uint8_t *next;
    switch (flags & FORM) {
    case 0:
        next = compute_any(p, 0, weight, values, results, n);
        break;
    case FLAG_WIDE:
        next = compute_wide(p, weight, values, results, n);
        break;
    default:
        next = compute_any(p, flags, weight, values, results, n);
        break;
    }
    return next;
}
#else
/* The sum of one to three sources of one byte, of a number that the caller writes down. */
static INLINE float sum_of_few(const uint8_t *p, unsigned count, const float *values) {
    float sum = values[WANN_READ_U8(p)];
    if (count > 1) {
        sum = sum + values[WANN_READ_U8(p + 1)];
    }
    if (count > 2) {
        sum = sum + values[WANN_READ_U8(p + 2)];
    }
    return sum;
}

/* The sum of four to fourteen that end before `end`: into a row of additions, as far as needed. */
static ONE_COPY float sum_of_some(const uint8_t *end, unsigned count, const float *values) {
    float sum = values[WANN_READ_U8(end - count)];
    switch (count) {
    default:
        sum = sum + values[WANN_READ_U8(end - 13)];
        FALL_THROUGH;
    case 13:
        sum = sum + values[WANN_READ_U8(end - 12)];
        FALL_THROUGH;
    case 12:
        sum = sum + values[WANN_READ_U8(end - 11)];
        FALL_THROUGH;
    case 11:
        sum = sum + values[WANN_READ_U8(end - 10)];
        FALL_THROUGH;
    case 10:
        sum = sum + values[WANN_READ_U8(end - 9)];
        FALL_THROUGH;
    case 9:
        sum = sum + values[WANN_READ_U8(end - 8)];
        FALL_THROUGH;
    case 8:
        sum = sum + values[WANN_READ_U8(end - 7)];
        FALL_THROUGH;
    case 7:
        sum = sum + values[WANN_READ_U8(end - 6)];
        FALL_THROUGH;
    case 6:
        sum = sum + values[WANN_READ_U8(end - 5)];
        FALL_THROUGH;
    case 5:
        sum = sum + values[WANN_READ_U8(end - 4)];
        FALL_THROUGH;
    case 4:
        sum = sum + values[WANN_READ_U8(end - 3)];
        sum = sum + values[WANN_READ_U8(end - 2)];
        sum = sum + values[WANN_READ_U8(end - 1)];
        break;
    }
    return sum;
}

/*
 * Most nodes have few sources of one byte. For each there is one jump, by the whole of its first
 * byte, to code that knows the activation and how many sources there are; here are the first bytes
 * of one activation with 0 to 14 sources.
 */
#define FEW(id, count)                                                                             \
    case (id) * 16 + (count):                                                                      \
        y = activated(sum_of_few(p + 1, (count), values) * weight, (id));                          \
        p += 1 + (count);                                                                          \
        break;
#define NODES_OF(id)                                                                               \
    case (id) * 16:                                                                                \
        y = activated(0.0f * weight, (id));                                                        \
        p += 1;                                                                                    \
        break;                                                                                     \
        FEW(id, 1)                                                                                 \
        FEW(id, 2)                                                                                 \
        FEW(id, 3)                                                                                 \
    case (id) * 16 + 4:                                                                            \
    case (id) * 16 + 5:                                                                            \
    case (id) * 16 + 6:                                                                            \
    case (id) * 16 + 7:                                                                            \
    case (id) * 16 + 8:                                                                            \
    case (id) * 16 + 9:                                                                            \
    case (id) * 16 + 10:                                                                           \
    case (id) * 16 + 11:                                                                           \
    case (id) * 16 + 12:                                                                           \
    case (id) * 16 + 13:                                                                           \
    case (id) * 16 + 14:                                                                           \
        p += 1u + (head & LONG_COUNT);                                                             \
        y = activated(sum_of_some(p, head & LONG_COUNT, values) * weight, (id));                   \
        break;

/* Computes the node at *at, whose sources have one byte, and moves there to the next one. */
static INLINE float computed_short(const uint8_t **at, float weight, const float *values) {
    const uint8_t *p = *at;
    const unsigned head = WANN_READ_U8(p);
    float y;
    switch (head) {
        NODES_OF(LINEAR)
        NODES_OF(STEP)
        NODES_OF(SIN)
        NODES_OF(GAUSS)
        NODES_OF(TANH)
        NODES_OF(SIGMOID)
        NODES_OF(INVERSE)
        NODES_OF(ABS)
        NODES_OF(RELU)
        NODES_OF(COS)
        NODES_OF(SQUARE)
    case 0:
        /* wann_load() refuses it: the table of jumps begins at 0, so nothing is subtracted. */
        y = 0.0f;
        p += 1;
        break;
    default: {
        /* 15 sources or more; p itself stays in a register. */
        const uint8_t *next = p;
        y = computed(&next, 0, weight, values);
        p = next;
        break;
    }
    }
    *at = p;
    return y;
}

static ONE_COPY const uint8_t *compute_short(const uint8_t *p, float weight, const float *values,
                                             float *results, unsigned n) {
    unsigned k;
    for (k = 0; k < n; k++) {
        results[k] = computed_short(&p, weight, values);
    }
    return p;
}

/* Computes n nodes in a row, the first of them at p. Returns where the next one stands. */
static const uint8_t *compute(const uint8_t *p, unsigned flags, float weight, const float *values,
                              float *results, unsigned n) {
    const uint8_t *next;
    switch (flags & FORM) {
    case 0:
        next = compute_short(p, weight, values, results, n);
        break;
    case FLAG_WIDE:
        next = compute_wide(p, weight, values, results, n);
        break;
    case FLAG_SIGNED:
        next = compute_any(p, FLAG_SIGNED, weight, values, results, n);
        break;
    case FLAG_WEIGHTS:
        next = compute_any(p, FLAG_WEIGHTS, weight, values, results, n);
        break;
    default:
        next = compute_any(p, flags, weight, values, results, n);
        break;
    }
    return next;
}
#endif

/*
 * Conditions n values by the channels from p on. Returns where the next channel stands.
 *
 * is_action: they are actions already, means: they are only clipped.
 */
static const uint8_t *condition(const uint8_t *p, float *values, unsigned n, int is_action) {
    unsigned k;
    for (k = 0; k < n; k++) {
        values[k] = conditioned(&p, values[k], is_action);
    }
    return p;
}

/*
 * What is remembered from one step to the next: numbers at the end of the scratch. The first says
 * whether readings were remembered at all; then come those of each derived channel, in order.
 * FORMAT.md, and wann_rt/core/derived.py, operation by operation.
 */

typedef struct {
    const float *values; /* observations, then the derived channels so far; none is conditioned */
    float *memory;       /* of this channel */
    float rate;
    unsigned observations;
    int has_begun;   /* before this step */
    int is_complete; /* whether all observations so far that are remembered were finite */
} sensing;

static int is_finite(float x) { return (bits_of(x) & ~SIGN) < INFINITE; }

static float kept(float x, float old) { return is_finite(x) ? x : old; }

static float filtered(float old, float x, float share) {
    return kept(old + (x - old) * share, old);
}

/* How many numbers the channel at p remembers. */
static SMALL unsigned memory_of(const uint8_t *p) {
    const unsigned kind = WANN_READ_U8(p);
    const unsigned count = WANN_READ_U8(p + 1);
    unsigned floats = 1;
    if (kind == RATE_OF) {
        floats = count + (u32_at(p + AT_SOURCES + 2u * count) != ONE ? 1u : 0u);
    } else if (kind == DELAYED) {
        floats = u16_at(p + AT_SOURCES + 2);
    } else if (kind == SINE || kind == COSINE) {
        floats = 2;
    }
    return floats;
}

/* How many bytes it has. */
static SMALL unsigned bytes_of(const uint8_t *p) {
    const unsigned kind = WANN_READ_U8(p);
    unsigned setting = 4;
    if (kind == DELAYED) {
        setting = 2;
    } else if (kind == PREVIOUS) {
        setting = 0;
    }
    return AT_SOURCES + 2u * WANN_READ_U8(p + 1) + setting;
}

/* What source k of the channel at p reads now; what is no finite number is as it was before. */
static float reading(sensing *s, const uint8_t *p, unsigned k) {
    const unsigned source = u16_at(p + AT_SOURCES + 2u * k);
    const float x = s->values[source];
    if (source < s->observations && !is_finite(x)) {
        s->is_complete = 0;
    }
    return kept(x, s->memory[k]);
}

/* What stands for a number of the step before: before the first step, one of this step. */
static float since(const sensing *s, unsigned k, float now) {
    return s->has_begun ? s->memory[k] : now;
}

static float rate_of(sensing *s, const uint8_t *p) {
    const unsigned count = WANN_READ_U8(p + 1);
    const uint32_t share = u32_at(p + AT_SOURCES + 2u * count);
    const float a = reading(s, p, 0);
    float y = a - since(s, 0, a);
    if (count == 2) { /* the sine of the angle between two readings of a cosine and a sine */
        const float b = reading(s, p, 1);
        y = since(s, 0, a) * b - since(s, 1, b) * a;
        s->memory[1] = b;
    }
    s->memory[0] = a;
    y = y * s->rate;
    if (share != ONE) {
        y = filtered(s->memory[count], y, float_of(share));
        s->memory[count] = y;
    }
    return y;
}

/* The readings stand in a line, the newest first. Volatile, or compilers call memmove. */
static float delayed(sensing *s, const uint8_t *p) {
    volatile float *const line = s->memory;
    const float now = reading(s, p, 0);
    unsigned k = u16_at(p + AT_SOURCES + 2) - 1u;
    const float y = since(s, k, now);
    for (; k > 0; k--) {
        line[k] = since(s, k - 1u, now);
    }
    line[0] = now;
    return y;
}

static float integral(const sensing *s, const uint8_t *p) {
    float *const sum = s->memory;
    const uint32_t limit = u32_at(p + AT_SOURCES + 2);
    const float period = 1.0f / s->rate;
    const float total = kept(*sum + s->values[u16_at(p + AT_SOURCES)] * period, *sum);
    *sum = float_of(clipped(bits_of(total), limit | SIGN, limit));
    return *sum;
}

/* The sine of a phase, or its cosine; remembered are the sine of the next one, and 1 less its
 * cosine. */
static float oscillation(const sensing *s, const uint8_t *p) {
    const float half_turns = 2.0f * float_at(p + AT_SOURCES) * (1.0f / s->rate);
    const float turn_cos = cos_pi(half_turns);
    const float turn_sin = sin_pi(half_turns);
    const float sine = s->memory[0];
    const float cosine = 1.0f - s->memory[1];
    const float next_sine = sine * turn_cos + cosine * turn_sin;
    const float next_cosine = cosine * turn_cos - sine * turn_sin;
    const float gain = 1.5f - 0.5f * (next_sine * next_sine + next_cosine * next_cosine);
    s->memory[0] = next_sine * gain;
    s->memory[1] = 1.0f - next_cosine * gain;
    return WANN_READ_U8(p) == SINE ? sine : cosine;
}

/* Computes the derived channel at p. */
static SMALL float derived(sensing *s, const uint8_t *p) {
    float y;
    switch (WANN_READ_U8(p)) {
    case RATE_OF:
        y = rate_of(s, p);
        break;
    case FILTERED:
        y = reading(s, p, 0);
        y = filtered(since(s, 0, y), y, float_at(p + AT_SOURCES + 2));
        s->memory[0] = y;
        break;
    case DELAYED:
        y = delayed(s, p);
        break;
    case INTEGRAL:
        y = integral(s, p);
        break;
    case SINE:
    case COSINE:
        y = oscillation(s, p);
        break;
    default: /* PREVIOUS, RECURRENT */
        y = s->memory[0];
        break;
    }
    return y;
}

/* Where the derived channels stand: behind the weights, and their own number. */
static const uint8_t *derived_of(const wann_controller *c) {
    return c->blob + HEADER_BYTES + 4u * c->members + 2;
}

/* Computes what is derived from the observations, behind them, and remembers the readings. */
static SMALL void derive(const wann_controller *c, float *values, float *state) {
    const uint8_t *p = derived_of(c);
    sensing s;
    unsigned k;
    s.values = values;
    s.memory = state + 1;
    s.rate = c->rate_hz;
    s.observations = c->observations;
    s.has_begun = state[0] > 0.0f;
    s.is_complete = 1;
    for (k = c->observations; k < c->inputs; k++) {
        values[k] = derived(&s, p);
        s.memory += memory_of(p);
        p += bytes_of(p);
    }
    if (s.is_complete != 0) {
        state[0] = 1.0f;
    }
}

/* Remembers what the network put out: actions, then what feeds the recurrent nodes. */
static SMALL void remember(const wann_controller *c, const float *outputs, float *state) {
    const uint8_t *p = derived_of(c);
    float *memory = state + 1;
    unsigned feed = c->actions;
    unsigned k;
    for (k = c->observations; k < c->inputs; k++) {
        const unsigned kind = WANN_READ_U8(p);
        if (kind == PREVIOUS) {
            memory[0] = kept(outputs[u16_at(p + AT_SOURCES)], memory[0]);
        } else if (kind == RECURRENT) {
            const uint32_t share = u32_at(p + AT_SOURCES);
            const float x = outputs[feed];
            memory[0] = share == ONE ? kept(x, memory[0]) : filtered(memory[0], x, float_of(share));
            feed++;
        }
        memory += memory_of(p);
        p += bytes_of(p);
    }
}

/* Makes what is remembered what it is before the first step. Volatile, or compilers call memset. */
static void forget(float *state, unsigned n) {
    volatile float *const numbers = state;
    unsigned k;
    for (k = 0; k < n; k++) {
        numbers[k] = 0.0f;
    }
}

/* Takes one more member's action into the least and the greatest so far; NaN stays the least. */
static void widen(float *span, float x) {
    const float least = x < span[0] ? x : span[0];
    span[0] = is_nan(bits_of(x)) ? x : least;
    span[1] = x > span[1] ? x : span[1];
}

/*
 * Runs the network under one more weight and adds its actions to the sums, one by one: there is no
 * room for all.
 *
 * spans: NULL, or the least and the greatest of each action so far.
 */
static INLINE void run_again(const wann_controller *c, const uint8_t *channel, float weight,
                             float *scratch, float *spans) {
    float *const hidden = scratch + 1 + c->inputs;
    float *const sums = hidden + c->hidden;
    const uint8_t *node = compute(c->nodes, c->flags, weight, scratch, hidden, c->hidden);
    unsigned k;
    for (k = 0; k < c->outputs; k++) {
        float x;
        node = compute(node, c->flags, weight, scratch, &x, 1);
        if ((c->flags & FLAG_ACTIONS) != 0 && k < c->actions) {
            channel = condition(channel, &x, 1, 0);
        }
        sums[k] = sums[k] + x;
        if (spans != NULL && k < c->actions) {
            widen(spans + 2u * k, x);
        }
    }
}

/* Makes the sums, the actions under the first of n weights, the mean of those under all of them. */
static INLINE void average_any(const wann_controller *c, const uint8_t *channel,
                               const float *weights, unsigned n, float *scratch, float *spans) {
    const uint8_t *const own = c->blob + HEADER_BYTES;
    float *const sums = scratch + 1 + c->inputs + c->hidden;
    const float share = 1.0f / (float)n;
    unsigned k;
    for (k = 1; k < n; k++) {
        const float weight = weights != NULL ? weights[k] : float_at(own + 4u * k);
        run_again(c, channel, weight, scratch, spans);
    }
    for (k = 0; k < c->outputs; k++) {
        sums[k] = sums[k] * share;
    }
    if ((c->flags & FLAG_ACTIONS) != 0) {
        (void)condition(channel, sums, c->actions, 1);
    }
}

static ONE_COPY void average(const wann_controller *c, const uint8_t *channel, const float *weights,
                             unsigned n, float *scratch) {
    average_any(c, channel, weights, n, scratch, NULL);
}

/* Copies n floats, from the first to the last. */
static INLINE void copy_floats(float *to, const float *from, unsigned n) {
    unsigned k = 0;
    while (n - k >= 8) {
        to[k] = from[k];
        to[k + 1] = from[k + 1];
        to[k + 2] = from[k + 2];
        to[k + 3] = from[k + 3];
        to[k + 4] = from[k + 4];
        to[k + 5] = from[k + 5];
        to[k + 6] = from[k + 6];
        to[k + 7] = from[k + 7];
        k += 8;
    }
    while (k < n) {
        to[k] = from[k];
        k++;
    }
}

/*
 * Runs the network under n weights and takes the mean of the actions.
 *
 * weights: NULL for the controller's own.
 * scratch: the bias, the inputs, the hidden nodes, the sums of the outputs, what is remembered;
 *          then the least and the greatest of each action, if spread is asked for.
 * spread:  NULL, or receives how far the actions are apart.
 */
static INLINE void run_any(const wann_controller *c, const float *obs, float *actions,
                           float *spread, const float *weights, unsigned n, float *scratch) {
    const uint8_t *channel = c->channels;
    float *const inputs = scratch + 1;
    float *const hidden = inputs + c->inputs;
    float *const sums = hidden + c->hidden;
    float *const state = sums + c->outputs;
    float *const spans = state + c->state;
    unsigned k;

    scratch[0] = 1.0f;
    copy_floats(inputs, obs, c->observations);
    if (HAS_DERIVED(c)) {
        derive(c, inputs, state);
    }
    if ((c->flags & FLAG_OBSERVATIONS) != 0) {
        channel = condition(channel, inputs, c->inputs, 0);
    }
    (void)compute(c->nodes, c->flags, weights != NULL ? *weights : float_at(c->blob + HEADER_BYTES),
                  scratch, hidden, (unsigned)c->hidden + c->outputs);
    if ((c->flags & FLAG_ACTIONS) != 0) {
        (void)condition(channel, sums, c->actions, 0);
    }
    if (spread != NULL) {
        for (k = 0; k < c->actions; k++) {
            spans[2u * k] = sums[k];
            spans[2u * k + 1u] = sums[k];
        }
        average_any(c, channel, weights, n, scratch, spans);
    } else if (n > 1) {
        average(c, channel, weights, n, scratch);
    }
    if (HAS_DERIVED(c)) {
        remember(c, sums, state);
    }
    for (k = 0; k < c->actions; k++) {
        actions[k] = sums[k];
    }
    if (spread != NULL) {
        for (k = 0; k < c->actions; k++) {
            spread[k] = spans[2u * k + 1u] - spans[2u * k];
        }
    }
}

static void run(const wann_controller *c, const float *obs, float *actions, const float *weights,
                unsigned n, float *scratch) {
    run_any(c, obs, actions, NULL, weights, n, scratch);
}

/* The same with the controller's own weights; says how far their actions are apart, too. */
static void run_apart(const wann_controller *c, const float *obs, float *actions, float *spread,
                      float *scratch) {
    run_any(c, obs, actions, spread, NULL, c->members, scratch);
}

size_t wann_scratch_floats(const wann_controller *c) {
    size_t floats = 0;
    if (c != NULL && c->nodes != NULL) {
        floats = c->floats;
    }
    return floats;
}

/* Why a controller cannot run with these arguments, if so. */
static int call_error(const wann_controller *c, const void *obs, const void *actions,
                      const float *scratch, size_t scratch_floats) {
    int error = WANN_OK;
    if (c == NULL || obs == NULL || actions == NULL || scratch == NULL) {
        error = WANN_E_NULL;
    } else if (c->nodes == NULL) {
        error = WANN_E_NOT_LOADED;
    } else if (scratch_floats < wann_scratch_floats(c)) {
        error = WANN_E_SCRATCH;
    }
    return error;
}

/* Where in the scratch begins what is remembered. */
static float *state_of(const wann_controller *c, float *scratch) {
    return scratch + (c->floats - c->state);
}

int wann_reset(const wann_controller *c, float *scratch, size_t scratch_floats) {
    const int error = call_error(c, scratch, scratch, scratch, scratch_floats);
    if (error == WANN_OK) {
        forget(state_of(c, scratch), c->state);
    }
    return error;
}

int wann_step(const wann_controller *c, const float *obs, float *actions, float *scratch,
              size_t scratch_floats) {
    const int error = call_error(c, obs, actions, scratch, scratch_floats);
    if (error == WANN_OK) {
        run(c, obs, actions, NULL, c->members, scratch);
    }
    return error;
}

int wann_step_weight(const wann_controller *c, const float *obs, float *actions, float weight,
                     float *scratch, size_t scratch_floats) {
    return wann_ensemble(c, obs, actions, &weight, 1, scratch, scratch_floats);
}

int wann_ensemble(const wann_controller *c, const float *obs, float *actions, const float *weights,
                  uint16_t n_weights, float *scratch, size_t scratch_floats) {
    int error = call_error(c, obs, actions, scratch, scratch_floats);
    if (error == WANN_OK) {
        if (weights == NULL) {
            error = WANN_E_NULL;
        } else if ((c->flags & FLAG_WEIGHTS) != 0) {
            error = WANN_E_PER_CONNECTION;
        } else if (n_weights == 0) {
            error = WANN_E_NO_WEIGHTS;
        } else {
            run(c, obs, actions, weights, n_weights, scratch);
        }
    }
    return error;
}

int wann_step_spread(const wann_controller *c, const float *obs, float *actions, float *spread,
                     float *scratch, size_t scratch_floats) {
    int error = call_error(c, obs, actions, scratch, scratch_floats);
    if (error == WANN_OK) {
        if (spread == NULL) {
            error = WANN_E_NULL;
        } else if (scratch_floats < c->floats + 2u * (uint32_t)c->actions) {
            error = WANN_E_SCRATCH;
        } else {
            run_apart(c, obs, actions, spread, scratch);
        }
    }
    return error;
}

/* How many bytes before the vectors say which of them a reset goes before: a bit for each. */
static unsigned resets_bytes(const wann_controller *c) {
    return HAS_DERIVED(c) ? (c->vectors + 7u) / 8u : 0u;
}

/* Whether a value has these bits; any NaN equals any other. */
static int has_bits(float value, uint32_t bits) {
    const uint32_t got = bits_of(value);
    return got == bits || (is_nan(got) && is_nan(bits));
}

/* Whether each operation rounds by itself, in its place, and keeps subnormals and -0. */
static int is_exact(void) {
    volatile float v = 1.0002441f; /* volatile: computed here, one by one, not in the compiler */
    const float x = v;
    int exact;
    v = (x * x) - 1.0004883f; /* (1 + 2^-12)^2 rounds to 1 + 2^-11 */
    exact = has_bits(v, 0u);
    v = 1.25f;
    v = (v + 25165824.0f) - 25165824.0f; /* the nearest even integer */
    exact &= has_bits(v, 0x40000000u);
    v = 1.1754944e-38f;
    v = v * 0.5f; /* half of the least normal number, and back */
    v = v * 2.0f;
    exact &= has_bits(v, 0x00800000u);
    v = -0.0f;
    v = v + 0.0f;
    exact &= has_bits(v, 0u);
    return exact;
}

/*
 * Whether NaN compares as it should. A compiler that was told that there is none may see through
 * any one way to ask, so there are three.
 */
static int keeps_nan(void) {
    volatile uint32_t bits = 0x7fc00000u;
    const float x = float_of(bits);
    const int is_above = x >= 1.0f;
    const int is_below = x < 1.0f;
    int kept = (x >= 0.0f) == (x < 0.0f); /* neither */
    kept &= (is_above | is_below) == 0;
    kept &= !(x <= x);
    return kept;
}

/* Whether what limits a value does so on both sides, keeps the sign of a zero and lets no NaN pass.
 */
static int limits_hold(void) {
    volatile uint32_t at = 0u; /* volatile: as above */
    const uint32_t plus = at;
    const uint32_t minus = plus + SIGN;
    const uint32_t one = plus + 0x3f800000u;
    const uint32_t nan = plus + 0x7fc00000u;
    int held = clipped(nan, one | SIGN, one) == plus;
    held &= clipped(nan | SIGN, minus, one) == plus;
    held &= clipped(one | SIGN, minus, one) == minus;
    held &= clipped(one | SIGN, plus, one) == plus;
    held &= clipped(one, one | SIGN, minus) == minus;
    held &= clipped(one, one | SIGN, plus) == plus;
    held &= clipped(minus, plus, one) == minus;
    held &= clipped(plus, minus, one) == plus;
    held &= clipped(INFINITE, plus, one) == one;
    held &= clipped(INFINITE | SIGN, minus, one) == minus;
    held &= has_bits(relu(float_of(minus)), minus);
    held &= has_bits(relu(float_of(minus + 1u)), plus);
    held &= has_bits(relu(float_of(nan | SIGN)), nan);
    held &= has_bits(relu(float_of(one)), one);
    return held;
}

/* Whether the state is reset before a vector. */
static int begins_with(const wann_controller *c, unsigned vector) {
    int begins = vector == 0;
    if (HAS_DERIVED(c) && !begins) {
        const uint8_t *const resets = c->tests - resets_bytes(c);
        begins = (WANN_READ_U8(resets + vector / 8u) >> vector % 8u & 1) != 0;
    }
    return begins;
}

/* Replays the vectors of a loaded controller. */
static int replay(const wann_controller *c, float *scratch) {
    const uint8_t *at = c->tests;
    /* Where run() puts the inputs and the sums: each value is read before it is overwritten. */
    float *const obs = scratch + 1;
    float *const actions = obs + c->inputs + c->hidden;
    int error = WANN_OK;
    unsigned vector;
    unsigned k;

    for (vector = 0; vector < c->vectors; vector++) {
        if (begins_with(c, vector) != 0) {
            forget(state_of(c, scratch), c->state);
        }
        for (k = 0; k < c->observations; k++) {
            obs[k] = float_at(at);
            at += 4;
        }
        run(c, obs, actions, NULL, c->members, scratch);
        for (k = 0; k < c->actions; k++) {
            if (!has_bits(actions[k], u32_at(at))) {
                error = WANN_E_MISMATCH;
            }
            at += 4;
        }
    }
    return error;
}

int wann_selftest(const wann_controller *c, float *scratch, size_t scratch_floats) {
    int error = call_error(c, scratch, scratch, scratch, scratch_floats);
    if (error == WANN_OK) {
        if ((is_exact() & keeps_nan() & limits_hold()) == 0) {
            error = WANN_E_MISMATCH;
        } else if (c->vectors == 0) {
            error = WANN_E_NO_VECTORS;
        } else {
            error = replay(c, scratch);
            forget(state_of(c, scratch), c->state);
        }
    }
    return error;
}

const uint8_t *wann_digest(const wann_controller *c) {
    return c != NULL && c->nodes != NULL ? c->blob + AT_DIGEST : NULL;
}

/* What stands behind the vectors, and how many bytes: a monitor behind its length, and the text. */
static const uint8_t *behind_tests(const wann_controller *c, size_t *bytes) {
    const uint8_t *const at =
        c->tests + (size_t)4 * c->vectors * ((size_t)c->observations + c->actions);
    *bytes = (size_t)u32_at(c->blob + AT_SIZE) - CRC_BYTES - (size_t)(at - c->blob);
    return at;
}

/*
 * The monitor, and how many bytes it has; NULL if it is not all there. wann_load() does not look at
 * it: who has no use for it pays nothing.
 */
static const uint8_t *monitor_of(const wann_controller *c, size_t *bytes) {
    size_t left;
    const uint8_t *const at = behind_tests(c, &left);
    const uint8_t *section = NULL;
    if (left >= LENGTH_BYTES && u32_at(at) <= left - LENGTH_BYTES) {
        *bytes = (size_t)u32_at(at);
        section = at + LENGTH_BYTES;
    }
    return section;
}

const uint8_t *wann_text(const wann_controller *c, size_t *bytes) {
    const uint8_t *text = NULL;
    if (c != NULL && bytes != NULL && c->nodes != NULL && (c->flags & FLAG_TEXT) != 0) {
        size_t left;
        text = behind_tests(c, &left);
        if (HAS_MONITOR(c)) {
            size_t before = 0;
            const uint8_t *const monitor = monitor_of(c, &before);
            text = monitor != NULL ? monitor + before : NULL;
            left -= monitor != NULL ? LENGTH_BYTES + before : 0u;
        }
        if (text != NULL) {
            *bytes = left;
        }
    }
    return text;
}

/*
 * Loading. One function reads what follows the fixed part, take(), and it reads nothing past the
 * end: there it gives zeros and notes the overrun. So no check below has to come in time to be
 * safe. No node begins with a zero and no source repeats, so an overrun soon ends the walk;
 * wann_load() then says WANN_E_LAYOUT, whatever the zeros were taken for.
 */

typedef struct {
    const uint8_t *at;
    size_t left;
    int has_overrun;
} cursor;

static void skip(cursor *in, uint32_t bytes) {
    if (bytes > in->left) {
        in->has_overrun = 1;
        bytes = 0;
        in->left = 0;
    }
    in->at += bytes;
    in->left -= (size_t)bytes;
}

static uint32_t take(cursor *in, unsigned bytes) {
    const uint8_t *at = in->at;
    uint32_t value = 0;
    unsigned shift;

    skip(in, bytes);
    for (shift = 0; at != in->at; shift += 8) {
        value |= (uint32_t)WANN_READ_U8(at) << shift;
        at++;
    }
    return value;
}

static int finite_error(cursor *in) {
    return (take(in, 4) & INFINITE) != INFINITE ? WANN_OK : WANN_E_NUMBER;
}

static int range_error(cursor *in) {
    float_bits low;
    float_bits high;
    low.bits = take(in, 4);
    high.bits = take(in, 4);
    /* Infinities are open ends. NaN compares with nothing. */
    return low.value <= high.value && low.bits != INFINITE && high.bits != (INFINITE | 0x80000000u)
               ? WANN_OK
               : WANN_E_NUMBER;
}

/* What condition() will read. */
static int channel_error(cursor *in) {
    int error = WANN_OK;
    unsigned operation = 0;
    while (error == WANN_OK && operation != END) {
        operation = (unsigned)take(in, 1);
        if (operation == CLIP) {
            error = range_error(in);
        } else if (operation == ADD || operation == MULTIPLY) {
            error = finite_error(in);
        } else if (operation != END) {
            error = WANN_E_OPERATION;
        }
    }
    return error;
}

static int channels_error(cursor *in, unsigned n) {
    int error = WANN_OK;
    for (; error == WANN_OK && n > 0; n--) {
        error = channel_error(in);
    }
    return error;
}

/* How many sources a derived channel may have, at most. */
static unsigned most_sources(unsigned kind) {
    unsigned most = 1;
    if (kind == RATE_OF) {
        most = 2;
    } else if (kind == RECURRENT || kind == SINE || kind == COSINE) {
        most = 0;
    }
    return most;
}

/* Whether the rate of the steps is one that a derived channel can compute with. */
static int has_rate(const wann_controller *c) { return c->rate_hz >= 1e-6f && c->rate_hz <= 1e6f; }

/* A derived channel's setting: positive and finite; what is a share, at most 1. */
static int setting_error(cursor *in, const wann_controller *c, unsigned kind) {
    float_bits setting;
    int is_right = 1;
    if (kind == DELAYED) {
        const unsigned steps = (unsigned)take(in, 2);
        is_right = steps > 0 && steps <= MOST_STEPS;
    } else if (kind != PREVIOUS) {
        setting.bits = take(in, 4);
        is_right = setting.bits > 0 && setting.bits < INFINITE;
        if (kind == SINE || kind == COSINE) {
            is_right = is_right && 2.0f * setting.value <= c->rate_hz;
        } else if (kind != INTEGRAL) {
            is_right = is_right && setting.bits <= ONE;
        }
    }
    if (kind == RATE_OF || kind == INTEGRAL || kind == SINE || kind == COSINE) {
        is_right = is_right && has_rate(c);
    }
    return is_right ? WANN_OK : WANN_E_NUMBER;
}

/*
 * What derive() and remember() will read: a derived channel, the input of this number, that may
 * only look at those below it, or at actions. Adds up what is remembered, and what feeds it.
 */
static SMALL int derived_error(cursor *in, wann_controller *c, unsigned number) {
    const uint8_t *const at = in->at;
    const unsigned kind = (unsigned)take(in, 1);
    const unsigned count = (unsigned)take(in, 1);
    const unsigned most = most_sources(kind);
    unsigned k;
    int error = WANN_OK;

    if (kind < RATE_OF || kind > COSINE || count > most || (count == 0 && most > 0)) {
        return WANN_E_DERIVED;
    }
    for (k = 0; k < count; k++) {
        if (take(in, 2) >= (kind == PREVIOUS ? c->actions : number)) {
            return WANN_E_ORDER;
        }
    }
    error = setting_error(in, c, kind);
    if (error == WANN_OK && !in->has_overrun) {
        const uint32_t state = (uint32_t)c->state + memory_of(at);
        const uint32_t outputs = c->outputs + (kind == RECURRENT ? 1u : 0u);
        if (state > MOST_STATE || outputs + state + c->inputs + c->hidden + 1u > WANN_MAX_NODES) {
            return WANN_E_LIMIT;
        }
        c->state = (uint16_t)state;
        c->outputs = (uint16_t)outputs;
    }
    return error;
}

/* The derived channels, if the blob may have any. */
static SMALL int all_derived_error(cursor *in, wann_controller *c) {
    int error = WANN_OK;
    unsigned number = c->observations;
    if (HAS_DERIVED(c)) {
        const unsigned n = (unsigned)take(in, 2);
        c->state = 1;
        if (n == 0) {
            error = WANN_E_COUNTS;
        } else if ((uint32_t)c->observations + c->hidden + c->actions + n + 2u > WANN_MAX_NODES) {
            error = WANN_E_LIMIT;
        } else {
            c->inputs = (uint16_t)(c->observations + n);
        }
    }
    for (; error == WANN_OK && number < c->inputs; number++) {
        error = derived_error(in, c, number);
    }
    return error;
}

/* What compute() will read: a node that may only look at the nodes below `end`. */
static int node_error(cursor *in, unsigned flags, unsigned end) {
    const unsigned head = (unsigned)take(in, 1);
    unsigned count = head & LONG_COUNT;
    unsigned least = 0;

    if (head < LINEAR << 4 || head >= (LAST_ACTIVATION + 1) << 4) {
        return WANN_E_ACTIVATION;
    }
    if (count == LONG_COUNT) {
        count = (unsigned)take(in, 2);
    }
    for (; count > 0; count--) {
        const unsigned entry = (unsigned)take(in, (flags & FLAG_WIDE) != 0 ? 2 : 1);
        const unsigned source = entry >> (flags & FLAG_SIGNED);
        if (source < least || source >= end) {
            return WANN_E_ORDER;
        }
        least = source + 1;
        if ((flags & FLAG_WEIGHTS) != 0 && finite_error(in) != WANN_OK) {
            return WANN_E_NUMBER;
        }
    }
    return WANN_OK;
}

/* Walks what follows the fixed part and notes where its sections begin. */
static int sections_error(cursor *in, wann_controller *c) {
    unsigned first;
    unsigned sources;
    unsigned node;
    int error = WANN_OK;
    unsigned k;

    for (k = 0; error == WANN_OK && k < c->members; k++) {
        error = finite_error(in);
    }
    if (error == WANN_OK) {
        error = all_derived_error(in, c);
    }
    first = 1u + c->inputs;
    sources = first + c->hidden; /* an output is nobody's source */
    node = first;
    c->floats = (uint16_t)(sources + c->outputs + c->state);
    c->channels = in->at;
    if (error == WANN_OK && (c->flags & FLAG_OBSERVATIONS) != 0) {
        error = channels_error(in, c->inputs);
    }
    if (error == WANN_OK && (c->flags & FLAG_ACTIONS) != 0) {
        error = channels_error(in, c->actions);
    }
    c->nodes = in->at;
    for (; error == WANN_OK && node < sources + c->outputs; node++) {
        error = node_error(in, c->flags, node < sources ? node : sources);
    }
    skip(in, resets_bytes(c));
    c->tests = in->at;
    skip(in, 4u * c->vectors * ((uint32_t)c->observations + c->actions));
    if (error == WANN_OK && in->left > 0 && (c->flags & (FLAG_TEXT | FLAG_MONITOR)) == 0) {
        error = WANN_E_LAYOUT;
    }
    return in->has_overrun ? WANN_E_LAYOUT : error;
}

/* Reads the fixed part, the whole of which is there. */
static int header_error(const uint8_t *blob, wann_controller *c) {
    float_bits rate;
    rate.bits = u32_at(blob + AT_RATE);
    c->blob = blob;
    c->flags = WANN_READ_U8(blob + AT_FLAGS);
    c->observations = (uint16_t)u16_at(blob + AT_OBSERVATIONS);
    c->hidden = (uint16_t)u16_at(blob + AT_HIDDEN);
    c->actions = (uint16_t)u16_at(blob + AT_ACTIONS);
    c->members = WANN_READ_U8(blob + AT_MEMBERS);
    c->vectors = WANN_READ_U8(blob + AT_VECTORS);
    c->rate_hz = rate.value;
    c->inputs = c->observations; /* until there are derived channels */
    c->outputs = c->actions;
    c->state = 0;
    if (WANN_READ_U8(blob + AT_VERSION) != (c->flags > FLAGS ? 2u : 1u)) {
        return WANN_E_FLAGS;
    }
    if (c->observations == 0 || c->actions == 0 || c->members == 0) {
        return WANN_E_COUNTS;
    }
    if ((uint32_t)c->observations + c->hidden + c->actions >= WANN_MAX_NODES) {
        return WANN_E_LIMIT;
    }
    return rate.bits < INFINITE ? WANN_OK : WANN_E_NUMBER;
}

/* CRC-32 as in zip and Ethernet; bit by bit, because its table would be half as large as all of
 * this. */
static uint32_t crc32(const uint8_t *p, size_t size) {
    uint32_t crc = 0xffffffffu;
    unsigned bit;
    for (; size > 0; size--) {
        crc ^= WANN_READ_U8(p);
        p++;
        for (bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
        }
    }
    return crc ^ 0xffffffffu;
}

/* Whether this is one whole blob of a known version; what it says is not looked at. */
static int envelope_error(const uint8_t *blob, size_t size) {
    uint32_t stated;
    unsigned version;
    if (size < MIN_BYTES) {
        return WANN_E_TRUNCATED;
    }
    if (u32_at(blob) != 0x4e4e4157u) { /* WANN */
        return WANN_E_MAGIC;
    }
    version = WANN_READ_U8(blob + AT_VERSION);
    if (version < 1 || version > LAST_VERSION) {
        return WANN_E_VERSION;
    }
    stated = u32_at(blob + AT_SIZE);
    if (size != stated) {
        return size < stated ? WANN_E_TRUNCATED : WANN_E_TRAILING;
    }
    size -= CRC_BYTES;
    return crc32(blob, size) == u32_at(blob + size) ? WANN_OK : WANN_E_CRC;
}

/* *to = *from, but some compilers make that a call of memcpy. */
static void copy(wann_controller *to, const wann_controller *from) {
    to->observations = from->observations;
    to->hidden = from->hidden;
    to->actions = from->actions;
    to->members = from->members;
    to->vectors = from->vectors;
    to->rate_hz = from->rate_hz;
    to->flags = from->flags;
    to->state = from->state;
    to->inputs = from->inputs;
    to->outputs = from->outputs;
    to->floats = from->floats;
    to->blob = from->blob;
    to->channels = from->channels;
    to->nodes = from->nodes;
    to->tests = from->tests;
}

int wann_load(wann_controller *c, const void *blob, size_t size) {
    const uint8_t *const bytes = (const uint8_t *)blob;
    wann_controller found;
    cursor in;
    int error;

    if (c == NULL || blob == NULL) {
        return WANN_E_NULL;
    }
    error = envelope_error(bytes, size);
    if (error == WANN_OK) {
        error = header_error(bytes, &found);
        if (error == WANN_OK) {
            in.at = bytes + HEADER_BYTES;
            in.left = size - MIN_BYTES;
            in.has_overrun = 0;
            error = sections_error(&in, &found);
            if (error == WANN_OK) {
                copy(c, &found);
            }
        }
    }
    return error;
}

#if WANN_STATE
/*
 * The monitor: FORMAT.md, and wann_rt/core/monitor.py, operation by operation. Its memory: the
 * numbers of its program - readings, readings before, actions, repetitions, a result for each line
 * - then what is remembered.
 */

/* Of the section, behind its length. */
enum {
    AT_BEFORE = 0,  /* bits of the observations whose readings are remembered */
    AT_REPEATS = 4, /* of which it is counted how often they were repeated */
    AT_LINES = 8,   /* of the program */
    AT_FEATURES = 10,
    AT_LEVELS = 12,
    AT_FALSE_ALARMS = 13,
    AT_SAFE = 17 /* the actions after an alarm, then the lines, the features, the levels */
};

enum { MOST_CHANNELS = 24, MOST_OF = 64, SHORT_NUMBERS = 256 };

/* A level: hits, of how many steps, its threshold; a mean, of no hits, has two numbers more. */
enum { AT_OF = 1, AT_ABOVE = 2, LEVEL_BYTES = 6, AT_SHARE = 6, AT_MOST = 10, MEAN_BYTES = 14 };

/* Operations of a line. Below the first are activations, of one operand, by their ids. */
enum {
    LINE_CONSTANT = 128, /* a float */
    LINE_ADD = 129,
    LINE_SUBTRACT = 130,
    LINE_MULTIPLY = 131,
    LINE_DIVIDE = 132,
    LINE_BELOW = 133,
    LINE_ABOVE = 134,
    LINE_AT_LEAST = 135,
    LINE_AT_MOST = 136,
    LINE_SELECT = 137 /* the second operand where the first is not 0, else the third */
};

#define LARGEST 3.4028235e38f
#define MOST_SCORE 0x58635fa9u /* the bits of 1e15, whose square is finite, and a sum of such */

/* What has been found of a step so far. */
typedef struct {
    float worst;   /* the greatest score */
    uint32_t bits; /* of the observations that are to blame for it */
} judgement;

static unsigned ones(uint32_t mask) {
    unsigned n = 0;
    for (; mask != 0; mask &= mask - 1u) {
        n++;
    }
    return n;
}

/* How many bytes the number of an operand has. */
static unsigned operand_bytes(unsigned numbers) { return numbers > SHORT_NUMBERS ? 2u : 1u; }

static float operand(const uint8_t **at, unsigned bytes, const float *numbers) {
    const unsigned k = bytes == 1 ? WANN_READ_U8(*at) : u16_at(*at);
    *at += bytes;
    return numbers[k];
}

/* Two numbers in, one out. */
static float combined(unsigned operation, float x, float y) {
    float z;
    switch (operation) {
    case LINE_ADD:
        z = x + y;
        break;
    case LINE_SUBTRACT:
        z = x - y;
        break;
    case LINE_MULTIPLY:
        z = x * y;
        break;
    case LINE_DIVIDE:
        z = x / y;
        break;
    case LINE_BELOW:
        z = x < y ? 1.0f : 0.0f;
        break;
    case LINE_ABOVE:
        z = x > y ? 1.0f : 0.0f;
        break;
    case LINE_AT_LEAST:
        z = x >= y ? 1.0f : 0.0f;
        break;
    default: /* LINE_AT_MOST */
        z = x <= y ? 1.0f : 0.0f;
        break;
    }
    return z;
}

/* Computes the line at *at, and moves there to the next one. */
static float calculated(const uint8_t **at, unsigned bytes, const float *numbers) {
    const unsigned operation = WANN_READ_U8(*at);
    float result;
    *at += 1;
    if (operation == LINE_CONSTANT) {
        result = float_at(*at);
        *at += 4;
    } else if (operation < LINE_CONSTANT) {
        result = activated(operand(at, bytes, numbers), operation);
    } else {
        const float x = operand(at, bytes, numbers);
        const float y = operand(at, bytes, numbers);
        if (operation == LINE_SELECT) {
            const float z = operand(at, bytes, numbers);
            result = (bits_of(x) & ~SIGN) != 0u ? y : z;
        } else {
            result = combined(operation, x, y);
        }
    }
    return result;
}

/* Judges the feature at *at, and moves there to the next one. */
static void judge(const uint8_t **at, unsigned bytes, const float *numbers, judgement *j) {
    const uint32_t bits = u32_at(*at);
    float distance;
    float score;
    *at += 4;
    distance = operand(at, bytes, numbers) - float_at(*at);
    score = kept(absolute(distance) * float_at(*at + 4), LARGEST);
    *at += 8;
    if (j->bits == 0 || score > j->worst) {
        j->worst = score;
        j->bits = bits;
    }
}

/* Counts a hit of the level at p in its line, the last of its hits. Returns whether there are
 * enough of them. */
static int is_reached(const uint8_t *p, float worst, float *line) {
    const unsigned others = WANN_READ_U8(p + AT_OF) - 1u;
    float hit = worst > float_at(p + AT_ABOVE) ? 1.0f : 0.0f;
    float sum = hit;
    unsigned k;
    for (k = 0; k < others; k++) {
        const float older = line[k];
        sum = sum + older;
        line[k] = hit;
        hit = older;
    }
    return sum >= (float)WANN_READ_U8(p);
}

/* Adds the square of a score to the mean of the level at p. Returns whether it is too great. */
static int is_exceeded(const uint8_t *p, float worst, float *mean) {
    const float most = float_at(p + AT_MOST);
    const float taken = worst > most ? most : worst;
    *mean = *mean + (taken * taken - *mean) * float_at(p + AT_SHARE);
    return *mean > float_at(p + AT_ABOVE);
}

/* Whether the level at *at is an alarm; moves there to the next one. */
static int is_alarming(const uint8_t **at, float worst, float *line) {
    const uint8_t *const p = *at;
    int result;
    if (WANN_READ_U8(p) != 0) {
        result = is_reached(p, worst, line);
        *at += LEVEL_BYTES;
    } else {
        result = is_exceeded(p, worst, line);
        *at += MEAN_BYTES;
    }
    return result;
}

/* Puts the inputs of the program before its results, and remembers the readings. Returns where the
 * hits are remembered. */
static float *recall(const wann_monitor *m, const float *obs, const float *last_actions,
                     float *numbers, float *readings) {
    const uint32_t before = u32_at(m->section + AT_BEFORE);
    const uint32_t repeats = u32_at(m->section + AT_REPEATS);
    const unsigned n = m->observations;
    float *const actions = numbers + 2u * n;
    float *const repeated = actions + m->actions;
    float *counts = readings + ones(before);
    unsigned k;
    for (k = 0; k < n; k++) {
        const float now = obs[k];
        float then = 0.0f;
        float count = 0.0f;
        if ((before >> k & 1u) != 0) {
            then = *readings;
            *readings = now;
            readings++;
        }
        if ((repeats >> k & 1u) != 0) {
            count = absolute(now - then) <= 0.0f ? *counts + 1.0f : 0.0f;
            *counts = count;
            counts++;
        }
        numbers[k] = now;
        numbers[n + k] = then;
        repeated[k] = count;
    }
    copy_floats(actions, last_actions, m->actions);
    return counts;
}

/* Judges a step; what is remembered of it is at the end of the memory. */
static uint32_t watch(const wann_monitor *m, const float *obs, const float *last_actions,
                      float *memory) {
    float *const state = memory + (m->floats - m->state);
    float *const ends = memory + m->floats - 2; /* the worst score, the alarm */
    const float seen = state[0];
    const unsigned inputs = 3u * m->observations + m->actions;
    const unsigned numbers = (unsigned)m->floats - m->state;
    const unsigned bytes = operand_bytes(numbers);
    const uint8_t *p = m->section + AT_SAFE + 4u * m->actions;
    judgement found; /* not initialized as one, or clang -O0 calls memset */
    float raised = 0.0f;
    float *line = recall(m, obs, last_actions, memory, state + 1);
    unsigned k;
    found.worst = 0.0f;
    found.bits = 0;
    for (k = inputs; k < numbers; k++) {
        memory[k] = calculated(&p, bytes, memory);
    }
    for (k = u16_at(m->section + AT_FEATURES); k > 0; k--) {
        judge(&p, bytes, memory, &found);
    }
    found.worst = found.worst * seen;
    for (k = WANN_READ_U8(m->section + AT_LEVELS); k > 0; k--) {
        const unsigned others = WANN_READ_U8(p + AT_OF) - 1u;
        if (is_alarming(&p, found.worst, line) != 0) {
            raised = (float)found.bits;
        }
        line += others;
    }
    state[0] = 1.0f;
    ends[0] = found.worst;
    if (!(ends[1] > 0.0f)) {
        ends[1] = raised;
    }
    return ends[1] < 16777216.0f ? (uint32_t)ends[1] : 0xffffffu; /* whatever was in the memory */
}

size_t wann_monitor_floats(const wann_monitor *m) {
    return m != NULL && m->section != NULL ? m->floats : 0u;
}

/* Why a monitor cannot run with these arguments, if so. */
static int watch_error(const wann_monitor *m, const void *obs, const void *last_actions,
                       const float *memory, size_t memory_floats) {
    int error = WANN_OK;
    if (m == NULL || obs == NULL || last_actions == NULL || memory == NULL) {
        error = WANN_E_NULL;
    } else if (m->section == NULL) {
        error = WANN_E_NOT_LOADED;
    } else if (memory_floats < m->floats) {
        error = WANN_E_SCRATCH;
    }
    return error;
}

int wann_monitor_reset(const wann_monitor *m, float *memory, size_t memory_floats) {
    const int error = watch_error(m, memory, memory, memory, memory_floats);
    if (error == WANN_OK) {
        forget(memory + (m->floats - m->state), m->state);
    }
    return error;
}

int wann_monitor_step(const wann_monitor *m, const float *obs, const float *last_actions,
                      uint32_t *alarm, float *memory, size_t memory_floats) {
    int error = watch_error(m, obs, last_actions, memory, memory_floats);
    if (error == WANN_OK) {
        if (alarm == NULL) {
            error = WANN_E_NULL;
        } else {
            *alarm = watch(m, obs, last_actions, memory);
        }
    }
    return error;
}

int wann_fail_safe(const wann_monitor *m, float *actions, size_t n_actions) {
    int error = watch_error(m, actions, actions, actions, SIZE_MAX);
    if (error == WANN_OK && n_actions < m->actions) {
        error = WANN_E_SCRATCH;
    }
    if (error == WANN_OK) {
        unsigned k;
        for (k = 0; k < m->actions; k++) {
            actions[k] = float_at(m->section + AT_SAFE + 4u * k);
        }
    }
    return error;
}

/* An operand that is one of the numbers so far. */
static int operand_error(cursor *in, unsigned bytes, unsigned numbers) {
    return take(in, bytes) < numbers ? WANN_OK : WANN_E_ORDER;
}

/* What calculated() will read, where there are so many numbers before it. */
static int line_error(cursor *in, unsigned bytes, unsigned numbers) {
    const unsigned operation = (unsigned)take(in, 1);
    int error = WANN_OK;
    if (operation < LINEAR || operation > LINE_SELECT ||
        (operation > LAST_ACTIVATION && operation < LINE_CONSTANT)) {
        error = WANN_E_OPERATION;
    } else if (operation == LINE_CONSTANT) {
        error = finite_error(in);
    } else {
        error = operand_error(in, bytes, numbers);
        if (error == WANN_OK && operation > LINE_CONSTANT) {
            error = operand_error(in, bytes, numbers);
        }
        if (error == WANN_OK && operation == LINE_SELECT) {
            error = operand_error(in, bytes, numbers);
        }
    }
    return error;
}

/* Whether bits are those of a number above 0 that is finite. */
static int is_positive(uint32_t bits) { return bits > 0 && bits < INFINITE; }

/* What judge() will read. */
static int feature_error(cursor *in, unsigned bytes, unsigned numbers, unsigned observations) {
    const uint32_t channels = take(in, 4);
    int error = WANN_E_ORDER;
    if (channels != 0 && channels >> observations == 0) {
        error = operand_error(in, bytes, numbers);
    }
    if (error == WANN_OK) {
        error = finite_error(in);
    }
    if (error == WANN_OK && !is_positive(take(in, 4))) {
        error = WANN_E_NUMBER;
    }
    return error;
}

/* What is_alarming() will read. Adds up what it remembers. */
static int level_error(cursor *in, uint32_t *state) {
    const unsigned hits = (unsigned)take(in, 1);
    const unsigned of = (unsigned)take(in, 1);
    const uint32_t above = take(in, 4);
    int is_right = hits > 0 && hits <= of && of <= MOST_OF;
    if (hits == 0 && of == 2) { /* a mean */
        const uint32_t share = take(in, 4);
        const uint32_t most = take(in, 4);
        is_right = share > 0 && share <= ONE && most > 0 && most <= MOST_SCORE;
    }
    *state += of - 1u;
    return is_right && is_positive(above) ? WANN_OK : WANN_E_NUMBER;
}

/* The fixed part of the section: counts, and actions after an alarm. */
static int watch_counts_error(cursor *in, const wann_monitor *m, uint32_t numbers) {
    const uint32_t before = take(in, 4);
    const uint32_t repeats = take(in, 4);
    const uint32_t lines = take(in, 2);
    const uint32_t features = take(in, 2);
    const uint32_t levels = take(in, 1);
    const uint32_t share = take(in, 4);
    unsigned k;
    int error = WANN_OK;
    if (m->observations > MOST_CHANNELS || numbers + lines + 3u > WANN_MAX_NODES) {
        error = WANN_E_LIMIT;
    } else if (features == 0 || levels == 0) {
        error = WANN_E_COUNTS;
    } else if (before >> m->observations != 0 || (repeats & ~before) != 0) {
        error = WANN_E_ORDER;
    } else if (share == 0 || share >= ONE) {
        error = WANN_E_NUMBER;
    }
    for (k = 0; error == WANN_OK && k < m->actions; k++) {
        error = finite_error(in);
    }
    return error;
}

/* All of it. Adds what it finds to m. */
static int section_error(cursor *in, wann_monitor *m) {
    const uint8_t *const at = in->at;
    uint32_t numbers = 3u * (uint32_t)m->observations + m->actions;
    int error = watch_counts_error(in, m, numbers);
    uint32_t state = 3;
    unsigned bytes = 1;
    unsigned k = 0;
    if (error == WANN_OK && in->has_overrun == 0) {
        const unsigned lines = u16_at(at + AT_LINES);
        state += ones(u32_at(at + AT_BEFORE)) + ones(u32_at(at + AT_REPEATS));
        bytes = operand_bytes((unsigned)numbers + lines);
        for (k = lines; error == WANN_OK && k > 0; k--) {
            error = line_error(in, bytes, (unsigned)numbers);
            numbers++;
        }
        for (k = u16_at(at + AT_FEATURES); error == WANN_OK && k > 0; k--) {
            error = feature_error(in, bytes, (unsigned)numbers, m->observations);
        }
        for (k = WANN_READ_U8(at + AT_LEVELS); error == WANN_OK && k > 0; k--) {
            error = level_error(in, &state);
        }
    }
    if (error == WANN_OK && in->left > 0) {
        error = WANN_E_LAYOUT;
    }
    if (error == WANN_OK && numbers + state > WANN_MAX_NODES) {
        error = WANN_E_LIMIT;
    }
    m->state = (uint16_t)state;
    m->floats = (uint16_t)(numbers + state);
    if (in->has_overrun != 0) {
        error = WANN_E_LAYOUT;
    }
    return error;
}

/* Whether the section ends where all does, but for the text. */
static int has_nothing_behind(const wann_controller *c, size_t bytes) {
    size_t left;
    (void)behind_tests(c, &left);
    return (c->flags & FLAG_TEXT) != 0 || left == LENGTH_BYTES + bytes;
}

int wann_monitor_load(wann_monitor *m, const wann_controller *c) {
    wann_monitor found;
    cursor in;
    int error = WANN_E_LAYOUT;

    if (m == NULL || c == NULL) {
        error = WANN_E_NULL;
    } else if (c->nodes == NULL) {
        error = WANN_E_NOT_LOADED;
    } else if (!HAS_MONITOR(c)) {
        error = WANN_E_NO_MONITOR;
    } else {
        in.at = monitor_of(c, &in.left);
        in.has_overrun = 0;
        found.section = in.at;
        found.observations = c->observations;
        found.actions = c->actions;
        if (in.at != NULL && has_nothing_behind(c, in.left) != 0) {
            error = section_error(&in, &found);
        }
    }
    if (error == WANN_OK) { /* one by one, or some compilers call memcpy */
        m->observations = found.observations;
        m->actions = found.actions;
        m->state = found.state;
        m->floats = found.floats;
        m->false_alarms = float_at(found.section + AT_FALSE_ALARMS);
        m->section = found.section;
    }
    return error;
}
#endif

const char *wann_error_name(int error) {
    static const char *const names[] = {
        "OK",         "NULL",       "NOT_LOADED", "SCRATCH", "PER_CONNECTION",
        "NO_WEIGHTS", "TRUNCATED",  "TRAILING",   "MAGIC",   "VERSION",
        "CRC",        "FLAGS",      "COUNTS",     "LIMIT",   "LAYOUT",
        "OPERATION",  "ACTIVATION", "ORDER",      "NUMBER",  "NO_VECTORS",
        "MISMATCH",   "DERIVED",    "NO_MONITOR",
    };
    return error <= WANN_OK && error >= WANN_E_NO_MONITOR ? names[-error] : "?";
}

#if defined(__clang__)
#pragma clang attribute pop
#endif
#if defined(__clang__) && defined(__arm__) && (defined(__ARM_NEON) || defined(__ARM_FEATURE_MVE))
#pragma clang attribute pop
#endif
