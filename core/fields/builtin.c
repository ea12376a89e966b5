/* SPDX-License-Identifier: MIT */
/*
 * The fields that every organisation has. To add one: a column in a migration, a row here.
 *
 * The place of an option is its code in the database. The lists only grow at their end; migrations and every row
 * ever written depend on that.
 */
#include "core/fields/field.h"

#define BIT(x)     (1u << (x))
#define COUNTOF(a) ((int)(sizeof(a) / sizeof(a)[0]))
#define OPTIONS(a) .options = (a), .option_count = COUNTOF(a)
#define ALIASES(...)                                                                               \
    .aliases = (const char *const[])                                                               \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

const struct dataset_info datasets[DATASET_COUNT] = {
    [DATASET_MEETINGS] = {"meetings", "meeting_facts", "meetings", "meeting_id"},
};

enum {
    OPS_PRESENCE = BIT(OP_IS_MISSING) | BIT(OP_IS_PRESENT),
    OPS_EQUAL = BIT(OP_EQ) | BIT(OP_NE),
    OPS_SET = OPS_EQUAL | BIT(OP_IN) | BIT(OP_NOT_IN),
    OPS_ORDER = BIT(OP_GT) | BIT(OP_GTE) | BIT(OP_LT) | BIT(OP_LTE) | BIT(OP_BETWEEN),
    OPS_RELATIVE = BIT(OP_COUNT) - BIT(OP_LAST_DAYS), /* all from OP_LAST_DAYS on */

    OPS_BOOL = OPS_PRESENCE | OPS_EQUAL,
    OPS_STRING = OPS_PRESENCE | OPS_SET,
    OPS_OPEN_STRING = OPS_STRING | BIT(OP_CONTAINS),
    OPS_INT = OPS_PRESENCE | OPS_SET | OPS_ORDER,
    OPS_DATE = OPS_INT | OPS_RELATIVE,
    OPS_CLOSED_ARRAY = OPS_PRESENCE | BIT(OP_CONTAINS_ANY) | BIT(OP_CONTAINS_ALL),
    OPS_OPEN_ARRAY = OPS_CLOSED_ARRAY | BIT(OP_CONTAINS),
    OPS_TEXT = OPS_PRESENCE | BIT(OP_CONTAINS),
};

enum {
    AGGS_RECORDS = BIT(AGG_COUNT) | BIT(AGG_SUM), /* the sum of records is their count */
    AGGS_INT = BIT(AGG_COUNT) | BIT(AGG_SUM) | BIT(AGG_AVG) | BIT(AGG_MIN) | BIT(AGG_MAX),
    AGGS_BOOL =
        BIT(AGG_COUNT) | BIT(AGG_AVG) | BIT(AGG_RATE), /* the average of a bool is its rate */
};

enum {
    SLOTS_NUMBER =
        BIT(SLOT_PIE_Y_AXIS) | BIT(SLOT_BAR_Y_AXIS) | BIT(SLOT_LINE_Y_AXIS) | BIT(SLOT_AREA_Y_AXIS),
    SLOTS_SERIES = BIT(SLOT_BAR_GROUP_BY) | BIT(SLOT_LINE_GROUP_BY) | BIT(SLOT_AREA_GROUP_BY) |
                   BIT(SLOT_WORDCLOUD_GROUP_BY),
    SLOTS_TREND = BIT(SLOT_LINE_X_AXIS) | BIT(SLOT_AREA_X_AXIS),
    SLOTS_PARTS = BIT(SLOT_PIE_GROUP_BY) | BIT(SLOT_BAR_X_AXIS),

    SLOTS_CATEGORY =
        SLOTS_PARTS | SLOTS_TREND | SLOTS_SERIES | BIT(SLOT_VECTOR_CLUSTER_LABEL_FIELD),
    SLOTS_BOOL = SLOTS_PARTS | SLOTS_SERIES | SLOTS_NUMBER,
    SLOTS_DATE = SLOTS_PARTS | SLOTS_TREND,
    SLOTS_CLOSED_ARRAY = SLOTS_PARTS | SLOTS_TREND,
    SLOTS_OPEN_ARRAY = SLOTS_PARTS | BIT(SLOT_WORDCLOUD_X_AXIS),
    SLOTS_TEXT = BIT(SLOT_WORDCLOUD_X_AXIS) | BIT(SLOT_VECTOR_CLUSTER_LABEL_FIELD),
};

/* What follows from the type alone. */
#define IS_INT                                                                                     \
    .type = FIELD_INT, .operators = OPS_INT, .aggregations = AGGS_INT, .slots = SLOTS_NUMBER
#define IS_BOOL                                                                                    \
    .type = FIELD_BOOL, .operators = OPS_BOOL, .aggregations = AGGS_BOOL, .slots = SLOTS_BOOL
#define IS_STRING    .type = FIELD_STRING, .operators = OPS_STRING, .slots = SLOTS_CATEGORY
#define IS_TEXT_CODE .type = FIELD_TEXT_CODE, .operators = OPS_OPEN_STRING, .slots = SLOTS_CATEGORY
#define IS_OPEN_STRING                                                                             \
    .type = FIELD_OPEN_STRING, .operators = OPS_OPEN_STRING, .slots = SLOTS_CATEGORY
#define IS_DATE .type = FIELD_DATE, .operators = OPS_DATE, .slots = SLOTS_DATE
#define IS_CLOSED_ARRAY                                                                            \
    .type = FIELD_CLOSED_ARRAY, .operators = OPS_CLOSED_ARRAY, .slots = SLOTS_CLOSED_ARRAY
#define IS_OPEN_ARRAY                                                                              \
    .type = FIELD_OPEN_ARRAY, .store = FIELD_IN_PHRASES, .operators = OPS_OPEN_ARRAY,              \
    .slots = SLOTS_OPEN_ARRAY
#define IS_TEXT                                                                                    \
    .type = FIELD_TEXT, .store = FIELD_IN_PHRASES, .operators = OPS_TEXT, .slots = SLOTS_TEXT

static const struct field_option sectors[] = {
    {"tecnologia_software", {"Tecnología y Software", "Technology and Software"}},
    {"servicios_profesionales", {"Servicios Profesionales", "Professional Services"}},
    {"comercio_retail", {"Comercio y Retail", "Commerce and Retail"}},
    {"salud_bienestar", {"Salud y Bienestar", "Health and Wellness"}},
    {"alimentos_bebidas", {"Alimentos y Bebidas", "Food and Beverages"}},
    {"inmobiliario_construccion", {"Inmobiliario y Construcción", "Real Estate and Construction"}},
    {"eventos_turismo", {"Eventos y Turismo", "Events and Tourism"}},
    {"financiero", {"Financiero", "Finance"}},
    {"logistica_transporte", {"Logística y Transporte", "Logistics and Transport"}},
    {"educacion", {"Educación", "Education"}},
    {"sostenibilidad", {"Sostenibilidad", "Sustainability"}},
    {"otros", {"Otros", "Other"}},
};

static const struct field_option company_sizes[] = {
    {"pequeña", {"Pequeña", "Small"}},
    {"mediana", {"Mediana", "Medium"}},
    {"grande", {"Grande", "Large"}},
};

static const struct field_option discovery_channels[] = {
    {"referencia", {"Referencia (Colega/Amigo)", "Referral (Colleague/Friend)"}},
    {"busqueda_organica", {"Búsqueda Orgánica", "Organic Search"}},
    {"eventos_presenciales", {"Eventos Presenciales", "In-person Events"}},
    {"eventos_virtuales", {"Eventos Virtuales", "Virtual Events"}},
    {"redes_profesionales", {"Redes Profesionales", "Professional Networks"}},
    {"otro", {"Otro", "Other"}},
};

static const struct field_option personalizations[] = {
    {"by_customer_type", {"Por tipo de cliente", "By customer type"}},
    {"by_query_type", {"Por tipo de consulta", "By query type"}},
    {"by_language", {"Por idioma", "By language"}},
    {"by_location", {"Por ubicación", "By location"}},
    {"by_preferences", {"Por preferencias", "By preferences"}},
    {"by_product_or_service", {"Por producto/servicio", "By product/service"}},
};

static const struct field_option integrations[] = {
    {"scheduling", {"Calendario / Citas / Reservaciones", "Calendar / Appointments / Bookings"}},
    {"crm", {"CRM", "CRM"}},
    {"ticketing", {"Ticketing", "Ticketing"}},
    {"ecommerce", {"E-commerce", "E-commerce"}},
    {"databases", {"Bases de datos", "Databases"}},
    {"social_media", {"Redes sociales", "Social media"}},
    {"erp", {"ERP", "ERP"}},
};

static const struct field_option demand_peaks[] = {
    {"promotions", {"Promociones", "Promotions"}},
    {"weekends", {"Fines de semana", "Weekends"}},
    {"high_season", {"Temporada alta", "High season"}},
    {"product_launches", {"Lanzamientos de productos", "Product launches"}},
    {"events", {"Eventos", "Events"}},
};

static const struct field_option query_types[] = {
    {"pricing", {"Precios y Cotizaciones", "Prices and Quotes"}},
    {"availability", {"Disponibilidad", "Availability"}},
    {"shipping", {"Envíos", "Shipping"}},
    {"returns", {"Devoluciones", "Returns"}},
    {"scheduling", {"Reservaciones y Horarios", "Bookings and Schedules"}},
    {"technical_support", {"Soporte técnico", "Technical support"}},
    {"regulations", {"Regulaciones", "Regulations"}},
    {"product_specs", {"Especificaciones de productos", "Product specifications"}},
};

static const struct field_option tools[] = {
    {"email", {"Email", "Email"}},
    {"whatsapp", {"WhatsApp", "WhatsApp"}},
    {"instagram", {"Instagram", "Instagram"}},
    {"zendesk", {"Zendesk", "Zendesk"}},
    {"freshdesk", {"Freshdesk", "Freshdesk"}},
    {"hubspot", {"HubSpot", "HubSpot"}},
    {"custom_system", {"Sistema personalizado", "Custom system"}},
};

static const struct field meetings[] = {
    {.name = "sales_rep",
     .column = "sales_rep",
     IS_TEXT_CODE,
     ALIASES("salesRep", "vendedor"),
     .labels = {"Representante de Ventas", "Sales Representative"}},
    {.name = "closed",
     .column = "closed",
     IS_BOOL,
     ALIASES("estado", "cerrada"),
     .labels = {"Estado (Cerrada/Fallida)", "Outcome (Closed/Lost)"}},
    {.name = "meeting_date",
     .column = "meeting_date",
     IS_DATE,
     ALIASES("meetingDate", "date", "fecha"),
     .labels = {"Fecha de Reunión", "Meeting Date"}},
    {.name = "client_name",
     .column = "client_name",
     IS_OPEN_STRING,
     .store = FIELD_IN_ENTITIES,
     ALIASES("clientName", "cliente", "nombre"),
     .labels = {"Nombre del Cliente", "Client Name"}},
    {.name = "embedding",
     .column = "embedding",
     .type = FIELD_EMBEDDING,
     .store = FIELD_IN_EMBEDDINGS,
     .operators = OPS_PRESENCE,
     .slots = BIT(SLOT_VECTOR_CLUSTER_X_AXIS),
     .labels = {"Embedding (Vector)", "Embedding (Vector)"}},
    {.name = "count",
     .column = "count",
     .type = FIELD_INT,
     .store = FIELD_NOWHERE,
     .aggregations = AGGS_RECORDS,
     .slots = SLOTS_NUMBER,
     ALIASES("cantidad"),
     .labels = {"Cantidad de Reuniones", "Number of Meetings"}},
    {.name = "sector",
     .column = "sector",
     IS_STRING,
     OPTIONS(sectors),
     .labels = {"Sector", "Sector"}},
    {.name = "company_size",
     .column = "company_size",
     IS_STRING,
     OPTIONS(company_sizes),
     ALIASES("companySize", "tamaño", "tamano"),
     .labels = {"Tamaño de Empresa", "Company Size"}},
    {.name = "discovery_channel",
     .column = "discovery_channel",
     IS_STRING,
     OPTIONS(discovery_channels),
     ALIASES("discoveryChannel", "canal"),
     .labels = {"Canal de Descubrimiento", "Discovery Channel"}},
    {.name = "interaction_volume_daily",
     .column = "interaction_volume_daily",
     IS_INT,
     ALIASES("interactionVolumeDaily", "volumen"),
     .labels = {"Volumen de Interacción Diaria", "Daily Interaction Volume"}},
    {.name = "requirements.confidentiality",
     .column = "requirements_confidentiality",
     IS_BOOL,
     ALIASES("requirements_confidentiality"),
     .labels = {"Requiere Confidencialidad", "Requires Confidentiality"}},
    {.name = "requirements.multilingual",
     .column = "requirements_multilingual",
     IS_BOOL,
     ALIASES("requirements_multilingual"),
     .labels = {"Requiere Multiidioma", "Requires Several Languages"}},
    {.name = "requirements.real_time",
     .column = "requirements_real_time",
     IS_BOOL,
     ALIASES("requirements_real_time"),
     .labels = {"Requiere Tiempo Real", "Requires Real Time"}},
    {.name = "requirements.personalization",
     .column = "requirements_personalization",
     IS_CLOSED_ARRAY,
     OPTIONS(personalizations),
     ALIASES("requirements_personalization"),
     .labels = {"Tipos de Personalización", "Kinds of Personalization"}},
    {.name = "requirements.integrations",
     .column = "requirements_integrations",
     IS_CLOSED_ARRAY,
     OPTIONS(integrations),
     ALIASES("requirements_integrations"),
     .labels = {"Integraciones Requeridas", "Required Integrations"}},
    {.name = "demand_peaks",
     .column = "demand_peaks",
     IS_CLOSED_ARRAY,
     OPTIONS(demand_peaks),
     ALIASES("demandPeaks"),
     .labels = {"Picos de Demanda", "Demand Peaks"}},
    {.name = "query_types",
     .column = "query_types",
     IS_CLOSED_ARRAY,
     OPTIONS(query_types),
     ALIASES("queryTypes"),
     .labels = {"Tipos de Consultas", "Kinds of Queries"}},
    {.name = "tools_mentioned",
     .column = "tools_mentioned",
     IS_CLOSED_ARRAY,
     OPTIONS(tools),
     ALIASES("toolsMentioned"),
     .labels = {"Herramientas Mencionadas", "Tools Mentioned"}},
    {.name = "pain_points",
     .column = "pain_points",
     IS_OPEN_ARRAY,
     ALIASES("painPoints"),
     .labels = {"Pain Points", "Pain Points"}},
    {.name = "use_cases",
     .column = "use_cases",
     IS_OPEN_ARRAY,
     ALIASES("useCases"),
     .labels = {"Casos de Uso", "Use Cases"}},
    {.name = "objections",
     .column = "objections",
     IS_OPEN_ARRAY,
     ALIASES("objeciones"),
     .labels = {"Objeciones", "Objections"}},
    {.name = "others",
     .column = "others",
     IS_TEXT,
     ALIASES("otros"),
     .labels = {"Otros Comentarios", "Other Remarks"}},
    {.name = "labels",
     .column = "labels",
     IS_OPEN_ARRAY,
     ALIASES("label", "etiquetas"),
     .labels = {"Etiquetas", "Labels"}},
};

static const struct {
    const struct field *rows;
    int n;
} by_dataset[DATASET_COUNT] = {
    [DATASET_MEETINGS] = {meetings, COUNTOF(meetings)},
};

const struct field *fields_all(enum dataset dataset, size_t *n)
{
    *n = (size_t)by_dataset[dataset].n;
    return by_dataset[dataset].rows;
}

const char *field_bool_label(bool v, enum field_language language)
{
    static const char *const labels[2][FIELD_LANGUAGES] = {{"No", "No"}, {"Sí", "Yes"}};

    return labels[v][language];
}
