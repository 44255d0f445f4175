/*
 * What the proofs share: bytes of any content and any number, and induction over loops. ESBMC
 * explores all values of what any_*() returns and of what is `extern`.
 */

#ifndef PROVE_H
#define PROVE_H

#include <stddef.h>
#include <stdint.h>

_Bool any_bool(void);
int any_int(void);
unsigned any_unsigned(void);
uint32_t any_u32(void);
size_t any_size(void);
float any_float(void);
void __ESBMC_assume(_Bool holds);
void __ESBMC_assert(_Bool holds, const char *what);

#define ASSUME __ESBMC_assume
#define PROVE(what, holds) __ESBMC_assert(holds, what)

/*
 * Induction. Of a loop that a harness has HOLDS_, FORGET_ and LEFT_ for, evidence/induction.py
 * makes
 *
 *     for (start, CUT(loop); condition; step, AGAIN(loop)) {
 *
 * CUT proves that HOLDS as the loop begins, then forgets all that the loop writes and assumes no
 * more than HOLDS: this is the beginning of any iteration, however many went before it, or the end
 * of the last. AGAIN stands at the end of any iteration and proves that HOLDS again, and that less
 * is LEFT, so that there is a last one; the path ends there, for what comes next has been looked
 * at. Where a harness has START_ or EACH_, that is noted before the loop, or as an iteration
 * begins. (ESBMC's own --loop-invariant-check does not forget what is written through pointers.)
 */
#define CUT(loop)                                                                                  \
    (HOLDS_##loop(PROVE_FIRST), FORGET_##loop, HOLDS_##loop(ASSUME), left_##loop = LEFT_##loop)
#define AGAIN(loop)                                                                                \
    (HOLDS_##loop(PROVE_AGAIN), PROVE("the loop will end", LEFT_##loop < left_##loop), ASSUME(0))
#define PROVE_FIRST(holds) PROVE("it holds as the loop begins", holds)
#define PROVE_AGAIN(holds) PROVE("it holds after an iteration", holds)

/*
 * A blob, or the part of one that a function may read: of any size that a 32-bit number can have;
 * in an address space of 32 bits, of any size that an object may have there.
 */
#if SIZE_MAX > 0xffffffff
#define MOST_BYTES 0x100000000
#else
#define MOST_BYTES 0x7fffffff
#endif
extern const uint8_t blob[MOST_BYTES];
static size_t blob_size;
static size_t walked_size; /* so much of it a cursor may walk over */

static void any_blob(void) {
    blob_size = any_u32();
    ASSUME(blob_size <= MOST_BYTES);
    walked_size = blob_size;
}

static size_t offset(const uint8_t *p) { return __ESBMC_POINTER_OFFSET((void *)p); }

/* Every read of a blob goes through this macro: tests/runtime_c/test_runtime_c.py shows it. */
#define WANN_READ_U8(address) blob[readable(address)]

static size_t readable(const uint8_t *p) {
    PROVE("a read is inside",
          __ESBMC_same_object((void *)p, (void *)blob) && offset(p) < blob_size);
    return offset(p);
}

/* Of a cursor of wann_rt.c: it stands inside, and knows how much is left. */
#define INSIDE(in) is_inside((in)->at, (in)->left, (in)->has_overrun)
#define FORGET(in)                                                                                 \
    ((in)->at = blob + any_size(), (in)->left = any_size(), (in)->has_overrun = any_bool())
#define BEGIN(in) ((in)->at = blob, (in)->left = blob_size, (in)->has_overrun = 0)

static _Bool is_inside(const uint8_t *at, size_t left, int has_overrun) {
    return offset(at) <= walked_size &&
           (left == walked_size - offset(at) || (has_overrun && left == 0));
}

#endif /* PROVE_H */
