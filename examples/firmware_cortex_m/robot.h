/* What the firmware needs of a robot: sensors in, motor out. */
#ifndef ROBOT_H
#define ROBOT_H

/* Powers the sensors up, leaves the motor without force; returns 0 if the robot is ready. */
int robot_start(void);

/* Whether to go on: false at the end of a simulation, or when somebody has pressed a button. */
int robot_is_running(void);

/* Writes what the controller observes, in the order and the units of its header; returns whether
 * the sensors brought anything new since the last call. */
int robot_sense(float obs[]);

/* Sends the actions, in the order and the units of its header, to the motor. */
void robot_drive(const float actions[]);

/* Only for knob.c: brings the robot to where an episode begins, never quite in the same place, and
 * sends actions and returns how well the period went. */
void robot_rest(unsigned episode);
float robot_drive_scored(const float actions[]);

/* Leaves the motor without force. */
void robot_release(void);

#endif /* ROBOT_H */
