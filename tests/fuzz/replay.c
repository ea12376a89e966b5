/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over the files of a folder, and over a few hundred mutations of each, without a fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mutate_and_run(uint8_t *data, size_t n)
{
    uint32_t seed = 2463534242u; /* xorshift; fixed, so that a crash replays */

    LLVMFuzzerTestOneInput(data, n);
    for (int round = 0; n && round < 300; round++) {
        uint8_t *copy = malloc(n);

        for (size_t i = 0; i < n; i++)
            copy[i] = data[i];
        for (int k = 0; k < 3; k++) {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            copy[seed % n] = (uint8_t)(seed >> 8);
        }
        LLVMFuzzerTestOneInput(copy, seed % 4 ? n : seed % (n + 1));
        free(copy);
    }
}

static void run_file(const char *path)
{
    static uint8_t buf[1 << 20];
    FILE *f = fopen(path, "rb");
    size_t n;

    if (!f)
        return;
    n = fread(buf, 1, sizeof buf, f);
    fclose(f);
    mutate_and_run(buf, n);
}

int main(int argc, char **argv)
{
    DIR *d = argc > 1 ? opendir(argv[1]) : NULL;
    struct dirent *e;
    int files = 0;

    if (!d) {
        fprintf(stderr, "no corpus: %s\n", argc > 1 ? argv[1] : "(none given)");
        return 1;
    }
    while ((e = readdir(d))) {
        char path[4096];

        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        run_file(path);
        files++;
    }
    closedir(d);
    return files ? 0 : 1;
}
