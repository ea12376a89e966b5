/* SPDX-License-Identifier: MIT */
#include "core/insight/rules_number.h"

#include <string.h>

#include "core/insight/rules_match.h"

static const struct {
    int64_t value;
    const char *words;
} numerals[] = {
    {1, "un/uno/una/one"},
    {2, "dos/two"},
    {3, "tres/three"},
    {4, "cuatro/four"},
    {5, "cinco/five"},
    {6, "seis/six"},
    {7, "siete/seven"},
    {8, "ocho/eight"},
    {9, "nueve/nine"},
    {10, "diez/ten"},
    {11, "once/eleven"},
    {12, "doce/twelve"},
    {13, "trece/thirteen"},
    {14, "catorce/fourteen"},
    {15, "quince/fifteen"},
    {16, "dieciseis/sixteen"},
    {17, "diecisiete/seventeen"},
    {18, "dieciocho/eighteen"},
    {19, "diecinueve/nineteen"},
    {20, "veinte/twenty"},
    {21, "veintiuno/veintiun/veintiuna"},
    {22, "veintidos"},
    {23, "veintitres"},
    {24, "veinticuatro"},
    {25, "veinticinco"},
    {26, "veintiseis"},
    {27, "veintisiete"},
    {28, "veintiocho"},
    {29, "veintinueve"},
    {30, "treinta/thirty"},
    {40, "cuarenta/forty"},
    {50, "cincuenta/fifty"},
    {60, "sesenta/sixty"},
    {70, "setenta/seventy"},
    {80, "ochenta/eighty"},
    {90, "noventa/ninety"},
    {100, "cien/ciento"},
    {200, "doscientos/doscientas"},
    {300, "trescientos/trescientas"},
    {400, "cuatrocientos/cuatrocientas"},
    {500, "quinientos/quinientas"},
    {600, "seiscientos/seiscientas"},
    {700, "setecientos/setecientas"},
    {800, "ochocientos/ochocientas"},
    {900, "novecientos/novecientas"},
};

/* Days of a unit of time. */
static const struct {
    int days;
    const char *pattern;
} units[] = {
    {1, "diario/diaria/diarios/diarias/diariamente"},
    {1, "a diario"},
    {1, "al/por/x/cada dia"},
    {1, "en un dia"},
    {1, "todos los dias"},
    {1, "daily"},
    {1, "a/per/every/each day"},
    {1, "in/on a ~1 day"},
    {7, "semanal/semanales/semanalmente"},
    {7, "a la semana"},
    {7, "por/x/cada semana"},
    {7, "en una semana"},
    {7, "weekly"},
    {7, "a/per/every/each week"},
    {7, "in a ~1 week"},
    {15, "quincenal/quincenales"},
    {15, "a la quincena"},
    {15, "por/cada quincena"},
    {30, "mensual/mensuales/mensualmente"},
    {30, "al/por/x/cada mes"},
    {30, "en un mes"},
    {30, "monthly"},
    {30, "a/per/every/each month"},
    {30, "in a ~1 month"},
    {365, "anual/anuales/anualmente"},
    {365, "al/por/cada ano"},
    {365, "en un ano"},
    {365, "yearly/annual/annually"},
    {365, "a/per/every/each year"},
};

#define COUNTED                                                                                    \
    "mensaje*/consulta/consultas/interaccion*/conversacion*/solicitud*/contacto/contactos/correo/" \
    "correos/ticket*/llamada*/chat/chats/pregunta/preguntas/peticion*/requerimiento*/message*/"    \
    "enquir*/inquir*/query/queries/conversation*/request/requests/contacts/email*/call/calls/"     \
    "question*/interaction*"
#define PEOPLE "persona*/cliente*/usuario*/people/customer*/client/clients/user/users"
/* What the messages are about follows: "300 mensajes sobre planes mensuales". */
#define TOPIC   "tratan/sobre/acerca/about/regarding"
#define WRITING "escrib*/contact*/pregunt*/consult*/llaman/write*/ask/asks/reach"
/* What stands right after a number that counts something else. */
#define OTHER_THING                                                                                \
    "vez/veces/time/times/por/percent/pesos/dolar*/dollar*/euro*/usd/hora/horas/hour*/minuto*/"    \
    "minute*/segundo*/second*/dias/days/semanas/weeks/meses/months/ano/anos/year/years/"           \
    "empleado*/trabajador*/colaborador*/employee*"

#define USUAL                                                                                      \
    "normalmente/habitual*/usualmente/actualmente/generalmente/ahora/hoy/promedio/regularmente/"   \
    "tipicamente/currently/normally/usually/typically/average/now/today"
#define PEAK                                                                                       \
    "pico*/peak*/epoca*/temporada*/promocion*/promotion*/campana*/maximo*/fuertes/black/cyber/"    \
    "season*/llegar"
#define PAST "antes/anteriormente/previamente/previously/formerly/before"

enum {
    NOUN_AHEAD = 5,   /* words between a number and what it counts */
    TIME_AHEAD = 10,  /* ... and its unit of time */
    TIME_BEHIND = 8,  /* "cada semana recibimos cerca de 80" */
    NOUN_BEHIND = 16, /* "el volumen de mensajes puede superar los 200 diarios" */
    CUE_BEHIND = 10,
};

static bool numeral(const struct rules_text *t, size_t at, int64_t *value)
{
    for (size_t i = 0; i < sizeof numerals / sizeof numerals[0]; i++)
        if (rules_word_is(t, at, numerals[i].words)) {
            *value = numerals[i].value;
            return true;
        }
    return false;
}

/* "ciento veinte", "treinta y dos": each part smaller than what is left open by those before it. */
static bool fits_behind(int64_t sum, int64_t value)
{
    if (sum == 0)
        return true;
    if (sum % 100 == 0)
        return value < 100;
    return sum % 10 == 0 && sum % 100 >= 20 && value < 10;
}

static bool single_number(const struct rules_text *t, size_t at, struct rules_amount *out)
{
    int64_t total = 0, sum = 0, value;
    size_t i = at, last = at;
    bool digits = t->words[at].number, only_one = true;

    if (digits) {
        sum = t->words[at].amount;
        only_one = false;
        i++;
    } else if (rules_word_is(t, at, "a/half/medio") &&
               rules_word_is(t, at + 1, "hundred/thousand/dozen/centenar")) {
        sum = 1;
        i++;
    }
    for (; i < t->n && t->words[i].sentence == t->words[at].sentence; i++) {
        if (rules_word_is(t, i, "mil/thousand") && total == 0) {
            total = (sum ? sum : 1) * 1000;
            sum = 0;
        } else if (rules_word_is(t, i, "hundred/centenar/centenares") && sum < 100) {
            sum = (sum ? sum : 1) * 100;
        } else if (rules_word_is(t, i, "docena/docenas/dozen") && sum < 100) {
            sum = (sum ? sum : 1) * 12;
        } else if (!digits && numeral(t, i, &value) && fits_behind(sum, value)) {
            sum += value;
            only_one = only_one && i == at && value == 1;
            last = i;
            continue;
        } else if (i > at && rules_word_is(t, i, "y/and") && !digits && i + 1 < t->n &&
                   numeral(t, i + 1, &value) && fits_behind(sum, value)) {
            continue;
        } else {
            break;
        }
        only_one = false;
        last = i;
        if (digits && total == 0)
            break;
    }
    if (rules_word_is(t, at, "medio/half"))
        sum /= 2;
    total += sum;
    if (total <= 0 || only_one)
        return false;
    *out = (struct rules_amount){total > 1000000000 ? 1000000000 : total, at, last};
    return true;
}

bool rules_number_at(const struct rules_text *t, size_t at, struct rules_amount *out)
{
    struct rules_amount low, high;
    bool between = at > 0 && rules_word_is(t, at - 1, "entre/between");
    size_t next;

    if (at >= t->n || !single_number(t, at, &low))
        return false;
    *out = low;
    next = low.last + 1;
    if (next >= t->n || t->words[next].sentence != t->words[at].sentence)
        return true;
    if (!t->words[next].dash) {
        if (!rules_word_is(t, next, between ? "y/and/a/e" : "a/o/to/or/u"))
            return true;
        next++;
    }
    if (next >= t->n || !single_number(t, next, &high) || high.value < low.value)
        return true;
    if (low.value * 1000 <= high.value && high.last > high.first)
        low.value *= 1000; /* "2 a 3 mil" */
    *out = (struct rules_amount){(low.value + high.value + 1) / 2, low.first, high.last};
    return true;
}

bool rules_unit_at(const struct rules_text *t, size_t at, int *days, size_t *last)
{
    if (t->words[at].slash && rules_word_is(t, at, "dia/day/semana/week/mes/month")) {
        *days = rules_word_is(t, at, "dia/day") ? 1 : rules_word_is(t, at, "semana/week") ? 7 : 30;
        *last = at;
        return true;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (rules_pattern_at(t, at, units[i].pattern, last)) {
            *days = units[i].days;
            return !rules_word_is(t, *last + 1, "siguiente"); /* "al día siguiente" is no rate */
        }
    return false;
}

static bool same_sentence(const struct rules_text *t, size_t a, size_t b)
{
    return b < t->n && t->words[a].sentence == t->words[b].sentence;
}

/* A time ahead of the number, before any other number; else behind it. */
static bool find_unit(const struct rules_text *t, const struct rules_amount *n, int *days,
                      size_t *first, size_t *last)
{
    struct rules_amount other;

    for (size_t i = n->last + 1; i <= n->last + TIME_AHEAD && same_sentence(t, n->first, i); i++) {
        if (rules_unit_at(t, i, days, last)) {
            *first = i;
            return true;
        }
        if (rules_number_at(t, i, &other) || rules_word_is(t, i, TOPIC))
            break;
    }
    for (size_t i = n->first;
         i-- > 0 && i + TIME_BEHIND >= n->first && same_sentence(t, n->first, i);) {
        if (t->words[i].number)
            return false;
        if (rules_unit_at(t, i, days, last) && *last < n->first) {
            *first = i;
            return true;
        }
    }
    return false;
}

static bool counts_interactions(const struct rules_text *t, const struct rules_amount *n,
                                size_t unit)
{
    bool people = false;

    for (size_t i = n->last + 1; i <= n->last + NOUN_AHEAD && same_sentence(t, n->first, i); i++) {
        if (rules_word_is(t, i, COUNTED))
            return true;
        if (rules_word_is(t, i, PEOPLE)) {
            people = true;
            break;
        }
    }
    if (people) {
        for (size_t i = rules_sentence_start(t, n->first); same_sentence(t, n->first, i); i++)
            if (rules_word_is(t, i, WRITING))
                return true;
        return false;
    }
    if (unit > n->last + 1)
        return false; /* "300 cajas que salen al día" */
    for (size_t i = n->first; i-- > 0 && i + NOUN_BEHIND >= n->first;) {
        if (t->words[i].sentence + 1 < t->words[n->first].sentence)
            break; /* the sentence before may be the question: "how many messages?" */
        if (rules_word_is(t, i, COUNTED))
            return true;
    }
    return false;
}

static int timeliness(const struct rules_text *t, const struct rules_amount *n, size_t unit_last)
{
    for (size_t i = unit_last + 1; i <= unit_last + 5 && same_sentence(t, n->first, i); i++)
        if (rules_word_is(t, i, "pico*/peak*/temporada*/season*") &&
            t->words[i].clause == t->words[unit_last].clause)
            return -30;
    for (size_t i = n->first;
         i-- > 0 && i + CUE_BEHIND >= n->first && same_sentence(t, n->first, i);) {
        if (rules_word_is(t, i, USUAL))
            return 30;
        if (rules_word_is(t, i, PEAK))
            return -30;
        if (rules_word_is(t, i, PAST))
            return -50;
    }
    return 0;
}

bool rules_negated(const struct rules_text *t, size_t at)
{
    for (size_t i = at; i-- > 0 && i + 3 >= at && t->words[i].clause == t->words[at].clause;) {
        if (rules_word_is(t, i,
                          "mas/menos/solo/solamente/unicamente/only/just/more/less/fewer/hasta/"
                          "until/perder/comprometer/afectar/sacrificar/descuidar/losing/"
                          "compromising/affecting/hurting/dejar/pero/but/sino"))
            return false;
        if (rules_word_is(t, i,
                          "no/not/nunca/jamas/never/ni/nor/tampoco/sin/without/dont/doesnt/"
                          "didnt/isnt/arent/wasnt/cant/cannot/wont/ningun/ninguna"))
            return true;
    }
    return false;
}

static int64_t per_day(int64_t value, int days)
{
    return (2 * value + days) / (2 * days);
}

bool rules_volume(const struct rules_text *t, struct rules_amount *out)
{
    struct rules_amount best = {0};
    int best_score = 0;

    for (size_t at = 0; at < t->n; at++) {
        struct rules_amount n;
        size_t unit, unit_last;
        int days, score;

        if (!rules_number_at(t, at, &n))
            continue;
        at = n.last; /* go on behind it, whatever comes of it */
        if ((n.first > 0 &&
             rules_word_is(t, n.first - 1, "cada/every")) || /* "ocho de cada diez" */
            t->words[n.first].percent ||
            t->words[n.first].money || t->words[n.last].percent ||
            (same_sentence(t, n.first, n.last + 1) && rules_word_is(t, n.last + 1, OTHER_THING) &&
             !rules_pattern_at(t, n.last + 1, "por dia/semana/mes/ano", &unit)) ||
            !find_unit(t, &n, &days, &unit, &unit_last) || !counts_interactions(t, &n, unit) ||
            rules_negated(t, n.first))
            continue;
        score = 100 + timeliness(t, &n, unit_last > n.last ? unit_last : n.last);
        if (score <= best_score)
            continue;
        best_score = score;
        best.value = per_day(n.value, days);
        best.first = unit < n.first ? unit : n.first;
        best.last = unit_last > n.last ? unit_last : n.last;
    }
    if (best_score == 0)
        return false;
    *out = best;
    return true;
}

bool rules_employees(const struct rules_text *t, struct rules_amount *out)
{
    for (size_t at = 0; at < t->n; at++) {
        struct rules_amount n;
        bool staff, people, ours = false, theirs = false;

        if (!rules_number_at(t, at, &n))
            continue;
        at = n.last;
        if (!same_sentence(t, n.first, n.last + 1))
            continue;
        staff = rules_word_is(
            t, n.last + 1,
            "empleado*/trabajador*/colaborador*/funcionario*/employee*/worker*/staff");
        people = rules_word_is(t, n.last + 1, "persona*/people");
        for (size_t i = n.first; i-- > 0 && i + 8 >= n.first && same_sentence(t, n.first, i);) {
            ours =
                ours ||
                rules_word_is(t, i,
                              staff ? "tenemos/somos/contamos/nuestr*/planilla/plantilla/equipo/"
                                      "empresa/microempresa/we/our/team/company/with/emplea*/"
                                      "employ/firma/negocio/con"
                                    : "somos/equipo/planilla/trabaja*/microempresa/team/plantilla");
            ours =
                ours || (people && rules_word_is(t, i, "we") && rules_word_is(t, i + 1, "are/re"));
            theirs = theirs || rules_word_is(t, i, "client*/customer*/para/for");
        }
        if (people && !ours) /* "quince personas trabajan aquí" */
            ours = same_sentence(t, n.first, n.last + 2) &&
                   rules_word_is(t, n.last + 2, "trabaja*/work/in");
        if ((staff || people) && ours && !theirs && !rules_negated(t, n.first)) {
            *out = (struct rules_amount){n.value, n.first, n.last + 1};
            return true;
        }
    }
    return false;
}
