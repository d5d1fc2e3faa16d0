/*
 * `ao hook EVENT`, called by an agent or anything that reports for its session. Parses no config; one
 * appended line. Never fails its caller: what is wrong (no session, a nested agent, a full disk) is
 * silence.
 */
#pragma once

#include <stdint.h>

/* event: start prompt tool waiting error stop exit. at_ms 0: now. Reads fd 0 to its end: waits up
 * to 15 ms for it to begin (a prompt's text: 500 ms), and 500 ms in all. */
void op_hook(const char *event, int64_t at_ms);
