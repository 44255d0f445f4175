/* An ATmega328P: output through its serial port; sleeping with interrupts off ends the simulation.
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

void wann_put(char c);
void wann_check_all(void);

void wann_put(char c) {
    while ((UCSR0A & (1 << UDRE0)) == 0) {
    }
    UDR0 = (uint8_t)c;
}

int main(void) {
    UBRR0 = 0;
    UCSR0B = 1 << TXEN0;
    wann_check_all();
    cli();
    sleep_mode();
    return 0;
}
