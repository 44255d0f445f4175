/* One knob on the robot: twenty episodes, each with another weight, and the best stays. */
#ifndef KNOB_H
#define KNOB_H

/* Plays the episodes; returns the weight that all connections are to share from now on. */
float knob_turned(void);

#endif /* KNOB_H */
