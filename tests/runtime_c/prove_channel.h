/*
 * A channel as FORMAT.md has it, at the beginning of the bytes: what channel_error() finds there is
 * what condition() relies on.
 */

#ifndef PROVE_CHANNEL_H
#define PROVE_CHANNEL_H

#include "prove.h"

#include "wann_rt.c"

#include "prove_take.h"

/* Where the operation after the one at this place begins, or the next channel. */
static size_t behind_operation(size_t at) {
    return at + (blob[at] == END ? 1 : blob[at] == CLIP ? 9 : 5);
}

/*
 * What is proven of each operation of a channel, and then relied on: it is there, and unless it
 * ends the channel, another one begins behind it.
 */
static _Bool operation_holds(size_t at, size_t end, _Bool is_followed) {
    if (blob[at] == END) {
        return at + 1 == end;
    }
    return blob[at] >= ADD && blob[at] <= CLIP && behind_operation(at) < end && is_followed;
}

#endif /* PROVE_CHANNEL_H */
