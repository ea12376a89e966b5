/* SPDX-License-Identifier: MIT */
#include "auth/dev_issuer_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BITS = 2048, FILE_BYTES_MAX = 16 << 10 };

static EVP_PKEY *complain(FILE *problems, const char *path, const char *what)
{
    fprintf(problems, "CM_DEV_ISSUER_KEY_FILE: %s: %s\n", path, what);
    return NULL;
}

static bool write_key(int fd, EVP_PKEY *key)
{
    FILE *f = fdopen(fd, "w");
    bool good;

    if (!f) {
        close(fd);
        return false;
    }
    good = PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && fflush(f) == 0 &&
           fsync(fd) == 0;
    return fclose(f) == 0 && good;
}

/* Under a name of its own first; link() then gives it the real name only if nobody was faster. */
static bool make(const char *path)
{
    char temporary[PATH_MAX];
    EVP_PKEY *key;
    int fd;
    bool good;

    if (snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid()) >=
        (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return false;
    }
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    key = EVP_RSA_gen(KEY_BITS);
    if (!key) {
        close(fd);
        unlink(temporary);
        errno = EIO;
        return false;
    }
    good = write_key(fd, key) && (link(temporary, path) == 0 || errno == EEXIST);
    unlink(temporary);
    EVP_PKEY_free(key);
    return good;
}

static EVP_PKEY *read_key(int fd, const char *path, FILE *problems)
{
    struct stat st;
    EVP_PKEY *key;
    FILE *f;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_BYTES_MAX ||
        !(f = fdopen(fd, "r"))) {
        close(fd);
        return complain(problems, path, "not a key file");
    }
    if (st.st_mode & (S_IRWXG | S_IRWXO)) {
        fclose(f);
        return complain(problems, path, "others may read it; make its mode 0600");
    }
    key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    if (!key || !EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < KEY_BITS) {
        EVP_PKEY_free(key);
        return complain(problems, path, "no RSA key of 2,048 bits or more in PEM");
    }
    return key;
}

EVP_PKEY *dev_issuer_key_load(const char *path, FILE *problems)
{
    int fd;

    if (!path || !*path)
        return complain(problems, "(not set)", "the development issuer needs a file for its key");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && make(path))
        fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return complain(problems, path, strerror(errno));
    return read_key(fd, path, problems);
}
