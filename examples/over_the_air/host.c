/*
 * The device, on your machine: its flash is a file.
 *
 *     host FLASH install UPDATE [CUT]   checks and writes; CUT: power goes after so many bytes
 *     host FLASH boot                   says what runs
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "update.h"

static uint8_t flash[UPDATE_SLOTS][UPDATE_SLOT_BYTES];
static const char *flash_file;
static long until_cut = -1;

static void save(void) {
    FILE *file = fopen(flash_file, "wb");
    if (file == NULL || fwrite(flash, sizeof flash, 1, file) != 1 || fclose(file) != 0) {
        fprintf(stderr, "%s: cannot be written\n", flash_file);
        exit(2);
    }
}

/* One byte is written, or power goes. */
static void spend(void) {
    if (until_cut == 0) {
        save();
        puts("power cut");
        exit(3);
    }
    until_cut -= until_cut > 0;
}

const uint8_t *flash_slot(unsigned slot) { return flash[slot]; }

int flash_erase(unsigned slot) {
    spend();
    memset(flash[slot], 0xff, UPDATE_SLOT_BYTES);
    return 0;
}

int flash_write(unsigned slot, size_t at, const uint8_t *bytes, size_t size) {
    size_t k;
    for (k = 0; k < size; k++) {
        spend();
        flash[slot][at + k] = bytes[k];
    }
    return 0;
}

static int install(const char *path) {
    static uint8_t bytes[2 * UPDATE_SLOT_BYTES];
    FILE *file = fopen(path, "rb");
    size_t size;
    int result;
    if (file == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return 2;
    }
    size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    result = update_install(bytes, size);
    save();
    puts(update_name(result));
    return result == UPDATE_OK ? 0 : 1;
}

static int boot(void) {
    update found;
    const int result = update_boot(&found);
    int k;
    if (result != UPDATE_OK) {
        puts(update_name(result));
        return 1;
    }
    printf("%lu slot %u sha256:", (unsigned long)found.counter, found.slot);
    for (k = 0; k < UPDATE_DIGEST_BYTES; k++) {
        printf("%02x", found.digest[k]);
    }
    puts("");
    return 0;
}

int main(int argc, char **argv) {
    FILE *file;
    if (argc < 3) {
        fprintf(stderr, "use: host FLASH install UPDATE [CUT] | host FLASH boot\n");
        return 2;
    }
    memset(flash, 0xff, sizeof flash);
    flash_file = argv[1];
    file = fopen(flash_file, "rb");
    if (file != NULL) {
        if (fread(flash, sizeof flash, 1, file) != 1) {
            fprintf(stderr, "%s: no flash of this device\n", flash_file);
            return 2;
        }
        fclose(file);
    }
    if (strcmp(argv[2], "install") == 0 && argc > 3) {
        until_cut = argc > 4 ? atol(argv[4]) : -1;
        return install(argv[3]);
    }
    return boot();
}
