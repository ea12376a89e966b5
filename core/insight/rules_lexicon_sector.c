/* SPDX-License-Identifier: MIT */
/* What the company does. A phrase that names the trade outweighs words that merely belong to it, and where
 * two trades meet ("consultora ambiental", "tienda de cosmética") the whole phrase decides. */
#include "core/insight/rules_lexicon.h"

#define END                                                                                        \
    {                                                                                              \
        NULL, 0, NULL                                                                              \
    }
#define SHOP "tienda/local/negocio/empresa/marca/comercio/tiendas/cadena"

const struct rules_row rules_sector_rows[] = {
    /* technology, and by the guidelines design, audiovisual and photography */
    {"tecnologia_software", 10,
     "software | saas | videojuego/videojuegos | ciberseguridad | desarrollo web/movil | programa "
     "de facturacion/contabilidad/gestion"
     " | aplicacion/aplicaciones movil/moviles/web | aplicaciones ~1 a medida | desarrollo de "
     "aplicaciones | startup tecnologica"
     " | inteligencia artificial | computacion en la nube | soporte informatico | hosting | "
     "telecomunicaciones"
     " | video game/games | mobile app/apps | mobile games | cybersecurity | cyber security | it "
     "services/company/support"
     " | artificial intelligence | cloud | web development | app developer*"},
    {"tecnologia_software", 10,
     "diseno grafico/web/digital/industrial | diseno de interiores | branding | identidad visual | "
     "audiovisual/audiovisuales | fotografia | fotografo/fotografa"
     " | produccion de video | animacion | estudio de diseno | agencia de diseno | soluciones "
     "tecnologicas"
     " | graphic/web/product design | design studio/agency | photography | photographer | video "
     "production | film production | animation"},
    {"tecnologia_software", 11,
     "consultoria/consultora ~1 tecnologica/informatica | empresa de tecnologia | tecnologias de "
     "la informacion"
     " | empresa tecnologica | compania de tecnologia | tech company/startup/firm | software "
     "company/firm/house"},
    {"tecnologia_software", 3,
     "tecnologia | tecnologica/tecnologico | informatica | programadores | desarrolladores | "
     "plataforma/plataformas"
     " | technology | developers | engineers | platform"},

    {"servicios_profesionales", 10,
     "abogado* | bufete* | juridic* | servicios legales | estudio juridico | notaria* | "
     "laboralistas | traduccion/traducciones"
     " | traductor* | traducimos | arquitectura | arquitectos | marketing | publicidad | "
     "contabilidad | contable* | recursos humanos | reclutamiento | reclutamos"
     " | headhunting | auditoria tributaria | firma/empresa/agencia de consultoria | "
     "consultora/consultoria de/en | consultoria | consultora | relaciones publicas"
     " | ingenieria | agencia de comunicacion* | coworking"
     " | law firm/practice | lawyers/attorneys | legal services | translation | translators | "
     "architecture | architects | accounting/accountants | bookkeeping"
     " | advertising | human resources | recruitment/recruiting/staffing | consulting/consultancy "
     "| public relations | engineering firm"},
    {"servicios_profesionales", 12,
     "agencia de ~1 marketing/publicidad/traduccion | oficina de arquitectura/contabilidad | "
     "asesoria/estudio contable | asesoria ~2 legal"
     " | marketing agency | advertising agency | law firm | architecture firm/office/studio | "
     "accounting office/practice/firm"},
    {"servicios_profesionales", 3, "legal/legales | asesoria | asesorias | legal"},

    {"comercio_retail", 8,
     "tienda/tiendas ~3 de | libreria* | ferreteria* | mueble* | muebleria* | jugueteria* | "
     "zapateria* | supermercado* | minimarket"
     " | bazar | boutique* | joyeria* | moda | ropa | calzado | zapatillas | bicicletas | "
     "electronica | electrodomesticos | optica | opticas | repuestos"
     " | editorial | libros | papeleria* | floreria* | mascotas | instrumentos musicales | "
     "juguetes | artesania* | artesanales | carteras | bolsos"
     " | bookstore/bookshop | hardware store | furniture | clothing/fashion/apparel | shoes | toys "
     "| retailer/retail | supermarket | jewelry/jewellery | pet shop/store | department store"},
    {"comercio_retail", 10,
     SHOP " ~1 de ~1 "
          "mascotas/ropa/moda/zapatillas/electronica/electronicos/deportes/deportivos/instrumentos/"
          "bicicletas/repuestos/juguetes/muebles/libros/lentes/anteojos"
          " | tienda/tiendas online/virtual | tienda en linea | comercio electronico | e commerce "
          "| online store/shop | tiendas ~3 web | marca de ~1 moda/ropa | moda sostenible"
          " | tienda de productos artesanales/organicos | editorial independiente | carteras y "
          "accesorios | sustainable fashion"},
    {"comercio_retail", 4,
     "tienda/tiendas | vitrina* | mostrador | al por mayor | al detalle | "
     "store/stores/shop/shops/showrooms"},

    {"salud_bienestar", 10,
     "clinica/clinicas | hospital/hospitales | medico/medicos/medica/medicas | "
     "dental/dentales/odontologica/odontologico/dentista/dentistas | kinesiologia | fisioterapia"
     " | psicolog* | terapeuta* | salud mental | centro/centros de salud | consulta ~1 "
     "oftalmologica | farmacia/farmacias | laboratorio clinico | nutricion/nutricionista*"
     " | gimnasio/gimnasios | yoga | pilates | spa | salon de belleza | peluqueria* | barberia* | "
     "estetica | cosmetic* | belleza | bienestar | veterinari*"
     " | clinic/clinics | physiotherapy | dentist/dentists | doctors | medical | "
     "pharmacy/pharmacies | therapist/therapists | mental health | gym/gyms | wellness | beauty | "
     "salon/salons | cosmetics | skincare"},
    {"salud_bienestar", 12,
     SHOP " ~2 de ~3 cosmetic*/belleza | productos de belleza | cosmetica natural | clinica ~1 "
          "dental/odontologica/veterinaria/estetica | optica medica | centro de "
          "yoga/kinesiologia/bienestar"
          " | beauty salon/products | cosmetics store/brand | yoga studio"},
    {"salud_bienestar", 4,
     "salud | paciente/pacientes | tratamientos | health/healthcare | patients"},

    {"alimentos_bebidas", 10,
     "restaurante/restaurantes | catering | banqueteria | cafeteria* | cafe | pasteleria* | "
     "panaderia* | pizzeria* | heladeria* | cerveceria* | cerveza | vino/vinos/vina | tostaduria | "
     "tostamos"
     " | comida | alimentos | reposteria | chocolateria | gastronom* | bar | food truck | frutas y "
     "verduras | verduras | alimentaria | bebidas"
     " | restaurant/restaurants | bakery/bakeries | coffee | brewery/breweries | winery/wineries | "
     "pizzeria* | food company/brand/producer | beverage*"},
    {"alimentos_bebidas", 12,
     SHOP " de ~2 alimentos | empresa/servicio/compania de catering/alimentos | cerveza artesanal "
          "| cafe de especialidad | catering company"
          " | tienda de ~1 vinos/quesos/cafe/te/gourmet"},
    {"alimentos_bebidas", 4, "gourmet | menus | cocina | tortas | alimentos | chef"},

    {"inmobiliario_construccion", 10,
     "bienes raices | inmobiliari* | propiedades | constructora* | construccion | corredora de "
     "propiedades | construimos ~2 casas/edificios | casas/viviendas prefabricadas/modulares"
     " | remodelacion/remodelaciones | remodelamos | condominio/condominios | administracion de "
     "edificios | administramos edificios | terrenos | parcelas | arriendo de departamentos"
     " | real estate | property management | construction | homebuilder* | timber houses | "
     "builders | realtor*"},
    {"inmobiliario_construccion", 12,
     "corredora de propiedades | empresa de bienes raices | empresa de construccion | empresa "
     "constructora* | administracion de condominios | real estate agency | construction "
     "company/firm"},
    {"inmobiliario_construccion", 3,
     "departamentos | edificios | proyectos residenciales | arriendo/arriendos | obra | "
     "flats/apartments/rentals"},

    {"eventos_turismo", 10,
     "turismo | turistic* | agencia de ~1 viajes | viajes | hotel/hoteles | hostal | hosteria | "
     "cabanas | excursiones | tour operador | tours | bodas | matrimonios"
     " | organizacion de eventos | organizamos ~1 eventos/congresos/bodas/fiestas | productora de "
     "eventos | empresa de ~1 eventos | congresos | parque de ~2 aventura | giras de estudio"
     " | travel agency | travel | tourism | hotel/hotels | hostel | event "
     "planning/planner/company/management | organise/organize ~2 conferences/events/weddings | "
     "weddings | sightseeing | tour operator"},
    {"eventos_turismo", 12,
     "congresos medicos | agencia/empresa de ~1 turismo/viajes | empresa de organizacion de "
     "eventos | productora de eventos | complejo turistico | turismo aventura/cultural"},
    {"eventos_turismo", 3,
     "eventos | viajero/viajeros | turistas | destinos | travellers/travelers | guests | events"},

    {"financiero", 10,
     "servicios financieros | financier* | fintech | banco/bancos/bancaria/bancario | cooperativa "
     "de ~2 credito/ahorro | credito | creditos | prestamo/prestamos | seguros | aseguradora* | "
     "inversiones | inversion"
     " | corredora de seguros | casa de cambio | casa de bolsa | corretaje de valores | factoring "
     "| factura* anticipad* | pensiones"
     " | financial services | bank/banks/banking | credit union | loans/lender/lends | insurance | "
     "investment/investments | fintech | wealth management | brokerage"},
    {"financiero", 12,
     "asesoria/asesorias/asesoramiento financiera/financiero/de inversiones | corredora de seguros "
     "| empresa ~3 servicios financieros | insurance broker/brokerage | asesoramos inversiones"},

    {"logistica_transporte", 10,
     "logistica | transporte | transportes | encomiendas | mensajeria | courier | camion/camiones "
     "| flota | aduana/aduanas/aduanera/aduanero | mudanzas | guardamuebles | ultima milla | "
     "bodegaje | almacenaje | buses | furgones"
     " | fletes | carga aerea/maritima/terrestre | distribucion y reparto"
     " | logistics | transport/transportation | trucking/trucks | freight | customs brokers | last "
     "mile | courier | warehousing | moving company | shipping company"},
    {"logistica_transporte", 12,
     "empresa de transporte/transportes/logistica/encomiendas/mudanzas | agentes/agencia de "
     "aduana/aduanas | sector de la logistica | courier company | freight "
     "forwarder/forwarders/forwarding"},
    {"logistica_transporte", 3, "repartidores | paquetes | bodegas | parcels"},

    {"educacion", 10,
     "educacion | educativ* | colegio/colegios | escuela/escuelas | universidad/universidades | "
     "instituto | preuniversitario | academia* | jardin infantil | sala cuna | cursos | "
     "capacitaciones"
     " | becas | matricula/matriculas | docentes | school/schools | university | college | academy "
     "| education/educational | courses | kindergarten | tutoring | scholarships"},
    {"educacion", 12,
     "sector educativo | startup de educacion | educacion online | tecnologia educativa | cursos "
     "~2 en linea/online | academia en linea/online | instituto de idiomas | escuela de "
     "conductores/conduccion/idiomas"
     " | clases de ~2 ingles/portugues | language school | online academy | edtech"},
    {"educacion", 3,
     "estudiantes | alumnos | apoderados | tutores | programas academicos | students | admissions "
     "| tutors"},

    {"sostenibilidad", 10,
     "energia/energias ~1 renovable/renovables/solar/eolica/limpia | renovables | paneles solares "
     "| solar | reciclaje | reciclamos | compost/compostaje | medioambiental | "
     "ambiental/ambientales"
     " | agricola/agricolas | agricultura | agricultores | agro/agropecuaria/agroindustria | "
     "vivero* | reforestacion | riego | granja | eficiencia energetica | economia circular | "
     "residuos"
     " | renewable/renewables | solar/wind energy/power | solar panels | recycling/recycle | "
     "environmental | farm/farming | agriculture/agricultural | irrigation | composting"},
    {"sostenibilidad", 12,
     "consultora/consultoria ~2 ambiental | consultora/consultoria de/en sostenibilidad | impacto "
     "ambiental | tecnologia agricola | asesoria agricola | energia renovable/solar"
     " | environmental consultancy/consulting | solar energy company | electronic waste | residuos "
     "electronicos"},
    {"sostenibilidad", 3, "sostenibilidad | sostenible/sostenibles | sustainability | sustainable"},

    {"otros", 10,
     "ong | fundacion | sin fines de lucro | seguridad privada | empresa de seguridad | guardias | "
     "voluntari* | caridad | beneficencia | club deportivo | asociacion gremial | sindicato | "
     "municipalidad | municipio | iglesia"
     " | taxistas | refugio de ~1 animales/perros | ngo | nonprofit | non profit | charity | "
     "foundation | private security | security company | food bank/banks | church | volunteers | "
     "city council"},

    /* places of learning, not of business; and words that only look like a trade */
    {NULL, 0,
     "redes sociales | base de datos | programa de ~1 fidelizacion | companero de "
     "universidad/colegio | companero de la universidad | google calendar | toma de decisiones"
     " | en curso | sin costo | tarjeta de credito | sucursal del banco | camara de comercio | "
     "chamber of commerce | plataforma de e commerce/reservas | restaurante favorito"
     " | comercio exterior | cadena de suministro | canal online | recursos propios"},
    END,
};

const struct rules_row rules_identity_rows[] = {
    {NULL, 12,
     "somos | soy | dirijo | administro | presido | coordino | tengo | tenemos | llevo | llevamos "
     "| manejo | trabajo en | trabajamos en | trabajo para | opero | represento"
     " | como "
     "restaurante/startup/empresa/agencia/clinica/tienda/hotel/institucion/colegio/escuela/"
     "universidad/constructora/consultora"
     " | en el sector | nos dedicamos a | me dedico a | lo nuestro es | se dedica a | se "
     "especializa en | se enfoca en"
     " | vendo | vendemos | fabricamos | hacemos | hago | ofrecemos | ofrece | damos | doy | "
     "desarrollamos | desarrolla | instalamos | producimos | operamos | organizamos | construimos "
     "| importamos | asesoramos | repartimos | movemos | arrendamos | publicamos | elaboramos | "
     "disenamos"
     " | fundamos | fotografio | planifico | preparamos | remodelamos | reclutamos | traducimos | "
     "tostamos | reciclamos | administramos"
     " | we are | were an | i run | i own | i manage | i lead | i work | i coordinate | i handle | "
     "i am on | we run | we own | we have | we sell | we make | we build | we do | we teach | we "
     "install | we recycle | we offer | we organise/organize | we develop"},
    {NULL, 6,
     "nuestro/nuestra/mi/our/my/ours | la/el/en"}, /* these only where they open a sentence */
    END,
};

const struct rules_row rules_foreign_rows[] = {
    {NULL, 1,
     "para | que usan | dedicada a | dedicado a | for | para el sector | sells to | works for | "
     "used by | que utilizan | especializada en ~1 clientes"
     " | a otras companias/empresas | clientes del sector | trabaja con | atiende a | en la "
     "industria de | en el sector de ~1 mi"},
    END,
};
