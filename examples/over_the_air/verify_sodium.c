/* Ed25519 by libsodium. */
#include <sodium.h>

#include "update.h"
#include "update_config.h"

int verify_signature(const uint8_t *signature, const uint8_t *bytes, size_t size) {
    static const uint8_t key[UPDATE_KEY_BYTES] = UPDATE_KEY;
    return crypto_sign_verify_detached(signature, bytes, size, key) == 0;
}
