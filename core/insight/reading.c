/* SPDX-License-Identifier: MIT */
#include "core/insight/reading.h"

#include <string.h>

static const char *const sectors[] = {"tecnologia_software",
                                      "servicios_profesionales",
                                      "comercio_retail",
                                      "salud_bienestar",
                                      "alimentos_bebidas",
                                      "inmobiliario_construccion",
                                      "eventos_turismo",
                                      "financiero",
                                      "logistica_transporte",
                                      "educacion",
                                      "sostenibilidad",
                                      "otros",
                                      NULL};
static const char *const sizes[] = {"pequeña", "mediana", "grande", NULL};
static const char *const channels[] = {"referencia",        "busqueda_organica",   "eventos_presenciales",
                                       "eventos_virtuales", "redes_profesionales", "otro",
                                       NULL};
static const char *const personalizations[] = {"by_customer_type", "by_query_type",  "by_language",
                                               "by_location",      "by_preferences", "by_product_or_service",
                                               NULL};
static const char *const integrations[] = {"scheduling", "crm",          "ticketing", "ecommerce",
                                           "databases",  "social_media", "erp",       NULL};
static const char *const peaks[] = {"promotions", "weekends", "high_season", "product_launches", "events", NULL};
static const char *const queries[] = {"pricing",    "availability",      "shipping",    "returns",
                                      "scheduling", "technical_support", "regulations", "product_specs",
                                      NULL};
static const char *const tools[] = {"email",     "whatsapp", "instagram",     "zendesk",
                                    "freshdesk", "hubspot",  "custom_system", NULL};

const struct reading_field_info reading_fields[] = {
    [READING_SECTOR] = {"sector", READING_CODE, sectors},
    [READING_COMPANY_SIZE] = {"company_size", READING_CODE, sizes},
    [READING_INTERACTION_VOLUME_DAILY] = {"interaction_volume_daily", READING_COUNT, NULL},
    [READING_DISCOVERY_CHANNEL] = {"discovery_channel", READING_CODE, channels},
    [READING_PAIN_POINTS] = {"pain_points", READING_PHRASES, NULL},
    [READING_USE_CASES] = {"use_cases", READING_PHRASES, NULL},
    [READING_OBJECTIONS] = {"objections", READING_PHRASES, NULL},
    [READING_OTHERS] = {"others", READING_TEXT, NULL},
    [READING_PERSONALIZATION] = {"requirements.personalization", READING_CODES, personalizations},
    [READING_INTEGRATIONS] = {"requirements.integrations", READING_CODES, integrations},
    [READING_CONFIDENTIALITY] = {"requirements.confidentiality", READING_BOOL, NULL},
    [READING_MULTILINGUAL] = {"requirements.multilingual", READING_BOOL, NULL},
    [READING_REAL_TIME] = {"requirements.real_time", READING_BOOL, NULL},
    [READING_DEMAND_PEAKS] = {"demand_peaks", READING_CODES, peaks},
    [READING_QUERY_TYPES] = {"query_types", READING_CODES, queries},
    [READING_TOOLS_MENTIONED] = {"tools_mentioned", READING_CODES, tools},
    [READING_CONFIDENCE_SECTOR] = {"confidence.sector", READING_SHARE, NULL},
};
_Static_assert(sizeof reading_fields / sizeof reading_fields[0] == READING_FIELDS, "one row a field");

int reading_field_find(const char *name)
{
    for (int i = 0; i < READING_FIELDS; i++)
        if (strcmp(reading_fields[i].name, name) == 0)
            return i;
    return -1;
}

bool reading_code_known(enum reading_field field, const char *code)
{
    const char *const *c = reading_fields[field].codes;

    for (; c && *c; c++)
        if (strcmp(*c, code) == 0)
            return true;
    return false;
}

const char *reading_status_name(enum reading_status status)
{
    static const char *const names[] = {"exact", "normalised", "absent", "not_mentioned"};

    return names[status];
}
