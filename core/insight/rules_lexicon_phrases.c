/* SPDX-License-Identifier: MIT */
/* Where a phrase is cut out of the transcript: it begins at the match (weight 1) or with its clause (weight 2),
 * and ends with the clause. */
#include "core/insight/rules_lexicon.h"

#define END                                                                                        \
    {                                                                                              \
        NULL, 0, NULL                                                                              \
    }

const struct rules_row rules_pain_rows[] = {
    {NULL, 2,
     "no ~1 da/damos/dan abasto | insostenible | ineficiente* | insuficiente* | desafiante* | "
     "dificil de | complicad* | colaps* | desbord* | saturad* | saturar | sobrecarg*"
     " | sobrepas* | supera* ~2 capacidad | superado ~2 capacidad | afecta* ~2 capacidad | se ha "
     "duplicado | se han duplicado | nos cuesta | se pierde* | perdemos | perdimos | se acumula*"
     " | consumen ~3 tiempo | consume ~3 tiempo | demora | demoras | no siempre puede/podemos | "
     "sin respuesta | nadie ~2 contesta/responde/contesto/respondio/actualiza | no alcanza* | no "
     "contestamos | arruinad* | reclamo/reclamos"
     " | se dispara | dificultades | quedan/queda ~1 sin | caos | enredan | lento | lenta | tarda "
     "| tardamos | se contradicen | la misma pregunta | las mismas | a mano | manualmente"},
    {NULL, 1,
     "aumento ~3 en/de ~2 consultas/solicitudes/demanda/preguntas | incremento ~3 en/de ~2 "
     "consultas/solicitudes/preguntas | problemas para/con/de | dificultad/dificultades para"
     " | carga de trabajo | gestion manual"},
    {NULL, 2,
     "overwhelm* | struggl* | cannot keep up | cant keep up | drown | we drown | mess | chaos | "
     "out of control | brutal | floods | no shows | nobody ~3 answers/confirms/updates | stop "
     "answering | repeating ~3 same"
     " | lost | ruins | too many | too slow | takes ~2 emails/messages | two days later | "
     "contradict | juggles | on first line support | complaint | chase | wrong | was not enough | "
     "costs us"},
    END,
};

const struct rules_row rules_use_rows[] = {
    {NULL, 1,
     "automatizar | automatice | gestionar ~3 "
     "consultas/reservas/eventos/incidencias/interacciones/citas/pedidos/preguntas | clasificar | "
     "clasifique | segmentar | filtrar | programar servicios"
     " | redirigirlas | asignarlas | agilizar | ofrecer/proporcionar ~2 "
     "respuestas/recomendaciones/actualizaciones/informacion | manejar ~3 "
     "consultas/interacciones/volumen | responder ~3 preguntas/consultas"
     " | calificar a | ordenar ~4 canales | confirmara | confirmar ~3 citas | tome los datos | "
     "tomar ~2 datos | conteste | medir | siga la conversacion | enviar ~2 avisos/recordatorios | "
     "mejorar la eficiencia/atencion/experiencia/comunicacion | optimizar ~4 "
     "atencion/comunicacion/gestion/proceso*/flujo"
     " | personalizar las respuestas | recomendara"},
    {NULL, 1,
     "automate | hand over | hands over | handles the | qualify leads | one inbox | confirm and "
     "remind | answer ~2 questions | route | sort messages | respond ~2 questions | manage ~2 "
     "enquiries/bookings/requests | reduce ~2 response"},
    END,
};

const struct rules_row rules_objection_rows[] = {
    {NULL, 1, "sin perder | sin comprometer | sin afectar | sin sacrificar | sin descuidar"},
    {NULL, 2,
     "preocupa | preocupan | dudamos | tenemos dudas | dudas sobre | duda | temo | tememos | nos "
     "da miedo | miedo | inquieta | no estamos seguros | no estoy seguro | mala experiencia | "
     "parece caro | caro | muy costoso | presupuesto viene | el precio es"
     " | escepticos | reticentes | contrato vigente | depender de un"},
    {NULL, 1, "without losing | without compromising | without affecting"},
    {NULL, 2,
     "worried | concern | concerned | afraid | not sure | my doubt | doubts about | expensive | "
     "bad experience | sceptical | skeptical | hesitant"},
    END,
};

const struct rules_row rules_other_rows[] = {
    {NULL, 2,
     "demostracion | propuesta por escrito | prueba de ~2 dias | pidio referencias | a fin de mes "
     "| fin de trimestre | antes de que termine | volvemos a hablar | despues de las vacaciones | "
     "empezar cuanto antes | vamos a avanzar | se lo muestro"
     " | expandimos | expandir | expansion | apertura de | nueva sucursal | nuevas regiones | "
     "nuevos mercados | ha crecido rapidamente | nuevas ciudades"
     " | demo next | trial | the board decides | call back | start as soon"},
    END,
};
