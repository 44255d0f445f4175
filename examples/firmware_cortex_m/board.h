/* What the firmware needs of a board. For another one, write board_*.c, startup.c and flash.ld. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

typedef enum { BOARD_DONE, BOARD_FAILED } board_end;

/* Starts the serial port. */
void board_start(void);

/* Starts a timer that ticks every `period_us` microseconds. */
void board_start_timer(uint32_t period_us);

/* Sleeps until the timer has ticked; returns how often it has since the last call: 1 if in time. */
uint32_t board_wait(void);

/* Starts the watchdog, which ends the run unless it is fed again within that time. */
void board_start_watchdog(uint32_t most_us);
void board_feed(void);

/* Writes text, or the eight hexadecimal digits of a word, to the serial port. */
void board_print(const char *text);
void board_print_word(uint32_t word);

/* The end: under an emulator it ends the run, on a board it sleeps until the next reset. */
void board_stop(board_end how) __attribute__((noreturn));

#endif /* BOARD_H */
