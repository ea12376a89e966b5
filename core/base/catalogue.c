/* SPDX-License-Identifier: MIT */
#include "core/base/catalogue.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/sb.h"

enum { MAX_PARAMS = 16, MAX_TEXT_BYTES = 64 << 10 };

const struct catalogue_entry catalogue[] = {
    /* rules that a row of an upload can break; frontend: row_error.* */
    {"required", "falta este dato", "this value is missing"},
    {"too_long", "el texto es demasiado largo: caben {max} caracteres",
     "the text is too long: {max} characters fit"},
    {"too_long_bytes",
     "el texto es demasiado largo: caben {max} bytes (una letra con tilde ocupa dos)",
     "the text is too long: {max} bytes fit (a letter with an accent takes two)"},
    {"too_short", "el texto es demasiado corto: necesita al menos {min} caracteres",
     "the text is too short: it needs at least {min} characters"},
    {"email_invalid", "el correo no es válido", "the e-mail address is not valid"},
    {"date_invalid", "la fecha no es válida", "the date is not valid"},
    {"closed_invalid", "debe decir sí o no (1 o 0)", "it must say yes or no (1 or 0)"},
    {"encoding_invalid", "hay caracteres que no se pueden leer: guarda el archivo en UTF-8",
     "some characters cannot be read: save the file as UTF-8"},
    {"too_many_columns", "la fila tiene más de {max} columnas",
     "the row has more than {max} columns"},
    {"too_many_cells",
     "la fila tiene más celdas que la primera línea, que tiene {max}: quizá a un texto le faltan comillas",
     "the row has more cells than the first line, which has {max}: perhaps a text lacks its quotes"},
    {"row_too_long", "la fila pasa de {max} bytes: quizá falta una comilla de cierre",
     "the row is longer than {max} bytes: perhaps a closing quote is missing"},

    /* errors.csv of an upload */
    {"errors_csv_line", "Línea con error", "Line with an error"},
    {"errors_csv_reason", "Motivo del error", "Reason for the error"},
    {"errors_csv_more", "{reason} (hay {n} filas más con errores que no caben aquí)",
     "{reason} ({n} more rows with errors do not fit here)"},
    {"errors_csv_rule", "{column}: {rule}", "{column}: {rule}"},
    {"errors_csv_rule_value", "{column}: {rule} («{value}»)", "{column}: {rule} (“{value}”)"},
    {"errors_csv_cut", "aquí está recortada porque es demasiado grande: corrígela en tu archivo",
     "it is cut here because it is too large: fix it in your own file"},

    /* what can become of a call to a language model (core/llm/fault.h) */
    {"llm_busy", "hay demasiadas consultas en curso al modelo de lenguaje",
     "too many calls to the language model are under way"},
    {"llm_request_invalid",
     "esto no se puede pedir al modelo de lenguaje: revisa la dirección, el modelo y el esquema",
     "this cannot be asked of the language model: check the address, the model and the schema"},
    {"llm_address_refused",
     "la dirección del modelo de lenguaje es privada y no está permitida (CM_NET_ALLOW_PRIVATE)",
     "the language model has a private address that is not allowed (CM_NET_ALLOW_PRIVATE)"},
    {"llm_unreachable", "no se puede llegar al modelo de lenguaje",
     "the language model cannot be reached"},
    {"llm_tls", "el certificado del modelo de lenguaje no es de confianza",
     "the language model's certificate is not trusted"},
    {"llm_timeout", "el modelo de lenguaje tardó demasiado", "the language model took too long"},
    {"llm_cut_off", "el modelo de lenguaje cortó su respuesta",
     "the language model broke off its answer"},
    {"llm_rate_limited", "el proveedor del modelo de lenguaje pide esperar",
     "the provider of the language model asks us to wait"},
    {"llm_quota_used_up", "la cuenta del modelo de lenguaje se quedó sin saldo",
     "the account of the language model has no credit left"},
    {"llm_key_invalid", "el proveedor no acepta la clave del modelo de lenguaje",
     "the provider does not accept the language model's key"},
    {"llm_model_unknown", "el proveedor no conoce ese modelo",
     "the provider does not know that model"},
    {"llm_endpoint_wrong", "en esa dirección no hay un modelo de lenguaje",
     "there is no language model at that address"},
    {"llm_context_too_long", "el texto es demasiado largo para el modelo de lenguaje",
     "the text is too long for the language model"},
    {"llm_content_filtered", "el filtro de contenido del proveedor detuvo la consulta",
     "the provider's content filter stopped the call"},
    {"llm_request_refused", "el modelo de lenguaje no acepta la consulta: revisa sus parámetros",
     "the language model does not take the request: check its parameters"},
    {"llm_server_error", "el modelo de lenguaje falló", "the language model failed"},
    {"llm_answer_malformed", "la respuesta del modelo de lenguaje no se puede leer",
     "the language model's answer cannot be read"},
    {"llm_answer_truncated", "la respuesta del modelo de lenguaje llegó incompleta",
     "the language model's answer is incomplete"},
    {"llm_answer_empty", "el modelo de lenguaje no respondió nada",
     "the language model answered nothing"},
    {"llm_answer_too_large", "la respuesta del modelo de lenguaje es demasiado grande",
     "the language model's answer is too large"},
    {"llm_refused", "el modelo de lenguaje se negó a responder",
     "the language model refused to answer"},
    {"llm_length_cut", "la respuesta del modelo de lenguaje no cabe en el máximo de tokens",
     "the language model's answer does not fit in the most tokens"},
    {"llm_vectors_wrong", "los vectores del modelo de lenguaje no son los que se pidieron",
     "the language model's vectors are not those that were asked for"},
};

const size_t ncatalogue = sizeof catalogue / sizeof *catalogue;

static const char *text_of(const char *language, const char *code)
{
    for (size_t i = 0; i < ncatalogue; i++) {
        if (strcmp(catalogue[i].code, code) == 0)
            return strcmp(language, "es") == 0 ? catalogue[i].es : catalogue[i].en;
    }
    return NULL;
}

static struct slice value_of(struct slice name, const struct catalogue_param *params, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (slice_is(name, params[i].name))
            return params[i].value;
    }
    return SLICE("?");
}

/* Once from left to right: a value that holds {braces} is a value. */
static const char *fill(struct arena *a, const char *text, const struct catalogue_param *params,
                        size_t n)
{
    SCOPED(sb_done) struct sb out = {0};

    sb_init(&out, MAX_TEXT_BYTES);
    while (*text) {
        const size_t plain = strcspn(text, "{");
        const char *end = strchr(text + plain, '}');

        sb_put(&out, text, plain);
        text += plain;
        if (!end)
            break;
        sb_slice(&out, value_of((struct slice){text + 1, (size_t)(end - text) - 1}, params, n));
        text = end + 1;
    }
    sb_puts(&out, text);
    return arena_slicedup(a, sb_get(&out));
}

const char *catalogue_text(struct arena *a, const char *language, const char *code,
                           const struct catalogue_param *params, size_t n)
{
    const char *text = text_of(language, code);

    return text ? fill(a, text, params, n) : arena_strdup(a, code);
}

const char *catalogue_text_json(struct arena *a, const char *language, const char *code,
                                struct slice params)
{
    SCOPED(json_drop) json_t *object = NULL;
    struct catalogue_param filled[MAX_PARAMS];
    size_t n = 0;
    const char *name;
    json_t *v;

    if (params.n && json_read(params, &object) != JSON_OK)
        object = NULL;
    json_object_foreach(object, name, v)
    {
        if (n == MAX_PARAMS)
            break;
        if (json_is_string(v))
            filled[n++] =
                (struct catalogue_param){name, {json_string_value(v), json_string_length(v)}};
        else if (json_is_integer(v))
            filled[n++] = (struct catalogue_param){
                name, slice_cstr(arena_printf(a, "%lld", (long long)json_integer_value(v)))};
    }
    return catalogue_text(a, language, code, filled, n);
}
