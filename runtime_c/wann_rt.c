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
 */
#ifndef WANN_READ_U8
#define WANN_READ_U8(address) (*(address))
#endif

#if defined(__FAST_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__ASSOCIATIVE_MATH__) ||     \
    defined(__NO_SIGNED_ZEROS__)
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

enum { CRC_BYTES = 4, MIN_BYTES = HEADER_BYTES + CRC_BYTES };

/* Flags of a blob. FLAG_SIGNED must be 1: it is used as a shift. */
enum {
    FLAG_SIGNED = 1,       /* the lowest bit of a source says: minus */
    FLAG_WIDE = 2,         /* a source takes two bytes */
    FLAG_WEIGHTS = 4,      /* after each source stands its weight */
    FLAG_OBSERVATIONS = 8, /* observations are conditioned */
    FLAG_ACTIONS = 16,     /* actions are conditioned */
    FLAG_TEXT = 32,        /* text follows the vectors */
    FLAGS = 63
};

/* What is done to the value of a channel: operations, each with its floats, up to END. */
enum {
    END = 1,
    ADD = 2,      /* a float */
    MULTIPLY = 3, /* by a float */
    CLIP = 4      /* to two floats: low, high */
};

/* In a node's first byte: the activation's id times 16, plus the number of sources. */
enum { LONG_COUNT = 15 }; /* or plus this: the number follows in two bytes */

#define INFINITE 0x7f800000u /* the bits of infinity; larger ones, but for the sign, are NaN */

typedef union {
    uint32_t bits;
    float value;
} float_bits;

/* The activations: FORMAT.md, and wann_rt/activations.py, operation by operation. */

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
    return x > 0.0f ? x : 0.0f - x;
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

static float sin_pi(float x) {
    const float d = reduced(x);
    const float y = d * (1.0f - absolute(d));
    return y * cubic(absolute(y), 0.21969882f, 1.1122317f, 3.1418693f, 3.1415854f);
}

static float cos_pi(float x) {
    const float e = 0.5f - absolute(reduced(x));
    return e * cubic(e * e, -0.5532916f, 2.5413868f, -5.1670885f, 3.1415806f);
}

static float gauss(float x) {
    const float square = x * x;
    const float t = square > 32.0f ? 32.0f : square;
    float y = cubic(t, 3.4226698e-08f, -5.0466265e-06f, 0.0004881829f, -0.031249957f) * t + 1.0f;
    y = y * y;
    y = y * y;
    y = y * y;
    return y * y;
}

static float tanh_rational(float x) {
    const float below = x > 7.25f ? 7.25f : x;
    const float z = below < -7.25f ? -7.25f : below;
    const float s = z * z;
    const float p = cubic(s, 1.0f, 591.1133f, 32190.752f, 262144.0f); /* 1 * s is s */
    const float q = cubic(s, 36.653416f, 5498.3735f, 119569.695f, 262144.0f);
    return z * p / q;
}

static float relu(float x) {
#if defined(__wasm__)
    /* No float lies between this and 0. Of `0 > x`, clang 14 makes f32.max, where -0 becomes 0. */
    return x <= -1.4e-45f ? 0.0f : x;
#else
    return 0.0f > x ? 0.0f : x; /* in this order NaN passes */
#endif
}

static float activated(float x, unsigned id) {
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
 * Running. Blobs are little-endian and unaligned, and targets differ: so they are read byte by
 * byte. Nothing here looks for an end: each pointer moves over what wann_load() walked in the same
 * order.
 */

static unsigned u16_at(const uint8_t *p) {
    return WANN_READ_U8(p) | ((unsigned)WANN_READ_U8(p + 1) << 8);
}

static uint32_t u32_at(const uint8_t *p) {
    return (uint32_t)WANN_READ_U8(p) | ((uint32_t)WANN_READ_U8(p + 1) << 8) |
           ((uint32_t)WANN_READ_U8(p + 2) << 16) | ((uint32_t)WANN_READ_U8(p + 3) << 24);
}

static float float_at(const uint8_t *p) {
    float_bits number;
    number.bits = u32_at(p);
    return number.value;
}

static float limited(float x, float low, float high) {
    const float y = low > x ? low : x;
    return high < y ? high : y;
}

static float clipped(float x, float low, float high) {
    /* Only NaN is not at least itself: it becomes the value nearest 0. Of `absolute(x) >= 0` LLVM 19
     * concludes that x is not negative. */
    return limited(x >= x ? x : 0.0f, low, high);
}

/*
 * Does to *x what the channel at p says, but only clips what is an action already, a mean. Returns
 * where the next channel stands.
 */
static const uint8_t *condition(const uint8_t *p, float *x, int is_action) {
    unsigned operation = WANN_READ_U8(p);
    float y = *x;
    while (operation != END) {
        const float operand = float_at(p + 1);
        p += 5;
        if (operation == CLIP) {
            y = clipped(y, operand, float_at(p));
            p += 4;
        } else if (!is_action) {
            y = operation == ADD ? y + operand : y * operand;
        }
        operation = WANN_READ_U8(p);
    }
    *x = y;
    return p + 1;
}

/* Computes the node at p, its sources from left to right. Returns where the next one stands. */
static const uint8_t *compute(const uint8_t *p, unsigned flags, float weight, const float *values,
                              float *value) {
    const unsigned is_signed = flags & FLAG_SIGNED;
    const unsigned head = WANN_READ_U8(p);
    unsigned count = head & LONG_COUNT;
    float sum = 0.0f;
    unsigned k;

    p++;
    if (count == LONG_COUNT) {
        count = u16_at(p);
        p += 2;
    }
    for (k = 0; k < count; k++) {
        unsigned entry = WANN_READ_U8(p);
        float term;
        p++;
        if ((flags & FLAG_WIDE) != 0) {
            entry |= (unsigned)WANN_READ_U8(p) << 8;
            p++;
        }
        term = values[entry >> is_signed];
        if ((entry & is_signed) != 0) {
            term = -term;
        }
        if ((flags & FLAG_WEIGHTS) != 0) {
            term = term * float_at(p);
            p += 4;
        }
        sum = k == 0 ? term : sum + term; /* 0 + -0 would be +0 */
    }
    *value = activated(sum * weight, head >> 4);
    return p;
}

/*
 * Runs the network under n weights and takes the mean of the actions. A single weight is an
 * ensemble of one, to the last bit: x * 1 is x, and what is clipped twice is clipped.
 *
 * weights: NULL for the controller's own.
 * scratch: the bias, the inputs, the hidden nodes, the sums of the actions.
 */
static void run(const wann_controller *c, const float *obs, float *actions, const float *weights,
                unsigned n, float *scratch) {
    const float share = 1.0f / (float)n;
    const uint8_t *const own = c->blob + HEADER_BYTES;
    const uint8_t *const inputs = own + 4u * c->members;
    const uint8_t *outputs = inputs;
    float *const hidden = scratch + 1 + c->observations;
    float *const sums = hidden + c->hidden;
    const uint8_t *channel;
    float x;
    unsigned k;
    unsigned m;

    scratch[0] = 1.0f;
    for (k = 0; k < c->observations; k++) {
        x = obs[k];
        if ((c->flags & FLAG_OBSERVATIONS) != 0) {
            outputs = condition(outputs, &x, 0);
        }
        scratch[1 + k] = x;
    }
    for (m = 0; m < n; m++) {
        const float weight = weights != NULL ? weights[m] : float_at(own + 4u * m);
        const uint8_t *node = c->nodes;
        for (k = 0; k < c->hidden; k++) {
            node = compute(node, c->flags, weight, scratch, &hidden[k]);
        }
        channel = outputs;
        for (k = 0; k < c->actions; k++) {
            node = compute(node, c->flags, weight, scratch, &x);
            if ((c->flags & FLAG_ACTIONS) != 0) {
                channel = condition(channel, &x, 0);
            }
            sums[k] = m == 0 ? x : sums[k] + x;
        }
    }
    channel = outputs;
    for (k = 0; k < c->actions; k++) {
        x = sums[k] * share;
        if ((c->flags & FLAG_ACTIONS) != 0) {
            channel = condition(channel, &x, 1);
        }
        actions[k] = x;
    }
}

size_t wann_scratch_floats(const wann_controller *c) {
    size_t floats = 0;
    if (c != NULL && c->nodes != NULL) {
        floats = WANN_SCRATCH_FLOATS((size_t)c->observations, c->hidden, c->actions);
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

/* Whether a value has these bits; any NaN equals any other. */
static int has_bits(float value, uint32_t bits) {
    float_bits got;
    got.value = value;
    return got.bits == bits ||
           ((got.bits & 0x7fffffffu) > INFINITE && (bits & 0x7fffffffu) > INFINITE);
}

/* Whether each operation rounds by itself, in its place, and keeps subnormals, -0 and NaN. */
static int is_exact(void) {
    volatile float v = 1.0002441f; /* volatile: computed here, one by one, not in the compiler */
    volatile float_bits nan;
    float x = v;
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
    nan.bits = 0x7fc00000u;
    x = nan.value;
    exact &= (x >= 0.0f) == (x < 0.0f); /* neither */
    return exact;
}

/* Replays the vectors of a loaded controller. */
static int replay(const wann_controller *c, float *scratch) {
    const uint8_t *at = c->tests;
    /* Where run() puts the inputs and the sums: each value is read before it is overwritten. */
    float *const obs = scratch + 1;
    float *const actions = obs + c->observations + c->hidden;
    int error = WANN_OK;
    unsigned vector;
    unsigned k;

    for (vector = 0; vector < c->vectors; vector++) {
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
        if (!is_exact()) {
            error = WANN_E_MISMATCH;
        } else if (c->vectors == 0) {
            error = WANN_E_NO_VECTORS;
        } else {
            error = replay(c, scratch);
        }
    }
    return error;
}

const uint8_t *wann_digest(const wann_controller *c) {
    return c != NULL && c->nodes != NULL ? c->blob + AT_DIGEST : NULL;
}

const uint8_t *wann_text(const wann_controller *c, size_t *bytes) {
    const uint8_t *text = NULL;
    if (c != NULL && bytes != NULL && c->nodes != NULL && (c->flags & FLAG_TEXT) != 0) {
        text = c->tests + (size_t)4 * c->vectors * ((size_t)c->observations + c->actions);
        *bytes = (size_t)u32_at(c->blob + AT_SIZE) - CRC_BYTES - (size_t)(text - c->blob);
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
    const unsigned first = 1u + c->observations;
    const unsigned sources = first + c->hidden; /* an output is nobody's source */
    unsigned node = first;
    int error = WANN_OK;
    unsigned k;

    for (k = 0; error == WANN_OK && k < c->members; k++) {
        error = finite_error(in);
    }
    if (error == WANN_OK && (c->flags & FLAG_OBSERVATIONS) != 0) {
        error = channels_error(in, c->observations);
    }
    if (error == WANN_OK && (c->flags & FLAG_ACTIONS) != 0) {
        error = channels_error(in, c->actions);
    }
    c->nodes = in->at;
    for (; error == WANN_OK && node < sources + c->actions; node++) {
        error = node_error(in, c->flags, node < sources ? node : sources);
    }
    c->tests = in->at;
    skip(in, 4u * c->vectors * ((uint32_t)c->observations + c->actions));
    if (error == WANN_OK && in->left > 0 && (c->flags & FLAG_TEXT) == 0) {
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
    if (c->flags > FLAGS) {
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

/* Whether this is one whole blob of this version; what it says is not looked at. */
static int envelope_error(const uint8_t *blob, size_t size) {
    uint32_t stated;
    if (size < MIN_BYTES) {
        return WANN_E_TRUNCATED;
    }
    if (u32_at(blob) != 0x4e4e4157u) { /* WANN */
        return WANN_E_MAGIC;
    }
    if (WANN_READ_U8(blob + AT_VERSION) != WANN_BLOB_VERSION) {
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
    to->blob = from->blob;
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
    }
    if (error == WANN_OK) {
        in.at = bytes + HEADER_BYTES;
        in.left = size - MIN_BYTES;
        in.has_overrun = 0;
        error = sections_error(&in, &found);
    }
    if (error == WANN_OK) {
        copy(c, &found);
    }
    return error;
}

const char *wann_error_name(int error) {
    static const char *const names[] = {
        "OK",         "NULL",       "NOT_LOADED", "SCRATCH", "PER_CONNECTION",
        "NO_WEIGHTS", "TRUNCATED",  "TRAILING",   "MAGIC",   "VERSION",
        "CRC",        "FLAGS",      "COUNTS",     "LIMIT",   "LAYOUT",
        "OPERATION",  "ACTIVATION", "ORDER",      "NUMBER",  "NO_VECTORS",
        "MISMATCH",
    };
    return error <= WANN_OK && error >= WANN_E_MISMATCH ? names[-error] : "?";
}
