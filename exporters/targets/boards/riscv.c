/* A bare RISC-V on the board "virt" of QEMU: start, serial port, and the device that ends a run. */
#include <stdint.h>

void wann_put(char c);
void wann_check_all(void);
void wann_start(void);

__asm__(".section .start,\"ax\"\n"
        ".globl _start\n"
        "_start:\n"
        "    la sp, wann_stack_top\n"
        "    tail wann_start\n"
        ".text\n");

void wann_put(char c) { *(volatile uint8_t *)0x10000000u = (uint8_t)c; }

void wann_start(void) {
#if defined(__riscv_flen)
    /* Switch the floating-point unit on, rounding to nearest. */
    __asm__ volatile(".option push\n"
                     "    .option arch, +zicsr\n"
                     "    csrs mstatus, %0\n"
                     "    csrwi fcsr, 0\n"
                     "    .option pop\n"
                     :
                     : "r"(0x2000));
#endif
    wann_check_all();
    for (;;) {
        *(volatile uint32_t *)0x100000u = 0x5555;
    }
}
