/* SPDX-License-Identifier: MIT */
/*
 * dev_issuer_key: the development issuer's RSA key in its file.
 */
#ifndef AUTH_DEV_ISSUER_KEY_H
#define AUTH_DEV_ISSUER_KEY_H

#include <openssl/evp.h>
#include <stdio.h>

/* Reads the PEM file, making it first when it is absent: 2,048 bits, mode 0600, complete or not
 * there at all, and one key for all when two processes make it at once. A file that others may
 * read, or that holds something else, is refused. NULL with one sentence in `problems`; else the
 * caller owns the key (EVP_PKEY_free). */
EVP_PKEY *dev_issuer_key_load(const char *path, FILE *problems);

#endif
