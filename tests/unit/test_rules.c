/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/unicode.h"
#include "core/insight/reading.h"
#include "core/insight/rules.h"
#include "core/insight/rules_lexicon.h"
#include "core/insight/rules_match.h"
#include "core/insight/rules_number.h"
#include "core/insight/rules_text.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(256 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct reading read_text(const char *text)
{
    struct reading out;

    rules_read(arena, slice_cstr(text), &out);
    return out;
}

static const struct reading_item *item(const struct reading *rd, enum reading_field field)
{
    for (size_t i = 0; i < rd->n; i++)
        if (rd->items[i].field == field)
            return &rd->items[i];
    fail_msg("field %s is not answered", reading_fields[field].name);
    return NULL;
}

/* All values of a field, joined by '|'. */
static const char *values(const char *text, enum reading_field field)
{
    struct reading rd = read_text(text);
    const char *joined = "";

    for (size_t i = 0; i < rd.n; i++)
        if (rd.items[i].field == field && rd.items[i].value)
            joined = arena_printf(arena, "%s%s%s", joined, *joined ? "|" : "", rd.items[i].value);
    return joined;
}

static int64_t volume(const char *text)
{
    struct reading rd = read_text(text);
    const struct reading_item *it = item(&rd, READING_INTERACTION_VOLUME_DAILY);

    return it->status == READING_NOT_MENTIONED ? -1 : it->number;
}

static bool flag(const char *text, enum reading_field field)
{
    struct reading rd = read_text(text);

    return item(&rd, field)->flag;
}

struct expectation {
    const char *text, *want;
};

static void expect_values(enum reading_field field, const struct expectation *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = values(cases[i].text, field);

        if (strcmp(got, cases[i].want) != 0)
            fail_msg("\"%s\"\n  %s: want \"%s\", got \"%s\"", cases[i].text,
                     reading_fields[field].name, cases[i].want, got);
    }
}
#define EXPECT(field, ...)                                                                         \
    do {                                                                                           \
        static const struct expectation cases[] = {__VA_ARGS__};                                   \
        expect_values(field, cases, sizeof cases / sizeof cases[0]);                               \
    } while (0)

/* ---- sector --------------------------------------------------------------------------------------------- */

static void sector_is_what_the_company_sells(void **state)
{
    (void)state;
    EXPECT(READING_SECTOR, {"Somos una panadería de pueblo con tres hornos.", "alimentos_bebidas"},
           {"Dirijo un bufete de abogados.", "servicios_profesionales"},
           {"TENGO UNA CLÍNICA DENTAL EN LA COSTA", "salud_bienestar"},
           {"Trabajo en una fundación que acompaña a personas mayores.", "otros"},
           {"Our company runs a fleet of trucks.", "logistica_transporte"},
           {"We are a fintech that lends to shops.", "financiero"},
           {"I own a small hotel by the lake.", "eventos_turismo"},
           {"We sell bicycles and clothing in our online store.", "comercio_retail"},
           {"Somos una inmobiliaria con proyectos en dos ciudades.", "inmobiliario_construccion"},
           {"Instalamos paneles solares en colegios.", "sostenibilidad"},
           {"Doy clases en una escuela de idiomas que fundé hace poco.", "educacion"},
           {"Hacemos fotografía de producto.", "tecnologia_software"});
}

static void sector_of_two_trades_goes_by_the_whole_phrase(void **state)
{
    (void)state;
    EXPECT(READING_SECTOR, {"Somos una consultora ambiental.", "sostenibilidad"},
           {"Somos una consultora tecnológica.", "tecnologia_software"},
           {"Nuestra agencia de marketing trabaja para clínicas y hoteles.",
            "servicios_profesionales"},
           {"We build software for dental clinics.", "tecnologia_software"},
           {"Tenemos una tienda de cosmética natural.", "salud_bienestar"},
           {"Tenemos una tienda de instrumentos musicales.", "comercio_retail"});
}

static void sector_ignores_where_they_heard_of_us(void **state)
{
    (void)state;
    EXPECT(READING_SECTOR,
           {"Vendo muebles. Los conocí en una feria de tecnología y software para bancos.",
            "comercio_retail"},
           {"We run a restaurant. I heard about it at a conference on logistics.",
            "alimentos_bebidas"});
}

static void sector_unknown_is_otros_and_not_mentioned(void **state)
{
    struct reading rd = read_text("Buenos días, hablamos la otra semana con más calma.");

    (void)state;
    assert_string_equal(item(&rd, READING_SECTOR)->value, "otros");
    assert_int_equal(item(&rd, READING_SECTOR)->status, READING_NOT_MENTIONED);
    assert_true(item(&rd, READING_CONFIDENCE_SECTOR)->share == 0);
    rd = read_text("Somos una ONG.");
    assert_string_equal(item(&rd, READING_SECTOR)->value, "otros");
    assert_int_equal(item(&rd, READING_SECTOR)->status, READING_EXACT);
    assert_true(item(&rd, READING_CONFIDENCE_SECTOR)->share > 0.5);
    assert_true(item(&rd, READING_CONFIDENCE_SECTOR)->share <= 1);
}

/* ---- volume --------------------------------------------------------------------------------------------- */

static void volume_is_brought_to_a_day(void **state)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        {"Contestamos 80 interacciones diarias.", 80},
        {"Llegan 500 consultas a la semana.", 71},
        {"Llegan 500 consultas por semana.", 71},
        {"Atendemos 300 mensajes al mes.", 10},
        {"Son 300 mensajes en un día bueno.", 300},
        {"Son 1.200 mensajes diarios.", 1200},
        {"We get 1,200 messages a day.", 1200},
        {"We get 2k messages per day.", 2000},
        {"Recibimos 5 mil correos al mes.", 167},
        {"Serán unas quinientas consultas semanales.", 71},
        {"Serán ciento veinte consultas al día.", 120},
        {"Treinta y cinco mensajes al día, con suerte.", 35},
        {"We answer two hundred and fifty emails a week.", 36},
        {"Entre 80 y 100 mensajes al día.", 90},
        {"Unos 80-100 mensajes al día.", 90},
        {"De 2 a 3 mil consultas al mes.", 83},
        {"Between 40 and 60 enquiries per day.", 50},
        {"Cada semana recibimos 140 mensajes.", 20},
        {"Son 70 mensajes/semana.", 10},
        {"El volumen de mensajes puede superar los 90 diarios.", 90},
        {"Nos escriben 45 personas al día.", 45},
        {"We handle 700 weekly requests.", 100},
        {"3,650 calls a year.", 10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (volume(cases[i].text) != cases[i].want)
            fail_msg("\"%s\": want %lld, got %lld", cases[i].text, (long long)cases[i].want,
                     (long long)volume(cases[i].text));
}

static void volume_needs_number_thing_and_time(void **state)
{
    static const char *const none[] = {
        "Recibimos muchísimos mensajes diarios.",
        "Recibimos 300 mensajes.",
        "Despachamos 200 cajas diarias.",
        "Pagamos $500 al mes por los mensajes.",
        "Reviso el correo 3 veces al día.",
        "Los mensajes subieron un 40% al mes.",
        "La reunión dura 30 minutos por semana.",
        "Atendemos las 24 horas al día.",
        "Tenemos 60 clientes al mes.",
        "Un mensaje al día no nos cambia la vida.",
        "No recibimos 500 mensajes al día.",
        "Ocho de cada diez mensajes son de clientes mensuales.",
        "Contestamos 300 mensajes sobre planes mensuales.",
        "Leímos veinte consultas por mensualidades.",
    };

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        if (volume(none[i]) != -1)
            fail_msg("\"%s\": got %lld", none[i], (long long)volume(none[i]));
}

static void usual_volume_wins_over_peak_and_past(void **state)
{
    (void)state;
    assert_int_equal(
        volume("En temporada alta llegan 400 mensajes al día. Normalmente son 90 mensajes al día."),
        90);
    assert_int_equal(
        volume("Antes recibíamos 50 consultas diarias; ahora son 210 consultas diarias."), 210);
    assert_int_equal(
        volume("Up to 900 messages per day in peak season, but on average 120 messages a day."),
        120);
    assert_int_equal(volume("Durante las promociones son 300 mensajes diarios."), 300);
}

/* ---- size ----------------------------------------------------------------------------------------------- */

static void size_is_given_only_when_stated_of_the_company(void **state)
{
    (void)state;
    EXPECT(READING_COMPANY_SIZE, {"Somos una pequeña empresa de limpieza.", "pequeña"},
           {"Como startup, vamos rápido.", "pequeña"}, {"We are a mid-sized company.", "mediana"},
           {"Pertenecemos a una multinacional.", "grande"}, {"Tenemos 35 empleados.", "pequeña"},
           {"Contamos con 180 trabajadores.", "mediana"},
           {"We have over 2,000 employees.", "grande"},
           {"Somos una empresa pequeña, aunque con 300 colaboradores.", "grande"},
           {"Trabajamos para pequeñas empresas.", ""}, {"Asesoramos a una gran empresa.", ""},
           {"Nuestros clientes son startups y grandes corporaciones.", ""},
           {"Nuestro cliente tiene 500 empleados.", ""}, {"No somos una empresa pequeña.", ""},
           {"Hacemos proyectos a gran escala en varios países.", ""},
           {"Hemos crecido mucho y abrimos otra sucursal.", ""});
}

static void unknown_size_and_volume_stay_missing(void **state)
{
    struct reading rd = read_text("Dirijo una librería y los vi en un webinar.");
    const struct reading_item *size = item(&rd, READING_COMPANY_SIZE);
    const struct reading_item *vol = item(&rd, READING_INTERACTION_VOLUME_DAILY);

    (void)state;
    assert_null(size->value);
    assert_int_equal(size->status, READING_NOT_MENTIONED);
    assert_int_equal(vol->status, READING_NOT_MENTIONED);
    assert_int_equal(size->start, 0);
    assert_int_equal(size->end, 0);
}

/* ---- channel -------------------------------------------------------------------------------------------- */

static void channel_follows_the_rules(void **state)
{
    (void)state;
    EXPECT(READING_DISCOVERY_CHANNEL, {"Un amigo nos recomendó el servicio.", "referencia"},
           {"A colleague told me about you.", "referencia"},
           {"No fue hasta que un colega lo mencionó en una conferencia que nos animamos.",
            "referencia"},
           {"Los encontré en Google.", "busqueda_organica"},
           {"Leí un artículo que los nombraba.", "busqueda_organica"},
           {"We read about you in an article.", "busqueda_organica"},
           {"Los conocimos en una feria del libro.", "eventos_presenciales"},
           {"I met your team at a trade show.", "eventos_presenciales"},
           {"Asistí a un taller donde los mostraron.", "eventos_presenciales"},
           {"Vimos un webinar.", "eventos_virtuales"},
           {"Asistí a un seminario web.", "eventos_virtuales"},
           {"I heard about you on a podcast.", "eventos_virtuales"},
           {"Vi una publicación en LinkedIn.", "redes_profesionales"},
           {"Llegamos por una recomendación en un grupo de emprendedores.", "redes_profesionales"},
           {"En un foro del sector hablaban de ustedes.", "redes_profesionales"},
           {"Escuchamos el aviso en la radio.", "otro"},
           {"Vendedor: ¿Cómo supo de nosotros?\nCliente: En una conferencia.",
            "eventos_presenciales"});
}

static void channel_is_not_what_the_company_itself_does(void **state)
{
    struct reading rd =
        read_text("Organizamos ferias y conferencias, y mandamos todo por Google Calendar.");

    (void)state;
    assert_string_equal(item(&rd, READING_DISCOVERY_CHANNEL)->value, "otro");
    assert_int_equal(item(&rd, READING_DISCOVERY_CHANNEL)->status, READING_NOT_MENTIONED);
}

/* ---- requirements and arrays ---------------------------------------------------------------------------- */

static void a_requirement_denied_is_none(void **state)
{
    (void)state;
    assert_true(flag("Hay que respetar la confidencialidad.", READING_CONFIDENTIALITY));
    assert_true(
        flag("Debe contestar sin comprometer la confidencialidad.", READING_CONFIDENTIALITY));
    assert_true(flag("We handle sensitive data.", READING_CONFIDENTIALITY));
    assert_true(flag("No queremos perder la confidencialidad.", READING_CONFIDENTIALITY));
    assert_false(flag("No manejamos datos sensibles.", READING_CONFIDENTIALITY));
    assert_false(
        flag("La confidencialidad no es un problema para nosotros.", READING_CONFIDENTIALITY));
    assert_true(flag("Atendemos en inglés y en portugués.", READING_MULTILINGUAL));
    assert_true(flag("Customers write in several languages.", READING_MULTILINGUAL));
    assert_false(flag("No necesitamos que sea multilingüe.", READING_MULTILINGUAL));
    assert_false(flag("Damos clases de inglés y portugués.", READING_MULTILINGUAL));
    assert_true(flag("Queremos respuestas en tiempo real.", READING_REAL_TIME));
    assert_true(flag("We need real-time updates.", READING_REAL_TIME));
    assert_false(flag("We do not need real-time answers.", READING_REAL_TIME));
}

static void arrays_hold_codes_in_the_order_of_the_list(void **state)
{
    (void)state;
    EXPECT(READING_INTEGRATIONS,
           {"Debe integrarse con el ERP, con nuestra base de datos y con el CRM.",
            "crm|databases|erp"},
           {"It has to connect to our booking system.", "scheduling"},
           {"Nos escriben por redes sociales y llevamos una base de datos.", ""},
           {"No queremos integrarlo con el CRM; no lo necesitamos conectar.", ""});
    EXPECT(READING_DEMAND_PEAKS,
           {"En temporada alta y los fines de semana colapsamos.", "weekends|high_season"},
           {"Black Friday is chaos.", "promotions"}, {"Abrimos todo el año.", ""});
    EXPECT(READING_QUERY_TYPES,
           {"Nos preguntan por precios, horarios y devoluciones.", "pricing|returns|scheduling"},
           {"Bajamos los precios y el stock está completo.", ""},
           {"Customers ask about prices and delivery dates.", "pricing|shipping"});
    EXPECT(READING_TOOLS_MENTIONED,
           {"Usamos WhatsApp, correo y HubSpot.", "email|whatsapp|hubspot"},
           {"We have an in-house system.", "custom_system"});
    EXPECT(READING_PERSONALIZATION,
           {"Debe responder según el tipo de cliente y según la ubicación.",
            "by_customer_type|by_location"},
           {"Queremos un tono cercano.", ""});
}

static void phrases_are_cut_out_of_the_transcript(void **state)
{
    const char *text =
        "Los lunes no damos abasto con los mensajes, y eso cansa. Queremos automatizar las "
        "respuestas a "
        "preguntas frecuentes sin perder el trato personal. Me preocupa el precio del plan.";

    (void)state;
    assert_string_equal(values(text, READING_PAIN_POINTS),
                        "Los lunes no damos abasto con los mensajes");
    assert_string_equal(values(text, READING_USE_CASES),
                        "automatizar las respuestas a preguntas frecuentes");
    assert_string_equal(values(text, READING_OBJECTIONS),
                        "sin perder el trato personal|Me preocupa el precio del plan");
    assert_string_equal(values(text, READING_OTHERS), "");
}

/* ---- what holds for any text ---------------------------------------------------------------------------- */

static size_t words_in(const char *p, size_t n)
{
    size_t words = 1;

    for (size_t i = 0; i < n; i++)
        words += p[i] == ' ';
    return words;
}

/* The invariants of reading.h, and phrases that are the very bytes at their offsets. */
static void check_reading(struct slice text, const struct reading *rd)
{
    int field = -1;
    int32_t ordinal = -1;

    for (size_t i = 0; i < rd->n; i++) {
        const struct reading_item *it = &rd->items[i];
        enum reading_kind kind = reading_fields[it->field].kind;

        if (it->field != field) {
            assert_int_equal(it->field, field + 1);
            assert_true(it->ordinal <= 0);
        } else {
            assert_int_equal(it->ordinal, ordinal + 1);
        }
        field = it->field;
        ordinal = it->ordinal;
        assert_true(it->end <= text.n);
        if (it->status == READING_NOT_MENTIONED) {
            assert_int_equal(it->start, 0);
            assert_int_equal(it->end, 0);
        } else {
            assert_int_equal(it->status, READING_EXACT);
            assert_true(it->start < it->end);
        }
        if (it->value && (kind == READING_CODE || kind == READING_CODES))
            assert_true(reading_code_known(it->field, it->value));
        if (it->value && (kind == READING_PHRASES || kind == READING_TEXT)) {
            assert_int_equal(strlen(it->value), it->end - it->start);
            assert_memory_equal(it->value, text.p + it->start, it->end - it->start);
            assert_true(utf8_valid(slice_cstr(it->value)));
            assert_true(words_in(it->value, strlen(it->value)) >= 2);
        }
    }
    assert_int_equal(field, READING_FIELDS - 1);
}

static const char rich[] = "Somos una pequeña clínica veterinaria. Una vecina nos recomendó Parla. "
                           "Recibimos 210 consultas a la semana sobre "
                           "precios, vacunas y disponibilidad de horas, y los fines de semana no "
                           "damos abasto. Queremos automatizar las "
                           "respuestas y que se integre con la agenda de citas. Los datos "
                           "sensibles nos importan, nos escriben en varios idiomas "
                           "por WhatsApp y correo, y hace falta contestar en tiempo real según la "
                           "ubicación. Nos preocupa el costo del servicio. "
                           "Vamos a avanzar con una prueba de treinta días.";

static void every_value_is_proved_by_its_words(void **state)
{
    struct reading rd;
    size_t proved = 0;

    (void)state;
    rules_read(arena, SLICE(rich), &rd);
    check_reading(SLICE(rich), &rd);
    for (size_t i = 0; i < rd.n; i++)
        proved += rd.items[i].status == READING_EXACT;
    assert_true(proved >= 16);
    const struct reading_item *vol = item(&rd, READING_INTERACTION_VOLUME_DAILY);
    assert_memory_equal(rich + vol->start, "210 consultas a la semana", vol->end - vol->start);
    assert_int_equal(vol->number, 30);
}

static void accents_and_case_make_no_difference(void **state)
{
    struct reading a =
        read_text("Dirijo una clínica odontológica. Un compañero la mencionó. 90 mensajes al día.");
    struct reading b =
        read_text("DIRIJO UNA CLINICA ODONTOLOGICA. UN COMPANERO LA MENCIONO. 90 MENSAJES AL DIA.");
    /* the same with accents as combining marks */
    struct reading c =
        read_text("Dirijo una cli\xcc\x81nica odontolo\xcc\x81gica. Un compan\xcc\x83"
                  "ero la menciono\xcc\x81. 90 mensajes al di\xcc\x81"
                  "a.");

    (void)state;
    for (enum reading_field f = READING_SECTOR; f <= READING_DISCOVERY_CHANNEL; f++) {
        const char *va = item(&a, f)->value, *vb = item(&b, f)->value, *vc = item(&c, f)->value;

        assert_int_equal(item(&a, f)->number, item(&b, f)->number);
        assert_int_equal(item(&a, f)->number, item(&c, f)->number);
        assert_true((!va && !vb && !vc) ||
                    (va && vb && vc && strcmp(va, vb) == 0 && strcmp(va, vc) == 0));
    }
    assert_string_equal(item(&a, READING_SECTOR)->value, "salud_bienestar");
    assert_int_equal(item(&a, READING_INTERACTION_VOLUME_DAILY)->number, 90);
}

static void the_same_text_gives_the_same_reading(void **state)
{
    struct reading a, b;

    (void)state;
    rules_read(arena, SLICE(rich), &a);
    rules_read(arena, SLICE(rich), &b);
    assert_int_equal(a.n, b.n);
    for (size_t i = 0; i < a.n; i++) {
        const struct reading_item *x = &a.items[i], *y = &b.items[i];

        assert_true(x->field == y->field && x->ordinal == y->ordinal && x->number == y->number &&
                    x->flag == y->flag && x->status == y->status && x->start == y->start &&
                    x->end == y->end);
        assert_true(x->value == y->value || strcmp(x->value, y->value) == 0);
    }
}

static void cut_anywhere_and_garbage_are_safe(void **state)
{
    char buf[sizeof rich];
    struct reading rd;
    uint32_t seed = 7;

    (void)state;
    for (size_t n = 0; n < sizeof rich; n++) { /* also in the middle of a character */
        struct arena *one = arena_new(16 << 20);

        memcpy(buf, rich, n);
        rules_read(one, (struct slice){buf, n}, &rd);
        check_reading((struct slice){buf, n}, &rd);
        arena_free(one);
    }
    for (int round = 0; round < 400; round++) {
        struct arena *one = arena_new(16 << 20);

        memcpy(buf, rich, sizeof rich);
        for (int i = 0; i < 40; i++) {
            seed = seed * 1664525u + 1013904223u;
            buf[(seed >> 8) % (sizeof rich - 1)] = (char)(seed >> 24);
        }
        rules_read(one, (struct slice){buf, sizeof rich - 1}, &rd);
        check_reading((struct slice){buf, sizeof rich - 1}, &rd);
        arena_free(one);
    }
    rules_read(arena, (struct slice){NULL, 0}, &rd);
    check_reading((struct slice){NULL, 0}, &rd);
}

/* A megabyte of the worst text: no stop, and a match at every other word. */
static void a_long_text_is_bounded(void **state)
{
    static const char unit[] = "un colega nuestro 80 consultas no ";
    size_t n = 1 << 20;
    char *text = malloc(n);
    struct reading rd;

    (void)state;
    for (size_t i = 0; i < n; i++)
        text[i] = unit[i % (sizeof unit - 1)];
    struct arena *one = arena_new(32 << 20);

    rules_read(one, (struct slice){text, n}, &rd);
    check_reading((struct slice){text, n}, &rd);
    assert_true(arena_used(one) < 16 << 20);
    arena_free(one);
    free(text);
}

/* ---- the tables ----------------------------------------------------------------------------------------- */

static const int sense_field[RULES_SENSES] = {
    [SENSE_SECTOR] = READING_SECTOR,
    [SENSE_CHANNEL] = READING_DISCOVERY_CHANNEL,
    [SENSE_SIZE] = READING_COMPANY_SIZE,
    [SENSE_PERSONALIZATION] = READING_PERSONALIZATION,
    [SENSE_INTEGRATION] = READING_INTEGRATIONS,
    [SENSE_PEAK] = READING_DEMAND_PEAKS,
    [SENSE_QUERY] = READING_QUERY_TYPES,
    [SENSE_TOOL] = READING_TOOLS_MENTIONED,
};

static void check_pattern(struct slice pattern)
{
    char *text = arena_slicedup(arena, pattern);
    struct slice folded = unicode_fold_text(arena, pattern);
    struct slice rest = pattern, element = {0};
    size_t reach = 0;

    if (!slice_eq(folded, pattern))
        fail_msg("\"%s\" is not folded", text);
    if (pattern.n == 0 || pattern.p[0] == '~')
        fail_msg("\"%s\" begins with a gap", text);
    while (rest.n) {
        element = slice_cut(rest, ' ', &rest);
        if (element.n == 0 ||
            (element.p[0] == '~' && (element.n != 2 || element.p[1] < '1' || element.p[1] > '9')))
            fail_msg("\"%s\": bad element", text);
        reach += element.p[0] == '~' ? (size_t)(element.p[1] - '0') : 1;
        for (size_t i = 0; i < element.n; i++) {
            bool edge = i + 1 == element.n || element.p[i + 1] == '/';

            if ((element.p[i] == '*' && !edge) || (element.p[i] == '/' && (i == 0 || edge)))
                fail_msg("\"%s\": stray mark", text);
        }
    }
    if (element.n && element.p[0] == '~')
        fail_msg("\"%s\" ends with a gap", text);
    if (reach > RULES_PATTERN_WORDS)
        fail_msg("\"%s\" reaches too far", text);
}

static void every_row_of_the_lexicon_is_well_formed(void **state)
{
    (void)state;
    for (size_t sense = 0; sense < RULES_SENSES; sense++) {
        assert_non_null(rules_lexicons[sense].rows);
        for (const struct rules_row *row = rules_lexicons[sense].rows; row->patterns; row++) {
            const char *p = row->patterns, *bar;

            if (row->code && (sense_field[sense] || sense == SENSE_SECTOR))
                assert_true(reading_code_known((enum reading_field)sense_field[sense], row->code));
            for (; (bar = strstr(p, " | ")); p = bar + 3)
                check_pattern((struct slice){p, (size_t)(bar - p)});
            check_pattern(slice_cstr(p));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sector_is_what_the_company_sells),
        cmocka_unit_test(sector_of_two_trades_goes_by_the_whole_phrase),
        cmocka_unit_test(sector_ignores_where_they_heard_of_us),
        cmocka_unit_test(sector_unknown_is_otros_and_not_mentioned),
        cmocka_unit_test(volume_is_brought_to_a_day),
        cmocka_unit_test(volume_needs_number_thing_and_time),
        cmocka_unit_test(usual_volume_wins_over_peak_and_past),
        cmocka_unit_test(size_is_given_only_when_stated_of_the_company),
        cmocka_unit_test(unknown_size_and_volume_stay_missing),
        cmocka_unit_test(channel_follows_the_rules),
        cmocka_unit_test(channel_is_not_what_the_company_itself_does),
        cmocka_unit_test(a_requirement_denied_is_none),
        cmocka_unit_test(arrays_hold_codes_in_the_order_of_the_list),
        cmocka_unit_test(phrases_are_cut_out_of_the_transcript),
        cmocka_unit_test(every_value_is_proved_by_its_words),
        cmocka_unit_test(accents_and_case_make_no_difference),
        cmocka_unit_test(the_same_text_gives_the_same_reading),
        cmocka_unit_test(cut_anywhere_and_garbage_are_safe),
        cmocka_unit_test(a_long_text_is_bounded),
        cmocka_unit_test(every_row_of_the_lexicon_is_well_formed),
    };
    return cmocka_run_group_tests_name("rules", tests, set_up, tear_down);
}
