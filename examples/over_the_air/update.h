/*
 * A controller over the air: an update is a blob with a counter and an Ed25519 signature. Two slots
 * of flash hold the running update and the one before; a new one overwrites the older slot alone,
 * and only after all about it was found right. README.md says each byte of an update.
 *
 * A slot needs no mark that says whether it is whole: it is if its signature is. So power may go at
 * any moment, and the other slot is still there.
 */
#ifndef UPDATE_H
#define UPDATE_H

#include <stddef.h>
#include <stdint.h>

#include "wann_rt.h"

enum update_result {
    UPDATE_OK = 0,
    UPDATE_SIZE,      /* shorter or longer than it says, or too long for a slot */
    UPDATE_MAGIC,     /* no update, or one of another version */
    UPDATE_SIGNATURE, /* not signed by the owner of the key, or changed since */
    UPDATE_INTERFACE, /* for other channels than this firmware's */
    UPDATE_OLD,       /* not newer than what runs: an old fault could come back */
    UPDATE_BLOB,      /* the controller does not load, or computes other bits here */
    UPDATE_FLASH,     /* the flash did not take it */
    UPDATE_NONE       /* there is no whole update in any slot */
};

enum {
    UPDATE_HEAD_BYTES = 52,
    UPDATE_SIGNATURE_BYTES = 64,
    UPDATE_KEY_BYTES = 32,
    UPDATE_DIGEST_BYTES = 32,
    UPDATE_SLOTS = 2,
    UPDATE_SLOT_BYTES = 4096
};

typedef struct update {
    uint32_t counter;
    const uint8_t *digest; /* SHA-256 of the controller's file, whole */
    const uint8_t *blob;
    size_t blob_bytes;
    unsigned slot;
    wann_controller controller;
} update;

/* Takes the newest whole update; if that is none, go on with the fail-safe action. */
int update_boot(update *found);

/* Checks an update as it was received and writes it to the slot that does not run. */
int update_install(const uint8_t *bytes, size_t size);

/* The name of a result, for people. */
const char *update_name(int result);

/* Yours: the flash. An erased byte is 0xff; slots can be read where they are. */
const uint8_t *flash_slot(unsigned slot);
int flash_erase(unsigned slot);
int flash_write(unsigned slot, size_t at, const uint8_t *bytes, size_t size);

/* Yours: Ed25519 (RFC 8032). verify_sodium.c or verify_monocypher.c; returns 1 if it is right. */
int verify_signature(const uint8_t *signature, const uint8_t *bytes, size_t size);

#endif /* UPDATE_H */
