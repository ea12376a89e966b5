/* SPDX-License-Identifier: MIT */
/*
 * redact_check: the check digits of cards and of the identity numbers of four countries.
 *
 * `digits` are ASCII digits, the check digit not among them unless said. Written after the rules, which are public:
 *   Luhn          ISO/IEC 7812-1 annex B
 *   Chile RUT     modulo 11, weights 2 to 7 from the right and again, 10 is K (as python-stdnum, stdnum/cl/rut.py)
 *   Colombia NIT  modulo 11, weights 3 7 13 17 19 23 29 37 41 43 47 53 59 67 71 from the right (DIAN, Orden
 *                 Administrativa 4 of 1989; stdnum/co/nit.py)
 *   Paraguay RUC  modulo 11, weights 2, 3, 4... from the right, 10 and 11 are 0 (SET; stdnum/py/ruc.py). A cédula is the
 *                 number before its hyphen
 *   Spain DNI     the letter at the number modulo 23 of TRWAGMYFPDXBNJZSQVHLCKE; of a NIE, X, Y and Z are 0, 1 and 2
 *                 (Real Decreto 1553/2005; stdnum/es/dni.py, nie.py)
 */
#ifndef CORE_INSIGHT_REDACT_CHECK_H
#define CORE_INSIGHT_REDACT_CHECK_H

#include <stdbool.h>
#include <stddef.h>

bool redact_luhn(const char *digits, size_t n);            /* check digit included */
bool redact_rut(const char *digits, size_t n, char check); /* k is K */
bool redact_nit(const char *digits, size_t n, char check); /* n <= 15 */
bool redact_ruc(const char *digits, size_t n, char check);
bool redact_dni(const char *digits, size_t n, char letter); /* n <= 8; either case */

#endif
