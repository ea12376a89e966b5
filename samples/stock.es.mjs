// SPDX-License-Identifier: MIT
// Spanish stock of generate.mjs: businesses and clauses, all invented. The product they talk about is "Parla".

// sector: [[intro, other intro], [what their customers ask about], [what hurts]]
export const businesses = {
    tecnologia_software: [
        [['Hacemos un programa de facturación en la nube que usan talleres y ferreterías.', 'Desarrollamos software de facturación y vivimos de la suscripción mensual.'], ['errores al emitir una boleta', 'cambios de plan', 'la instalación en otro computador'], 'Cada cierre de mes el soporte técnico se nos llena y los programadores terminan contestando correos.'],
        [['Somos un estudio de videojuegos que acaba de sacar su tercer título para móvil.', 'Publicamos videojuegos para teléfono, casi todos de estrategia.'], ['partidas perdidas', 'compras que no aparecen', 'fallos con la última actualización'], 'Los jugadores escriben de madrugada y a esa hora no hay nadie.'],
        [['Tengo un estudio de diseño gráfico especializado en envases.', 'Mi estudio hace diseño gráfico e identidad visual para marcas de cerveza y café.'], ['cotizaciones de un logotipo', 'plazos de entrega de las propuestas', 'formatos de archivo'], 'Cotizar a mano cada encargo me quita las mañanas en que debería estar dibujando.'],
        [['Vendemos una plataforma SaaS para administrar edificios.', 'Nuestra plataforma de software lleva las cuentas de unos cuatrocientos edificios.'], ['accesos bloqueados', 'reportes que no cuadran', 'cómo cargar un gasto común'], 'La misma pregunta sobre contraseñas nos llega treinta veces y siempre la contesta la misma persona.'],
        [['Somos una productora audiovisual: spots, cobertura y video corporativo.', 'Mi socio y yo tenemos una productora audiovisual con un pequeño set propio.'], ['tarifas por jornada de rodaje', 'fechas disponibles', 'correcciones de edición'], 'Perdimos un rodaje grande porque el mensaje quedó sin leer un viernes completo.'],
        [['Damos servicios de ciberseguridad y monitoreo de redes a otras compañías.', 'Lo nuestro es la ciberseguridad: auditamos redes y respondemos a incidentes.'], ['alertas que no entienden', 'el alcance de una auditoría', 'soporte técnico fuera de horario'], 'Entre tantas dudas menores se nos puede pasar un incidente de verdad.'],
        [['Fotografío productos y retratos de empresa; hoy somos un estudio de fotografía.', 'El estudio de fotografía nació en mi casa y ahora ocupa un galpón.'], ['precios por sesión', 'disponibilidad de horas', 'derechos de uso de las imágenes'], 'Contesto desde el teléfono entre toma y toma, y se me cruzan los pedidos.'],
        [['Construimos aplicaciones móviles a medida para bancos y aseguradoras.', 'Somos una empresa de desarrollo de aplicaciones, con clientes en tres países.'], ['el avance de su proyecto', 'fallos en producción', 'presupuestos de cambios'], 'Los desarrolladores se desconcentran cada vez que un cliente pide el estado de su ticket.'],
    ],
    servicios_profesionales: [
        [['Dirijo un bufete de abogados laboralistas.', 'En el bufete llevamos sobre todo despidos y accidentes del trabajo.'], ['plazos para demandar', 'honorarios', 'qué documentos traer a la primera cita'], 'Las mismas cinco dudas sobre finiquitos se llevan la mitad del día de la recepcionista.'],
        [['Tenemos una agencia de marketing digital dedicada a clínicas y colegios.', 'Nuestra agencia de publicidad lleva campañas para marcas regionales.'], ['precios de una campaña', 'resultados del mes', 'fechas de publicación'], 'Cada cliente quiere saber cómo va su campaña y nos enteramos tarde de los reclamos.'],
        [['Somos una oficina de contabilidad que lleva a unos doscientos contribuyentes.', 'Llevamos contabilidad y remuneraciones de comercios chicos.'], ['vencimientos de impuestos', 'normativa tributaria', 'boletas pendientes'], 'En abril el teléfono no para y lo demás queda detenido.'],
        [['Traducimos manuales y contratos; somos una agencia de traducción técnica.', 'La agencia de traducción que dirijo trabaja con catorce lenguas.'], ['cotizaciones por palabra', 'plazos', 'certificación de documentos'], 'Calcular cada presupuesto a mano nos hace perder encargos urgentes.'],
        [['Nuestra oficina de arquitectura hace sobre todo colegios y consultorios.', 'Somos arquitectos, con una oficina de arquitectura que remodela locales.'], ['presupuestos de una remodelación', 'permisos municipales', 'plazos de obra'], 'Los arquitectos pasan más rato explicando permisos que dibujando.'],
        [['Reclutamos personal para la industria: somos una consultora de recursos humanos.', 'En la consultora de recursos humanos buscamos sobre todo técnicos y operarios.'], ['el estado de su postulación', 'ofertas abiertas', 'documentos de contratación'], 'Los postulantes quedan sin respuesta y después hablan mal de nosotros.'],
        [['Somos una notaría con mucho movimiento en el centro.', 'Trabajo en una notaría que atiende compraventas y poderes.'], ['aranceles', 'horarios de firma', 'requisitos de un poder'], 'La fila llega a la calle porque la gente viene solo a preguntar.'],
    ],
    comercio_retail: [
        [['Tenemos una ferretería de barrio que ahora también vende por internet.', 'La ferretería de mi padre abrió su tienda en línea hace poco más de un año.'], ['stock de herramientas', 'costo de despacho', 'cambios por talla o medida'], 'En el mostrador atienden al que llega y el que escribe espera horas.'],
        [['Vendo zapatillas y ropa deportiva en una tienda en línea.', 'Mi tienda de ropa deportiva vende casi todo por la web.'], ['tallas', 'devoluciones', 'seguimiento del envío'], 'Los cambios de talla generan idas y vueltas que nadie ordena.'],
        [['Somos una librería especializada en cómics y novela gráfica.', 'La librería nació como un puesto de feria y hoy tiene dos locales.'], ['disponibilidad de un título', 'reservas de novedades', 'envíos a regiones'], 'Contestamos cuando podemos y muchos compran en otra parte mientras tanto.'],
        [['Administro una tienda de mascotas con despacho a domicilio.', 'En la tienda de mascotas vendemos alimento, arena y juguetes.'], ['marcas disponibles', 'horas de entrega', 'precios del saco grande'], 'El alimento se compra con urgencia y si no contestamos en minutos perdemos la venta.'],
        [['Importamos juguetes de madera y los vendemos en una juguetería y por catálogo.', 'La juguetería vende el sesenta por ciento del año en seis semanas.'], ['edades recomendadas', 'garantías', 'devoluciones después de las fiestas'], 'Contratamos gente por temporada solo para responder lo mismo.'],
        [['Nuestra cadena de ópticas vende anteojos en malls y en la web.', 'Vendemos lentes y armazones en cuatro tiendas de un mismo centro comercial.'], ['precios de cristales', 'plazos de entrega', 'características de los marcos'], 'Las tiendas repiten las mismas explicaciones y cada una las da distintas.'],
        [['Tengo una mueblería que fabrica a pedido y vende por redes.', 'La mueblería vende comedores y camas, parte en tienda y parte a pedido.'], ['medidas y maderas', 'fecha de despacho', 'precios con descuento'], 'Un mueble lleva veinte mensajes antes de venderse y se nos enredan las conversaciones.'],
        [['Vendemos repuestos de moto al por mayor y al detalle.', 'Somos una tienda de repuestos para motos con bodega propia.'], ['compatibilidad de piezas', 'disponibilidad', 'envíos por encomienda'], 'Un repuesto mal explicado es una devolución segura.'],
        [['Diseñamos y vendemos carteras y accesorios de cuero, solo en línea.', 'Mi marca de moda hace bolsos y cinturones en series cortas.'], ['colores disponibles', 'materiales', 'plazos de envío'], 'Los mensajes se acumulan de noche, cuando la gente mira vitrinas en el teléfono.'],
    ],
    salud_bienestar: [
        [['Manejo un centro de kinesiología con doce boxes.', 'Somos un centro de kinesiología y rehabilitación.'], ['horas disponibles', 'convenios', 'cambios de cita'], 'La agenda se llena de huecos porque nadie alcanza a confirmar.'],
        [['Nuestra clínica dental abrió una segunda sede.', 'Tengo una clínica dental con seis dentistas.'], ['precios de un implante', 'disponibilidad de horas', 'qué hacer después de una extracción'], 'La recepción contesta el teléfono con un paciente delante y se nota.'],
        [['Somos una óptica médica y consulta oftalmológica.', 'La consulta oftalmológica atiende adultos y niños.'], ['citas', 'preparación para un examen', 'resultados'], 'Los pacientes mayores llaman tres veces por lo mismo porque no se fían de la primera respuesta.'],
        [['Tengo una peluquería y salón de belleza con ocho sillas.', 'El salón de belleza que llevo con mi hermana no da abasto.'], ['horas libres', 'precios del alisado', 'productos para el pelo'], 'Con las manos en el tinte no se puede contestar un mensaje.'],
        [['Vendemos cosmética natural hecha en un laboratorio propio.', 'Nuestra línea de cosmética nació en una farmacia de pueblo.'], ['ingredientes', 'alergias', 'tiempos de envío'], 'Un error al hablar de alergias nos preocupa más que cien mensajes sin leer.'],
        [['Doy clases de pilates y yoga en un estudio con tres profesoras.', 'El estudio de yoga ofrece clases presenciales y grupos pequeños.'], ['horarios', 'cupos', 'planes mensuales'], 'Las reservas llegan por cuatro lados y siempre hay dos personas para un mismo cupo.'],
        [['Somos una farmacia independiente con reparto propio.', 'La farmacia atiende a tres poblaciones y reparte en bicicleta.'], ['disponibilidad de remedios', 'precios', 'recetas retenidas'], 'La gente pregunta si hay stock, no contestamos y hace el viaje en vano.'],
        [['Dirijo un centro de salud mental con psicólogos y terapeutas.', 'En el centro trabajamos veinte psicólogos con agendas distintas.'], ['la primera cita', 'valores de la sesión', 'reembolsos'], 'Quien pide ayuda y no recibe respuesta no vuelve a escribir.'],
    ],
    alimentos_bebidas: [
        [['Tenemos una pizzería con reparto y dos hornos.', 'La pizzería vende más por reparto que en el salón.'], ['el tiempo de entrega', 'ingredientes', 'pedidos equivocados'], 'El viernes el teléfono suena tanto que lo dejamos descolgado.'],
        [['Dirijo un servicio de catering para matrimonios y empresas.', 'Nuestro catering cocina para matrimonios de hasta trescientas personas.'], ['menús', 'cotizaciones por persona', 'fechas libres'], 'Cada cotización son seis correos y al final muchas no se concretan.'],
        [['Tostamos café de especialidad y lo vendemos por suscripción.', 'Somos una tostaduría de café con dos barras.'], ['cambios de suscripción', 'tipos de molienda', 'despachos'], 'Las suscripciones se cancelan porque nadie respondió un cambio de dirección.'],
        [['Tengo una pastelería que hace tortas a pedido.', 'La pastelería que abrí con mi madre trabaja casi todo a pedido.'], ['precios de tortas', 'alérgenos', 'plazos de entrega'], 'Un pedido mal anotado es un cumpleaños arruinado, y ya nos pasó.'],
        [['Elaboramos cerveza artesanal y la distribuimos a bares.', 'Nuestra cervecería abastece a cuarenta bares de la región.'], ['disponibilidad de barriles', 'precios por volumen', 'fechas de reparto'], 'Los bares piden a última hora y por el canal que se les ocurre.'],
        [['Somos un restaurante de comida peruana con terraza.', 'Nuestro restaurante llena la terraza todas las noches de verano.'], ['reservas', 'la carta', 'estacionamiento'], 'Las reservas se anotan en un cuaderno y más de una se ha perdido.'],
        [['Vendemos frutas y verduras en cajas semanales.', 'Repartimos cajas de verduras de productores de la zona.'], ['qué trae la caja', 'cambios de día', 'zonas de reparto'], 'Todo el mundo cambia su caja el mismo martes por la noche.'],
    ],
    inmobiliario_construccion: [
        [['Somos una corredora de propiedades con foco en arriendo.', 'La corredora de propiedades administra unos seiscientos arriendos.'], ['disponibilidad de departamentos', 'requisitos de arriendo', 'visitas'], 'Los interesados escriben por veinte avisos a la vez y contestamos cuando ya arrendaron.'],
        [['Construimos casas prefabricadas y las montamos en todo el sur.', 'Nuestra constructora hace casas modulares de madera.'], ['precios por metro', 'plazos de obra', 'permisos de edificación'], 'Los maestros contestan desde la obra y prometen plazos que no conocen.'],
        [['Dirijo una inmobiliaria que vende proyectos en verde.', 'En la inmobiliaria tenemos cinco proyectos en venta.'], ['precios', 'fecha de entrega de las llaves', 'superficies y terminaciones'], 'Los ejecutivos llaman al día siguiente, cuando el interés ya se enfrió.'],
        [['Hacemos remodelaciones de cocinas y baños.', 'Remodelamos departamentos antiguos; somos una empresa de construcción.'], ['presupuestos', 'materiales', 'fechas de inicio'], 'Para dar un presupuesto necesito fotos, y conseguirlas toma tres días de mensajes.'],
        [['Administramos edificios y condominios.', 'Llevamos la administración de condominios en toda la costa.'], ['reserva del quincho', 'gastos comunes', 'reglamento de copropiedad'], 'Los conserjes son los que contestan y no tienen cómo saberlo todo.'],
        [['Vendemos terrenos y parcelas en el campo.', 'Mi inmobiliaria se dedica a las parcelas de agrado.'], ['factibilidad de agua', 'normativa de subdivisión', 'precios al contado'], 'De cada diez personas que preguntan, una viene a ver el terreno.'],
    ],
    eventos_turismo: [
        [['Operamos excursiones a glaciares y lagos; somos una agencia de turismo.', 'Nuestra agencia de viajes arma circuitos por la Patagonia.'], ['cupos en los tours', 'política de cambios', 'precios por temporada'], 'El viajero extranjero escribe cuando acá es de noche y compra a quien contesta primero.'],
        [['Tengo un hotel de montaña con cuarenta habitaciones.', 'El hotel familiar que administro tiene cuarenta habitaciones y un restaurante.'], ['disponibilidad de habitaciones', 'tarifas', 'horarios de llegada'], 'En recepción hay una sola persona que contesta, cobra y lleva maletas.'],
        [['Organizamos congresos médicos y ferias.', 'Somos una productora de eventos: congresos, ferias y lanzamientos.'], ['inscripciones', 'el programa', 'cotizaciones de stand'], 'La semana anterior a cada congreso nos quedamos sin manos.'],
        [['Arrendamos cabañas frente al mar.', 'Llevamos un complejo turístico de cabañas y piscina.'], ['fechas libres', 'precios por noche', 'si se admiten mascotas'], 'Hemos arrendado dos veces la misma cabaña por responder desde teléfonos distintos.'],
        [['Planifico bodas; mi empresa de eventos hace unas cincuenta al año.', 'Organizamos bodas y fiestas de quince.'], ['fechas disponibles', 'cotizaciones', 'detalles de la decoración'], 'Las novias escriben a medianoche y esperan respuesta antes del desayuno.'],
        [['Somos un parque de aventura con tirolesas y rafting.', 'Nuestro parque de turismo aventura recibe colegios y familias.'], ['edad mínima', 'reservas de grupos', 'qué ropa llevar'], 'Cuando llueve, todos preguntan lo mismo en la misma hora.'],
        [['Hacemos viajes de estudio para colegios.', 'Somos un tour operador especializado en giras de estudio.'], ['pagos pendientes', 'itinerarios', 'seguros de viaje'], 'Por cada curso que viaja hay cuarenta apoderados preguntando por separado.'],
    ],
    financiero: [
        [['Somos una cooperativa de ahorro y crédito.', 'La cooperativa de crédito tiene socios sobre todo en zonas rurales.'], ['tasas de un préstamo', 'fechas de pago', 'requisitos para ser socio'], 'Los ejecutivos se pasan la mañana dictando saldos por teléfono.'],
        [['Tenemos una corredora de seguros de auto y hogar.', 'Nuestra corredora de seguros trabaja con nueve compañías.'], ['coberturas', 'cotización de una póliza', 'el estado de un siniestro'], 'Un siniestro mal informado termina siempre en reclamo.'],
        [['Damos préstamos a comerciantes a través de una aplicación; somos una fintech.', 'Nuestra fintech adelanta facturas a proveedores de supermercados.'], ['plazos de desembolso', 'comisiones', 'regulaciones de cobranza'], 'Cada hora de demora en responder es un crédito que se va a la competencia.'],
        [['Administro una casa de cambio con cuatro locales.', 'La casa de cambio de mi familia opera en cuatro pasos fronterizos.'], ['tipo de cambio', 'horarios', 'límites legales por operación'], 'Preguntan el precio del dólar cientos de veces y cambia cada rato.'],
        [['Asesoramos inversiones de personas que ahorran para jubilar.', 'Somos una asesoría de inversiones independiente.'], ['rentabilidad de los fondos', 'normativa previsional', 'comisiones'], 'Nuestros asesores repiten conceptos básicos y no llegan a las reuniones importantes.'],
        [['Trabajo en un banco regional, en el área de canales digitales.', 'El banco donde dirijo la mesa de ayuda atiende sobre todo a agricultores.'], ['tarjetas bloqueadas', 'tasas', 'transferencias pendientes'], 'La mesa de ayuda tarda un cuarto de hora en contestar y la gente viene a la sucursal enojada.'],
    ],
    logistica_transporte: [
        [['Somos una empresa de encomiendas interurbanas.', 'Movemos encomiendas entre ciudades con bodegas propias.'], ['dónde está el paquete', 'tarifas por kilo', 'horarios de retiro'], 'Siete de cada diez llamadas son para saber dónde va el bulto.'],
        [['Tenemos una flota de camiones refrigerados.', 'Nuestra flota de camiones lleva fruta y pescado a los puertos.'], ['cupos de carga', 'tarifas', 'hora de llegada'], 'El despachador maneja cinco grupos de mensajes y a veces responde en el equivocado.'],
        [['Somos agentes de aduana con oficina en el puerto.', 'La agencia de aduanas tramita importaciones de maquinaria.'], ['documentos de importación', 'aranceles', 'plazos de liberación'], 'Un papel mal explicado deja un contenedor parado y pagando.'],
        [['Hacemos mudanzas y guardamuebles.', 'Mi empresa de mudanzas tiene once vehículos.'], ['cotizaciones', 'fechas disponibles', 'seguro de la carga'], 'Para cotizar hay que saber qué muebles son, y eso se va en una conversación eterna.'],
        [['Repartimos última milla para tiendas que venden por internet.', 'Somos un courier de última milla con repartidores propios.'], ['el estado de la entrega', 'cambios de dirección', 'paquetes dañados'], 'El destinatario nos culpa de todo porque nadie le avisa nada.'],
        [['Arrendamos buses para faenas mineras y paseos.', 'Tenemos transporte de pasajeros: buses y furgones de acercamiento.'], ['recorridos', 'tarifas por día', 'disponibilidad de furgones'], 'Si el bus se atrasa, cuarenta personas preguntan a la vez.'],
    ],
    educacion: [
        [['Somos un instituto de idiomas con sede en dos comunas.', 'El instituto donde trabajo da clases de inglés y de portugués a adultos.'], ['fechas de matrícula', 'aranceles', 'pruebas de nivel'], 'En marzo la secretaría contesta hasta los domingos.'],
        [['Dirijo un colegio particular con mil alumnos.', 'Nuestro colegio recibe postulaciones todo el segundo semestre.'], ['admisión', 'valor de la colegiatura', 'horarios de actividades'], 'Los apoderados preguntan lo que ya está en la circular, y hay que contestarles igual.'],
        [['Ofrecemos cursos de programación en línea con tutores.', 'Nuestra academia en línea enseña a programar en seis meses.'], ['el temario', 'formas de pago', 'problemas para entrar a la plataforma'], 'Los tutores contestan dudas de pagos en vez de corregir tareas.'],
        [['Trabajo en una universidad, en la oficina de admisión.', 'En la universidad llevo la difusión de los posgrados.'], ['becas', 'requisitos de ingreso', 'plazos de postulación'], 'Cada facultad contesta por su lado y a veces se contradicen.'],
        [['Tenemos una escuela de conductores.', 'Somos una escuela de conducción con quince autos.'], ['horas de práctica', 'precio del curso', 'documentos para la licencia'], 'Reprogramar una clase cuesta cuatro llamadas.'],
        [['Mi jardín infantil tiene tres salas y lista de espera.', 'Somos un jardín infantil y sala cuna.'], ['vacantes', 'horarios', 'la minuta de la semana'], 'Las educadoras tienen el celular en la mano cuando deberían tener niños.'],
        [['Preparamos a estudiantes para la prueba de ingreso a la universidad.', 'Nuestro preuniversitario hace clases y ensayos los sábados.'], ['becas por puntaje', 'fechas de ensayos', 'mensualidades'], 'El alumno que no recibe respuesta se matricula al frente.'],
    ],
    sostenibilidad: [
        [['Instalamos paneles solares en casas y galpones.', 'Somos una empresa de energía solar con cuadrillas propias.'], ['el ahorro esperado', 'precios de instalación', 'trámites de conexión'], 'Los técnicos bajan del techo para contestar el teléfono.'],
        [['Reciclamos residuos electrónicos de empresas y municipios.', 'Nuestra planta de reciclaje procesa baterías y computadores.'], ['certificados de disposición', 'retiros programados', 'qué se recibe y qué no'], 'Nadie sabe qué se puede reciclar y todos llaman para preguntarlo.'],
        [['Asesoramos a agricultores en riego eficiente.', 'Vendemos sensores de riego y asesoría agrícola.'], ['mantención de sensores', 'lecturas extrañas', 'repuestos'], 'En plena cosecha cada falla es urgente y todos llaman el mismo día.'],
        [['Somos una consultora de impacto ambiental.', 'La consultora ambiental hace declaraciones y monitoreos para la minería.'], ['plazos de una evaluación', 'normativa ambiental', 'costo de un estudio'], 'Explicamos el reglamento entero en cada llamada y casi nunca termina en contrato.'],
        [['Producimos compost y lo retiramos a domicilio.', 'Hacemos compostaje de residuos orgánicos para oficinas.'], ['días de retiro', 'precio del plan', 'qué hacer con los malos olores'], 'Las rutas cambian y avisar a cada cliente toma una tarde.'],
        [['Tenemos una granja orgánica y un vivero de árboles nativos.', 'El vivero produce árboles nativos para reforestación y agricultura regenerativa.'], ['especies disponibles', 'precios por bandeja', 'épocas de plantación'], 'La gente quiere consejo de plantación, y un consejo toma quince minutos.'],
    ],
    otros: [
        [['Soy voluntaria en una fundación que entrega alimentos.', 'Nuestra fundación reparte comida y ropa en invierno.'], ['cómo donar', 'puntos de entrega', 'certificados de donación'], 'Los voluntarios rotan y cada uno contesta a su modo.'],
        [['Coordino una ONG que rescata animales.', 'La ONG tiene un refugio de perros y campañas de esterilización.'], ['adopciones', 'fechas de operativos', 'donaciones'], 'Un rescate no puede esperar a que alguien lea el correo.'],
        [['Somos una empresa de seguridad privada con guardias y cámaras.', 'Damos seguridad privada a condominios y centros de distribución.'], ['cotizaciones de guardias', 'falsas alarmas', 'turnos'], 'La central atiende emergencias y cobros por la misma línea.'],
        [['Presido un club deportivo con mil quinientos socios.', 'El club deportivo tiene canchas, piscina y escuelas.'], ['cuotas', 'arriendo de canchas', 'horarios de la piscina'], 'El conserje responde por todo y no es su trabajo.'],
        [['Somos una asociación gremial de taxistas.', 'La asociación agrupa a unos ochocientos taxistas.'], ['trámites de revisión', 'beneficios', 'asambleas'], 'Los socios vienen a la sede porque nadie responde los mensajes.'],
        [['Trabajo en la municipalidad, en atención de vecinos.', 'En la municipalidad recibo reclamos de alumbrado y basura.'], ['permisos de circulación', 'horarios de recolección', 'ayuda social'], 'El vecino no sabe a qué oficina escribir y escribe a todas.'],
    ],
};

// n: number put in, per: 1, 7 or 30 days; usual sentences about how much comes in
export const volume = [
    [1, [40, 60, 85, 95, 120, 140, 180, 220, 260, 350, 420, 600, 900, 1200], [
        'Hoy nos entran unos {n} mensajes diarios.',
        'Estamos hablando de {n} conversaciones al día, más o menos.',
        'Calculo que son cerca de {n} consultas por día.',
        'El promedio es de {n} interacciones diarias entre todos los canales.',
        'Llegamos fácilmente a {n} consultas en un día.',
        'Contamos {n} mensajes cada día durante el último mes.',
        'Contestamos alrededor de {n} mensajes diarios y otros quedan sin abrir.',
        'Nos escriben {n} personas al día.',
    ]],
    [7, [150, 210, 280, 350, 420, 500, 700, 840, 980, 1400, 2100, 3500], [
        'Recibimos {n} consultas a la semana.',
        'El volumen anda por los {n} mensajes semanales.',
        'Son {n} contactos por semana, sin contar las llamadas.',
        'Atendemos unas {n} conversaciones semanales.',
        'En una semana corriente sumamos {n} mensajes.',
        'Procesamos alrededor de {n} solicitudes cada semana.',
    ]],
    [30, [300, 450, 600, 900, 1200, 1500, 1800, 2400, 3000, 6000, 9000, 15000], [
        'Nos llegan {n} mensajes al mes.',
        'Sumamos {n} consultas mensuales.',
        'Manejamos cerca de {n} interacciones por mes.',
        'El último informe habla de {n} conversaciones mensuales.',
        'Respondemos {n} correos y mensajes al mes.',
    ]],
];
export const spelled = [
    [1, 40, 'Serán unas cuarenta consultas diarias, no más.'],
    [1, 100, 'Unos cien mensajes al día, diría yo.'],
    [1, 200, 'Pasamos de doscientas conversaciones diarias.'],
    [1, 1000, 'En días fuertes son mil mensajes diarios.'],
    [7, 500, 'Son quinientas consultas a la semana.'],
    [7, 350, 'Tenemos trescientas cincuenta solicitudes por semana.'],
    [7, 700, 'Setecientos mensajes semanales, según el último conteo.'],
    [30, 3000, 'Tres mil mensajes al mes, y subiendo.'],
    [30, 900, 'Nos entran novecientas consultas mensuales.'],
];
export const noVolume = [
    'Nunca hemos contado los mensajes, pero son muchos más que antes.',
    'No tengo la cifra a mano; te la busco.',
    'El volumen sube y baja, así que prefiero no inventar un número.',
    'La cantidad de mensajes creció desde que abrimos el canal.',
    '',
    '',
];

export const channel = {
    referencia: [
        'Una colega nos habló de Parla en un almuerzo.',
        'Me lo recomendó un amigo que ya lo usa en su negocio.',
        'Fue mi cuñado quien nos dijo que probáramos Parla.',
        'Un cliente nuestro nos recomendó Parla y aquí estamos.',
        'Supe de ustedes por un compañero de la universidad.',
        'Nos llegó el dato por un proveedor que está muy contento con Parla.',
        'Mi antigua jefa trabaja con Parla y me pasó el contacto.',
        'Un socio mencionó Parla hace unas semanas.',
        'Llegamos por recomendación de un colega del rubro.',
        'Una amiga me insistió en que los llamara.',
    ],
    busqueda_organica: [
        'Buscando en Google cómo contestar más rápido di con Parla.',
        'Encontré Parla en una búsqueda en internet.',
        'Leí un artículo sobre atención automática y ahí aparecía Parla.',
        'Los encontré googleando alternativas a lo que tenemos.',
        'Salieron entre los primeros resultados de Google.',
        'Leyendo un blog sobre comercio electrónico llegué a su página web.',
        'Vi una comparativa en línea y Parla salía bien parada.',
        'Un reportaje en el diario hablaba de Parla.',
    ],
    eventos_presenciales: [
        'Conocí Parla en una feria del rubro, en el stand de ustedes.',
        'Los vimos en una conferencia el mes pasado.',
        'Asistí a un seminario de la cámara de comercio donde presentaron Parla.',
        'En un taller de ventas nos mostraron Parla.',
        'Nos cruzamos con ustedes en un encuentro de networking.',
        'Fui a una charla sobre automatización y quedé con la idea.',
        'Escuché de Parla en un congreso en la capital.',
        'En una exposición de la industria probamos la demostración.',
        'Los conocimos en una rueda de negocios.',
    ],
    eventos_virtuales: [
        'Vi un webinar de ustedes y me quedé hasta el final.',
        'Escuché sobre Parla en un podcast de emprendimiento.',
        'En un seminario web sobre atención al cliente mostraron Parla.',
        'Me enteré por un pódcast que escucho camino al trabajo.',
        'Nos inscribimos en un webinar gratuito y ahí los vimos.',
        'Participé en una charla en línea donde explicaron Parla.',
        'Seguimos una conferencia virtual y anoté el nombre.',
    ],
    redes_profesionales: [
        'Vi una publicación en LinkedIn y les escribí.',
        'En un grupo de emprendedores varios hablaban de Parla.',
        'Alguien lo comentó en un foro del sector.',
        'Me apareció en LinkedIn un caso parecido al nuestro.',
        'Lo leí en una comunidad de dueños de negocio.',
        'En el grupo de exalumnos de administración recomendaron Parla.',
        'Un hilo en un foro de comercio nos dio la pista.',
    ],
    otro: [
        'Escuchamos su aviso en la radio.',
        'Recibí un correo de ustedes y lo guardé.',
        'Los vi en un anuncio pegado en el metro.',
        'Un vendedor de ustedes nos llamó en frío.',
        'Nos llegó un folleto a la oficina.',
    ],
};

export const size = {
    pequeña: ['Somos una empresa pequeña.', 'Somos un equipo pequeño, de ocho personas.', 'Partimos como startup hace dos años.', 'Somos un negocio chico.', 'Somos una microempresa de cinco personas.', 'Tenemos 22 empleados.', 'En total trabajan aquí quince personas.'],
    mediana: ['Somos una empresa mediana.', 'Tenemos 120 empleados.', 'Ya somos unas 90 personas.', 'La planilla es de 180 trabajadores.'],
    grande: ['Somos una empresa grande, con presencia nacional.', 'Tenemos más de 800 empleados.', 'Pertenecemos a una multinacional.', 'Somos una gran empresa, con 1.500 trabajadores.'],
};

export const need = {
    scheduling: ['Tendría que conectarse con nuestro sistema de reservas.', 'Necesitamos que se integre con la agenda de citas que usamos.', 'Lo ideal sería que escribiera directo en Google Calendar.'],
    crm: ['Es indispensable que se integre con nuestro CRM.', 'Queremos que cada contacto quede en el CRM sin digitarlo.', 'Usamos Salesforce como CRM y habría que conectarlo.'],
    ticketing: ['Debe integrarse con el sistema de tickets que ya tenemos.', 'Queremos que abra un ticket cuando no sepa responder, conectado a nuestra mesa de ayuda.'],
    ecommerce: ['Nos interesa la integración con Shopify.', 'Tiene que conectarse con nuestra tienda de WooCommerce para ver los pedidos.', 'Pedimos que se integre con la plataforma de e-commerce.'],
    databases: ['Habría que integrarlo con nuestra base de datos.', 'La información vive en una base de datos propia y debería leerla.'],
    social_media: ['Queremos integrarlo con nuestras redes sociales.', 'Debería conectarse a las redes sociales, porque por ahí nos escriben.'],
    erp: ['Trabajamos con SAP y la conexión con el ERP es condición.', 'Necesitamos integración con el ERP para ver el stock.'],
};
export const tools = {
    whatsapp: ['Casi todo llega por WhatsApp.', 'Hoy atendemos con un solo número de WhatsApp.', 'El WhatsApp de la empresa lo maneja una persona.'],
    instagram: ['Por Instagram llegan los clientes más jóvenes.', 'Vendemos mucho por Instagram.'],
    email: ['El correo electrónico es un caos de hilos.', 'Respondemos por correo electrónico y se pierden cosas.'],
    zendesk: ['Probamos Zendesk y nos quedó grande.', 'Hoy usamos Zendesk para los reclamos.'],
    freshdesk: ['Tenemos Freshdesk, pero nadie lo abre.', 'Pagamos Freshdesk desde hace un año.'],
    hubspot: ['La parte comercial trabaja con HubSpot.', 'Ya tenemos los contactos en HubSpot.'],
    custom_system: ['Usamos un sistema propio hecho a medida.', 'Tenemos un sistema interno desarrollado por nosotros.'],
};
export const personalization = {
    by_customer_type: ['Las respuestas deberían cambiar según el tipo de cliente.', 'No se le habla igual a un mayorista que a un particular: debe distinguir según el tipo de cliente.'],
    by_query_type: ['Quiero que clasifique las consultas y las derive al área correcta.', 'La idea es que separe los mensajes según el tipo de consulta.'],
    by_language: ['Debe contestar en el idioma en que le escriben.'],
    by_location: ['La respuesta depende de la ciudad del cliente, así que debe adaptarse según la ubicación.', 'Cada sucursal tiene otras condiciones; hay que responder según la zona.'],
    by_preferences: ['Me gustaría que recomendara según las preferencias de cada cliente.', 'Sería bueno que recordara los gustos de cada persona y sugiriera con eso.'],
    by_product_or_service: ['Tiene que adaptar lo que dice según el producto por el que preguntan.', 'Cada servicio lleva otra explicación, debe responder según el tipo de servicio.'],
};
export const peak = {
    promotions: ['Durante las promociones se duplica todo.', 'En Cyber Day la cosa se desborda.', 'Cuando hacemos liquidación de temporada, colapsamos con las ofertas.'],
    weekends: ['Los fines de semana es cuando más escriben.', 'El fin de semana llega el triple de mensajes.'],
    high_season: ['En temporada alta no damos abasto.', 'El peak es la temporada alta, de diciembre a marzo.', 'Durante la temporada alta se triplica.'],
    product_launches: ['Cada lanzamiento de producto dispara los mensajes.', 'Desde el lanzamiento de la nueva línea no paramos.'],
    events: ['Con cada evento que hacemos hay un salto de consultas.', 'Los días de feria o de evento no alcanzamos a mirar el teléfono.'],
};
export const flags = {
    confidentiality: ['Manejamos datos sensibles, así que la confidencialidad no se negocia.', 'La privacidad de la información es lo primero que va a mirar nuestro directorio.', 'Firmaríamos un acuerdo de confidencialidad antes de entregar un solo dato.'],
    multilingual: ['Nos escriben en inglés y en portugués, así que debe ser multilingüe.', 'Atendemos a clientes en varios idiomas.', 'La mitad de los mensajes llega en otro idioma y necesitamos soporte en inglés y español.'],
    real_time: ['La respuesta tiene que ser en tiempo real.', 'Necesitamos actualizaciones en tiempo real.', 'Lo que buscamos es que conteste de inmediato, las 24 horas.'],
};
export const topic = [
    'Nos preguntan sobre todo por {t}.',
    'Las consultas son casi siempre las mismas: {t}.',
    'La gente quiere saber de {t}.',
    'Lo que más se repite son dudas sobre {t}.',
    'Ocho de cada diez mensajes tratan de {t}.',
    'Recibimos preguntas de {t}.',
];
export const use = [
    'Queremos automatizar las respuestas a preguntas frecuentes y dejar lo difícil para las personas.',
    'Buscamos una herramienta que conteste lo simple y avise cuando hace falta alguien.',
    'La idea es automatizar la primera respuesta y liberar tiempo del equipo.',
    'Nos interesa que tome los datos del interesado antes de pasarlo a un vendedor.',
    'Necesitamos ordenar todos los canales en una sola bandeja.',
    'Nos gustaría que confirmara y recordara las citas por su cuenta.',
    'Queremos medir cuánto tardamos en responder y mejorar ese tiempo.',
    'Buscamos calificar a los interesados sin gastar horas en llamadas.',
    'Me interesa sobre todo que siga la conversación fuera de horario.',
    'Queremos enviar avisos y confirmaciones automáticas sin depender de nadie.',
];
export const objection = [
    'Me preocupa que el trato se vuelva frío.',
    'El precio es una duda: este año el presupuesto viene apretado.',
    'Nos da miedo que invente respuestas.',
    'Tenemos dudas sobre cuánto demora la puesta en marcha.',
    'No estamos seguros de que nuestra gente lo quiera usar.',
    'Ya probamos un bot antes y fue una mala experiencia.',
    'Me inquieta depender de un solo proveedor.',
    'Sin embargo, tenemos un contrato vigente con otra herramienta hasta fin de año.',
    'Nos preocupa el costo si el volumen se dispara.',
    'Dudamos de que entienda cómo habla nuestra clientela.',
    'Aunque nos gustó la demostración, nos parece caro el plan mayor.',
    'Tememos perder el contacto humano con los clientes de siempre.',
];
export const close = [
    'Quedamos en ver una demostración la próxima semana.',
    '#Me comprometí a mandarle una propuesta por escrito.',
    '#La decisión la toma el directorio a fin de mes.',
    '#Pidió referencias de otros clientes del mismo rubro.',
    '#Quieren partir con una prueba de treinta días.',
    '#Si los números dan, firmarían antes de que termine el trimestre.',
    'Volvemos a hablar después de las vacaciones.',
    'Se lo muestro a mi socia y les aviso.',
    'Por ahora es todo; cualquier cosa nos escriben.',
    'Queremos empezar cuanto antes.',
    'Me pareció claro y vamos a avanzar.',
    '',
    '',
    '',
];
// what follows a '#' is the seller's own note and goes on a line of its own
export const note = 'Nota del vendedor: ';
export const quote = [
    'El otro día un cliente escribió "¿hay alguien ahí?", y con razón.',
    'Mi socio dice que "el que contesta primero se lleva la venta".',
    'Nos pusieron una estrella con el comentario "nunca responden".',
    'Ayer alguien nos mandó solo "???", porque llevaba dos días esperando.',
    'La frase que más oigo es "te escribí y no me contestaste".',
    'Un cliente antiguo nos dijo "prefiero ir en persona", y eso duele.',
];
export const colour = [
    'Hasta ahora lo hemos llevado a pulso.',
    'El equipo está cansado y se nota en el tono.',
    'Ya contratamos a una persona más y no bastó.',
    'Los lunes amanecemos con todo lo del domingo sin abrir.',
    'No es un problema de ganas, es que no alcanzan las manos.',
    'A veces dos personas contestan lo mismo con datos distintos.',
    'Perdemos tiempo copiando y pegando las mismas frases.',
    'Crecimos más rápido que nuestra forma de atender.',
    'Tenemos respuestas guardadas en un documento que nadie actualiza.',
    'Quien atiende también factura, despacha y abre la puerta.',
];
export const ask = { who: ['Cuénteme un poco de ustedes.', '¿A qué se dedican?', 'Partamos por el negocio, ¿qué hacen?'], want: ['¿Qué esperan de la herramienta?', '¿Qué les gustaría resolver primero?', '¿Qué tendría que pasar para que esto les sirva?'], doubt: ['¿Hay algo que los frene?', '¿Qué dudas les quedan?', '¿Algo que no les convenza?'] };
export const speaker = ['Vendedor', 'Cliente'];
export const rep = ['¿Y cómo supieron de nosotros?', '¿Cómo llegaron a Parla?', '¿Dónde escuchó de nosotros?'];
export const repVolume = ['¿De cuántos mensajes estamos hablando?', '¿Tienen una idea del volumen?', '¿Cuánto les entra?'];
export const first = 'Amalia,Benito,Celeste,Dionisio,Elvira,Fermín,Graciela,Hernán,Ivonne,Jacinto,Leonor,Macarena,Norberto,Olimpia,Patricio,Quintín,Rosalía,Saturnino,Teodora,Ulises,Virginia,Wenceslao,Ximena,Yolanda,Zacarías,Aurelio,Brígida,Clemente,Débora,Eusebio,Fabiola,Gonzalo,Hortensia,Ismael,Jimena'.split(',');
export const last = 'Arriagada,Bustamante,Curihuinca,Donoso,Echeverría,Fuenzalida,Galdames,Henríquez,Ibarra,Jofré,Larraguibel,Manríquez,Núñez,Olavarría,Peñaloza,Quilodrán,Riquelme,Sanhueza,Tapia,Urrutia,Valdebenito,Yáñez,Zúñiga,Acuña,Barrientos,Carrasco'.split(',');
