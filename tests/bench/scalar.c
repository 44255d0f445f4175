/* The competitor of the lockstep kernel: what one writes by hand in C. float64, libm, a sparse list
 * of edges, one episode at a time; the networks, the swing-up and the order of the sums are those
 * of wann_rt. */

#include <math.h>
#include <stdint.h>

#define MOST_NODES 1024
#define PI 3.14159265358979323846

static double activate(int id, double x) {
    switch (id) {
    case 3:
        return sin(PI * x);
    case 4:
        return exp(-0.5 * x * x);
    case 5:
        return tanh(x);
    case 6:
        return 1.0 / (1.0 + exp(-x));
    case 8:
        return fabs(x);
    case 9:
        return x > 0.0 ? x : 0.0;
    default:
        return x;
    }
}

static double episode(int n_nodes, const int32_t *activation, const int32_t *offset,
                      const int32_t *source, const int8_t *sign, double weight, const float *start,
                      int start_stride, int max_steps, double track, int64_t *steps) {
    double value[MOST_NODES];
    double x = start[0], x_dot = start[start_stride], theta = start[2 * start_stride];
    double theta_dot = start[3 * start_stride], score = 0.0;
    value[0] = 1.0;
    for (int t = 0; t < max_steps; t++) {
        const double s = sin(theta), c = cos(theta);
        value[1] = x, value[2] = x_dot, value[3] = c, value[4] = s, value[5] = theta_dot;
        for (int k = 0; k < n_nodes; k++) {
            double sum = 0.0;
            for (int e = offset[k]; e < offset[k + 1]; e++) {
                sum += sign[e] * value[source[e]];
            }
            value[6 + k] = activate(activation[k], weight * sum);
        }
        double force = value[5 + n_nodes];
        force = 10.0 * (force < -1.0 ? -1.0 : force > 1.0 ? 1.0 : force);
        const double swing = 0.3 * theta_dot * theta_dot * s, push = force - 0.1 * x_dot;
        const double lever = 4.0 - 1.5 * c * c;
        const double x_acc = (1.5 * 9.82 * s * c + 4.0 * push - 2.0 * swing) / lever;
        const double theta_acc =
            3.0 * (2.0 * 9.82 * s + 2.0 * push * c - swing * c) / (0.6 * lever);
        x += x_dot * 0.01, theta += theta_dot * 0.01;
        x_dot += x_acc * 0.01, theta_dot += theta_acc * 0.01;
        score += (cos(theta) + 1.0) * 0.5 * cos(0.5 * PI * x / track);
        *steps += 1;
        if (fabs(x) > track) {
            break;
        }
    }
    return score;
}

/* Plays every lane of every network; the arrays are those of wann_rt.kernels.rollout.Programs.
 * Returns the steps. */
int64_t play(int networks, int most_nodes, int most_connections, const int32_t *n_nodes,
             const int32_t *activations, const int32_t *offsets, const int32_t *sources,
             const int8_t *signs, int lanes, const float *weights, const float *starts,
             int max_steps, double track, double *returns) {
    int64_t steps = 0;
    for (int g = 0; g < networks; g++) {
        for (int i = 0; i < lanes; i++) {
            returns[g * lanes + i] =
                episode(n_nodes[g], activations + g * most_nodes, offsets + g * (most_nodes + 1),
                        sources + g * most_connections, signs + g * most_connections, weights[i],
                        starts + i, lanes, max_steps, track, &steps);
        }
    }
    return steps;
}
