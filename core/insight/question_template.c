/* SPDX-License-Identifier: MIT */
/*
 * Fields that are not everybody's: an organisation switches them on, and may reword them, as own fields. The place of an
 * option is its code in what was stored, so lists only grow at their end.
 */
#include "core/insight/question.h"

#define COUNTOF(a) ((int)(sizeof(a) / sizeof(a)[0]))
#define OPTIONS(a) .options = (a), .option_count = COUNTOF(a)

static const struct field_option sentiments[] = {
    {"positive", {"Positivo", "Positive"}},
    {"neutral", {"Neutral", "Neutral"}},
    {"negative", {"Negativo", "Negative"}},
    {"mixed", {"Mixto", "Mixed"}},
};

static const struct field_option budgets[] = {
    {"assigned", {"Asignado", "Assigned"}},
    {"in_approval", {"En aprobación", "Being approved"}},
    {"limited", {"Limitado", "Limited"}},
    {"none", {"Sin presupuesto", "None"}},
};

static const struct field_option decision_makers[] = {
    {"decides", {"Decide", "Decides"}},
    {"decides_with_others", {"Decide con otros", "Decides with others"}},
    {"recommends", {"Recomienda", "Recommends"}},
    {"no_say", {"No decide", "Does not decide"}},
};

static const struct field_option urgencies[] = {
    {"now", {"Inmediata", "Now"}},
    {"weeks", {"En semanas", "Within weeks"}},
    {"months", {"En meses", "Within months"}},
    {"no_hurry", {"Sin prisa", "No hurry"}},
};

static const struct field_option levels[] = {
    {"high", {"Alto", "High"}},
    {"medium", {"Medio", "Medium"}},
    {"low", {"Bajo", "Low"}},
};

const struct question_template question_templates[] = {
    {.question =
         {.name = "sentiment",
          .kind = READING_CODE,
          OPTIONS(sentiments),
          .instruction =
              "How the client speaks about the product and about going on with it. mixed: clearly "
              "both. neutral: matter-of-fact. The quote is what shows it most."},
     .labels = {"Sentimiento", "Sentiment"}},
    {.question = {.name = "next_steps",
                  .kind = READING_PHRASES,
                  .instruction =
                      "What was agreed or proposed to happen next: a trial, a call, a proposal, a "
                      "date."},
     .labels = {"Próximos pasos", "Next Steps"}},
    {.question =
         {.name = "budget",
          .kind = READING_CODE,
          OPTIONS(budgets),
          .instruction =
              "What is said about money for the product. assigned: there is a budget. in_approval: it "
              "is being asked for. limited: it is said to be small or tight. none: it is said that "
              "there is none. Null when money is not spoken of."},
     .labels = {"Presupuesto", "Budget"}},
    {.question =
         {.name = "decision_maker",
          .kind = READING_CODE,
          OPTIONS(decision_makers),
          .instruction =
              "Whether the person who speaks for the client decides on the purchase. decides: alone. "
              "decides_with_others: together with partners, a board or a team. recommends: proposes "
              "it to who decides. no_say: only collects information. Null when it is not said; a job "
              "title alone does not say it, unless it is owner or founder."},
     .labels = {"Poder de decisión", "Decision Maker"}},
    {.question = {.name = "urgency",
                  .kind = READING_CODE,
                  OPTIONS(urgencies),
                  .instruction =
                      "When the client wants the product to work, as said. now: at once or within "
                      "days. Null when it is not said."},
     .labels = {"Urgencia", "Urgency"}},
    {.question =
         {.name = "icp_fit",
          .kind = READING_CODE,
          OPTIONS(levels),
          .instruction =
              "How well the client fits the ideal customer: many repeated queries from its own "
              "customers, by channels that can be automated, and the wish to automate them. high: all "
              "three are said. medium: two of them. low: fewer. The quote is what shows it most."},
     .labels = {"Ajuste al cliente ideal", "ICP Fit"}},
    {.question =
         {.name = "interest_level",
          .kind = READING_CODE,
          OPTIONS(levels),
          .instruction =
              "How interested the client says to be. high: wants to go on, asks for a trial, a "
              "price or a date. low: doubts or only looks around."},
     .labels = {"Nivel de interés", "Interest Level"}},
    {.question =
         {.name = "summary",
          .kind = READING_SENTENCES,
          .instruction =
              "Two sentences: who the client is and what troubles it; what it wants and what "
              "stands in the way. Only what is said, with its own words where possible."},
     .labels = {"Resumen", "Summary"}},
};
const size_t question_template_count = sizeof question_templates / sizeof question_templates[0];
