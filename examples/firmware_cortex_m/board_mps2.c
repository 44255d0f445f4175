/*
 * The board: Arm's MPS2 with image AN386, a Cortex-M4F at 25 MHz, as QEMU emulates it. The timer is
 * the core's own SysTick; registers are those of the CMSDK UART and watchdog (Arm DDI 0479) and of
 * the Armv7-M manual (DDI 0403).
 */
#include "board.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define CLOCK_HZ 25000000u

#define UART_DATA REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u)
#define UART_CONTROL REGISTER(0x40004008u)
#define UART_DIVIDER REGISTER(0x40004010u)
#define UART_STATE_TX_FULL 1u
#define UART_CONTROL_TX_ENABLE 1u
#define BAUD 115200u

/* Its first time-out is a non-maskable interrupt, its second a reset. */
#define WATCHDOG_LOAD REGISTER(0x40008000u)
#define WATCHDOG_CONTROL REGISTER(0x40008008u)
#define WATCHDOG_CLEAR REGISTER(0x4000800cu)
#define WATCHDOG_LOCK REGISTER(0x40008c00u)
#define WATCHDOG_UNLOCKED 0x1acce551u
#define WATCHDOG_ON 3u /* interrupts, and resets */

#define SYSTICK_CONTROL REGISTER(0xe000e010u)
#define SYSTICK_RELOAD REGISTER(0xe000e014u)
#define SYSTICK_VALUE REGISTER(0xe000e018u)
#define SYSTICK_ON 7u /* counts the core's clock and interrupts */

void board_tick(void); /* the interrupt; the vector table of startup.c names it */

static volatile uint32_t ticks;

void board_tick(void) { ticks++; }

void board_start(void) {
    UART_DIVIDER = CLOCK_HZ / BAUD;
    UART_CONTROL = UART_CONTROL_TX_ENABLE;
}

void board_start_timer(uint32_t period_us) {
    SYSTICK_RELOAD = CLOCK_HZ / 1000000u * period_us - 1u;
    SYSTICK_VALUE = 0u;
    SYSTICK_CONTROL = SYSTICK_ON;
}

void board_start_watchdog(uint32_t most_us) {
    WATCHDOG_LOCK = WATCHDOG_UNLOCKED;
    WATCHDOG_LOAD = CLOCK_HZ / 1000000u * most_us;
    WATCHDOG_CONTROL = WATCHDOG_ON;
    WATCHDOG_LOCK = 0u; /* a stray write does not switch it off */
}

void board_feed(void) {
    WATCHDOG_LOCK = WATCHDOG_UNLOCKED;
    WATCHDOG_CLEAR = 1u;
    WATCHDOG_LOCK = 0u;
}

uint32_t board_wait(void) {
    uint32_t due;
    /* With interrupts held back, a tick between the test and the sleep still ends the sleep. */
    __asm__ volatile("cpsid i" ::: "memory");
    while (ticks == 0u) {
        __asm__ volatile("wfi\n\tcpsie i\n\tisb\n\tcpsid i" ::: "memory");
    }
    due = ticks;
    ticks = 0u;
    __asm__ volatile("cpsie i" ::: "memory");
    return due;
}

static void print_character(char c) {
    while ((UART_STATE & UART_STATE_TX_FULL) != 0u) {
    }
    UART_DATA = (uint8_t)c;
}

void board_print(const char *text) {
    for (; *text != '\0'; text++) {
        print_character(*text);
    }
}

void board_print_word(uint32_t word) {
    int shift;
    for (shift = 28; shift >= 0; shift -= 4) {
        print_character("0123456789abcdef"[(word >> shift) & 15u]);
    }
}

void board_stop(board_end how) {
#if defined(EMULATED)
    /* A request to the emulator ("semihosting"): a real core without a debugger would fault. */
    register uint32_t operation __asm__("r0") = 0x18u; /* SYS_EXIT */
    register uint32_t reason __asm__("r1") = how == BOARD_DONE ? 0x20026u : 0x20023u;
    __asm__ volatile("bkpt 0xab" : "+r"(operation) : "r"(reason) : "memory");
#else
    (void)how;
#endif
    __asm__ volatile("cpsid i" ::: "memory");
    for (;;) {
        __asm__ volatile("wfi");
    }
}
