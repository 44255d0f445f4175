/* What prove_take.c proves of take(), in place of it. */

uint32_t take(cursor *in, unsigned bytes) {
    const size_t at = offset(in->at);
    PROVE("take() is not asked for more than a number", bytes >= 1 && bytes <= 4);
    if (bytes > in->left) {
        in->left = 0;
        in->has_overrun = 1;
        return 0;
    }
    in->at += bytes;
    in->left -= bytes;
    return bytes == 1 ? blob[at] : bytes == 2 ? blob[at] | (uint32_t)blob[at + 1] << 8 : any_u32();
}
