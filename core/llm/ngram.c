/* SPDX-License-Identifier: MIT */
#include "core/llm/ngram.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/unicode.h"

enum {
    NGRAM_LEAST = 3,
    NGRAM_MOST = 5,
    WORD_CHARS = 64, /* the rest of a longer word is of its whole hash only */
    WORD_BYTES = 4 * WORD_CHARS + 2,
};

/* Quarters, so that sums are exact in whatever order. */
static const float WORD_WEIGHT = 1.0F;
static const float PAIR_WEIGHT = 0.75F;
static const float NGRAM_WEIGHT = 0.25F;

enum kind { KIND_WORD = 'w', KIND_PAIR = 'p', KIND_NGRAM = 'n', KIND_NOTHING = '0' };

/* FNV-1a, 64 bits, with the kind first. */
static uint64_t hash_bytes(enum kind kind, struct slice s)
{
    uint64_t h = (UINT64_C(0xcbf29ce484222325) ^ (uint64_t)kind) * UINT64_C(0x100000001b3);

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* The finisher of splitmix64: FNV's high bits alone are not even. */
static uint64_t mixed(uint64_t h)
{
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

static void add(float *out, int dimensions, uint64_t feature, float weight)
{
    const uint64_t h = mixed(feature);
    const size_t at = (size_t)((h >> 32) * (uint64_t)dimensions >> 32);

    out[at] += h & 1 ? weight : -weight;
}

static void add_ngrams(float *out, int dimensions, struct slice word)
{
    char text[WORD_BYTES];
    size_t starts[WORD_CHARS + 3]; /* of each character, and the end */
    const struct slice kept = utf8_cut(word, WORD_CHARS);
    const size_t n = kept.n + 2;
    size_t nchars = 0;
    unsigned used;

    text[0] = '<';
    memcpy(text + 1, kept.p, kept.n);
    text[n - 1] = '>';
    for (size_t i = 0; i < n; i += used) {
        (void)utf8_decode((struct slice){text, n}, i, &used);
        starts[nchars++] = i;
    }
    starts[nchars] = n;
    for (size_t length = NGRAM_LEAST; length <= NGRAM_MOST; length++) {
        for (size_t i = 0; i + length <= nchars; i++) {
            const struct slice run = {text + starts[i], starts[i + length] - starts[i]};

            add(out, dimensions, hash_bytes(KIND_NGRAM, run), NGRAM_WEIGHT);
        }
    }
}

/* The next word of *rest, which moves behind it; empty at the end. */
static struct slice cut_word(struct slice *rest)
{
    size_t from = 0;
    size_t to;
    unsigned used = 1;
    struct slice word;

    for (; from < rest->n; from += used) {
        const uint32_t cp = utf8_decode(*rest, from, &used);

        if (unicode_is_letter(cp) || unicode_is_digit(cp))
            break;
    }
    for (to = from; to < rest->n; to += used) {
        const uint32_t cp = utf8_decode(*rest, to, &used);

        if (!unicode_is_letter(cp) && !unicode_is_digit(cp))
            break;
    }
    word = (struct slice){rest->p + from, to - from};
    *rest = (struct slice){rest->p + to, rest->n - to};
    return word;
}

static void add_words(float *out, int dimensions, struct slice text)
{
    uint64_t before = 0;
    struct slice word;

    while ((word = cut_word(&text)).n > 0) {
        const uint64_t h = hash_bytes(KIND_WORD, word);

        add(out, dimensions, h, WORD_WEIGHT);
        if (before != 0)
            add(out, dimensions, mixed(before) ^ (h + KIND_PAIR), PAIR_WEIGHT);
        add_ngrams(out, dimensions, word);
        before = h;
    }
}

/* Signed square roots, then length 1. False: there is nothing. */
static bool normalise(float *out, int dimensions)
{
    double sum = 0; /* of the squared roots */
    float scale;

    for (int i = 0; i < dimensions; i++)
        sum += fabs((double)out[i]);
    if (sum <= 0)
        return false;
    scale = (float)(1 / sqrt(sum));
    for (int i = 0; i < dimensions; i++)
        out[i] = copysignf(sqrtf(fabsf(out[i])) * scale, out[i]);
    return true;
}

void llm_ngram_embed(struct arena *scratch, struct slice text, int dimensions, float *out)
{
    assert(dimensions >= 1 && dimensions <= LIMIT_LLM_DIMENSIONS);
    memset(out, 0, (size_t)dimensions * sizeof *out);
    add_words(out, dimensions, unicode_fold_text(scratch, text));
    if (!normalise(out, dimensions)) {
        /* no words, or all of them cancelled: one component, the same for all such texts */
        add(out, dimensions, hash_bytes(KIND_NOTHING, SLICE("")), WORD_WEIGHT);
        (void)normalise(out, dimensions);
    }
}
