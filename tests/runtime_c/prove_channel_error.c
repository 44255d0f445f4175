/*
 * A channel of any length, any number of bytes left: channel_error() reads only what is left, and
 * accepts only operations that are all there and follow each other up to the end.
 */

#include "prove.h"

static size_t any_place; /* so what is proven of an operation here is proven of each */
static _Bool begins_here;
static _Bool is_followed;

static void note_operation(size_t at);
static _Bool is_walked(size_t at, unsigned operation);

#define HOLDS_channel_error_0(H)                                                                   \
    H(INSIDE(in)), H(error != WANN_OK || in->has_overrun || is_walked(offset(in->at), operation))
#define FORGET_channel_error_0                                                                     \
    (FORGET(in), error = any_int(), operation = any_unsigned(), begins_here = any_bool(),          \
     is_followed = any_bool())
#define EACH_channel_error_0 note_operation(offset(in->at))
#define LEFT_channel_error_0 (in->left + (error == WANN_OK))

#include "prove_channel.h"

static void note_operation(size_t at) {
    is_followed |= begins_here && at == behind_operation(any_place);
    begins_here |= at == any_place;
}

/* What is so where the walk stands behind an operation, or at the beginning. */
static _Bool is_walked(size_t at, unsigned operation) {
    if (at == 0 || operation == 0) {
        return at == 0 && operation == 0 && !begins_here && !is_followed;
    }
    if (!begins_here) {
        return any_place != 0 && !is_followed;
    }
    return is_followed ? blob[any_place] != END && operation_holds(any_place, at, 1)
                       : behind_operation(any_place) == at && blob[any_place] == operation &&
                             operation >= END && operation <= CLIP;
}

int main(void) {
    cursor in;
    int error;

    any_blob();
    any_place = any_size();
    ASSUME(any_place < blob_size);
    BEGIN(&in);
    error = channel_error(&in);
    PROVE("the cursor stays inside", INSIDE(&in));
    if (error == WANN_OK && !in.has_overrun) {
        PROVE("an operation is there", offset(in.at) > 0);
        PROVE("one begins with the channel", begins_here || any_place > 0);
        PROVE("each is there, and so is what follows",
              !begins_here || operation_holds(any_place, offset(in.at), is_followed));
    }
    return 0;
}
