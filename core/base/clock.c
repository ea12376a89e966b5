/* SPDX-License-Identifier: MIT */
#include "core/base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

static struct {
    bool on;
    int64_t now_us;
    int64_t mono_ms;
} frozen;

static int64_t read_us(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t); /* cannot fail for these clocks on Linux */
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    return frozen.on ? frozen.mono_ms * 1000 : read_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

int64_t clock_now_us(void)
{
    return frozen.on ? frozen.now_us : read_us(CLOCK_REALTIME);
}

int64_t clock_left_ms(int64_t deadline_ms)
{
    const int64_t left = deadline_ms - clock_mono_ms();

    return left > 0 ? left : 0;
}

void clock_text(int64_t instant_us, char out[CLOCK_TEXT_BYTES])
{
    int64_t s = instant_us / 1000000;
    int64_t us = instant_us % 1000000;
    time_t t;
    struct tm tm;

    if (us < 0) {
        us += 1000000;
        s--;
    }
    t = (time_t)s;
    gmtime_r(&t, &tm);
    /* years beyond 9999 do not occur; the modulo tells the compiler so */
    snprintf(out, CLOCK_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
             (unsigned)(tm.tm_year + 1900) % 10000u, (unsigned)(tm.tm_mon + 1) % 100u,
             (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u, (unsigned)tm.tm_min % 100u,
             (unsigned)tm.tm_sec % 100u, (unsigned)(us / 1000) % 1000u);
}

void clock_freeze(int64_t now_us, int64_t mono_ms)
{
    frozen.on = true;
    frozen.now_us = now_us;
    frozen.mono_ms = mono_ms;
}

void clock_advance_ms(int64_t ms)
{
    frozen.now_us += ms * 1000;
    frozen.mono_ms += ms;
}

void clock_real(void)
{
    frozen.on = false;
}
