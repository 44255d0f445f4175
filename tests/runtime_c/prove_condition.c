/* A channel that channel_error() accepts: conditioned() reads exactly its bytes. */

#include "prove.h"

extern const _Bool begins[MOST_BYTES]; /* whether an operation begins at a place */

static void rely_on_operation(size_t at);

#define HOLDS_conditioned_0(H)                                                                     \
    H(offset(p) < blob_size), H(begins[offset(p)]), H(operation == blob[offset(p)])
#define FORGET_conditioned_0                                                                       \
    (p = blob + any_size(), operation = any_unsigned(), x = any_float(),                           \
     rely_on_operation(offset(p)))
#define LEFT_conditioned_0 (blob_size - offset(p))

#include "prove_channel.h"

static void rely_on_operation(size_t at) {
    if (at < blob_size && begins[at]) {
        const size_t next = behind_operation(at);
        ASSUME(operation_holds(at, blob_size, next < blob_size && begins[next]));
    }
}

int main(void) {
    const uint8_t *at = blob;

    any_blob(); /* nothing is behind the channel */
    ASSUME(blob_size > 0 && begins[0]);
    (void)conditioned(&at, any_float(), any_bool());
    PROVE("both end alike", offset(at) == blob_size);
    return 0;
}
