/*
 * One channel of up to BLOB_BYTES bytes: channel_error() reads only what is left; and of a channel
 * that it accepts, condition() reads exactly the same bytes.
 */

#include "prove.h"

int main(void) {
    cursor in = any_cursor();
    float value = any_float();

    if (channel_error(&in) == WANN_OK && !in.has_overrun) {
        PROVE("a channel has a byte", in.at > blob);
        readable = (size_t)(in.at - blob);
        PROVE("both end alike", condition(blob, &value, any_byte() & 1) == in.at);
    }
    prove_inside(&in);
    return 0;
}
