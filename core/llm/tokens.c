/* SPDX-License-Identifier: MIT */
#include "core/llm/tokens.h"

#include "core/base/unicode.h"

enum {
    QUARTERS = 4,       /* costs are counted in quarters of a token */
    TEXT_TOKENS = 4,    /* a short text of the worst letters may have one each */
    MESSAGE_TOKENS = 8, /* role and frame; OpenAI's have three or four */
    CHAT_TOKENS = 16,
};

static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_lower(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}

/* A letter of the same piece as the one before it: o200k_base begins a new one at a capital after a small letter. */
static bool goes_on(struct slice s, size_t at)
{
    const unsigned char c = (unsigned char)s.p[at];
    const unsigned char before = at > 0 ? (unsigned char)s.p[at - 1] : 0;

    return is_letter(c) && is_letter(before) && !(is_lower(before) && !is_lower(c));
}

static bool is_blank_of_a_word(struct slice s, size_t at)
{
    unsigned char next;

    if (s.p[at] != ' ' || at + 1 >= s.n)
        return false;
    next = (unsigned char)s.p[at + 1];
    return next > ' ' && (next < '0' || next > '9');
}

/* Quarters of the character at `at`; *used gets its bytes. */
static int64_t cost(struct slice s, size_t at, unsigned *used)
{
    const unsigned char c = (unsigned char)s.p[at];

    *used = 1;
    if (c < 0x80)
        return goes_on(s, at) ? 3 : is_blank_of_a_word(s, at) ? 1 : QUARTERS;
    return utf8_decode(s, at, used) <= 0xff ? 5 : (int64_t)*used * QUARTERS;
}

static int64_t tokens_of(int64_t quarters, size_t bytes)
{
    const int64_t tokens = (quarters + QUARTERS - 1) / QUARTERS + TEXT_TOKENS;

    return tokens < (int64_t)bytes ? tokens : (int64_t)bytes;
}

int64_t llm_tokens_estimate(struct slice text)
{
    int64_t quarters = 0;
    unsigned used;

    for (size_t i = 0; i < text.n; i += used)
        quarters += cost(text, i, &used);
    return tokens_of(quarters, text.n);
}

int64_t llm_tokens_of_chat(const struct llm_chat *chat)
{
    int64_t tokens = CHAT_TOKENS + llm_tokens_estimate(chat->schema);

    for (size_t i = 0; i < chat->nmessages; i++)
        tokens += MESSAGE_TOKENS + llm_tokens_estimate(chat->messages[i].text);
    return tokens;
}

/* A blank whose word was cut off costs more than it did before it. */
static struct slice without_last_blank(struct slice cut, int64_t tokens)
{
    if (cut.n > 0 && cut.p[cut.n - 1] == ' ' && llm_tokens_estimate(cut) > tokens)
        cut.n--;
    return cut;
}

struct slice llm_tokens_cut(struct slice text, int64_t tokens)
{
    int64_t quarters = 0;
    unsigned used;

    for (size_t i = 0; i < text.n; i += used) {
        quarters += cost(text, i, &used);
        if (tokens_of(quarters, i + used) > tokens)
            return without_last_blank((struct slice){text.p, i}, tokens);
    }
    return text;
}
