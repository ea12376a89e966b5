// SPDX-License-Identifier: MIT
// English stock of generate.mjs: businesses and clauses, all invented. The product they talk about is "Parla".

export const businesses = {
    tecnologia_software: [
        [['We build scheduling software for dental chains.', 'We are a software company that sells to dental chains.'], ['failed logins', 'broken reports', 'upgrade problems'], 'Our engineers end up on first-line support every Monday.'],
        [['I run a small graphic design studio.', 'Our graphic design studio works for publishers.'], ['quotes for a logo', 'turnaround times', 'file formats'], 'Half of my week goes into writing quotes nobody answers.'],
        [['We make mobile games for kids.', 'We are a video game studio with four titles out.'], ['lost progress', 'refunds', 'crashes after an update'], 'Parents write at night and get an answer two days later.'],
    ],
    servicios_profesionales: [
        [['We are a law firm that handles immigration cases.', 'Our law firm does immigration work only.'], ['fees', 'visa regulations', 'appointment slots'], 'Paralegals spend their mornings repeating the same list of documents.'],
        [['I lead a marketing agency for local restaurants and gyms.', 'Our marketing agency runs campaigns for gyms.'], ['campaign prices', 'monthly results', 'contract terms'], 'Clients chase us for numbers and we chase our own spreadsheets.'],
        [['We are an accounting practice with mostly freelancers as clients.', 'Our accounting office looks after freelancers.'], ['tax deadlines', 'new regulations', 'our rates'], 'In January nothing else gets done.'],
    ],
    comercio_retail: [
        [['We sell running shoes in an online store.', 'Ours is an online store for runners.'], ['sizes', 'returns', 'order tracking'], 'Exchanges are a mess and people get angry in public.'],
        [['My family has a bookstore with a café corner.', 'We are an independent bookstore that also ships.'], ['stock of a title', 'shipping costs', 'preorders'], 'We reply in the evening, when the reader has already bought it elsewhere.'],
        [['We are a furniture retailer with three showrooms.', 'We run three furniture shops and a web catalogue.'], ['dimensions', 'delivery dates', 'prices'], 'A sofa takes twenty messages to sell.'],
    ],
    salud_bienestar: [
        [['I manage a physiotherapy clinic.', 'Our clinic does physiotherapy and sports medicine.'], ['available appointments', 'insurance', 'prices'], 'No-shows cost us a full day each week because nobody confirms.'],
        [['We own a beauty salon downtown.', 'Our beauty salon has nine chairs.'], ['free slots', 'prices', 'product ingredients'], 'You cannot answer a message with dye on your hands.'],
        [['We run a wellness centre with yoga, massage and a small pool.', 'We are a wellness center with yoga and massage.'], ['class schedules', 'membership plans', 'availability'], 'Bookings come in from everywhere and two people turn up for one slot.'],
    ],
    alimentos_bebidas: [
        [['We have a taco restaurant that lives on delivery.', 'Our restaurant does more delivery than tables.'], ['delivery times', 'allergens', 'wrong orders'], 'On Fridays we simply stop answering.'],
        [['I own a bakery that makes wedding cakes.', 'Our bakery works to order.'], ['cake prices', 'available dates', 'ingredients'], 'One order written down wrong ruins a wedding.'],
        [['We do catering for film crews.', 'We are a catering company for conferences and film sets.'], ['menus', 'quotes per head', 'dietary requirements'], 'Every quote takes six emails.'],
    ],
    inmobiliario_construccion: [
        [['We are a real estate agency focused on rentals.', 'Our real estate agency manages rentals near the university.'], ['viewings', 'deposit rules', 'available flats'], 'By the time we answer, they have rented something else.'],
        [['We are a construction company that builds timber houses.', 'We build timber houses; I run the office of the construction firm.'], ['prices per square metre', 'building permits', 'lead times'], 'Site managers answer the phone and promise dates they do not know.'],
        [['I handle property management for forty buildings.', 'We do property management.'], ['repairs', 'fees', 'rules for pets'], 'The doormen answer everything and know half of it.'],
    ],
    eventos_turismo: [
        [['We are a travel agency for hiking tours.', 'Our travel agency takes people hiking in the fjords.'], ['tour availability', 'cancellation rules', 'prices'], 'Travellers write at three in the morning our time.'],
        [['I manage a seaside hotel.', 'We have a hotel with fifty rooms.'], ['room availability', 'rates', 'check-in times'], 'There is one person at reception who answers, charges and carries bags.'],
        [['We organise tech conferences as an event company.', 'We are an event planning company.'], ['tickets', 'the programme', 'stand prices'], 'The week before each show we drown.'],
    ],
    financiero: [
        [['We are an insurance broker for small fleets.', 'Our insurance brokerage covers fleets and shops.'], ['coverage', 'claims', 'quotes'], 'A claim that is explained badly always becomes a complaint.'],
        [['We are a fintech that lends to market traders.', 'Our fintech gives loans to shop owners.'], ['payout dates', 'fees', 'lending regulations'], 'Each hour of delay is a loan that goes to someone else.'],
        [['I work for a credit union.', 'The credit union I work for serves farmers.'], ['interest rates', 'blocked cards', 'opening hours'], 'Tellers read balances aloud all morning.'],
    ],
    logistica_transporte: [
        [['We are a courier company for online shops.', 'We do last-mile courier deliveries.'], ['where a parcel is', 'address changes', 'damaged goods'], 'Seven calls of ten only ask where the box is.'],
        [['We run refrigerated trucks to the ports.', 'Our trucking company hauls fruit.'], ['cargo space', 'freight rates', 'arrival times'], 'The dispatcher juggles five chat groups and answers in the wrong one.'],
        [['We are customs brokers and freight forwarders.', 'Our freight forwarding office clears machinery.'], ['import documents', 'customs regulations', 'storage fees'], 'One bad explanation leaves a container standing for a week.'],
    ],
    educacion: [
        [['We are a language school.', 'Our language school teaches adults in the evening.'], ['enrolment dates', 'course fees', 'level tests'], 'In September the front desk answers on Sundays too.'],
        [['I work in admissions at a university.', 'I handle postgraduate admissions at a university.'], ['scholarships', 'entry requirements', 'deadlines'], 'Every faculty answers on its own and they contradict each other.'],
        [['We teach people to code in an online academy.', 'Our online academy has courses in data analysis.'], ['the syllabus', 'payment plans', 'access problems'], 'Tutors answer billing questions instead of correcting homework.'],
    ],
    sostenibilidad: [
        [['We install solar panels.', 'We are a solar energy company.'], ['expected savings', 'installation prices', 'grid permits'], 'Technicians climb down from the roof to pick up the phone.'],
        [['We recycle batteries and old computers.', 'Our recycling plant takes electronic waste.'], ['pickup days', 'certificates', 'what we accept'], 'Nobody knows what can be recycled, so everybody asks.'],
        [['We are an environmental consultancy.', 'Our environmental consultancy writes impact studies.'], ['environmental regulations', 'study costs', 'deadlines'], 'We explain the whole rulebook on each call and rarely get the contract.'],
    ],
    otros: [
        [['I coordinate an animal rescue charity.', 'Our charity runs a dog shelter.'], ['adoptions', 'donations', 'opening hours'], 'A rescue cannot wait until someone reads the inbox.'],
        [['We are a private security company with guards and cameras.', 'Our firm does private security for warehouses.'], ['guard quotes', 'false alarms', 'shifts'], 'Emergencies and invoices come in on the same line.'],
        [['I am on the board of a nonprofit that gives out meals.', 'Our nonprofit runs food banks.'], ['how to donate', 'pickup points', 'volunteering'], 'Volunteers change and each one answers in their own way.'],
    ],
};

export const volume = [
    [1, [45, 70, 90, 130, 160, 240, 320, 480, 750, 1100], [
        'We get about {n} messages a day.',
        'It is around {n} daily conversations.',
        'Call it {n} enquiries per day.',
        'We answer {n} messages every day.',
    ]],
    [7, [140, 210, 350, 490, 560, 700, 1050, 2800], [
        'We receive {n} enquiries a week.',
        'That is roughly {n} messages per week.',
        'We handle {n} weekly requests.',
    ]],
    [30, [300, 600, 900, 1500, 2700, 4500, 12000], [
        'It adds up to {n} messages a month.',
        'We see {n} monthly conversations.',
        'We dealt with {n} queries per month last year.',
    ]],
];
export const spelled = [
    [1, 200, 'We get two hundred messages a day.'],
    [7, 500, 'About five hundred enquiries a week, give or take.'],
    [30, 3000, 'Three thousand messages a month, at least.'],
];
export const noVolume = ['I could not tell you the exact number of messages.', 'We never counted.', ''];

export const channel = {
    referencia: ['A friend of mine uses Parla and told me to call.', 'One of our clients recommended Parla.', 'My former boss mentioned you.', 'A colleague recommended Parla over lunch.', 'We were referred by a supplier.'],
    busqueda_organica: ['I found Parla on Google.', 'We read an article about chat assistants and you were in it.', 'I was searching online for something faster and you came up.', 'A blog post about support tools led me to your site.'],
    eventos_presenciales: ['We met you at a trade show.', 'I saw Parla at a conference in spring.', 'You gave a talk at our chamber of commerce.', 'It came up at a networking breakfast.', 'I attended a workshop where Parla was shown.'],
    eventos_virtuales: ['I watched your webinar twice.', 'I heard about Parla on a podcast.', 'We joined an online conference where you presented.'],
    redes_profesionales: ['I saw a post on LinkedIn.', 'People in a founders group kept naming Parla.', 'Someone brought it up in an industry forum.'],
    otro: ['I heard your ad on the radio.', 'One of your reps cold called us.'],
};
export const size = {
    pequeña: ['We are a small business.', 'We are a team of nine people.', 'We are a startup.', 'We are a small company.', 'We have 18 employees.'],
    mediana: ['We are a mid-sized company.', 'We have 140 employees.'],
    grande: ['We are a large company with offices in six countries.', 'We are part of a multinational.', 'We have over 2,000 employees.'],
};
export const need = {
    scheduling: ['It has to connect to our booking system.', 'We need it to integrate with our calendar.'],
    crm: ['It must integrate with our CRM.', 'We want each contact to land in Salesforce, which is our CRM.'],
    ticketing: ['We need an integration with our ticketing system.'],
    ecommerce: ['We need a Shopify integration.', 'It has to integrate with WooCommerce.'],
    databases: ['It should connect to our customer database.'],
    social_media: ['We want to connect it to our social media accounts.'],
    erp: ['It needs to integrate with our ERP.', 'We run SAP, so ERP integration is a must.'],
};
export const tools = {
    whatsapp: ['Nearly everything comes in over WhatsApp.'],
    instagram: ['Younger customers write on Instagram.'],
    email: ['Our email inbox is out of control.'],
    zendesk: ['We use Zendesk today.'],
    freshdesk: ['We pay for Freshdesk and hardly open it.'],
    hubspot: ['Sales lives in HubSpot.'],
    custom_system: ['We use an in-house system our own people wrote.'],
};
export const personalization = {
    by_customer_type: ['Answers should differ by customer type.'],
    by_query_type: ['I want it to sort messages by type of question and route them.'],
    by_language: ['It should reply in the language of the customer.'],
    by_location: ['The answer depends on the region, so it has to adapt by location.'],
    by_preferences: ['It would be great if it suggested things based on customer preferences.'],
    by_product_or_service: ['It has to adapt to the product they ask about.'],
};
export const peak = {
    promotions: ['During promotions it doubles.', 'Black Friday is chaos.'],
    weekends: ['Weekends are the worst.', 'Most of it comes at the weekend.'],
    high_season: ['In high season we cannot keep up.', 'Peak season is brutal.'],
    product_launches: ['Every product launch floods us.'],
    events: ['Whenever we hold an event, messages jump.'],
};
export const flags = {
    confidentiality: ['We handle sensitive data, so confidentiality is not negotiable.', 'Privacy is the first thing our board will ask about.'],
    multilingual: ['We need English and Spanish, so it must be multilingual.', 'Customers write to us in several languages.'],
    real_time: ['Answers must come in real time.', 'We need real-time updates.'],
};
export const topic = ['People mostly ask about {t}.', 'It is always the same questions: {t}.', 'Most messages are about {t}.', 'Customers want to know about {t}.'];
export const use = [
    'We want to automate answers to frequent questions.',
    'We are looking for a tool that handles the simple things and hands over the rest.',
    'We would like to qualify leads before a person spends time on them.',
    'We need one inbox for all channels.',
    'I want it to confirm and remind people of appointments on its own.',
];
export const objection = [
    'I am worried that it will sound cold.',
    'The price is a concern this year.',
    'We are not sure our staff will want to use it.',
    'However, we tried a bot before and it was a bad experience.',
    'I am afraid it will make things up.',
    'My doubt is how long the setup takes.',
    'Although we liked the demo, the larger plan seems expensive.',
];
export const close = ['We agreed on a demo next week.', '#They want a thirty day trial.', '#The board decides at the end of the month.', 'I will show it to my partner and call back.', 'We want to start as soon as possible.', '', ''];
export const note = 'Rep: ';
export const quote = [
    'Last week someone wrote "is anybody there?" and they were right to.',
    'We got one star with the comment "they never reply".',
    'My partner says "whoever answers first gets the sale".',
];
export const colour = [
    'So far we have managed by working late.',
    'We hired one more person and it was not enough.',
    'On Mondays we open everything that came in on Sunday.',
    'Sometimes two of us answer the same person with different facts.',
    'We grew faster than our way of answering.',
    'We keep saved replies in a document nobody updates.',
];
export const ask = { who: ['Tell me about your business.', 'What do you do?'], want: ['What would you want it to do?', 'What should it solve first?'], doubt: ['Is anything holding you back?', 'What doubts are left?'] };
export const speaker = ['Rep', 'Client'];
export const rep = ['How did you hear about us?', 'What brought you to Parla?'];
export const repVolume = ['How much comes in?', 'Do you have an idea of the volume?'];
export const first = 'Agnes,Barnaby,Cordelia,Desmond,Edith,Fergus,Gwendolyn,Horace,Imogen,Jasper,Lavinia,Mortimer,Nettie,Oswald,Prudence,Rupert,Sybil,Thaddeus,Ursula,Winifred'.split(',');
export const last = 'Ashdown,Birtwhistle,Crabtree,Dunmore,Everleigh,Fairbrother,Gatsby-Lowe,Hollowell,Inglewood,Jessop,Kettering,Longbottom,Merriweather,Netherfield,Oakhurst,Pemberton,Quimby,Rosewarne,Thistlewood,Underhay'.split(',');
