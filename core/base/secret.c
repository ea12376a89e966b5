/* SPDX-License-Identifier: MIT */
#include "core/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/hash.h"
#include "core/base/log.h"

enum {
    NONCE_BYTES = 12,
    TAG_BYTES = 16,
    PACKED_BYTES = NONCE_BYTES + SECRET_BYTES + TAG_BYTES,
    TEXT_BYTES = (PACKED_BYTES + 2) / 3 * 4 + 1,
    KEY_TEXT_BYTES = 44,
};

static const char version[] = "v1:";

/* The whole struct is a mapping of its own. */
struct secret {
    size_t n;
    char text[SECRET_BYTES];
};

static struct secret *new_pages(void)
{
    struct secret *s =
        mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (s == MAP_FAILED) {
        LOG(LOG_ERROR, "out_of_memory", {"why", LOG_S("secret")});
        _Exit(70);
    }
    (void)madvise(s, sizeof *s, MADV_DONTDUMP);
    return s;
}

struct secret *secret_new(struct slice text)
{
    struct secret *s;

    if (text.n >= SECRET_BYTES || (text.n > 0 && memchr(text.p, '\0', text.n)))
        return NULL;
    s = new_pages();
    if (text.n > 0)
        memcpy(s->text, text.p, text.n);
    s->n = text.n;
    return s;
}

void secret_free(struct secret *s)
{
    if (!s)
        return;
    explicit_bzero(s, sizeof *s);
    (void)munmap(s, sizeof *s);
}

struct slice secret_get(const struct secret *s)
{
    return s ? (struct slice){s->text, s->n} : SLICE("");
}

bool secret_keep_out_of_cores(void)
{
    static const char headers_only[] =
        "0x10"; /* core(5): only the first page of programs and libraries */
    const struct rlimit none = {0};
    int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
    ssize_t n = -1;

    if (fd >= 0) {
        n = write(fd, headers_only, sizeof headers_only - 1);
        close(fd);
    }
    return n == sizeof headers_only - 1 || setrlimit(RLIMIT_CORE, &none) == 0;
}

struct secret *secret_key_read(const char *base64)
{
    unsigned char raw[KEY_TEXT_BYTES / 4 * 3];
    struct secret *s = NULL;

    /* 44 characters with one "=" are 32 bytes and one that is padding */
    if (strlen(base64) == KEY_TEXT_BYTES && base64[KEY_TEXT_BYTES - 1] == '=' &&
        base64[KEY_TEXT_BYTES - 2] != '=' &&
        EVP_DecodeBlock(raw, (const unsigned char *)base64, KEY_TEXT_BYTES) == sizeof raw) {
        s = new_pages();
        memcpy(s->text, raw, SECRET_KEY_BYTES);
        s->n = SECRET_KEY_BYTES;
    }
    explicit_bzero(raw, sizeof raw);
    return s;
}

static bool encrypt(EVP_CIPHER_CTX *c, const struct secret *key, struct slice text,
                    struct slice associated, unsigned char *packed)
{
    unsigned char *body = packed + NONCE_BYTES;
    int n = 0;

    return EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, (const unsigned char *)key->text,
                              packed) == 1 &&
           (associated.n == 0 || EVP_EncryptUpdate(c, NULL, &n, (const unsigned char *)associated.p,
                                                   (int)associated.n) == 1) &&
           EVP_EncryptUpdate(c, body, &n, (const unsigned char *)text.p, (int)text.n) == 1 &&
           EVP_EncryptFinal_ex(c, body + text.n, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, body + text.n) == 1;
}

bool secret_seal(const struct secret *key, struct slice text, struct slice associated,
                 struct sb *out)
{
    unsigned char packed[PACKED_BYTES];
    char encoded[TEXT_BYTES];
    EVP_CIPHER_CTX *c;
    bool ok;

    if (key->n != SECRET_KEY_BYTES || text.n >= SECRET_BYTES || associated.n > INT_MAX)
        return false;
    c = EVP_CIPHER_CTX_new();
    hash_random(packed, NONCE_BYTES);
    ok = c && encrypt(c, key, text.n ? text : SLICE(""), associated, packed);
    EVP_CIPHER_CTX_free(c);
    if (!ok)
        return false;
    sb_puts(out, version);
    sb_put(out, encoded, hash_base64url_encode(packed, NONCE_BYTES + text.n + TAG_BYTES, encoded));
    return sb_ok(out);
}

static bool decrypt(EVP_CIPHER_CTX *c, const struct secret *key, unsigned char *packed, size_t n,
                    struct slice associated, struct secret *into)
{
    unsigned char *text = (unsigned char *)into->text;
    int got = 0;

    return EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, (const unsigned char *)key->text,
                              packed) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, packed + NONCE_BYTES + n) == 1 &&
           (associated.n == 0 ||
            EVP_DecryptUpdate(c, NULL, &got, (const unsigned char *)associated.p,
                              (int)associated.n) == 1) &&
           EVP_DecryptUpdate(c, text, &got, packed + NONCE_BYTES, (int)n) == 1 &&
           EVP_DecryptFinal_ex(c, text + n, &got) == 1;
}

struct secret *secret_open(const struct secret *key, struct slice sealed, struct slice associated)
{
    const struct slice prefix = {version, sizeof version - 1};
    unsigned char packed[PACKED_BYTES + 2]; /* what decoding may need beyond it */
    EVP_CIPHER_CTX *c;
    struct secret *s;
    long n;

    if (key->n != SECRET_KEY_BYTES || associated.n > INT_MAX || !slice_starts(sealed, prefix) ||
        sealed.n - prefix.n >= TEXT_BYTES)
        return NULL;
    n = hash_base64url_decode((struct slice){sealed.p + prefix.n, sealed.n - prefix.n}, packed);
    if (n < NONCE_BYTES + TAG_BYTES || n - NONCE_BYTES - TAG_BYTES >= SECRET_BYTES)
        return NULL;
    s = new_pages();
    s->n = (size_t)n - NONCE_BYTES - TAG_BYTES;
    c = EVP_CIPHER_CTX_new();
    if (!c || !decrypt(c, key, packed, s->n, associated, s)) {
        secret_free(s);
        s = NULL;
    }
    EVP_CIPHER_CTX_free(c);
    return s;
}
