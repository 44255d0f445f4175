/* A bare Cortex-M: vector table, start, and output through semihosting. */
#include <stdint.h>

void wann_put(char c);
void wann_check_all(void);
void wann_boot(void);
void wann_fault(void);

extern uint32_t wann_stack_top[];
extern uint32_t wann_data_begin[];
extern uint32_t wann_data_end[];
extern const uint32_t wann_data_image[];
extern uint32_t wann_bss_begin[];
extern uint32_t wann_bss_end[];

enum {
    SYS_WRITEC = 0x03,
    SYS_EXIT = 0x18,
    STOPPED_RUN_TIME_ERROR = 0x20023,
    STOPPED_EXIT = 0x20026
};

static void call_host(uint32_t operation, uint32_t argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register uint32_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void wann_put(char c) { call_host(SYS_WRITEC, (uint32_t)(uintptr_t)&c); }

void wann_fault(void) {
    for (;;) {
        call_host(SYS_EXIT, STOPPED_RUN_TIME_ERROR);
    }
}

void wann_boot(void) {
    const uint32_t *from = wann_data_image;
    volatile uint32_t *to;
#if defined(__ARM_FP)
    /* Switch the floating-point unit on; its state after reset rounds to nearest and keeps
     * subnormals. */
    *(volatile uint32_t *)0xe000ed88u |= 0xfu << 20;
    __asm__ volatile("dsb\n\tisb");
#endif
    for (to = wann_data_begin; to < wann_data_end; to++) {
        *to = *from++;
    }
    for (to = wann_bss_begin; to < wann_bss_end; to++) {
        *to = 0;
    }
    wann_check_all();
    for (;;) {
        call_host(SYS_EXIT, STOPPED_EXIT);
    }
}

typedef struct {
    uint32_t *stack;
    void (*handlers[15])(void);
} wann_vectors;

extern const wann_vectors wann_vector_table;
__attribute__((section(".vectors"))) const wann_vectors wann_vector_table = {
    wann_stack_top,
    {wann_boot, wann_fault, wann_fault, wann_fault, wann_fault, wann_fault},
};
