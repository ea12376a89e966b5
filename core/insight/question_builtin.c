/* SPDX-License-Identifier: MIT */
/*
 * What the built-in fields mean, said to a model. Names, kinds and options are the registry's (core/fields); this is only
 * what they cannot say. A changed word is another version of the prompt.
 */
#include "core/insight/question.h"

const struct reading_question question_builtin[] = {
    [READING_SECTOR] =
        {.fallback = "otros",
         .instruction =
             "The trade of the client's own company: what it sells, never what its customers do and never "
             "where they heard of the seller. tecnologia_software: software and technology, also design, "
             "audiovisual production and photography. servicios_profesionales: law, accounting, consulting, "
             "also translation, architecture and marketing. comercio_retail: shops and online stores, also "
             "bookshops. salud_bienestar: health, also beauty, cosmetics and yoga. alimentos_bebidas: "
             "restaurants, bakeries, food and drink. inmobiliario_construccion: real estate and building. "
             "eventos_turismo: events, travel, hotels. financiero: banks, insurance, lending, fintech. "
             "logistica_transporte: transport, storage, parcels. educacion: schools, courses, academies. "
             "sostenibilidad: environment, also renewable energy and agriculture. otros: everything else, "
             "such as charities (NGOs) and security, and when the trade is not said (then the quote is null)."},
    [READING_COMPANY_SIZE] =
        {.instruction =
             "Only when it is said of the client's company itself: its number of people (fewer than 50 is "
             "pequeña, fewer than 250 mediana, more grande) or a word for its size. Null when it is not said; "
             "growth, branches, large projects or the size of its customers say nothing about it."},
    [READING_INTERACTION_VOLUME_DAILY] =
        {.daily = true,
         .instruction =
             "How many messages, queries, calls or other contacts the client's company receives. Give the "
             "number and the period exactly as they are said (500 a week: number 500, period week); never "
             "convert one period into another, that is done later. Of a range give the middle. The usual "
             "figure rather than a peak, today's rather than a former one. The quote holds the number and "
             "its period. Null when no number is said."},
    [READING_DISCOVERY_CHANNEL] =
        {.fallback = "otro",
         .instruction =
             "How the client came to know of the seller's product. referencia: a colleague, a friend, another "
             "person told them, even if it happened at an event. busqueda_organica: a search (Google) or an "
             "article. eventos_presenciales: a conference, fair, seminar, workshop, talk or networking event. "
             "eventos_virtuales: a webinar or a podcast. redes_profesionales: LinkedIn, forums, groups of "
             "entrepreneurs or professionals. otro: another way, and when it is not said (then the quote is "
             "null)."},
    [READING_PAIN_POINTS] =
        {.instruction =
             "What troubles the client today: problems with volume, time, people, quality."},
    [READING_USE_CASES] = {.instruction = "What the client wants to do with the product."},
    [READING_OBJECTIONS] =
        {.instruction =
             "Doubts and worries of the client about the product, its price or its adoption."},
    [READING_OTHERS] =
        {.instruction =
             "One more thing that a seller should remember and that fits no other field, such as an "
             "agreed next step. Null when there is none."},
    [READING_PERSONALIZATION] =
        {.instruction =
             "By what the answers to the client's customers must differ, or their queries be sorted. "
             "A personal tone alone is none."},
    [READING_INTEGRATIONS] =
        {.instruction =
             "Kinds of systems that the product must be connected to. Systems that are only "
             "mentioned are none."},
    [READING_CONFIDENTIALITY] =
        {.instruction = "True when the client asks for confidentiality or handles sensitive data."},
    [READING_MULTILINGUAL] =
        {.instruction =
             "True when the client's customers must be served in more than one language."},
    [READING_REAL_TIME] = {.instruction =
                               "True when answers or data must come at once, in real time."},
    [READING_DEMAND_PEAKS] =
        {.instruction = "When the client's demand peaks; that it peaks says nothing about when."},
    [READING_QUERY_TYPES] = {.instruction = "What the client's customers ask about."},
    [READING_TOOLS_MENTIONED] =
        {.instruction =
             "Tools that are named as used by the client. custom_system: a system of their own."},
    [READING_CONFIDENCE_SECTOR] =
        {.instruction = "How sure you are of the sector, from 0 to 1; 0 when it is not said."},
};
_Static_assert(sizeof question_builtin / sizeof question_builtin[0] == READING_FIELDS,
               "one row a field");
