/* SPDX-License-Identifier: MIT */
#include "core/insight/rules_lexicon.h"

const struct rules_lexicon rules_lexicons[RULES_SENSES] = {
    [SENSE_SECTOR] = {rules_sector_rows},
    [SENSE_CHANNEL] = {rules_channel_rows},
    [SENSE_SIZE] = {rules_size_rows},
    [SENSE_PERSONALIZATION] = {rules_personalization_rows},
    [SENSE_INTEGRATION] = {rules_integration_rows},
    [SENSE_CONFIDENTIALITY] = {rules_confidentiality_rows},
    [SENSE_MULTILINGUAL] = {rules_multilingual_rows},
    [SENSE_REAL_TIME] = {rules_real_time_rows},
    [SENSE_PEAK] = {rules_peak_rows},
    [SENSE_QUERY] = {rules_query_rows},
    [SENSE_TOOL] = {rules_tool_rows},
    [SENSE_PAIN] = {rules_pain_rows},
    [SENSE_USE] = {rules_use_rows},
    [SENSE_OBJECTION] = {rules_objection_rows},
    [SENSE_OTHER] = {rules_other_rows},
    [CUE_IDENTITY] = {rules_identity_rows},
    [CUE_FOREIGN] = {rules_foreign_rows},
    [CUE_DISCOVERY] = {rules_discovery_rows},
    [CUE_CONNECT] = {rules_connect_rows},
    [CUE_ASKED] = {rules_asked_rows},
};

#define END                                                                                        \
    {                                                                                              \
        NULL, 0, NULL                                                                              \
    }

/* ---- how the company came to know the product ---------------------------------------------------------- */

#define PERSON                                                                                     \
    "colega/colegas/companero/companera/amigo/amiga/amigos/amigas/socio/socia/cunado/cunada/"      \
    "hermano/hermana/primo/prima/jefe/jefa/exjefe/vecino/vecina/conocido/conocida/voluntario/"     \
    "voluntaria/proveedor/proveedora/asesor/asesora/contador/familiar/profesor/profesora/marido/"  \
    "esposo/esposa/hijo/hija/padre/madre/sobrino/sobrina/disenador/disenadora/colleague/friend/"   \
    "friends/partner/supplier/boss/neighbor/neighbour/cousin/brother/sister/volunteer/accountant/" \
    "acquaintance/husband/wife/coworker/peer/mentor"
#define TOLD                                                                                       \
    "recomend*/mencion*/hablo/hablaron/dijo/dijeron/comento/comentaron/conto/contaron/paso/"       \
    "insistio/"                                                                                    \
    "sugiri*/ensen*/mostro/presento/refirio/recommend*/mention*/told/suggested/referred/said/"     \
    "introduced/showed/uses/insisted"
/* Verbs that carry "a client": clients are named all over a sales talk, and mostly for another reason. */
#define ADVISED "recomend*/mencion*/hablo/sugiri*/comento/recommend*/mention*/suggested/referred"
#define EVENT                                                                                      \
    "conferencia/conferencias/feria/ferias/seminario/charla/taller/congreso/encuentro/evento/"     \
    "exposicion/expo/simposio/cumbre/jornada/jornadas/convencion/curso/diplomado/ponencia/foro/"   \
    "conference/fair/tradeshow/expo/exhibition/workshop/seminar/talk/meetup/summit/congress/"      \
    "convention/event/breakfast/panel"

const struct rules_row rules_channel_rows[] = {
    {"referencia", 16,
     "un/una/mi/otro/otra/nuestro/nuestra/unos/unas/varios/a/an/my/our/another ~2 " PERSON
     " ~9 " TOLD},
    {"referencia", 15,
     "fue mi/un/una ~1 " PERSON " ~5 " TOLD " | gracias a un/una/mi ~1 " PERSON
     " | thanks to a/an/my ~1 " PERSON},
    {"referencia", 15,
     "un/una/nuestro/nuestra/otro/otra cliente/clienta ~6 " ADVISED
     " | a/an/our/one/another ~2 client/clients/customer/customers ~4 " ADVISED},
    {"referencia", 15,
     "recomendacion/sugerencia de ~2 " PERSON
     " | recomendacion/sugerencia de un/una/otro/otra ~1 cliente"
     " | recommendation of/from a/an/my ~1 " PERSON},
    {"referencia", 15,
     "por/de/con/from/by/through un/una/mi/otro/a/an/my/another ~1 " PERSON
     " | a traves de un/una/mi/otro/otra ~1 " PERSON},
    {"referencia", 8,
     "por recomendacion | nos/me/te/lo/los/la recomendaron/recomendo | boca a boca/oreja"
     " | word of mouth | were/was/been referred | came recommended | referido/referidos por"},
    {"referencia", 5, "recomendacion | recommendation"},
    {"redes_profesionales", 13, "linkedin"},
    {"redes_profesionales", 13,
     "grupo de ~2 emprendedor*/empresari*/editor*/exalumnos/egresados/profesional*/dueno*/"
     "fundador*/colegas/gerentes/comerciantes/facebook/whatsapp/telegram"
     " | founders/entrepreneurs/owners/professional/alumni/industry/slack/facebook group"
     " | group of ~2 founders/entrepreneurs/owners/professionals/peers"},
    {"redes_profesionales", 13,
     "foro de/del/sobre/en/profesional/sectorial/empresarial | un foro | foros"
     " | comunidad de ~1 duen*/emprendedor*/profesional*/desarrolladores/gerentes"
     " | comunidad en linea/online | forum/forums | online community | community of | "
     "subreddit/reddit/slack"},
    {"redes_profesionales", 10,
     "red de ~1 contactos/emprendedor*/empresari*/profesional* | redes profesionales"
     " | asociacion/camara/gremio/red profesional"},
    {"eventos_virtuales", 14,
     "webinar* | podcast/podcasts | seminario/charla/taller/conferencia/evento/congreso/curso ~2 "
     "web/virtual/online"
     " | seminario/charla/taller/conferencia/evento/congreso/curso ~3 en linea | videoconferencia"
     " | transmision en vivo | online/virtual conference/event/seminar/workshop/talk/summit/meetup"
     " | live stream/streaming | livestream | youtube"},
    {"busqueda_organica", 12,
     "google | googleando/googlear/googlee/googled/googling | motor de busqueda | search engine"
     " | resultados de busqueda | busqueda/busquedas en/por internet/google/linea/web"},
    {"busqueda_organica", 11,
     "busca*/navegando/investigando ~5 internet/online/web | busca*/navegando/investigando ~5 en "
     "linea"
     " | buscando/buscaba/buscabamos/busque/investigando/investigaba ~2 "
     "solucion*/alternativa*/opcion*/herramienta*/opciones/proveedor*"
     " | search*/looking/browsing/researching ~6 online/web/internet | online search | web search"},
    {"busqueda_organica", 11,
     "articulo | articulos | blog | blogs | reportaje | lei/leimos/leyendo ~6 "
     "nota/noticia/revista/publicacion/diario/comparativa/resena"
     " | comparativa ~3 linea/internet/web/online | article/articles | read ~4 "
     "review/magazine/newspaper/comparison"},
    {"eventos_presenciales", 9,
     "en/a/de/durante/fue/por una/un/la/el/nuestra/otra/otro ~1 " EVENT
     " | asisti/asistimos/fui/fuimos/participe/participamos/estuve/estuvimos ~3 " EVENT
     " | at/attended/attending/during/from/visited/to a/an/the/our/your ~2 " EVENT},
    {"eventos_presenciales", 9,
     "networking | rueda de negocios | stand de ustedes | trade show/shows/fair | gave a talk"
     " | presentacion en vivo | evento presencial"},
    {"otro", 8,
     "radio | television | anuncio/aviso/comercial ~4 radio/metro/television/calle/diario/pegado"
     " | folleto/volante/valla/cartel/flyer/billboard/leaflet | en frio | cold call* | cold email*"
     " | correo/email/carta/newsletter de ustedes | your ad/ads/newsletter | ad/advert* on the"
     " | vendedor/ejecutivo de ustedes | one of your reps/sellers"},
    {NULL, 0,
     "google calendar/drive/sheets/meet/maps/ads | posicionamiento en google | recomendaciones "
     "personalizadas"
     " | esta/estamos/estan/estoy buscando/investigando ~4 "
     "solucion*/alternativa*/opcion*/herramienta*/proveedor*"
     " | en frio o"},
    END,
};

const struct rules_row rules_discovery_rows[] = {
    {NULL, 1,
     "conoci/conocimos/conocio/conocieron | descubri/descubrimos/descubrio | "
     "encontre/encontramos/encontro"
     " | escuche/escuchamos/escucho/oi/oimos | supe/supimos/supo/supieron | entere/enteramos | "
     "lei/leimos/leyendo"
     " | vi/vimos/viendo | "
     "asisti/asistimos/asistio/fui/fuimos/participe/participamos/estuve/estuvimos"
     " | menciono/mencionaron/mencionaban/menciona/mencionado/mencionada | "
     "presento/presentaron/mostro/mostraron/explicaron"
     " | recomendo/recomendaron/recomendado/recomendada | "
     "hablo/hablaron/hablaban/hablaba/dijo/comento/comentaron"
     " | llegue/llegamos/llego/llegaron | surgio | cruzamos | quede con | di con | dimos con | "
     "aparecio/aparecia/salia/salieron"
     " | nos dio | inscribimos/seguimos | recibi | probamos la | a traves de | gracias a"
     " | buscaba/buscabamos | googleando"
     " | found/find | discovered | heard/hear | learned/learnt | saw/seen | read | watched | "
     "met/meet"
     " | attended/joined/visited | mentioned/mention | recommended | told | referred | came "
     "across/up"
     " | gave a talk | presented | brought it/up | kept naming | led me/us | was shown | was "
     "searching/looking"
     " | listened/listening | introduced"},
    END,
};

/* ---- size: what the company says of itself ------------------------------------------------------------ */

#define FIRM_ES                                                                                    \
    "empresa/negocio/estudio/tienda/firma/agencia/oficina/compania/emprendimiento/comercio/local/" \
    "consultora/despacho/taller/organizacion/equipo"
#define FIRM_EN                                                                                    \
    "company/business/team/firm/studio/shop/agency/store/organization/organisation/practice/"      \
    "startup"

const struct rules_row rules_size_rows[] = {
    {"pequeña", 2, "pequeno/pequena/chico/chica/reducido/reducida " FIRM_ES},
    {"pequeña", 2, FIRM_ES " pequeno/pequena/chico/chica/reducido/reducida"},
    {"pequeña", 2,
     FIRM_ES " es/somos/muy/bastante/mas ~1 pequeno/pequena/chico/chica/reducido/reducida"},
    {"pequeña", 2, "startup | start up | microempresa | pyme | mipyme | emprendedor individual"},
    {"pequeña", 2,
     "small/tiny/little ~2 " FIRM_EN " | team/company/business/firm is ~1 small/tiny | freelancer"},
    {"mediana", 2,
     "empresa mediana | mediana empresa | tamano mediano | compania mediana | empresa de tamano "
     "medio"
     " | medium sized | mid sized | midsize/midsized | medium company/business"},
    {"grande", 2,
     "gran/grande empresa/compania/corporacion/cadena/organizacion | "
     "empresa/compania/cadena/organizacion ~1 grande"
     " | multinacional | transnacional | corporativo multinacional | gran grupo"
     " | large/big ~2 company/enterprise/organization/organisation/corporation/chain | "
     "multinational | global corporation"},
    END,
};

/* ---- requirements --------------------------------------------------------------------------------------- */

const struct rules_row rules_personalization_rows[] = {
    {"by_customer_type", 2,
     "segun/por/para/by/per/each tipo/segmento/perfil de cliente*"
     " | segun/por/para el/cada tipo/segmento/perfil de cliente* | tipos/segmentos/perfiles de "
     "cliente*"
     " | segmentar ~2 clientes | customer type/types/segment/segments | type/types/kind of "
     "customer/client*"},
    {"by_query_type", 2,
     "segun/por tipo/tema/naturaleza de consulta*/pregunta*/solicitud*/mensaje* | segun/por el "
     "tipo/tema de consulta*/pregunta*/mensaje*/solicitud*"
     " | adaptar*/adapte ~2 ~1 tipos de consultas | clasific* ~3 "
     "consultas/mensajes/solicitudes/preguntas"
     " | redirig*/deriv*/asign*/enrut* ~4 "
     "abogado/equipo/area/persona/especialista/departamento/agente ~1 "
     "adecuad*/correspondiente/correct*/indicad*"
     " | clasific* ~6 deriv*/asign*/redirig* | redirigirlas | segmentar y responder | separ* ~3 "
     "segun"
     " | type/types/kind of question*/query/queries/request* | sort/route/classif* ~3 "
     "messages/questions/queries/requests"},
    {"by_language", 2,
     "adaptar*/adapte/responder/contestar/conteste/responda ~3 idioma | adaptar*/adapte ~2 ~2 "
     "idiomas | en el idioma"
     " | segun el idioma | in the language of | in their ~1 language | by language | adapt* to ~2 "
     "languages"},
    {"by_location", 2,
     "segun ~3 ubicacion/region/zona/ciudad/sucursal/pais/comuna/localidad | por "
     "ubicacion/region/zona/ciudad"
     " | depende de la/cada ciudad/zona/region/sucursal | by location/region/city/country | "
     "depends on the region/city/location/country"},
    {"by_preferences", 2,
     "preferencias | los gustos | gustos de | cada cliente tiene necesidades ~1 especificas ~2 para"
     " | necesidades individuales | customer preferences | preferences | each ~1 tastes"},
    {"by_product_or_service", 2,
     "segun/por ~2 tipo de "
     "producto*/servicio*/tour*/proyecto*/evento*/tratamiento*/curso*/propiedad*/viaje*"
     " | segun el producto/servicio | producto por el que"
     " | by product/service | to the product/service | type of "
     "product/service/project/tour/property"},
    END,
};

const struct rules_row rules_connect_rows[] = {
    {NULL, 1,
     "integr* | conect* | conexion | vincul* | sincroniz* | enlaz* | escribiera directo | connect* "
     "| sync* | hook* | plug* | interfac*"},
    END,
};

const struct rules_row rules_integration_rows[] = {
    {"scheduling", 1,
     "sistema/plataforma/plataformas/sistemas/gestion/motor/agenda/software de ~1 "
     "cita*/reserva*/agenda*/turno*/horas"
     " | calendario/calendarios | agenda de | agenda | reservas | "
     "booking/bookings/calendar/appointment*/reservation*/scheduling"},
    {"scheduling", 2, "google calendar | calendly"},
    {"crm", 2, "crm | salesforce | pipedrive | zoho"},
    {"ticketing", 1,
     "ticket* | mesa de ayuda | sistema/sistemas/plataforma/plataformas de soporte | help desk | "
     "helpdesk | support system/systems/platform | zendesk/freshdesk"},
    {"ecommerce", 2, "shopify | woocommerce | prestashop | magento | tiendanube | vtex"},
    {"ecommerce", 1,
     "e commerce | ecommerce | comercio electronico | tienda online/virtual | tienda en linea | "
     "online store | web shop | marketplace*"},
    {"databases", 1, "base/bases de datos | database/databases | data warehouse"},
    {"social_media", 1, "redes sociales | social media | instagram | facebook"},
    {"erp", 2, "erp | sap | odoo | netsuite | defontana | softland"},
    {NULL, 1, "foro/charla/conferencia/taller/evento/seminario de/sobre comercio electronico"},
    END,
};

const struct rules_row rules_confidentiality_rows[] = {
    {NULL, 2,
     "confidencial* | privacidad | datos/informacion sensible* | datos/informacion personal* | "
     "proteccion de datos"
     " | secreto profesional/bancario/medico | gdpr/rgpd/hipaa/nda"
     " | confidential* | privacy | sensitive data/information | personal data | data protection | "
     "attorney client privilege"},
    END,
};

#define TONGUE                                                                                     \
    "ingles/espanol/portugues/frances/aleman/italiano/chino/mandarin/creole/mapudungun/quechua/"   \
    "english/spanish/portuguese/french/german/italian/chinese/arabic/dutch"

const struct rules_row rules_multilingual_rows[] = {
    {NULL, 2,
     "multilingue/multilingues/multiidioma/multilenguaje/bilingue/bilingues/plurilingue | multi "
     "idioma"
     " | varios/distintos/diferentes/multiples/otros/muchos/dos/tres/cuatro/diversos "
     "idiomas/lenguas"
     " | otro idioma | idiomas distintos/diferentes"
     " | en " TONGUE " ~1 y/e/o ~1 " TONGUE " | en " TONGUE " " TONGUE " y/e/o ~1 " TONGUE
     " | multilingual/bilingual | several/multiple/different/many/various/two/three/other "
     "languages | another language"
     " | in/need/both/speak " TONGUE " and/or " TONGUE},
    {NULL, 0, "clases/cursos/profesores/lessons/courses/teach ~3 " TONGUE " ~3 " TONGUE},
    END,
};

const struct rules_row rules_real_time_rows[] = {
    {NULL, 2,
     "tiempo real | real time | realtime | minuto a minuto"
     " | conteste/responda/contestar/respuesta/respuestas/answer*/respond*/reply* ~1 al "
     "instante/inmediatamente/instantanea*/instantly/immediately"
     " | conteste/responda de inmediato | instant answers/replies/responses"},
    END,
};

/* ---- when demand peaks ---------------------------------------------------------------------------------- */

const struct rules_row rules_peak_rows[] = {
    {"promotions", 2,
     "durante/en/con las/nuestras/cada/los ~1 promociones/promocion/ofertas/descuentos/liquidacion*"
     " | durante/en epoca* de promociones/ofertas | temporadas/temporada/campanas/dias de ~1 "
     "promociones/promocion/ofertas/descuentos/liquidacion*"
     " | black friday | cyber day/monday/week | cyber | liquidacion de temporada | hot sale | las "
     "ofertas"
     " | during/on/with ~2 promotions/promotion/sales/discounts | promotion season | sales season"},
    {"weekends", 2, "fin/fines de semana | weekend/weekends"},
    {"high_season", 2,
     "temporada/temporadas ~1 alta/altas | "
     "temporadas/temporada/epoca/epocas/periodos/periodo/meses de ~1 alta/mayor/gran/mucha demanda"
     " | periodo/periodos/epoca/proceso/procesos de admision/matricula*/inscripcion*/postulacion"
     " | high/peak/busy season | enrolment/enrollment/admissions season | fiestas de fin de ano | "
     "navidad | christmas"},
    {"product_launches", 2,
     "lanzamiento/lanzamientos de ~3 producto*/coleccion*/linea*/titulo*/juego*/modelo*/novedad*"
     " | lanzamiento de nuestr* ~2 coleccion/linea/titulo/producto/juego/modelo | cada lanzamiento"
     " | lanzamos/lanzar una/nuestra/la nueva linea | desde el lanzamiento | durante ~2 "
     "lanzamientos | temporadas de lanzamientos"
     " | lanzamos/lanzaron/lanzar nuestr*/una/un/la/el ~2 "
     "coleccion/producto/productos/titulo/juego/modelo"
     " | product launch/launches | launch/launches of | launched ~3 collection/product/line/title "
     "| every/each ~1 launch"
     " | new releases"},
    {"events", 2,
     "durante/con/en los/cada/nuestros/las/nuestras ~1 eventos/evento/ferias/campanas | campanas "
     "especificas"
     " | dias de ~1 ~2 evento/eventos/feria | temporadas ~4 ferias | hold/during/before/each/every "
     "~1 event/events/fair/show"},
    {NULL, 0, "lanzamos/lanzar nuestra tienda/plataforma/pagina/web | gestion de los eventos"},
    END,
};

/* ---- what their customers ask --------------------------------------------------------------------------- */

const struct rules_row rules_asked_rows[] = {
    {NULL, 1,
     "consultas/consulta/preguntas/pregunta/dudas/solicitudes/inquietudes | "
     "consultan/preguntan/pregunta"
     " | quiere/quieren saber | informacion sobre/de | pedidos de informacion | mensajes ~1 "
     "son/tratan | requerimientos | demanda por/de"
     " | questions/enquiries/inquiries/queries/requests | ask/asks/asking about | want/wants to "
     "know | messages are about"
     " | information about/on"},
    END,
};

const struct rules_row rules_query_rows[] = {
    {"pricing", 2,
     "precio* | cotizacion* | cotizar | presupuesto* | tarifa* | costo* | coste* | honorario* | "
     "arancel* | valor de | valores de la"
     " | cuanto cuesta | mensualidad* | comision* | tasa | tasas | tipo de cambio"
     " | price* | pricing | quote/quotes | rate/rates | fee/fees | cost/costs | how much"},
    {"availability", 2,
     "disponibilidad* | disponible* | stock | cupo* | vacante* | fechas/horas/horarios libres | "
     "talla/tallas | reposicion"
     " | inventario | reservas de novedades | availab* | in stock | free slots | sizes | vacanc*"},
    {"shipping", 2,
     "envio | envios | despacho* | entregas | reparto | "
     "tiempo/tiempos/plazo/plazos/fecha/fechas/hora/horas/estado/seguimiento de ~1 "
     "entrega*/envio*/despacho*"
     " | rastreo | donde esta/va ~2 paquete/pedido/bulto/encomienda | paquetes danados/perdidos | "
     "encomienda* | exportacion e importacion | logistica aduanera | shipping/shipment* | deliver* "
     "| order tracking"
     " | parcel/parcels | arrival times | where a/the/my parcel/order"},
    {"returns", 2,
     "devolucion* | cambios por/de talla | reembolso* | return/returns | refund* | "
     "exchange/exchanges"},
    {"scheduling", 2,
     "cita | citas | agendar | agenda | reserva/reservas | reservar | reservaciones | horario* | "
     "visitas | horas de practica"
     " | programar servicios | cambios de itinerario* | itinerarios | turno | turnos | retiros "
     "programados"
     " | appointment* | booking/bookings | reservation* | schedule* | opening hours | check in "
     "times | viewings | pickup days"},
    {"technical_support", 2,
     "soporte ~1 tecnico | soporte | consultas/dudas/preguntas ~1 tecnicas | problemas tecnicos | "
     "fallo | fallos | error/errores"
     " | compatibilidad ~6 sistema* | instalacion* ~3 mantenimiento | implementacion de software | "
     "mantencion | accesos bloqueados"
     " | acceso a | contrasena*"
     " | technical support/issues | broken | crash* | failed | bugs | access problems | upgrade "
     "problems"},
    {"regulations", 2,
     "regulacion* | normativa* | norma | reglament* | permiso* | cumplimiento | tributari* | "
     "aduan* | documentacion de | auditorias"
     " | requisitos legales | legales por | regulation* | permit/permits | compliance | visa | "
     "customs | legal requirements"},
    {"product_specs", 2,
     "especificacion* | caracteristica* | ingrediente* | material | materiales | detalles ~1 "
     "tecnicos | detalles de ~1 propiedad*/producto*"
     " | modelos | medidas | sobre ~1 producto/productos | compatibilidad de piezas | "
     "proceso/procesos/metodo/metodos de fabricacion/produccion"
     " | marcas disponibles | certificaciones de | edades recomendadas | tallas y"
     " | ingredients | dimensions | materials | specification*/specs | features | about ~1 "
     "products"},
    {NULL, 0, "acceso a internet | tiempo real | sistema de citas"},
    END,
};

const struct rules_row rules_tool_rows[] = {
    {"email", 2, "correo/correos | email/emails | e mail/mails | mail/mails | gmail | outlook"},
    {"whatsapp", 2, "whatsapp* | wasap | guasap | wsp"},
    {"instagram", 2, "instagram"},
    {"zendesk", 2, "zendesk"},
    {"freshdesk", 2, "freshdesk"},
    {"hubspot", 2, "hubspot"},
    {"custom_system", 2,
     "sistema/software/plataforma/herramienta/programa ~1 "
     "propio/propia/interno/interna/casero/casera"
     " | hecho/hecha/desarrollado/desarrollada a medida | hecho/desarrollado en casa/por | "
     "desarrollo propio"
     " | in house ~1 system/tool/software/platform | custom ~1 system/tool/software | home grown | "
     "homegrown"},
    {NULL, 0, "correo/carta/email de ustedes"},
    END,
};
