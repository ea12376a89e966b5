// SPDX-License-Identifier: MIT
/*
 * Writes meetings.csv: invented sales meetings, put together from the clauses of stock.es.mjs and stock.en.mjs.
 *
 *   node samples/generate.mjs > samples/meetings.csv
 *   node samples/generate.mjs --facts     what went into each row, as CSV
 *
 * Seeded: the same stock always gives the same file. Each list of clauses is dealt like a deck of cards, so that
 * none comes back before all others were used.
 */
import * as es from './stock.es.mjs';
import * as en from './stock.en.mjs';

let state = 20240611;
function random() // mulberry32
{
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const chance = (p) => random() < p;
const below = (n) => Math.floor(random() * n);

function shuffled(list)
{
    const a = [...list];
    for (let i = a.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [a[i], a[j]] = [a[j], a[i]];
    }
    return a;
}

const decks = new Map();
function deal(list)
{
    let deck = decks.get(list);
    if (!deck?.length)
        decks.set(list, (deck = shuffled(list)));
    return deck.pop();
}

// What a kind of business plausibly asks for: a foundation has no Black Friday.
const PEAKS = {
    comercio_retail: ['promotions', 'weekends', 'product_launches', 'high_season'],
    alimentos_bebidas: ['weekends', 'promotions', 'events'],
    salud_bienestar: ['promotions', 'weekends'],
    eventos_turismo: ['high_season', 'weekends', 'events'],
    tecnologia_software: ['product_launches'],
    educacion: ['high_season'],
    logistica_transporte: ['high_season', 'promotions'],
    otros: ['events', 'weekends'],
    inmobiliario_construccion: ['weekends', 'events'],
    sostenibilidad: ['high_season'],
    servicios_profesionales: ['high_season'],
    financiero: ['product_launches'],
};
const NEEDS = {
    comercio_retail: ['ecommerce', 'erp', 'social_media', 'databases'],
    alimentos_bebidas: ['scheduling', 'ecommerce', 'social_media'],
    salud_bienestar: ['scheduling', 'databases', 'crm'],
    eventos_turismo: ['scheduling', 'crm'],
    tecnologia_software: ['ticketing', 'crm'],
    educacion: ['databases', 'crm', 'scheduling'],
    logistica_transporte: ['erp', 'databases', 'ticketing'],
    inmobiliario_construccion: ['crm', 'databases', 'scheduling'],
    financiero: ['crm', 'databases', 'ticketing'],
    servicios_profesionales: ['crm', 'scheduling', 'databases'],
    sostenibilidad: ['crm', 'erp', 'scheduling'],
    otros: ['databases', 'social_media'],
};
const SENSITIVE = new Set(['salud_bienestar', 'financiero', 'servicios_profesionales', 'tecnologia_software']);
const BOOKED = new Set(['salud_bienestar', 'servicios_profesionales', 'eventos_turismo', 'educacion', 'inmobiliario_construccion']);
const LARGE = /banco|cooperativa|universidad|camiones|ciberseguridad|cadena|encomiendas|inmobiliaria que|reciclaje|solar|seguridad privada|SaaS|credit union|university|trucking|insurance|security company|furniture retailer/;
const OWN = /^(Mi|Tengo|Vendo|Doy|Fotografío|Soy|I own|My|I run a small)\b|hermana|madre|padre|casa y|voluntari|small/;
const CHANNELS = ['referencia', 'referencia', 'busqueda_organica', 'eventos_presenciales', 'eventos_presenciales', 'eventos_virtuales', 'redes_profesionales', 'otro'];
// Out of 100 meetings each has so many, and wins by so much more or less often than the rest.
const SELLERS = [['Cóndor', 26, 0.1], ['Jaguar', 22, -0.05], ['Delfín', 19, 0.16], ['Lince', 15, -0.2], ['Halcón', 11, 0.05], ['Nutria', 7, -0.1]];

function seller()
{
    let left = below(100);
    return SELLERS.find(([, share]) => (left -= share) < 0);
}
const CODES = ['by_customer_type', 'by_query_type', 'by_location', 'by_preferences', 'by_product_or_service'];

function enumerate(lang, items)
{
    const last = items.at(-1);
    const and = lang === es ? (/^h?i/i.test(last) ? 'e' : 'y') : 'and';
    return `${items.slice(0, -1).join(', ')} ${and} ${last}`;
}

function figure(lang, n)
{
    return n < 1000 || chance(0.3) ? String(n) : n.toLocaleString(lang === es ? 'de-DE' : 'en-US');
}

function pickVolume(lang, small, facts)
{
    if (chance(0.2)) {
        facts.volume = '';
        return deal(lang.noVolume);
    }
    if (chance(0.1)) {
        const [per, n, text] = deal(lang.spelled);
        facts.volume = Math.round(n / per);
        return text;
    }
    const [per, numbers, texts] = lang.volume[[0, 0, 1, 1, 2][below(5)]];
    const usable = small ? numbers.slice(0, Math.ceil(numbers.length / 2)) : numbers;
    const n = usable[below(usable.length)];
    facts.volume = Math.round(n / per);
    return deal(texts).replace('{n}', figure(lang, n));
}

function pickSize(lang, intro, facts)
{
    facts.size = '';
    if (!chance(0.35))
        return '';
    facts.size = LARGE.test(intro) ? (chance(0.6) ? 'grande' : 'mediana') : OWN.test(intro) || chance(0.5) ? 'pequeña' : 'mediana';
    return deal(lang.size[facts.size]);
}

function compose(lang, sector, business, intro)
{
    const facts = {sector};
    const [, topics, pain] = business;
    const small = OWN.test(intro) || sector === 'otros';
    const c = {intro, pain};

    facts.channel = deal(CHANNELS);
    c.channel = deal(lang.channel[facts.channel]);
    c.size = pickSize(lang, intro, facts);
    c.volume = pickVolume(lang, small || facts.size === 'pequeña', facts);
    const asked = deal(lang.topic).replace('{t}', enumerate(lang, shuffled(topics)));
    c.topic = lang === es ? asked.replace(/\bde el /g, 'del ') : asked;
    c.use = deal(lang.use);
    if (/citas|appointments/.test(c.use) && !BOOKED.has(sector))
        c.use = lang.use[0];
    c.peak = chance(0.45) ? deal(lang.peak[deal(PEAKS[sector])]) : '';
    c.need = chance(0.5) ? deal(lang.need[deal(NEEDS[sector])]) : '';
    c.tool = chance(0.35) ? deal(lang.tools[deal(Object.keys(lang.tools))]) : '';
    c.objection = chance(0.65) ? deal(lang.objection) : '';
    c.flag = '';
    if (chance(0.4)) {
        const flag = ['multilingual', 'real_time', SENSITIVE.has(sector) ? 'confidentiality' : 'real_time'][below(3)];
        c.flag = deal(lang.flags[flag]);
    }
    c.personal = chance(0.4) ? deal(lang.personalization[deal(CODES)]) : '';
    if (!c.personal && c.flag && lang.flags.multilingual.includes(c.flag) && chance(0.5))
        c.personal = lang.personalization.by_language[0];
    c.colour = '';
    c.quote = chance(0.2) ? deal(lang.quote) : '';
    c.close = deal(lang.close);
    c.note = c.close.startsWith('#') ? `\n${lang.note}${c.close.slice(1)}` : '';
    if (c.note)
        c.close = '';

    let text = lay(lang, c);
    for (let more = 0; words(text) < 72 && more < 3; more++) { // too short to be a meeting: say more about it
        c.colour = `${c.colour} ${deal(lang.colour)}`.trim();
        text = lay(lang, c);
    }
    for (const drop of ['colour', 'quote', 'tool', 'personal', 'objection'])
        if (words(text) > 155) {
            c[drop] = '';
            text = lay(lang, c);
        }
    return {text, facts};
}

const words = (text) => text.split(/\s+/).length;

const ORDERS = [
    'intro size topic volume pain colour quote peak channel use need personal flag tool objection close',
    'channel intro size pain quote topic volume peak tool colour use need flag personal objection close',
    'intro pain colour channel topic volume peak quote size tool use personal need flag objection close',
    'intro size quote tool topic peak volume pain colour use flag need personal objection channel close',
    'intro topic tool pain volume peak colour quote use need personal flag channel size objection close',
].map((order) => order.split(' '));

function lay(lang, c)
{
    if (c.form === undefined)
        c.form = chance(0.22) ? 'dialogue' : chance(0.2) ? 'paragraphs' : 'speech';
    c.order ??= deal(ORDERS);
    const line = (keys) => keys.map((k) => c[k]).filter(Boolean).join(' ');

    if (c.form !== 'dialogue') {
        const cut = c.form === 'paragraphs' ? 6 : c.order.length;
        return [line(c.order.slice(0, cut)), line(c.order.slice(cut))].filter(Boolean).join('\n\n') + c.note;
    }
    c.asks ??= [deal(lang.ask.who), deal(lang.repVolume), deal(lang.rep), deal(lang.ask.want), deal(lang.ask.doubt)];
    const turns = [['intro', 'size', 'pain'], ['volume', 'topic', 'peak', 'colour', 'quote'], ['channel', 'tool'],
                   ['use', 'need', 'personal', 'flag'], ['objection', 'close']];
    return turns.map((keys, i) => (line(keys) ? `${lang.speaker[0]}: ${c.asks[i]}\n${lang.speaker[1]}: ${line(keys)}` : ''))
               .filter(Boolean).join('\n') + c.note;
}

const used = new Set();
function person(lang)
{
    for (;;) {
        const name = `${lang.first[below(lang.first.length)]} ${lang.last[below(lang.last.length)]}`;
        if (!used.has(name)) {
            used.add(name);
            return name;
        }
    }
}

// Numbers that no operator hands out: +56 9 0000 xxxx, and 555-01xx of North America.
function phone(lang, i)
{
    return lang === es ? `5690000${String(1000 + i * 37).padStart(4, '0')}` : `1${[202, 303, 404][i % 3]}55501${String(i % 100).padStart(2, '0')}`;
}

function email(name)
{
    const plain = name.normalize('NFD').replace(/[^A-Za-z ]/g, '').toLowerCase().split(' ');
    const host = ['example.com', 'example.org', 'example.net'][below(3)];
    return `${chance(0.5) ? plain.join('.') : plain[0][0] + plain[1]}@${host}`;
}

function day()
{
    const d = new Date(Date.UTC(2024, 0, 2) + below(728) * 86400000);
    while (d.getUTCDay() % 6 === 0) // nobody sells on a weekend
        d.setUTCDate(d.getUTCDate() - 1);
    return d.toISOString().slice(0, 10);
}

const cell = (v) => (/[",\n]/.test(v) ? `"${v.replaceAll('"', '""')}"` : String(v));

const plan = [];
for (const [lang, rounds] of [[es, [1, 1]], [en, [1, 0.25]]])
    rounds.forEach((share, round) => {
        for (const [sector, list] of Object.entries(lang.businesses))
            for (const business of list)
                if (chance(share))
                    plan.push([lang, sector, business, business[0][round]]);
    });

const rows = shuffled(plan).map(([lang, sector, business, intro], i) => {
    const {text, facts} = compose(lang, sector, business, intro);
    const name = person(lang);
    const [who, , skill] = seller();
    const won = chance((facts.channel === 'referencia' ? 0.72 : 0.56) + skill) ? 1 : 0;
    return {cells: [name, email(name), phone(lang, i), day(), who, won, text], facts};
});

if (process.argv.includes('--facts')) {
    console.log('row,sector,company_size,discovery_channel,interaction_volume_daily');
    rows.forEach(({facts}, i) => console.log([i + 1, facts.sector, facts.size, facts.channel, facts.volume].join(',')));
} else {
    console.log('Nombre,Correo Electronico,Numero de Telefono,Fecha de la Reunion,Vendedor asignado,closed,Transcripcion');
    rows.forEach(({cells}) => console.log(cells.map(cell).join(',')));
}
