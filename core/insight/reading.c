/* SPDX-License-Identifier: MIT */
#include "core/insight/reading.h"

#include <string.h>

const struct reading_field_info reading_fields[] = {
    [READING_SECTOR] = {"sector", READING_CODE},
    [READING_COMPANY_SIZE] = {"company_size", READING_CODE},
    [READING_INTERACTION_VOLUME_DAILY] = {"interaction_volume_daily", READING_COUNT},
    [READING_DISCOVERY_CHANNEL] = {"discovery_channel", READING_CODE},
    [READING_PAIN_POINTS] = {"pain_points", READING_PHRASES},
    [READING_USE_CASES] = {"use_cases", READING_PHRASES},
    [READING_OBJECTIONS] = {"objections", READING_PHRASES},
    [READING_OTHERS] = {"others", READING_TEXT},
    [READING_PERSONALIZATION] = {"requirements.personalization", READING_CODES},
    [READING_INTEGRATIONS] = {"requirements.integrations", READING_CODES},
    [READING_CONFIDENTIALITY] = {"requirements.confidentiality", READING_BOOL},
    [READING_MULTILINGUAL] = {"requirements.multilingual", READING_BOOL},
    [READING_REAL_TIME] = {"requirements.real_time", READING_BOOL},
    [READING_DEMAND_PEAKS] = {"demand_peaks", READING_CODES},
    [READING_QUERY_TYPES] = {"query_types", READING_CODES},
    [READING_TOOLS_MENTIONED] = {"tools_mentioned", READING_CODES},
    [READING_CONFIDENCE_SECTOR] = {"confidence.sector", READING_SHARE},
};
_Static_assert(sizeof reading_fields / sizeof reading_fields[0] == READING_FIELDS,
               "one row a field");

int reading_field_find(const char *name)
{
    for (int i = 0; i < READING_FIELDS; i++)
        if (strcmp(reading_fields[i].name, name) == 0)
            return i;
    return -1;
}

const struct field *reading_options(enum reading_field field)
{
    const enum reading_kind kind = reading_fields[field].kind;

    if (kind != READING_CODE && kind != READING_CODES)
        return NULL;
    return field_find(DATASET_MEETINGS, slice_cstr(reading_fields[field].name));
}

bool reading_code_known(enum reading_field field, const char *code)
{
    const struct field *f = reading_options(field);

    for (int i = 0; f && i < f->option_count; i++)
        if (strcmp(f->options[i].value, code) == 0)
            return true;
    return false;
}

const char *reading_status_name(enum reading_status status)
{
    static const char *const names[] = {"exact", "normalised", "absent", "not_mentioned"};

    return names[status];
}
