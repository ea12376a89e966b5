/* SPDX-License-Identifier: MIT */
#include "core/insight/rules.h"

#include <string.h>

#include "core/base/unicode.h"
#include "core/insight/rules_lexicon.h"
#include "core/insight/rules_match.h"
#include "core/insight/rules_number.h"
#include "core/insight/rules_text.h"

enum {
    ITEMS = 160, /* more than all arrays full: 3 * RULES_PHRASES + 33 codes + scalars */

    IDENTITY_REACH = 12, /* words behind "somos" in which the trade is named */
    IDENTITY_FACTOR =
        24, /* ... counts so much, less for each word in between: the head noun comes first */
    IDENTITY_DECAY = 2,
    IDENTITY_LEAST = 7,
    OPENING_FACTOR = 6, /* in the first two sentences people introduce themselves */
    PLAIN_FACTOR = 4,
    ASKED_FACTOR = 2, /* what customers ask about is often another trade's word */
    FAIR_FACTOR = 1,  /* "una feria de tecnología" says nothing about who went there */
    FAIR_REACH = 8,
    FOREIGN_REACH = 6,
    SECTOR_FLOOR = 24, /* less than one plain mention of a trade is no answer */
    SECTOR_DOUBT = 40, /* what confidence weighs the score against, besides the runner-up */

    OWN_REACH = 10,
    CONNECT_BEHIND = 14,
    CONNECT_AHEAD = 6,
    ASKED_REACH = 30,
};

struct reader {
    struct arena *arena;
    struct rules_text text;
    struct rules_hits hits;
    struct reading out;
    const char *sector;
};

/* ---- items ---------------------------------------------------------------------------------------------- */

static struct reading_item *add(struct reader *r, enum reading_field field)
{
    struct reading_item *it = &r->out.items[r->out.n++];

    *it = (struct reading_item){
        .field = (uint16_t)field, .ordinal = -1, .status = READING_NOT_MENTIONED};
    return it;
}

static void prove(const struct reader *r, struct reading_item *it, size_t first, size_t last)
{
    it->status = READING_EXACT;
    it->start = r->text.words[first].start;
    it->end = r->text.words[last].end;
}

/* ---- looking round -------------------------------------------------------------------------------------- */

static bool same_sentence(const struct reader *r, size_t a, size_t b)
{
    return r->text.words[a].sentence == r->text.words[b].sentence;
}

/* The nearest hit of `sense` before word `at` in its sentence, at most `reach` words away; NULL if none. */
static const struct rules_hit *before(const struct reader *r, size_t i, enum rules_sense sense,
                                      size_t reach)
{
    const struct rules_hit *hit = &r->hits.items[i];

    for (size_t j = i; j-- > 0;) {
        const struct rules_hit *h = &r->hits.items[j];

        if (!same_sentence(r, h->first, hit->first))
            return NULL;
        if (h->sense == sense && h->last < hit->first && hit->first - h->last <= reach)
            return h;
    }
    return NULL;
}

/* The next one behind it, in the same clause. */
static const struct rules_hit *after(const struct reader *r, size_t i, enum rules_sense sense,
                                     size_t reach)
{
    const struct rules_hit *hit = &r->hits.items[i];

    for (size_t j = i + 1; j < r->hits.n; j++) {
        const struct rules_hit *h = &r->hits.items[j];

        if (!same_sentence(r, h->first, hit->first) || h->first > hit->last + reach)
            return NULL;
        if (h->sense == sense && h->first > hit->last &&
            r->text.words[h->first].clause == r->text.words[hit->last].clause)
            return h;
    }
    return NULL;
}

static bool sentence_has(const struct reader *r, size_t at, enum rules_sense sense)
{
    uint32_t sentence = r->text.words[at].sentence;
    size_t low = 0, high = r->hits.n;

    while (low < high) { /* hits are in text order */
        size_t mid = low + (high - low) / 2;

        if (r->text.words[r->hits.items[mid].first].sentence < sentence)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < r->hits.n && r->text.words[r->hits.items[low].first].sentence == sentence; low++)
        if (r->hits.items[low].sense == sense && r->hits.items[low].row->weight > 0)
            return true;
    return false;
}

static bool sentence_has_word(const struct reader *r, size_t at, const char *words)
{
    size_t end = rules_sentence_end(&r->text, at);

    for (size_t i = rules_sentence_start(&r->text, at); i < end; i++)
        if (rules_word_is(&r->text, i, words))
            return true;
    return false;
}

/* "No necesitamos...", "... no es un problema". */
static bool denied(const struct reader *r, const struct rules_hit *h)
{
    const struct rules_text *t = &r->text;
    size_t end;

    if (rules_negated(t, h->first))
        return true;
    for (size_t i = h->first;
         i-- > 0 && i + 8 >= h->first && t->words[i].clause == t->words[h->first].clause;) {
        size_t last;

        /* "no queremos perder la confidencialidad" asks for it */
        if (rules_word_is(t, i,
                          "perder/comprometer/afectar/sacrificar/descuidar/losing/lose/compromise/"
                          "risk/arriesgar"))
            break;
        if (rules_pattern_at(t, i,
                             "no/not/dont/doesnt/nunca/tampoco ~1 "
                             "necesit*/requer*/requier*/quer*/quier*/precis*/exig*/importa/need*/"
                             "require*/want/care",
                             &last) &&
            last < h->first)
            return true;
    }
    end = rules_clause_end(t, h->last);
    for (size_t i = h->last + 1; i < end && i <= h->last + 3; i++) {
        size_t last;

        if (rules_pattern_at(t, i,
                             "no/not/isnt ~3 "
                             "problema/tema/requisito/necesari*/prioridad/importa/issue/problem/"
                             "concern/requirement/needed/necessary/priority/important",
                             &last))
            return true;
    }
    return false;
}

/* ---- sector --------------------------------------------------------------------------------------------- */

/* Cues of weight 6 ("nuestra", "la") introduce the company only where they open a sentence, or a turn of talk. */
static bool introduces(const struct reader *r, const struct rules_hit *cue)
{
    return cue->row->weight > 6 || cue->first <= rules_clause_start(&r->text, cue->first) + 1;
}

static int identity_factor(const struct reader *r, size_t i)
{
    const struct rules_hit *hit = &r->hits.items[i];

    for (size_t j = i; j-- > 0;) {
        const struct rules_hit *h = &r->hits.items[j];

        if (!same_sentence(r, h->first, hit->first) || h->first + IDENTITY_REACH < hit->first)
            return 0;
        if (h->sense == CUE_IDENTITY && h->first < hit->first && introduces(r, h)) {
            int factor = IDENTITY_FACTOR - IDENTITY_DECAY * (int)(hit->first - h->first);

            return factor > IDENTITY_LEAST ? factor : IDENTITY_LEAST;
        }
    }
    return 0;
}

static int sector_factor(const struct reader *r, size_t i)
{
    const struct rules_hit *hit = &r->hits.items[i], *h;
    int factor = identity_factor(r, i);

    if (factor == 0)
        factor = r->text.words[hit->first].sentence <= 1 ? OPENING_FACTOR : PLAIN_FACTOR;
    if (sentence_has(r, hit->first, CUE_DISCOVERY)) {
        h = before(r, i, SENSE_CHANNEL, FAIR_REACH);
        if (h && h->row->code)
            return FAIR_FACTOR;
    }
    h = before(r, i, CUE_FOREIGN, FOREIGN_REACH);
    if (h && r->text.words[h->last].clause == r->text.words[hit->first].clause)
        factor = factor / 4 + 1;
    if (before(r, i, CUE_ASKED, ASKED_REACH) && factor > ASKED_FACTOR)
        factor = ASKED_FACTOR;
    return factor;
}

static void read_sector(struct reader *r, double *confidence)
{
    const struct field *sectors = reading_options(READING_SECTOR);
    const struct rules_hit *proof = NULL;
    int best = 0, second = 0;
    const char *code = NULL;
    struct reading_item *it = add(r, READING_SECTOR);

    for (int k = 0; k < sectors->option_count; k++) {
        const char *candidate = sectors->options[k].value;
        const struct rules_hit *top = NULL;
        int score = 0, top_score = 0, counted = 0;

        for (size_t i = 0; i < r->hits.n && counted < 6; i++) {
            const struct rules_hit *h = &r->hits.items[i];
            int points;

            if (h->sense != SENSE_SECTOR || !h->row->code || strcmp(h->row->code, candidate) != 0 ||
                rules_negated(&r->text, h->first))
                continue;
            points = h->row->weight * sector_factor(r, i);
            score += points;
            counted++; /* a word repeated all over says no more than one repeated six times */
            if (points > top_score) {
                top_score = points;
                top = h;
            }
        }
        if (score > best) {
            second = best;
            best = score;
            code = candidate;
            proof = top;
        } else if (score > second) {
            second = score;
        }
    }
    *confidence = 0;
    it->value = "otros";
    if (best >= SECTOR_FLOOR) {
        int hundredths = 100 * best / (best + second + SECTOR_DOUBT);

        it->value = code;
        prove(r, it, proof->first, proof->last);
        *confidence = hundredths / 100.0;
    }
    r->sector = it->value;
}

/* ---- size, volume --------------------------------------------------------------------------------------- */

#define OWN                                                                                        \
    "somos/soy/nuestr*/tenemos/tengo/dirijo/como/mi/partimos/pertenecemos/administro/llevo/"       \
    "llevamos/parte/our/we/i/my"

/* Said of the company itself, not of its customers: "asesoramos a una gran empresa" is no size. */
static bool said_of_itself(const struct reader *r, const struct rules_hit *h)
{
    const struct rules_text *t = &r->text;
    size_t from = rules_sentence_start(t, h->first), at = h->first;
    bool own = false;

    for (size_t i = h->first - from > OWN_REACH ? h->first - OWN_REACH : from; i <= h->last; i++)
        own = own || rules_word_is(t, i, OWN);
    if (!own)
        return false;
    while (at > from && rules_word_is(t, at - 1, "un/una/el/la/a/an/the/muy/mas/very"))
        at--;
    if (at == from || !rules_word_is(t, at - 1, "para/a/con/de/entre/for/to/with/of/by/from"))
        return true;
    return at - 1 > from && rules_word_is(t, at - 2,
                                          "pertenecemos/parte/part/division/filial/subsidiary/"
                                          "fundador*/founder/duen*/owner/equipo/team");
}

/* Fewer than 50 people are a small company, fewer than 250 a medium one: the European Commission's bands. */
static const char *size_of(int64_t employees)
{
    return employees < 50 ? "pequeña" : employees < 250 ? "mediana" : "grande";
}

static void read_size(struct reader *r)
{
    struct reading_item *it = add(r, READING_COMPANY_SIZE);
    struct rules_amount staff;

    if (rules_employees(&r->text, &staff)) { /* a number says more than "we are small" */
        it->value = size_of(staff.value);
        prove(r, it, staff.first, staff.last);
        return;
    }
    for (size_t i = 0; i < r->hits.n; i++) {
        const struct rules_hit *h = &r->hits.items[i];

        if (h->sense == SENSE_SIZE && h->row->code && said_of_itself(r, h) &&
            !rules_negated(&r->text, h->first)) {
            it->value = h->row->code;
            prove(r, it, h->first, h->last);
            return;
        }
    }
}

static void read_volume(struct reader *r)
{
    struct reading_item *it = add(r, READING_INTERACTION_VOLUME_DAILY);
    struct rules_amount volume;

    if (rules_volume(&r->text, &volume)) {
        it->number = volume.value;
        prove(r, it, volume.first, volume.last);
    }
}

/* ---- channel -------------------------------------------------------------------------------------------- */

/* In a dialogue the verb may stand in the question only: "¿Cómo supieron de nosotros?" "En una feria." */
static bool answers_how(const struct reader *r, size_t at)
{
    size_t start = rules_sentence_start(&r->text, at);

    return start > 0 && sentence_has(r, start - 1, CUE_DISCOVERY) &&
           sentence_has_word(r, start - 1, "como/donde/how/where/what");
}

static int channel_score(const struct reader *r, const struct rules_hit *h)
{
    if (h->sense != SENSE_CHANNEL || !h->row->code || rules_negated(&r->text, h->first))
        return 0;
    if (sentence_has(r, h->first, CUE_DISCOVERY) || answers_how(r, h->first) || h->row->weight > 15)
        return 2 * h->row->weight;
    /* LinkedIn or a webinar is a channel wherever it is named; a fair or a friend is not. */
    return h->row->weight == 8 || (h->row->weight >= 12 && h->row->weight <= 14) ? h->row->weight
                                                                                 : 0;
}

static void read_channel(struct reader *r)
{
    struct reading_item *it = add(r, READING_DISCOVERY_CHANNEL);
    int best = 0;

    it->value = "otro";
    for (size_t i = 0; i < r->hits.n; i++) {
        int score = channel_score(r, &r->hits.items[i]);

        if (score > best) {
            best = score;
            it->value = r->hits.items[i].row->code;
            prove(r, it, r->hits.items[i].first, r->hits.items[i].last);
        }
    }
}

/* ---- booleans and arrays of codes ----------------------------------------------------------------------- */

static void read_flag(struct reader *r, enum reading_field field, enum rules_sense sense)
{
    struct reading_item *it = add(r, field);

    for (size_t i = 0; i < r->hits.n && !it->flag; i++) {
        const struct rules_hit *h = &r->hits.items[i];

        if (h->sense == sense && h->row->weight > 0 && !denied(r, h)) {
            it->flag = true;
            prove(r, it, h->first, h->last);
        }
    }
}

typedef bool (*accept_fn)(const struct reader *r, size_t i);

static bool accept_asked_for(const struct reader *r, size_t i)
{
    return !denied(r, &r->hits.items[i]);
}

static bool accept_named(const struct reader *r, size_t i)
{
    (void)r;
    (void)i;
    return true;
}

static bool accept_integration(const struct reader *r, size_t i)
{
    return !denied(r, &r->hits.items[i]) &&
           (r->hits.items[i].row->weight > 1 || before(r, i, CUE_CONNECT, CONNECT_BEHIND) ||
            after(r, i, CUE_CONNECT, CONNECT_AHEAD));
}

/* Those who ship nothing are asked for deadlines, not for deliveries. */
static bool accept_query(const struct reader *r, size_t i)
{
    const struct rules_hit *h = &r->hits.items[i];
    bool asks = rules_word_is(&r->text, h->first,
                              "consultas/preguntas/dudas/questions"); /* "consultas técnicas" */

    if (!asks && !before(r, i, CUE_ASKED, ASKED_REACH))
        return false;
    return strcmp(h->row->code, "shipping") != 0 ||
           !rules_word_is(&r->text, h->first, "tiempo*/plazo*/fecha*") ||
           (strcmp(r->sector, "inmobiliario_construccion") != 0 &&
            strcmp(r->sector, "servicios_profesionales") != 0 &&
            strcmp(r->sector, "tecnologia_software") != 0);
}

/* Values in the order of the field's list, each with its first acceptable mention. */
static void read_codes(struct reader *r, enum reading_field field, enum rules_sense sense,
                       accept_fn accept)
{
    const struct field *list = reading_options(field);
    int32_t ordinal = 0;

    for (int k = 0; k < list->option_count; k++)
        for (size_t i = 0; i < r->hits.n; i++) {
            const struct rules_hit *h = &r->hits.items[i];
            struct reading_item *it;

            if (h->sense != sense || !h->row->code ||
                strcmp(h->row->code, list->options[k].value) != 0 || !accept(r, i))
                continue;
            it = add(r, field);
            it->value = list->options[k].value;
            it->ordinal = ordinal++;
            prove(r, it, h->first, h->last);
            break;
        }
    if (ordinal == 0)
        add(r, field);
}

/* ---- phrases -------------------------------------------------------------------------------------------- */

#define LEADING                                                                                    \
    "y/e/o/pero/que/ya/lo/aunque/ademas/tambien/sino/porque/entonces/si/and/or/but/that/which/"    \
    "so/because/also/then/as"
#define TRAILING                                                                                   \
    "y/e/o/de/del/que/a/al/en/con/por/para/el/la/los/las/un/una/su/sus/sin/se/and/or/of/to/in/on/" \
    "the/a/an/for/with/that/at/nos/me/le/les/lo/no/not/cada/nuestro/nuestra/nuestros/nuestras/our"
#define WISH                                                                                       \
    "interes*/necesit*/busca*/quer*/quier*/gustaria/podri*/puede/pueda/creemos/espera*/capacidad/" \
    "idea/ideal/solucion/herramienta/posibilidad/capaz/permit*/pensar/explorar/want/need/needs/"   \
    "looking/like/would/help/could"

/* Where another thought begins though no comma says so. */
static bool turns(const struct rules_text *t, size_t at)
{
    size_t last;

    return rules_word_is(t, at, "pero/but/sino/mientras/while/porque/because/aunque/although") ||
           rules_pattern_at(t, at, "sin perder/comprometer/afectar/sacrificar/descuidar/dejar",
                            &last) ||
           rules_pattern_at(t, at, "without losing/compromising/affecting", &last) ||
           rules_pattern_at(t, at, "lo/ya que", &last);
}

/* The words of a phrase: from the match, or from its clause, to where the clause ends. */
static bool phrase_span(const struct reader *r, const struct rules_hit *h, size_t *first,
                        size_t *last)
{
    const struct rules_text *t = &r->text;
    size_t from = h->first, end = rules_clause_end(t, h->last);

    if (h->row->weight > 1) {
        size_t clause = rules_clause_start(t, h->first);

        from = h->first - clause > 8 ? h->first - 8 : clause;
    }
    while (from < h->first && rules_word_is(t, from, LEADING))
        from++;
    if (end - from < RULES_PHRASE_WORDS_MIN && end < t->n && same_sentence(r, h->first, end))
        end = rules_clause_end(t, end);
    if (end - from > RULES_PHRASE_WORDS)
        end = from + RULES_PHRASE_WORDS;
    for (size_t i = h->last + 1; i < end; i++)
        if (i - from >= RULES_PHRASE_WORDS_MIN && turns(t, i))
            end = i;
    while (end > h->last + 1 && rules_word_is(t, end - 1, TRAILING))
        end--;
    *first = from;
    *last = end - 1;
    return end > h->last && end - from >= RULES_PHRASE_WORDS_MIN;
}

static const char *phrase_text(const struct reader *r, size_t first, size_t last)
{
    uint32_t start = r->text.words[first].start;
    struct slice s = {r->text.raw.p + start, r->text.words[last].end - start};

    return utf8_valid(s) && !memchr(s.p, '\0', s.n) ? arena_slicedup(r->arena, s) : NULL;
}

static size_t read_phrases(struct reader *r, enum reading_field field, enum rules_sense sense,
                           size_t most, int32_t ordinal)
{
    size_t found = 0, covered = 0;

    for (size_t i = 0; i < r->hits.n && found < most; i++) {
        const struct rules_hit *h = &r->hits.items[i];
        struct reading_item *it;
        const char *text;
        size_t first, last;

        if (h->sense != sense || (found > 0 && h->first <= covered) ||
            (sense == SENSE_USE && !sentence_has_word(r, h->first, WISH)) ||
            !phrase_span(r, h, &first, &last) || (found > 0 && first <= covered) ||
            !(text = phrase_text(r, first, last)))
            continue;
        it = add(r, field);
        it->value = text;
        it->ordinal = ordinal;
        ordinal += ordinal >= 0;
        prove(r, it, first, last);
        covered = last;
        found++;
    }
    if (found == 0)
        add(r, field);
    return found;
}

/* ---- all ------------------------------------------------------------------------------------------------ */

void rules_read(struct arena *a, struct slice transcript, struct reading *out)
{
    struct reader r = {.arena = a};
    double confidence;

    rules_text_cut(a, transcript, &r.text);
    rules_match(a, &r.text, rules_lexicons, RULES_SENSES, &r.hits);
    r.out.items = arena_alloc(a, ITEMS * sizeof *r.out.items);

    read_sector(&r, &confidence);
    read_size(&r);
    read_volume(&r);
    read_channel(&r);
    read_phrases(&r, READING_PAIN_POINTS, SENSE_PAIN, RULES_PHRASES, 0);
    read_phrases(&r, READING_USE_CASES, SENSE_USE, RULES_PHRASES, 0);
    read_phrases(&r, READING_OBJECTIONS, SENSE_OBJECTION, RULES_PHRASES, 0);
    read_phrases(&r, READING_OTHERS, SENSE_OTHER, 1, -1);
    read_codes(&r, READING_PERSONALIZATION, SENSE_PERSONALIZATION, accept_asked_for);
    read_codes(&r, READING_INTEGRATIONS, SENSE_INTEGRATION, accept_integration);
    read_flag(&r, READING_CONFIDENTIALITY, SENSE_CONFIDENTIALITY);
    read_flag(&r, READING_MULTILINGUAL, SENSE_MULTILINGUAL);
    read_flag(&r, READING_REAL_TIME, SENSE_REAL_TIME);
    read_codes(&r, READING_DEMAND_PEAKS, SENSE_PEAK, accept_asked_for);
    read_codes(&r, READING_QUERY_TYPES, SENSE_QUERY, accept_query);
    read_codes(&r, READING_TOOLS_MENTIONED, SENSE_TOOL, accept_named);
    add(&r, READING_CONFIDENCE_SECTOR)->share = confidence;

    *out = r.out;
}
