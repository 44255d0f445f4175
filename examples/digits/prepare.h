/*
 * What is done to a digit before the network sees it: 28 x 28 bytes -> 16 x 16 floats, linear
 * between pixels, then sheared by the image's moments so that it stands upright. The bits are those
 * of wann_rt/tasks/dataset/images.py, if the compiler does not contract: -ffp-contract=off. No
 * library, no memory but the stack.
 */
#ifndef DIGITS_PREPARE_H
#define DIGITS_PREPARE_H

#include <stdint.h>

enum { DIGITS_RAW = 28, DIGITS_SIDE = 16 };

/* Where a pixel of the small image lies among those of the raw one: the lower neighbour, and how
 * far from it. */
static inline int digits_neighbour(int k, double *part) {
    double at = (k + 0.5) * ((double)DIGITS_RAW / DIGITS_SIDE) - 0.5;
    int low;

    at = at < 0.0 ? 0.0 : at;
    at = at > DIGITS_RAW - 1.0 ? DIGITS_RAW - 1.0 : at;
    low = (int)at;
    low = low > DIGITS_RAW - 2 ? DIGITS_RAW - 2 : low;
    *part = at - low;
    return low;
}

static inline void digits_resize(const uint8_t *raw, double small[DIGITS_SIDE][DIGITS_SIDE]) {
    double tall[DIGITS_SIDE][DIGITS_RAW], part;

    for (int y = 0; y < DIGITS_SIDE; y++) {
        const uint8_t *row = raw + digits_neighbour(y, &part) * DIGITS_RAW;
        for (int x = 0; x < DIGITS_RAW; x++) {
            tall[y][x] = row[x] / 255.0 * (1.0 - part) + row[x + DIGITS_RAW] / 255.0 * part;
        }
    }
    for (int x = 0; x < DIGITS_SIDE; x++) {
        int low = digits_neighbour(x, &part);
        for (int y = 0; y < DIGITS_SIDE; y++) {
            small[y][x] = tall[y][low] * (1.0 - part) + tall[y][low + 1] * part;
        }
    }
}

/* How far the image leans, in columns a row; 0 where it is empty, or flat. */
static inline double digits_skew(double small[DIGITS_SIDE][DIGITS_SIDE]) {
    double mass = 0, m_x = 0, m_y = 0, m_xy = 0, m_yy = 0, variance;

    for (int y = 0; y < DIGITS_SIDE; y++) {
        for (int x = 0; x < DIGITS_SIDE; x++) {
            double pixel = small[y][x];
            mass += pixel;
            m_x += pixel * x;
            m_y += pixel * y;
            m_xy += pixel * (x * y);
            m_yy += pixel * (y * y);
        }
    }
    if (!(mass > 0.0)) {
        return 0.0;
    }
    variance = m_yy - m_y * m_y / mass;
    if (!(variance >= 0.01) && !(variance <= -0.01)) {
        return 0.0;
    }
    return (m_xy - m_x * m_y / mass) / variance;
}

static inline double digits_pixel(const double *row, int x) {
    return x >= 0 && x < DIGITS_SIDE ? row[x] : 0.0;
}

/* Writes the 256 observations of the controller. */
static inline void digits_prepare(const uint8_t *raw, float *observation) {
    double small[DIGITS_SIDE][DIGITS_SIDE], skew;

    digits_resize(raw, small);
    skew = digits_skew(small);
    for (int y = 0; y < DIGITS_SIDE; y++) {
        for (int x = 0; x < DIGITS_SIDE; x++) {
            double at = x + skew * (y - 0.5 * DIGITS_SIDE), part;
            int low;
            at = at < -2.0 ? -2.0 : at;
            at = at > DIGITS_SIDE + 1.0 ? DIGITS_SIDE + 1.0 : at;
            low = (int)(at + 2.0) - 2; /* floor: at + 2 is not negative */
            part = at - low;
            observation[y * DIGITS_SIDE + x] = (float)(digits_pixel(small[y], low) * (1.0 - part) +
                                                       digits_pixel(small[y], low + 1) * part);
        }
    }
}

#endif
