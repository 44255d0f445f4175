/*
 * A generated header, compiled with HEADER, its file, and the names of what it defines: for any
 * observation, NaN and infinities included, a step and the self-test stay in bounds and do nothing
 * undefined.
 */

#include HEADER

float any_float(void);

int main(void) {
    float obs[N_OBSERVATIONS];
    float actions[N_ACTIONS];
    int k;
    for (k = 0; k < N_OBSERVATIONS; k++) {
        obs[k] = any_float();
    }
    STEP(obs, actions);
    return SELFTEST();
}
