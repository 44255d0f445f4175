/* A channel that channel_error() accepts: condition() reads exactly its bytes. */

#include "prove.h"

extern const _Bool begins[MOST_BYTES]; /* whether an operation begins at a place */

static void rely_on_operation(size_t at);

#define HOLDS_condition_0(H)                                                                       \
    H(offset(p) < blob_size), H(begins[offset(p)]), H(operation == blob[offset(p)])
#define FORGET_condition_0                                                                         \
    (p = blob + any_size(), operation = any_unsigned(), y = any_float(),                           \
     rely_on_operation(offset(p)))
#define LEFT_condition_0 (blob_size - offset(p))

#include "prove_channel.h"

static void rely_on_operation(size_t at) {
    if (at < blob_size && begins[at]) {
        const size_t next = behind_operation(at);
        ASSUME(operation_holds(at, blob_size, next < blob_size && begins[next]));
    }
}

int main(void) {
    float value = any_float();

    any_blob(); /* nothing is behind the channel */
    ASSUME(blob_size > 0 && begins[0]);
    PROVE("both end alike", offset(condition(blob, &value, any_bool())) == blob_size);
    return 0;
}
