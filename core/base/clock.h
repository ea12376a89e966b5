/* SPDX-License-Identifier: MIT */
/*
 * clock: the only source of time, replaceable by tests.
 *
 * Durations and deadlines are int64_t milliseconds of the monotonic clock (`_ms`); instants are int64_t
 * microseconds UTC since the epoch (`_us`). They are never mixed.
 */
#ifndef CORE_BASE_CLOCK_H
#define CORE_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_mono_ms(void);
int64_t clock_mono_us(void); /* for measuring short spans only */
int64_t clock_now_us(void);

/* Milliseconds left until `deadline_ms`, never below 0. */
int64_t clock_left_ms(int64_t deadline_ms);

/* RFC 3339 UTC with milliseconds, 24 characters and the terminator: 2026-01-31T23:59:59.123Z */
#define CLOCK_TEXT_BYTES 25
void clock_text(int64_t instant_us, char out[CLOCK_TEXT_BYTES]);

/* Tests: freeze both clocks, move them; clock_real() goes back. Not for threads. */
void clock_freeze(int64_t now_us, int64_t mono_ms);
void clock_advance_ms(int64_t ms);
void clock_real(void);

#endif
