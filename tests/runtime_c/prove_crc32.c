/* crc32() reads as many bytes as it is told to, of any number. */

#include "prove.h"

#define HOLDS_crc32_0(H) H(size <= blob_size), H(p == blob + (blob_size - size))
#define FORGET_crc32_0                                                                             \
    (p = blob + any_size(), size = any_size(), crc = any_u32(), bit = any_unsigned())
#define LEFT_crc32_0 size

#include "wann_rt.c"

int main(void) {
    any_blob();
    (void)crc32(blob, blob_size);
    return 0;
}
