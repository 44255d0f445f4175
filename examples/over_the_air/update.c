/* What is signed is believed, and nothing else is looked at before the signature but two sizes. */
#include "update.h"

#include "update_config.h" /* made by make_update.py: key, interface, counts */

enum {
    AT_COUNTER = 8,
    AT_INTERFACE = 12,
    AT_BLOB_BYTES = 16,
    AT_DIGEST = 20,
    SCRATCH = WANN_SCRATCH_FLOATS(UPDATE_OBSERVATIONS, UPDATE_MOST_HIDDEN, UPDATE_ACTIONS)
};

static const uint8_t magic[8] = {'W', 'A', 'N', 'N', 'U', 'P', 'D', '1'};

static uint32_t read_u32(const uint8_t *at) {
    return (uint32_t)at[0] | ((uint32_t)at[1] << 8) | ((uint32_t)at[2] << 16) |
           ((uint32_t)at[3] << 24);
}

static int is_same(const uint8_t *a, const uint8_t *b, size_t size) {
    size_t k;
    for (k = 0; k < size; k++) {
        if (a[k] != b[k]) {
            return 0;
        }
    }
    return 1;
}

/* The size that an update says it has; 0 if that cannot be. */
static size_t said_bytes(const uint8_t *bytes, size_t room) {
    const size_t around = UPDATE_HEAD_BYTES + UPDATE_SIGNATURE_BYTES;
    uint32_t blob_bytes;
    if (room < around) {
        return 0;
    }
    blob_bytes = read_u32(&bytes[AT_BLOB_BYTES]);
    return blob_bytes > room - around ? 0 : around + blob_bytes;
}

static int check_controller(update *found) {
    static float scratch[SCRATCH];
    wann_controller *c = &found->controller;
    c->blob = 0;
    if (wann_load(c, found->blob, found->blob_bytes) != WANN_OK ||
        c->observations != UPDATE_OBSERVATIONS || c->actions != UPDATE_ACTIONS ||
        wann_selftest(c, scratch, SCRATCH) != WANN_OK) {
        return UPDATE_BLOB;
    }
    return is_same(wann_digest(c), found->digest, WANN_DIGEST_BYTES) ? UPDATE_OK : UPDATE_BLOB;
}

/* Checks all that an update says of itself. */
static int check(const uint8_t *bytes, size_t size, update *found) {
    if (size == 0 || size > UPDATE_SLOT_BYTES || said_bytes(bytes, size) != size) {
        return UPDATE_SIZE;
    }
    if (!is_same(bytes, magic, sizeof magic)) {
        return UPDATE_MAGIC;
    }
    if (verify_signature(&bytes[size - UPDATE_SIGNATURE_BYTES], bytes,
                         size - UPDATE_SIGNATURE_BYTES) != 1) {
        return UPDATE_SIGNATURE;
    }
    if (read_u32(&bytes[AT_INTERFACE]) != UPDATE_INTERFACE_HASH) {
        return UPDATE_INTERFACE;
    }
    found->counter = read_u32(&bytes[AT_COUNTER]);
    found->digest = &bytes[AT_DIGEST];
    found->blob = &bytes[UPDATE_HEAD_BYTES];
    found->blob_bytes = size - UPDATE_HEAD_BYTES - UPDATE_SIGNATURE_BYTES;
    return check_controller(found);
}

static int check_slot(unsigned slot, update *found) {
    const uint8_t *bytes = flash_slot(slot);
    found->slot = slot;
    return check(bytes, said_bytes(bytes, UPDATE_SLOT_BYTES), found);
}

int update_boot(update *found) {
    int result = UPDATE_NONE;
    unsigned slot;
    for (slot = 0; slot < UPDATE_SLOTS; slot++) {
        update other;
        if (check_slot(slot, &other) == UPDATE_OK &&
            (result != UPDATE_OK || other.counter > found->counter)) {
            *found = other;
            result = UPDATE_OK;
        }
    }
    return result;
}

int update_install(const uint8_t *bytes, size_t size) {
    update running, received, written;
    const int has_running = update_boot(&running) == UPDATE_OK;
    const unsigned slot = has_running ? 1u - running.slot : 0u;
    const int result = check(bytes, size, &received);
    if (result != UPDATE_OK) {
        return result;
    }
    if (has_running && received.counter <= running.counter) {
        return UPDATE_OLD;
    }
    if (flash_erase(slot) != 0 || flash_write(slot, 0, bytes, size) != 0) {
        return UPDATE_FLASH;
    }
    return check_slot(slot, &written) == UPDATE_OK ? UPDATE_OK : UPDATE_FLASH;
}

const char *update_name(int result) {
    static const char *const names[] = {"ok",  "size", "magic", "signature", "interface",
                                        "old", "blob", "flash", "none"};
    return result >= UPDATE_OK && result <= UPDATE_NONE ? names[result] : "?";
}
