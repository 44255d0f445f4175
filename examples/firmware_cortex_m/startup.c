/* From reset to main: the vector table, the floating-point unit, memory as C wants it. */
#include <stdint.h>

#include "board.h"
#include "robot.h"

extern uint32_t stack_top[];
extern uint32_t data_begin[];
extern uint32_t data_end[];
extern const uint32_t data_image[];
extern uint32_t bss_begin[];
extern uint32_t bss_end[];

int main(void);
void reset(void);
void fault(void);
void board_tick(void);

void fault(void) { board_stop(BOARD_FAILED); }

/* The watchdog was not fed: whatever else has happened, the robot is left without force. */
void starved(void);
void starved(void) {
    robot_release();
    board_print("stopped: the watchdog was not fed\n");
    board_stop(BOARD_FAILED);
}

void reset(void) {
    const uint32_t *from = data_image;
    volatile uint32_t *to; /* volatile: no memcpy in place of the loops, there is no library */
#if defined(__ARM_FP)
    /* Full access to the floating-point unit (CPACR); it rounds to nearest and keeps subnormals. */
    *(volatile uint32_t *)0xe000ed88u |= 0xfu << 20;
    __asm__ volatile("dsb\n\tisb");
#endif
    for (to = data_begin; to < data_end; to++) {
        *to = *from++;
    }
    for (to = bss_begin; to < bss_end; to++) {
        *to = 0u;
    }
    main();
    fault();
}

typedef struct {
    uint32_t *stack;
    void (*handlers[15])(void); /* exceptions 1 to 15; peripherals' interrupts would follow */
} vector_table;

extern const vector_table vectors;
__attribute__((section(".vectors"))) const vector_table vectors = {
    stack_top,
    {
        reset,
        starved, /* NMI */
        fault,   /* HardFault */
        fault,   /* MemManage */
        fault,   /* BusFault */
        fault,   /* UsageFault */
        0,       /* 7 to 10 are reserved */
        0,
        0,
        0,
        fault, /* SVCall */
        fault, /* DebugMonitor */
        0,     /* reserved */
        fault, /* PendSV */
        board_tick,
    },
};
