/* A target with an operating system. */
#include <stdio.h>

void wann_put(char c);
void wann_check_all(void);

void wann_put(char c) { putchar(c); }

int main(void) {
    wann_check_all();
    return 0;
}
