/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_column.h"

#include <string.h>

#include "core/base/unicode.h"

const char *const upload_column_names[UPLOAD_COLUMNS + 1] = {
    "client_name", "email", "phone", "meeting_date", "sales_rep", "closed", "transcript", "row",
};

/*
 * As upload_header_key() has them, the best first: a file that has both "Deal owner" and "Contact owner" means the
 * former. The second half of each list is what HubSpot, Salesforce and Pipedrive write in their exports.
 */
enum { ALIASES = 40 };
static const char *const aliases[UPLOAD_COLUMNS][ALIASES] = {
    [UPLOAD_CLIENT_NAME] = {"client name",
                            "clientname",
                            "nombre del cliente",
                            "nombre cliente",
                            "cliente",
                            "client",
                            "customer name",
                            "customer",
                            "nombre completo",
                            "full name",
                            "nombre",
                            "name",
                            "contact name",
                            "nombre del contacto",
                            "nombre de contacto",
                            "contacto",
                            "contact",
                            "person - name",
                            "persona - nombre",
                            "deal - contact person",
                            "contact person",
                            "persona de contacto",
                            "trato - persona de contacto",
                            "negocio - persona de contacto",
                            "associated contact",
                            "contacto asociado",
                            "primary contact",
                            "contacto principal",
                            "account name",
                            "nombre de la cuenta",
                            "nombre de cuenta",
                            "razon social",
                            "empresa",
                            "company",
                            "company name",
                            "nombre de la empresa"},
    [UPLOAD_EMAIL] = {"email",
                      "e-mail",
                      "mail",
                      "correo electronico",
                      "correo",
                      "email address",
                      "e-mail address",
                      "direccion de correo electronico",
                      "direccion de correo",
                      "email del cliente",
                      "correo del cliente",
                      "client email",
                      "customer email",
                      "contact email",
                      "correo del contacto",
                      "contact: email",
                      "person - email",
                      "person - email - work",
                      "person - email - home",
                      "person - email - other",
                      "persona - correo electronico",
                      "persona - correo electronico - trabajo",
                      "persona - email",
                      "persona - email - trabajo",
                      "contacto: correo electronico"},
    [UPLOAD_PHONE] = {"phone",
                      "telefono",
                      "numero de telefono",
                      "phone number",
                      "numero telefonico",
                      "telephone",
                      "tel",
                      "celular",
                      "movil",
                      "mobile",
                      "mobile phone",
                      "mobile phone number",
                      "numero de telefono movil",
                      "numero de celular",
                      "telefono movil",
                      "telefono celular",
                      "cell phone",
                      "telefono del cliente",
                      "client phone",
                      "contact phone",
                      "contact: phone",
                      "person - phone",
                      "person - phone - work",
                      "person - phone - mobile",
                      "person - phone - home",
                      "persona - telefono",
                      "persona - telefono - trabajo",
                      "persona - telefono - movil",
                      "contacto: telefono",
                      "whatsapp",
                      "numero"},
    [UPLOAD_MEETING_DATE] = {"meeting date",
                             "meetingdate",
                             "fecha de la reunion",
                             "fecha de reunion",
                             "fecha reunion",
                             "date of meeting",
                             "meeting start time",
                             "hora de inicio de la reunion",
                             "fecha",
                             "date",
                             "activity date",
                             "fecha de actividad",
                             "fecha de la actividad",
                             "activity - due date",
                             "actividad - fecha de vencimiento",
                             "start date",
                             "fecha de inicio",
                             "due date",
                             "fecha de vencimiento",
                             "close date",
                             "closed date",
                             "fecha de cierre",
                             "deal - won time",
                             "deal - close date",
                             "deal - deal closed on",
                             "negocio - fecha de cierre",
                             "trato - fecha de cierre",
                             "deal - expected close date",
                             "expected close date",
                             "fecha prevista de cierre"},
    [UPLOAD_SALES_REP] = {"sales rep",
                          "salesrep",
                          "vendedor asignado",
                          "vendedor",
                          "vendedora",
                          "vendedora asignada",
                          "seller",
                          "sales representative",
                          "representante de ventas",
                          "ejecutivo",
                          "ejecutiva",
                          "ejecutivo de ventas",
                          "ejecutivo comercial",
                          "asesor",
                          "asesor comercial",
                          "comercial",
                          "salesperson",
                          "account executive",
                          "assigned to",
                          "asignado a",
                          "deal owner",
                          "propietario del negocio",
                          "opportunity owner",
                          "propietario de oportunidad",
                          "propietario de la oportunidad",
                          "deal - owner",
                          "trato - propietario",
                          "negocio - propietario",
                          "activity - assigned to user",
                          "activity assigned to",
                          "owner",
                          "propietario",
                          "owner name",
                          "nombre del propietario",
                          "contact owner",
                          "propietario del contacto",
                          "account owner",
                          "propietario de la cuenta",
                          "responsable"},
    [UPLOAD_CLOSED] = {"won",
                       "ganada",
                       "ganado",
                       "is won",
                       "iswon",
                       "is closed won",
                       "closed won",
                       "deal closed",
                       "closed",
                       "cerrado",
                       "cerrada",
                       "cerrado ganado",
                       "deal - status",
                       "trato - estado",
                       "negocio - estado",
                       "deal status",
                       "estado del trato",
                       "estado del negocio",
                       "status",
                       "estado",
                       "deal stage",
                       "etapa del negocio",
                       "deal - stage",
                       "stage",
                       "etapa",
                       "is closed",
                       "isclosed",
                       "resultado",
                       "outcome"},
    [UPLOAD_TRANSCRIPT] = {"transcript",
                           "transcripcion",
                           "transcripcion de la reunion",
                           "meeting transcript",
                           "transcription",
                           "conversation",
                           "conversacion",
                           "call transcript",
                           "transcripcion de la llamada",
                           "meeting notes",
                           "notas de la reunion",
                           "notes",
                           "notas",
                           "note",
                           "nota",
                           "activity - note",
                           "actividad - nota",
                           "activity note",
                           "call notes",
                           "internal meeting notes",
                           "comments",
                           "comentarios",
                           "full comments",
                           "comentarios completos",
                           "description",
                           "descripcion"},
};

static bool is_decoration(char c)
{
    return c && strchr("\"':*#.? ", c);
}

/* U+00BF: "¿Cerrado?" */
static bool is_left_out(uint32_t cp)
{
    return unicode_is_invisible(cp) || cp == 0xBF;
}

static struct slice undecorated(struct slice key)
{
    while (key.n && is_decoration(key.p[0]))
        key = (struct slice){key.p + 1, key.n - 1};
    while (key.n && is_decoration(key.p[key.n - 1]))
        key.n--;
    return key;
}

struct slice upload_header_key(struct arena *a, struct slice header)
{
    char *plain = arena_alloc(a, header.n);
    size_t n = 0;

    for (size_t i = 0; i < header.n;) {
        unsigned used;
        const uint32_t cp = utf8_decode(header, i, &used);

        if (cp == '_')
            plain[n++] = ' ';
        else if (!is_left_out(cp)) {
            memcpy(plain + n, header.p + i, used);
            n += used;
        }
        i += used;
    }
    return undecorated(unicode_fold_text(a, (struct slice){plain, n}));
}

static int alias_place(enum upload_column c, struct slice key)
{
    for (int i = 0; i < ALIASES && aliases[c][i]; i++) {
        if (slice_is(key, aliases[c][i]))
            return i;
    }
    return ALIASES;
}

/* Not in upload_header_key(): "Contact (e-mail)" and "Contact (phone)" are two headers for whoever says which is which. */
static struct slice without_brackets(struct slice key)
{
    const char *open = key.n && key.p[key.n - 1] == ')' ? memrchr(key.p, '(', key.n) : NULL;

    return open ? undecorated((struct slice){key.p, (size_t)(open - key.p)}) : key;
}

enum { UNKNOWN = 2 * ALIASES };

/* How well `key` names a column, 0 the best; UNKNOWN or more when it does not. */
static int alias_rank(enum upload_column c, struct slice key)
{
    const int place = alias_place(c, key);

    if (place < ALIASES)
        return 2 * place;
    return 2 * alias_place(c, without_brackets(key)) + 1;
}

static int find_said(struct arena *a, const char *said, const struct slice *fields,
                     const struct slice *keys, size_t n)
{
    const struct slice key = upload_header_key(a, slice_cstr(said));

    for (size_t i = 0; i < n; i++) {
        if (slice_is(fields[i], said))
            return (int)i;
    }
    for (size_t i = 0; i < n; i++) {
        if (slice_eq(keys[i], key))
            return (int)i;
    }
    return -1;
}

void upload_map_headers(struct arena *a, const struct slice *fields, size_t n,
                        const struct upload_names *said, struct upload_map *out)
{
    struct slice *keys = arena_zalloc(a, n, sizeof *keys);
    bool *taken = arena_zalloc(a, n, sizeof *taken);

    out->width = n;
    for (size_t i = 0; i < n; i++)
        keys[i] = upload_header_key(a, fields[i]);
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        out->at[c] = said && said->header[c] ? find_said(a, said->header[c], fields, keys, n) : -1;
        if (out->at[c] >= 0)
            taken[out->at[c]] = true;
    }
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        int best = UNKNOWN;

        for (size_t i = 0; i < n && !(said && said->header[c]); i++) {
            const int rank = taken[i] ? UNKNOWN : alias_rank((enum upload_column)c, keys[i]);

            if (rank < best) {
                best = rank;
                out->at[c] = (int)i;
            }
        }
        out->header[c] = out->at[c] < 0 ? (struct slice){"", 0}
                                        : slice_cstr(arena_slicedup(a, fields[out->at[c]]));
    }
}

unsigned upload_map_missing(const struct upload_map *map)
{
    unsigned missing = 0;

    for (int c = 0; c < UPLOAD_COLUMNS; c++)
        missing |= map->at[c] < 0 ? 1u << c : 0;
    return missing;
}
