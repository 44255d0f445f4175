/*
 * Runs an image on a simulated ATmega328P; writes how many cycles ran between any two calls of one
 * function. Arguments: image, address of the function, file to write.
 */
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    elf_firmware_t firmware = {0};
    avr_cycle_count_t before = 0;
    avr_flashaddr_t mark;
    int state = cpu_Running;
    avr_t *avr;
    FILE *out;
    if (argc != 4 || elf_read_firmware(argv[1], &firmware) != 0) {
        return 2;
    }
    avr = avr_make_mcu_by_name("atmega328p");
    out = fopen(argv[3], "w");
    if (avr == NULL || out == NULL) {
        return 2;
    }
    mark = (avr_flashaddr_t)strtoul(argv[2], NULL, 0);
    avr_init(avr);
    firmware.frequency = 16000000;
    avr_load_firmware(avr, &firmware);
    while (state != cpu_Done && state != cpu_Crashed) {
        if (avr->pc == mark) {
            fprintf(out, "%llu\n", (unsigned long long)(avr->cycle - before));
            before = avr->cycle;
        }
        state = avr_run(avr);
    }
    fclose(out);
    return state == cpu_Crashed;
}
