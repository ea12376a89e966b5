/* SPDX-License-Identifier: MIT */
#include "core/insight/redact_check.h"

#include <stdint.h>

static char upper(char c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

bool redact_luhn(const char *digits, size_t n)
{
    int sum = 0;

    for (size_t i = 0; i < n; i++) {
        int d = digits[n - 1 - i] - '0';

        if (i % 2 == 1)
            d = d > 4 ? 2 * d - 9 : 2 * d;
        sum += d;
    }
    return n > 0 && sum % 10 == 0;
}

bool redact_rut(const char *digits, size_t n, char check)
{
    int sum = 0, left;

    for (size_t i = 0; i < n; i++)
        sum += (int)(2 + i % 6) * (digits[n - 1 - i] - '0');
    left = (11 - sum % 11) % 11;
    return upper(check) == (left == 10 ? 'K' : '0' + left);
}

bool redact_nit(const char *digits, size_t n, char check)
{
    static const int weights[] = {3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71};
    int sum = 0;

    if (n > sizeof weights / sizeof weights[0])
        return false;
    for (size_t i = 0; i < n; i++)
        sum += weights[i] * (digits[n - 1 - i] - '0');
    sum %= 11;
    return check == '0' + (sum > 1 ? 11 - sum : sum);
}

bool redact_ruc(const char *digits, size_t n, char check)
{
    int sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (int)(2 + i) * (digits[n - 1 - i] - '0');
    return check == '0' + (11 - sum % 11) % 11 % 10;
}

bool redact_dni(const char *digits, size_t n, char letter)
{
    uint32_t number = 0;

    if (n > 8)
        return false;
    for (size_t i = 0; i < n; i++)
        number = number * 10 + (uint32_t)(digits[i] - '0');
    return upper(letter) == "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23];
}
