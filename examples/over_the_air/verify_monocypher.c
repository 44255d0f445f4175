/* Ed25519 by Monocypher 4, for firmware: add its monocypher.c and optional/monocypher-ed25519.c. */
#include "monocypher-ed25519.h"
#include "update.h"
#include "update_config.h"

int verify_signature(const uint8_t *signature, const uint8_t *bytes, size_t size) {
    static const uint8_t key[UPDATE_KEY_BYTES] = UPDATE_KEY;
    return crypto_ed25519_check(signature, key, bytes, size) == 0;
}
