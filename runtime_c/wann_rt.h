/*
 * wann_rt: runs controllers that are stored as blobs - in flash, on an SD card, sent over the air.
 *
 *     enum { OBS = 5, HIDDEN = 30, ACTIONS = 1 };
 *     enum { FLOATS = WANN_SCRATCH_FLOATS(OBS, HIDDEN, ACTIONS) };
 *     static wann_controller c;
 *     static float obs[OBS], actions[ACTIONS], scratch[FLOATS];
 *
 *     if (wann_load(&c, blob, size) != WANN_OK || c.observations != OBS || c.actions != ACTIONS ||
 *         wann_selftest(&c, scratch, FLOATS) != WANN_OK) {
 *         stop(); // another blob, a damaged one, or a build that computes other bits
 *     }
 *     wann_reset(&c, scratch, FLOATS); // of a controller with a state; see there
 *     for (;;) { // c.rate_hz times a second
 *         read_sensors(obs);
 *         wann_step(&c, obs, actions, scratch, FLOATS);
 *         drive(actions);
 *     }
 *
 * What a step computes is defined bit for bit by FORMAT.md, and so is the blob; a blob is written
 * by `wann-rt export controller.json --to blob`. This file is the manual of the C side.
 *
 * The promises
 *
 * - No heap, no global variable, no recursion, no library: nothing but <stdint.h> and <stddef.h>.
 *   All memory is the caller's. Every function may run in an interrupt, and in several threads at
 *   once if each has its own scratch and actions.
 * - wann_load() believes nothing. Whatever bytes it is given, it reads none outside of them; and a
 *   blob that it accepts can never make any other function read or write out of bounds.
 * - A function that returns an error has written nothing but scratch: not a controller, not an
 *   action.
 * - A step takes at most about four times the instructions of the generated header, on processors
 *   that compute floats mostly 2 to 3 times. `-DWANN_SMALL=1`, for wann_rt.c, saves 3 KiB of flash
 *   for up to twice that; it is the default where floats are computed by a library.
 * `-DWANN_STATE=0` leaves out what blobs with a state or a monitor need.
 * - The same float32 operations in the same order on every target. Nothing is contracted into a
 *   fused multiply-add; the compiler modes that would change results do not compile. Where that
 *   cannot be seen at compile time, wann_selftest() sees it.
 *
 * The caller's part
 *
 * - Arrays are as long as said below: look at a blob's counts before you give it your obs and your
 *   actions. A pointer that is neither valid nor NULL cannot be noticed.
 * - The blob stays where it is, unchanged, as long as its controller is used: it is read in place,
 *   so flash or ROM will do. It needs no alignment. Where the compiler may read a number at any
 *   address it does: tell it if the memory or the processor's mode forbids that
 * (-mno-unaligned-access, -mstrict-align), or define WANN_READ_U8 in wann_rt.c, and nothing is read
 * but bytes.
 * - A controller is zero before its first wann_load() (static memory is; else `= {0}`).
 * - Rounding to nearest and subnormal numbers are on, as they are after reset.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef WANN_RT_H
#define WANN_RT_H

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

/* The greatest version of the blob format that this file reads; it reads all before it. */
#define WANN_BLOB_VERSION 2

/*
 * How many nodes a controller may have: 1 + observations + hidden nodes + actions. wann_load()
 * refuses more; what a controller remembers counts, too. Define it smaller for the whole program,
 * and `float scratch[WANN_MAX_NODES]` is enough for any blob that loads. The format's own limit is
 * 65535; with a 16-bit size_t it is lower by default, because as many floats would fill the memory
 * twice.
 */
#ifndef WANN_MAX_NODES
#if SIZE_MAX > 65535
#define WANN_MAX_NODES 65535
#else
#define WANN_MAX_NODES 8191
#endif
#endif

/* The scratch that a controller of these counts needs, in floats: one for each node. */
#define WANN_SCRATCH_FLOATS(observations, hidden, actions)                                         \
    (1 + (observations) + (hidden) + (actions))

/*
 * The same of a controller with a state: of a blob of version 2, see wann_reset(). Derived channels
 * are inputs, too, and each recurrent node has an output of its own. `wann-rt export --to blob`
 * prints the macro with its numbers; of a loaded controller, wann_scratch_floats() says the sum.
 */
#define WANN_STATE_SCRATCH_FLOATS(observations, derived, hidden, actions, recurrent, state)        \
    (1 + (observations) + (derived) + (hidden) + (actions) + (recurrent) + (state))

/*
 * The scratch that wann_step_spread() needs, of what wann_step() needs - one of the macros above,
 * or wann_scratch_floats() - and of the actions: the least and the greatest of each stand behind
 * it.
 */
#define WANN_SPREAD_FLOATS(scratch_floats, actions) ((scratch_floats) + 2 * (actions))

/*
 * What the functions return. Each value has one meaning and keeps it.
 */
enum wann_error {
    WANN_OK = 0,

    /* The call. */
    WANN_E_NULL = -1,           /* an argument is NULL */
    WANN_E_NOT_LOADED = -2,     /* the controller is still zero */
    WANN_E_SCRATCH = -3,        /* the scratch is smaller than wann_scratch_floats() */
    WANN_E_PER_CONNECTION = -4, /* each connection has its own weight: there is none to replace */
    WANN_E_NO_WEIGHTS = -5,     /* an ensemble of no weights */

    /* The blob as a whole. */
    WANN_E_TRUNCATED = -6, /* shorter than it says, or than any blob is */
    WANN_E_TRAILING = -7,  /* longer than it says */
    WANN_E_MAGIC = -8,     /* no blob of ours */
    WANN_E_VERSION = -9,   /* of a version that this file does not know: a newer one */
    WANN_E_CRC = -10,      /* damaged */

    /* The blob's content: wrong only if a faulty program wrote it, or a hostile one. */
    WANN_E_FLAGS = -11,      /* a flag that this version does not know */
    WANN_E_COUNTS = -12,     /* no observation, no action or no weight */
    WANN_E_LIMIT = -13,      /* more nodes than WANN_MAX_NODES */
    WANN_E_LAYOUT = -14,     /* a section runs past the end, or bytes are left over */
    WANN_E_OPERATION = -15,  /* a channel's operation that this version does not know */
    WANN_E_ACTIVATION = -16, /* an activation that this version does not know */
    WANN_E_ORDER = -17,  /* a source that is not before its node, or not above the one before it */
    WANN_E_NUMBER = -18, /* a weight, range, operand or rate that is not finite, or out of order */

    /* The self-test. */
    WANN_E_NO_VECTORS = -19, /* the blob carries none, so nothing was tested */
    WANN_E_MISMATCH = -20,   /* other bits than recorded: do not run this build on this target */

    /* The blob's content, again. */
    WANN_E_DERIVED = -21, /* a derived channel of an unknown kind, or of too many sources */

    /* The monitor. */
    WANN_E_NO_MONITOR = -22 /* the blob carries none */
};

/*
 * A loaded controller: where things are in the blob. Read the upper members as you like; change
 * none. What is remembered from step to step is in the scratch, so a controller may be shared.
 */
typedef struct wann_controller {
    uint16_t observations; /* floats in obs */
    uint16_t hidden;       /* nodes between them */
    uint16_t actions;      /* floats in actions */
    uint8_t members;       /* shared weights: more than 1 are an ensemble */
    uint8_t vectors;       /* recorded vectors for wann_selftest() */
    float rate_hz;         /* steps per second; 0 if unknown */
    uint16_t state; /* floats that are remembered from step to step; 0: a step is all there is */

    /* For wann_rt.c only. */
    uint8_t flags;
    uint16_t inputs;  /* observations and derived channels */
    uint16_t outputs; /* actions, and what feeds recurrent nodes */
    uint16_t floats;  /* of scratch */
    const uint8_t *blob;
    const uint8_t *channels;
    const uint8_t *nodes;
    const uint8_t *tests;
} wann_controller;

/*
 * Checks a blob and makes it a controller's. Takes a time proportional to size.
 *
 * c      receives the controller; untouched on an error, so a controller that was loaded before
 *        goes on working with its own blob.
 * blob   the blob; on targets with a separate program memory (see WANN_READ_U8) a pointer into it.
 * size   its exact number of bytes.
 *
 * Returns WANN_OK, WANN_E_NULL or what is wrong with the blob.
 */
int wann_load(wann_controller *c, const void *blob, size_t size);

/*
 * Returns how many floats of scratch the functions below need: WANN_SCRATCH_FLOATS() of the
 * controller's counts, or WANN_STATE_SCRATCH_FLOATS() if it has a state. 0 if c is NULL or not
 * loaded.
 */
size_t wann_scratch_floats(const wann_controller *c);

/*
 * Begins anew: a controller with a state (c->state is not 0) then remembers nothing. Call it before
 * the first step, after a switch of modes, a fault, a restart of the plant, or steps that were left
 * out. Memory that is all zeros, as static memory is at the beginning, is reset. A controller
 * without a state needs no reset, and none does it harm.
 *
 * The state is the end of the first wann_scratch_floats() of the scratch. So a controller with a
 * state needs a scratch of its own, which nothing else writes between two steps; copies of it are
 * copies of the state.
 *
 * Returns WANN_OK, WANN_E_NULL, WANN_E_NOT_LOADED or WANN_E_SCRATCH.
 */
int wann_reset(const wann_controller *c, float *scratch, size_t scratch_floats);

/*
 * Computes the actions for one observation, with the controller's own weights; an ensemble runs
 * once for each and takes the mean.
 *
 * obs            c->observations floats, in the units of the channels; any value, NaN included.
 * actions        c->actions floats; written at the very end, so that they never hold anything else
 *                than actions. May be obs.
 * scratch        working memory; may hold anything before, holds nothing of use after, but for the
 *                state of a controller that has one: a step advances it. Overlaps neither obs nor
 *                actions.
 * scratch_floats its length.
 *
 * Returns WANN_OK, WANN_E_NULL, WANN_E_NOT_LOADED or WANN_E_SCRATCH. How long it takes depends on
 * the blob, not on what is observed, up to the few instructions by which a compiler may make the
 * two sides of a choice between two numbers differ.
 */
int wann_step(const wann_controller *c, const float *obs, float *actions, float *scratch,
              size_t scratch_floats);

/*
 * The same under another weight, shared by all connections. That is what a weight-agnostic network
 * is for: one number to tune in the field.
 *
 * Returns also WANN_E_PER_CONNECTION.
 */
int wann_step_weight(const wann_controller *c, const float *obs, float *actions, float weight,
                     float *scratch, size_t scratch_floats);

/*
 * The same as an ensemble of other shared weights: the mean of the actions under each.
 *
 * weights   n_weights floats; their order matters to the last bit, because the sum is rounded.
 * n_weights at least 1.
 *
 * Returns also WANN_E_PER_CONNECTION and WANN_E_NO_WEIGHTS.
 */
int wann_ensemble(const wann_controller *c, const float *obs, float *actions, const float *weights,
                  uint16_t n_weights, float *scratch, size_t scratch_floats);

/*
 * The same step as wann_step(), bit for bit, which says besides how far the members of an ensemble
 * are apart: of each action the greatest less the least, after each member's own limits. NaN where
 * a member is NaN, or all are one infinity; 0 where they agree, and of a controller that is no
 * ensemble. Takes a few instructions more for each member and action. Who does not call it need not
 * link it (-ffunction-sections and --gc-sections, or what your linker has for that).
 *
 * spread         c->actions floats; written at the very end, as actions are. May be obs, and is not
 *                actions.
 * scratch_floats at least WANN_SPREAD_FLOATS(wann_scratch_floats(c), c->actions). The state is
 * where it is for wann_step(), so the two may take turns.
 *
 * Returns what wann_step() does. The self-test does not ask it: it adds comparisons and one
 * subtraction to operations that are.
 */
int wann_step_spread(const wann_controller *c, const float *obs, float *actions, float *spread,
                     float *scratch, size_t scratch_floats);

/*
 * Checks single operations - that each rounds by itself and keeps subnormals, -0 and NaN - then
 * replays the blob's vectors and compares every bit of every action; any NaN equals any other. Run
 * it at boot, on the target, and refuse to start on anything but WANN_OK: WANN_E_MISMATCH means
 * that this build does not compute what was tested. Of a controller with a state the vectors are
 * sequences, with resets in between; after WANN_OK it is reset.
 *
 * Returns WANN_OK, WANN_E_MISMATCH, WANN_E_NO_VECTORS or the errors of wann_step().
 */
int wann_selftest(const wann_controller *c, float *scratch, size_t scratch_floats);

/*
 * Returns the first WANN_DIGEST_BYTES bytes of the digest in the controller's file, in the memory
 * of the blob: compare it with what you tested. NULL if c is NULL or not loaded.
 */
#define WANN_DIGEST_BYTES 8
const uint8_t *wann_digest(const wann_controller *c);

/*
 * Returns the contract as UTF-8 JSON - names, units, ranges, provenance - in the memory of the
 * blob, and its length; it is not terminated. NULL if the blob carries none, or on NULL or not
 * loaded.
 */
const uint8_t *wann_text(const wann_controller *c, size_t *bytes);

/*
 * A monitor: it notices that the world is another one than the controller was searched for. A blob
 * may carry one beside its controller (`wann-rt monitor`, then `wann-rt export --to blob`):
 *
 *     static wann_monitor m;
 *     static float memory[FLOATS]; // as `wann-rt export` says, or wann_monitor_floats()
 *
 *     if (wann_monitor_load(&m, &c) != WANN_OK ||
 *         wann_monitor_reset(&m, memory, FLOATS) != WANN_OK) { stop(); }
 *     for (;;) {
 *         uint32_t alarm;
 *         read_sensors(obs);
 *         // here the actions are still those of the step before
 *         wann_monitor_step(&m, obs, actions, &alarm, memory, FLOATS);
 *         wann_step(&c, obs, actions, scratch, FLOATS_OF_SCRATCH);
 *         if (alarm != 0) { wann_fail_safe(&m, actions, ACTIONS); }
 *         drive(actions);
 *     }
 *
 * It is a program of float operations, so it takes no code of its own: any kind of monitor that
 * `wann-rt monitor` makes runs, whatever it predicts with. Who calls none of these functions need
 * not link them.
 *
 * A loaded monitor: where things are in the blob of its controller, which must stay loaded. Read
 * the upper members as you like; change none.
 */
typedef struct wann_monitor {
    uint16_t observations; /* floats in obs */
    uint16_t actions;      /* floats in last_actions */
    uint16_t state;        /* floats that are remembered; the last two: how far from usual the last
                              reading was, and the alarm */
    uint16_t floats;       /* of memory; what is remembered is its end */
    float false_alarms;    /* how many a step were stated when it was calibrated */

    /* For wann_rt.c only. */
    const uint8_t *section;
} wann_monitor;

/*
 * Checks the monitor of a loaded controller's blob and makes it m's. wann_load() does not look at
 * it.
 *
 * Returns WANN_OK, WANN_E_NULL, WANN_E_NOT_LOADED, WANN_E_NO_MONITOR or what is wrong with it: then
 * m is untouched.
 */
int wann_monitor_load(wann_monitor *m, const wann_controller *c);

/* Returns how many floats of memory the functions below need; 0 if m is NULL or not loaded. */
size_t wann_monitor_floats(const wann_monitor *m);

/*
 * Begins anew: before the first step, where the plant starts anew or steps were left out, and after
 * an alarm that was dealt with. The memory is the monitor's own, not the scratch of the controller.
 *
 * Returns WANN_OK, WANN_E_NULL, WANN_E_NOT_LOADED or WANN_E_SCRATCH: the memory is too small.
 */
int wann_monitor_reset(const wann_monitor *m, float *memory, size_t memory_floats);

/*
 * Judges what the sensors read, given the actions that were done since the reading before.
 *
 * alarm  receives 0; or after an alarm, until the reset, the bits of the observations that raised
 *        it: 1 << k of observation k.
 *
 * Returns what wann_monitor_reset() does; on an error neither alarm nor memory is written.
 */
int wann_monitor_step(const wann_monitor *m, const float *obs, const float *last_actions,
                      uint32_t *alarm, float *memory, size_t memory_floats);

/*
 * Writes what to do after an alarm, unless you know something better: m->actions floats.
 *
 * Returns WANN_OK, WANN_E_NULL, WANN_E_NOT_LOADED or WANN_E_SCRATCH: there is no room for them.
 */
int wann_fail_safe(const wann_monitor *m, float *actions, size_t n_actions);

/*
 * Returns the name of an error without its prefix, "CRC" for WANN_E_CRC; "OK" for 0 and "?" for
 * any other number. Costs nothing where it is not called.
 */
const char *wann_error_name(int error);

#if defined(__cplusplus)
}
#endif

#endif /* WANN_RT_H */
