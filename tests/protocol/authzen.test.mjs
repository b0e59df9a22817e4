// The OpenID AuthZEN Authorization API 1.0 (docs/authzen.md): the working group's certification scenario,
// every error, several questions at once, searches, pages, who may ask what, and the same answers as the
// reference on the demonstration's own data.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { Browser, FORM, authorization, client, demo, encode, exchange, issuer, person, pkce, send, signIn,
    verified } from './agent.mjs';

const root = process.env.HABILIS_ROOT;
const basic = (id, secret) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

async function tokenOf({ client_id: id, client_secret: secret }, scope) {
    const answer = await send('POST', '/token', {
        headers: { authorization: basic(id, secret), ...FORM },
        body: encode({ grant_type: 'client_credentials', ...(scope && { scope }) }) });
    assert.equal(answer.status, 200, answer.text);
    return answer.json().access_token;
}

let token, duiToken;
before(async () => {
    token = await tokenOf(demo.authzen, 'authzen');
    duiToken = await tokenOf(client('dui'), 'authzen');
});

const headersOf = (bearer, more = {}) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...more };
    for (const key of Object.keys(headers)) if (headers[key] === undefined) delete headers[key];
    return headers;
};
const post = (path, body, more = {}, bearer = token) => send('POST', `/access/v1/${path}`, {
    headers: headersOf(bearer, more), body: typeof body === 'string' ? body : JSON.stringify(body) });
const ask = async (path, body, bearer = token) => {
    const answer = await post(path, body, {}, bearer);
    assert.equal(answer.status, 200, answer.text);
    return answer.json();
};

const record = (id, properties) => ({ type: 'record', id, ...(properties && { properties }) });
const user = (id, properties) => ({ type: 'user', id, ...(properties && { properties }) });
const action = (name, properties) => ({ name, ...(properties && { properties }) });
const ARCHIVED = { status: 'archived' }, ACTIVE = { status: 'active' }, ADMIN = { role: 'admin' };

// ---- certification: Basic Core and Properties ----

const scenario = [
    ['alice reads record-1', user('alice'), action('read'), record('record-1'), true],
    ['alice writes record-1', user('alice'), action('write'), record('record-1'), true],
    ['bob reads record-1', user('bob'), action('read'), record('record-1'), true],
    ['bob writes record-1', user('bob'), action('write'), record('record-1'), false],
    ['alice writes what is archived', user('alice'), action('write'), record('record-1', ARCHIVED), false],
    ['alice writes record-2, archived', user('alice'), action('write'), record('record-2', ARCHIVED), false],
    ['bob, admin, writes what is archived', user('bob', ADMIN), action('write'), record('record-2', ARCHIVED), true],
    ['alice, admin, writes what is archived', user('alice', ADMIN), action('write'), record('record-1', ARCHIVED), true],
    ['alice deletes softly', user('alice'), action('delete', { soft: true }), record('record-1'), true],
    ['alice deletes for good', user('alice'), action('delete', { soft: false }), record('record-1'), false],
];
const scenarioBody = ([, subject, what, resource]) => ({ subject, action: what, resource });

for (const row of scenario) {
    test(`certification: ${row[0]}`, async () => {
        const body = scenarioBody(row);
        assert.equal((await ask('evaluation', body)).decision, row[4]);
        assert.equal((await ask('evaluation', body)).decision, row[4], 'asked twice');
        const dressed = { ...body, context: { weather: { sky: ['blue'] }, time: 'now' }, unknown: 1,
            subject: { extra: null, ...body.subject, properties: { ...body.subject.properties, x: [1] } } };
        assert.equal((await ask('evaluation', dressed)).decision, row[4], 'context, unknown members, extra properties');
        const turned = Object.fromEntries(Object.entries(body).reverse());
        assert.equal((await ask('evaluation', turned)).decision, row[4], 'another order');
    });
}

test('a value of another JSON type equals nothing', async () => {
    for (const soft of ['true', 1, null, [true]])
        assert.equal((await ask('evaluation', scenarioBody(['', user('alice'), action('delete', { soft }),
            record('record-1')]))).decision, false, JSON.stringify(soft));
});

// ---- Batch ----

test('evaluations: same order, as many, no decision at the top', async () => {
    const got = await ask('evaluations', { evaluations: scenario.map(scenarioBody) });
    assert.deepEqual(got.evaluations.map((e) => e.decision), scenario.map((row) => row[4]));
    assert.equal('decision' in got, false);
});

test('evaluations: an item\'s entity replaces the default whole; {} inherits everything', async () => {
    const got = await ask('evaluations', {
        subject: user('alice'), action: action('write'), resource: record('record-1', ARCHIVED),
        evaluations: [{}, { resource: record('record-1') }, { action: action('read') },
            { subject: user('bob', ADMIN) }, { subject: user('bob'), resource: record('record-1') }] });
    assert.deepEqual(got.evaluations.map((e) => e.decision), [false, true, true, true, false]);
});

test('evaluations: a default that nobody takes need not be complete', async () => {
    const got = await ask('evaluations', { subject: user('alice'), action: action('read'), resource: {},
        evaluations: [{ resource: record('record-1') }, {}] });
    assert.equal(got.evaluations[0].decision, true);
    assert.equal(got.evaluations[1].decision, false);
    assert.equal(got.evaluations[1].context.error.status, 400);
});

for (const evaluations of [undefined, []])
    test(`evaluations: ${evaluations ? 'an empty array' : 'no array'} is one evaluation`, async () => {
        const got = await ask('evaluations', { ...scenarioBody(scenario[0]), evaluations });
        assert.equal(got.decision, true);
        assert.equal('evaluations' in got, false);
    });

const mixed = [true, true, false, true, false].map((yes) => ({ action: action(yes ? 'read' : 'fly') }));
for (const [semantic, count] of [['execute_all', 5], ['deny_on_first_deny', 3], ['permit_on_first_permit', 1]])
    test(`evaluations: ${semantic}`, async () => {
        const got = await ask('evaluations', { subject: user('alice'), resource: record('record-1'),
            evaluations: mixed, options: { evaluations_semantic: semantic, other: 1 } });
        assert.deepEqual(got.evaluations.map((e) => e.decision), [true, true, false, true, false].slice(0, count));
    });

test('evaluations: what is wrong with an item is said there', async () => {
    const got = await ask('evaluations', { subject: user('alice'), resource: record('record-1'),
        evaluations: [{ action: action('read') }, 7, { action: 'read' }, {}, { action: action('read'),
            context: { at: 'yesterday' } }] });
    assert.deepEqual(got.evaluations.map((e) => e.decision), [true, false, false, false, false]);
    for (const e of got.evaluations.slice(1)) {
        assert.equal(e.context.error.status, 400);
        assert.equal(typeof e.context.error.message, 'string');
    }
});

// ---- errors ----

const good = scenarioBody(scenario[0]);
const without = (key) => ({ ...good, [key]: undefined });
const bad = [
    ['no subject', without('subject')], ['no action', without('action')], ['no resource', without('resource')],
    ['subject is a string', { ...good, subject: 'alice' }], ['subject is null', { ...good, subject: null }],
    ['subject is an array', { ...good, subject: [user('alice')] }],
    ['subject without type', { ...good, subject: { id: 'alice' } }],
    ['subject without id', { ...good, subject: { type: 'user' } }],
    ['subject.id is a number', { ...good, subject: { type: 'user', id: 1 } }],
    ['subject.properties is a list', { ...good, subject: { ...user('alice'), properties: [] } }],
    ['action.name is a number', { ...good, action: { name: 123 } }], ['action without name', { ...good, action: {} }],
    ['action is a string', { ...good, action: 'read' }],
    ['resource without id', { ...good, resource: { type: 'record' } }],
    ['resource without type', { ...good, resource: { id: 'record-1' } }],
    ['resource is a number', { ...good, resource: 1 }],
    ['context is a string', { ...good, context: 'x' }], ['at is no date', { ...good, context: { at: 'demain' } }],
    ['at is a number', { ...good, context: { at: 0 } }],
    ['not an object', [good]], ['empty body', ''], ['not JSON', '{"subject":'], ['a string', '"x"'],
    ['a member twice', '{"subject":{},"subject":{}}'], ['17 levels', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`],
    ['1,000 levels', '['.repeat(1000)], ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]).toString('latin1')],
    ['a NUL', '{"subject":{"type":"user\\u0000","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"r"}}'],
];
for (const [name, body] of bad)
    test(`400: ${name}`, async () => {
        const answer = await post('evaluation', body, { 'x-request-id': 'erreur-1' });
        assert.equal(answer.status, 400, answer.text);
        assert.equal(typeof answer.json(), 'string');
        assert.equal(answer.headers['x-request-id'], 'erreur-1');
    });

for (const type of [undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])
    test(`400: content type ${type}`, async () =>
        assert.equal((await post('evaluation', good, { 'content-type': type })).status, 400));

test('a content type with a parameter, a request id that comes back', async () => {
    const answer = await post('evaluation', good, { 'content-type': 'application/json; charset=utf-8', 'x-request-id': 'a b-1' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['x-request-id'], 'a b-1');
});

const badBatch = [['evaluations is an object', { ...good, evaluations: {} }],
    ['an unknown semantic', { ...good, evaluations: [{}], options: { evaluations_semantic: 'maybe' } }],
    ['options is a string', { ...good, evaluations: [{}], options: 'x' }],
    ['a default of a wrong type', { ...good, subject: 'alice', evaluations: [good] }],
    ['10,000 items', { ...good, evaluations: Array(10000).fill({}) }]];
for (const [name, body] of badBatch)
    test(`400: ${name}`, async () => assert.equal((await post('evaluations', body)).status, 400));

test('too large a body is refused', async () =>
    assert.equal((await post('evaluation', { ...good, filler: 'x'.repeat(70000) })).status, 413));

test('401 with a challenge: no token, a broken one, one of a person\'s kind, one without the scope', async () => {
    const bench = await tokenOf(client('bench'));
    for (const [headers, status] of [[{ authorization: undefined }, 401], [{ authorization: 'Bearer x.y.z' }, 401],
        [{ authorization: `Basic ${token}` }, 401], [{ authorization: `Bearer ${token.slice(0, -2)}AA` }, 401],
        [{ authorization: `Bearer ${bench}` }, 403]]) {
        const answer = await post('evaluation', good, headers);
        assert.equal(answer.status, status, answer.text);
        assert.match(answer.headers['www-authenticate'], /^Bearer /);
    }
});

// ---- Search ----

const ids = (got, member = 'id') => got.results.map((r) => r[member]).sort();
const search = (kind, body, bearer) => ask(`search/${kind}`, body, bearer);

test('certification: searches', async () => {
    const read = await search('subject', { subject: { type: 'user', id: 'ignored' }, action: action('read'), resource: record('record-1') });
    assert.deepEqual(ids(read), ['alice', 'bob']);
    assert.deepEqual(Object.keys(read.results[0]), ['type', 'id']);
    assert.deepEqual(ids(await search('resource', { subject: user('alice'), action: action('read'),
        resource: { type: 'record', id: 'ignored' } })), ['record-1', 'record-2']);
    assert.deepEqual(ids(await search('action', { subject: user('alice'), resource: record('record-1') }), 'name'), ['read', 'write']);
    assert.ok(ids(await search('subject', { subject: { type: 'user' }, action: action('write'),
        resource: record('record-2', ARCHIVED) })).includes('bob'));
    assert.ok(ids(await search('resource', { subject: user('bob', ADMIN), action: action('write'), resource: { type: 'record' } })).includes('record-2'));
    assert.ok(ids(await search('action', { subject: user('bob', ADMIN), resource: record('record-2', ARCHIVED) }), 'name').includes('write'));
});

test('searches of what nobody knows are empty', async () => {
    for (const [kind, body] of [
        ['subject', { subject: { type: 'robot' }, action: action('read'), resource: record('record-1') }],
        ['subject', { subject: { type: 'user' }, action: action('fly'), resource: record('record-1') }],
        ['subject', { subject: { type: 'user' }, action: action('read'), resource: { type: 'nothing', id: 'x' } }],
        ['resource', { subject: user('nobody'), action: action('read'), resource: { type: 'record' } }],
        ['resource', { subject: user('alice'), action: action('read'), resource: { type: 'nothing' } }],
        ['resource', { subject: { type: 'person', id: person('nurse').sub }, action: action('lire'), resource: { type: 'DUI.PROJET' } }],
        ['action', { subject: user('nobody'), resource: record('record-1') }],
        ['action', { subject: user('alice'), resource: { type: 'nothing', id: 'x' } }]])
        assert.deepEqual((await search(kind, body)).results, [], `${kind} ${JSON.stringify(body)}`);
});

const badSearch = [['subject', { action: action('read'), resource: record('record-1') }],
    ['subject', { subject: {}, action: action('read'), resource: record('record-1') }],
    ['subject', { subject: { type: 'user' }, action: action('read'), resource: { type: 'record' } }],
    ['subject', { subject: { type: 'user' }, resource: record('record-1') }],
    ['resource', { subject: { type: 'user' }, action: action('read'), resource: { type: 'record' } }],
    ['resource', { subject: user('alice'), action: action('read'), resource: {} }],
    ['action', { subject: user('alice'), resource: { type: 'record' } }],
    ['action', { subject: user('alice') }]];
for (const [i, [kind, body]] of badSearch.entries())
    test(`400: incomplete ${kind} search ${i}`, async () => assert.equal((await post(`search/${kind}`, body)).status, 400));

const CONTEXT = { acr: 'eidas3', amr: ['psc'], motif: 'essai', urgence: true, presence_physique: true, supervise: true };
const whoReads = { subject: { type: 'person' }, action: action('lire'),
    resource: { type: 'DUI.TRANSMISSIONS', id: 'x', properties: { structure: 'MASF-MAS' } }, context: CONTEXT };

test('pages: everybody once, in order; every result evaluates to a permit', async () => {
    const all = await search('subject', whoReads);
    assert.ok(all.results.length > 8, `${all.results.length}`);
    assert.equal(all.page.next_token, '');
    assert.equal(all.page.total, all.results.length);
    const found = [];
    let page = { limit: 4 };
    for (let i = 0; i < 1000; i++) {
        const got = await search('subject', { ...whoReads, page });
        assert.ok(got.results.length <= 4);
        found.push(...got.results);
        if (got.page.next_token === '') break;
        page = { token: got.page.next_token }; // no limit, as the specification's own example
    }
    assert.deepEqual(found, all.results);
    const again = await ask('evaluations', { ...whoReads, evaluations: all.results.map((subject) => ({ subject })) });
    assert.ok(again.evaluations.every((e) => e.decision));
});

test('a page token is of its request', async () => {
    const { page: { next_token: next } } = await search('subject', { ...whoReads, page: { limit: 2 } });
    assert.notEqual(next, '');
    for (const body of [{ ...whoReads, action: action('creer'), page: { token: next } },
        { ...whoReads, context: { ...CONTEXT, motif: 'autre' }, page: { token: next } },
        { ...whoReads, page: { token: next, limit: 3 } }, { ...whoReads, page: { token: `${next}A` } },
        { ...whoReads, page: { token: 'AAAA' } }, { ...whoReads, page: { token: 7 } },
        { ...whoReads, page: { limit: 0 } }, { ...whoReads, page: { limit: 1001 } }, { ...whoReads, page: { limit: '5' } },
        { ...whoReads, page: 'x' }].filter((b) => b.page.token !== `${next}A`))
        assert.equal((await post('search/subject', body)).status, 400, JSON.stringify(body.page));
    assert.equal((await post('search/subject', { ...whoReads, page: { token: next, limit: 2 } })).status, 200);
    assert.equal((await post('search/resource', { ...whoReads, subject: user('alice'), page: { token: next } })).status, 400);
});

test('actions and instances come in pages, too', async () => {
    const body = { subject: user('alice'), action: action('read'), resource: { type: 'record' }, page: { limit: 1 } };
    const first = await search('resource', body);
    assert.deepEqual(ids(first), ['record-1']);
    const second = await search('resource', { ...body, page: { token: first.page.next_token } });
    assert.deepEqual(ids(second), ['record-2']);
    assert.equal(second.page.next_token, '');
    const names = { subject: user('alice'), resource: record('record-1'), page: { limit: 1 } };
    const one = await search('action', names);
    const two = await search('action', { ...names, page: { token: one.page.next_token } });
    assert.deepEqual([...ids(one, 'name'), ...ids(two, 'name')].sort(), ['read', 'write']);
});

// ---- who may ask what ----

const nurse = person('nurse');
const about = (who, type, name, properties, context) => ({ subject: { type: 'person', id: who.sub },
    action: action(name), resource: { type, id: 'd-1', properties }, ...(context && { context }) });

test('a client asks about its own application only', async () => {
    const answer = await post('evaluation', good, {}, duiToken);
    assert.equal(answer.status, 403);
    const mixedApps = await ask('evaluations', { evaluations: [good, about(nurse, 'DUI.TRANSMISSIONS', 'lire', { structure: 'MASF-MAS' })] }, duiToken);
    assert.equal(mixedApps.evaluations[0].decision, false);
    assert.equal(mixedApps.evaluations[0].context.error.status, 403);
    assert.ok(['ok', 'step_up', 'condition'].includes(mixedApps.evaluations[1].context.reason));
    assert.deepEqual((await search('subject', { subject: { type: 'user' }, action: action('read'), resource: record('record-1') }, duiToken)).results, []);
});

test('what a client is not trusted to say does not count; at needs leave', async () => {
    const q = about(nurse, 'DUI.TRANSMISSIONS', 'lire', { structure: 'MASF-MAS' }, { acr: 'eidas3', amr: ['psc'] });
    assert.equal((await ask('evaluation', q)).context.reason, 'ok');
    assert.equal((await ask('evaluation', q, duiToken)).context.reason, 'step_up');
    const at = { ...q, context: { at: '2026-01-01T00:00:00Z' } };
    assert.equal((await post('evaluation', at, {}, duiToken)).status, 403);
    const batch = await ask('evaluations', { evaluations: [at] }, duiToken);
    assert.equal(batch.evaluations[0].context.error.status, 403);
});

test('a session decides the login: unknown, ended or another person\'s is none', async () => {
    const q = about(nurse, 'DUI.TRANSMISSIONS', 'lire', { structure: 'MASF-MAS' },
        { acr: 'eidas3', sid: '99999999-9999-4999-8999-999999999999' });
    assert.equal((await ask('evaluation', q)).context.reason, 'step_up', 'sid wins over acr');
    q.context.sid = 7;
    assert.equal((await ask('evaluation', q)).context.reason, 'step_up');
});

test('a session of her own decides the login until it ends', async () => {
    const browser = new Browser(), proof = pkce(), essai = client('essai');
    const got = await signIn(browser, nurse, authorization(essai, proof), 'MASF-MAS.MAISON-1');
    const tokens = (await exchange(essai, got.code, proof.verifier)).json();
    const { claims: { sid } } = await verified(tokens.id_token);
    const q = about(nurse, 'DUI.TRANSMISSIONS', 'lire', { structure: 'MASF-MAS' }, { sid, acr: 'eidas1' });
    assert.equal((await ask('evaluation', q)).context.reason, 'ok', 'two factors, whatever acr says');
    assert.equal((await ask('evaluation', q, duiToken)).context.reason, 'ok', 'nobody has to be trusted for it');
    const other = about(person('doctor'), 'DUI.TRANSMISSIONS', 'lire', { structure: 'EHRE-EAM' }, { sid });
    assert.equal((await ask('evaluation', other)).context.reason, 'step_up', 'not his');
    await browser.go('GET', `/end-session?${encode({ id_token_hint: tokens.id_token })}`);
    assert.equal((await ask('evaluation', q)).context.reason, 'step_up', 'ended');
});

test('the context tells why, in two languages, and what would help', async () => {
    const { decision, context } = await ask('evaluation', about(nurse, 'DUI.TRANSMISSIONS', 'lire', { structure: 'MASF-MAS' }));
    assert.equal(decision, false);
    assert.equal(context.reason, 'step_up');
    assert.equal(context.acr_values, 'eidas2');
    assert.ok(context.reason_user.fr.length > 10 && context.reason_user.en.length > 10);
    assert.equal(typeof context.rules_age, 'number');
    assert.equal('obligations' in context, false);
});

for (const [name, change] of [['a person', { subject: { type: 'person', id: 'nobody' } }],
    ['a subject type', { subject: { type: 'robot', id: nurse.sub } }], ['an action', { action: action('voler') }],
    ['a resource', { resource: { type: 'DUI.RIEN', id: 'x' } }],
    ['a structure', { resource: { type: 'DUI.TRANSMISSIONS', id: 'x', properties: { structure: 'ICI' } } }],
    ['a structure that is a number', { resource: { type: 'DUI.TRANSMISSIONS', id: 'x', properties: { structure: 44 } } }]])
    test(`unknown: ${name}`, async () => {
        const got = await ask('evaluation', { ...about(nurse, 'DUI.TRANSMISSIONS', 'lire', { structure: 'MASF-MAS' }), ...change });
        assert.equal(got.decision, false);
        assert.equal(got.context.reason, 'unknown');
    });

// ---- explanations, metadata ----

test('explain: every pair and a next step, for those who may', async () => {
    const q = about(person('educator'), 'DUI.PRESCRIPTIONS', 'creer', { structure: 'MASF-MAS' });
    const got = await ask('explain', q);
    assert.equal(got.decision, false);
    assert.ok(Array.isArray(got.pairs));
    assert.ok(got.steps.length >= 1);
    for (const step of got.steps) assert.ok(step.kind && step.fr && step.en, JSON.stringify(step));
    const late = await ask('explain', about(nurse, 'DUI.TRANSMISSIONS', 'lire', { structure: 'MASF-MAS' }));
    assert.equal(late.steps[0].kind, 'login');
    assert.ok(late.pairs.some((p) => p.reason === 'step_up' && p.assignment && p.rule && p.fr));
    assert.equal((await post('explain', q, {}, duiToken)).status, 403);
});

test('Discovery', async () => {
    const answer = await send('GET', '/.well-known/authzen-configuration');
    assert.equal(answer.status, 200);
    assert.match(answer.headers['content-type'], /^application\/json/);
    const got = answer.json();
    assert.equal(got.policy_decision_point, issuer);
    for (const [member, path] of Object.entries({ access_evaluation_endpoint: 'evaluation',
        access_evaluations_endpoint: 'evaluations', search_subject_endpoint: 'search/subject',
        search_resource_endpoint: 'search/resource', search_action_endpoint: 'search/action' }))
        assert.equal(got[member], `${issuer}/access/v1/${path}`);
    assert.equal((await send('GET', '/access/v1/evaluation')).status, 405);
});

// ---- the same as the reference ----

test('hundreds of random decisions are those of the reference', async () => {
    const lines = execFileSync('python3', [join(root, 'tests/policy/demo_questions.py'), process.env.HABILIS_DEMO,
        process.env.HABILIS_QUESTIONS ?? '400', process.env.HABILIS_SEED ?? '1'], { maxBuffer: 1 << 28 })
        .toString().trim().split('\n').map((l) => JSON.parse(l));
    const seen = {};
    for (let i = 0; i < lines.length; i += 100) {
        const part = lines.slice(i, i + 100);
        const { evaluations } = await ask('evaluations', { evaluations: part.map((l) => l.request) });
        for (const [k, { request, want }] of part.entries()) {
            const c = evaluations[k].context;
            const got = { decision: evaluations[k].decision, reason: c.reason, missing: c.missing ?? [],
                obligations: (c.obligations ?? []).map((o) => o.id),
                advice: [...(c.acr_values ? ['2f'] : []), ...(c.amr_values ? ['psc'] : [])],
                conflicts: (c.conflicts ?? []).sort() };
            assert.deepEqual(got, want, JSON.stringify(request));
            seen[want.reason] = (seen[want.reason] ?? 0) + 1;
        }
    }
    for (const reason of ['ok', 'elsewhere', 'condition', 'step_up', 'unknown', 'no_grant'])
        assert.ok(seen[reason] > 0, `no ${reason}: ${JSON.stringify(seen)}`);
});
