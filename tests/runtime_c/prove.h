/*
 * What the proofs share: a blob of any bytes, of any size up to BLOB_BYTES, and the check that
 * nothing outside of a part of it is ever read. ESBMC explores all values of what any_*() returns.
 */

#ifndef PROVE_H
#define PROVE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t at[BLOB_BYTES];
} blob_bytes;

blob_bytes any_bytes(void);
uint8_t any_byte(void);
uint32_t any_u32(void);
float any_float(void);
void __ESBMC_assume(_Bool holds);
void __ESBMC_assert(_Bool holds, const char *what);

#define ASSUME __ESBMC_assume
#define PROVE(what, holds) __ESBMC_assert(holds, what)

static blob_bytes bytes;
static const uint8_t *const blob = bytes.at;
static size_t size;
static size_t readable;

static const uint8_t *checked(const uint8_t *p) {
    PROVE("a read stays inside", p >= blob && p < blob + readable);
    return p;
}

/* Every read of a blob goes through this macro: tests/test_runtime_c.py shows it. */
#define WANN_READ_U8(address) (*checked(address))

#include "wann_rt.c"

/* A cursor with any number of any bytes left. */
static cursor any_cursor(void) {
    cursor in = {blob, 0, 0};
    bytes = any_bytes();
    size = any_u32();
    ASSUME(size <= BLOB_BYTES);
    in.left = size;
    readable = size;
    return in;
}

static void prove_inside(const cursor *in) {
    PROVE("the cursor stays inside", in->at >= blob && in->left <= size - (size_t)(in->at - blob));
}

#endif /* PROVE_H */
