/*
 * Any cursor inside: take() reads only what is left, little-endian, and moves behind it; where too
 * little is left, it gives 0, reads nothing, leaves nothing and notes it.
 */

#include "prove.h"

#include "wann_rt.c"

int main(void) {
    const unsigned n = any_unsigned();
    cursor in;
    cursor before;
    uint32_t value;

    any_blob();
    walked_size = any_size();
    FORGET(&in);
    ASSUME(walked_size <= blob_size && INSIDE(&in) && n >= 1 && n <= 4);
    before = in;
    value = take(&in, n);
    if (n > before.left) {
        PROVE("it stays", in.at == before.at && in.left == 0 && in.has_overrun && value == 0);
    } else {
        const size_t at = offset(before.at);
        PROVE("it moves", offset(in.at) == at + n && in.left == before.left - n &&
                              in.has_overrun == before.has_overrun);
        PROVE("a byte", n != 1 || value == blob[at]);
        PROVE("two bytes", n != 2 || value == (blob[at] | (uint32_t)blob[at + 1] << 8));
    }
    return 0;
}
