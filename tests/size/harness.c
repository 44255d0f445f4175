/*
 * Calls a step with one row of inputs after another, between two calls of size_mark(): a simulator
 * counts what runs between them. First an empty step, for what the call itself costs.
 *
 * Nothing here computes with floats: an image with an empty subject holds no arithmetic, and what a
 * subject needs of it is seen in the size of its image.
 */
#include "subject.h"

#if defined(__AVR__)
#include <avr/io.h>
#endif

enum { EMPTY_ROWS = 2, PATTERN = 0xa5 };

extern const unsigned long size_rows;

void wann_put(char c);
void wann_check_all(void);
void size_mark(void);

typedef void (*step_function)(const size_value *observation, size_action *actions);

static size_value observation[SIZE_OBSERVATIONS];
static size_action actions[SIZE_ACTIONS];

/* Nothing is copied or specialised: every call must cost the same. */
#define AS_IT_IS __attribute__((noinline, noclone))

AS_IT_IS void size_mark(void) { __asm__ volatile("" ::: "memory"); }

AS_IT_IS static void no_step(const size_value *from, size_action *to) {
    __asm__ volatile("" : : "r"(from), "r"(to) : "memory");
}

/* A bijection that makes consecutive numbers look random; tests/size/inputs.py has the same. */
static uint32_t mix(uint32_t x) {
    x ^= x >> 16;
    x *= UINT32_C(0x21f0aaad);
    x ^= x >> 15;
    x *= UINT32_C(0x735a2d97);
    x ^= x >> 15;
    return x;
}

static void put_hex(uint32_t value) {
    int shift;
    for (shift = 28; shift >= 0; shift -= 4) {
        const uint32_t digit = (value >> shift) & 15;
        wann_put((char)(digit < 10 ? '0' + digit : 'a' + (digit - 10)));
    }
    wann_put('\n');
}

AS_IT_IS static void run(step_function volatile step, uint32_t rows, int is_shown) {
    uint32_t row;
    int k;
    for (row = 0; row < rows; row++) {
        for (k = 0; k < SIZE_OBSERVATIONS; k++) {
            observation[k] = size_input(mix(row * SIZE_OBSERVATIONS + (uint32_t)k + 1));
        }
        size_mark();
        step(observation, actions);
        size_mark();
        for (k = 0; is_shown && k < SIZE_ACTIONS; k++) {
            put_hex(size_bits(actions[k]));
        }
    }
}

/* Paints the stack below, runs a few rows, and looks how far down they wrote. */
static void run_painted(step_function step) {
    volatile uint8_t *top;
    uint16_t depth;
#if defined(__AVR__)
    top = (volatile uint8_t *)SP + 1;
#elif defined(__arm__)
    __asm__ volatile("mov %0, sp" : "=r"(top));
#elif defined(__riscv)
    __asm__ volatile("mv %0, sp" : "=r"(top));
#elif defined(__x86_64__)
    __asm__ volatile("mov %%rsp, %0" : "=r"(top));
#endif
    for (depth = 1; depth <= SIZE_STACK; depth++) {
        top[-(int32_t)depth] = PATTERN;
    }
    observation[0] = size_input(mix(1));
    step(observation, actions);
    for (depth = SIZE_STACK; depth > 0 && top[-(int32_t)depth] == PATTERN; depth--) {
    }
    put_hex(depth);
}

void wann_check_all(void) {
    put_hex((uint32_t)size_setup());
    run(no_step, EMPTY_ROWS, 0);
    run_painted(size_step);
    run(size_step, SIZE_SHOWN, 1);
    run(size_step, (uint32_t)size_rows - SIZE_SHOWN, 0);
}
