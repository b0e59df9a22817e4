// Break-glass from the link to the mail and the review, and everything that must not open one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';

import { Browser, authorization, client, ctl, demo, encode, exchange, person, pkce, send, verified } from './agent.mjs';

const nurse = person('nurse');
const doctor = person('doctor');
const admin = person('admin');
const director = person('director');
const dpo = person('dpo');
const essai = client('essai');
const REASON = 'Malaise au réfectoire, allergies inconnues';
const LABEL = 'Mme Odette Braud';
const PLACE = 'MASF-MAS.MAISON-2';
const database = join(dirname(process.env.HABILIS_DEMO), 'state.db');

const decode = (text) => Buffer.from(text, 'base64').toString();
const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// shared with the browser tests, which run in the same demonstration: secret -> last step used
const codes = join(dirname(process.env.HABILIS_DEMO), 'codes.json');
const kept = () => { try { return JSON.parse(readFileSync(codes, 'utf8')); } catch { return {}; } };

/** RFC 6238; a step counts once, and one neighbour step is tolerated. */
async function totp(secret) {
    const now = () => Math.floor(Date.now() / 30000);
    const step = Math.max((kept()[secret] ?? 0) + 1, now());
    while (step > now() + 1) await delay(250);
    writeFileSync(codes, JSON.stringify({ ...kept(), [secret]: step }));
    const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
    const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const mac = createHmac('sha1', key).update(counter).digest();
    const at = mac[19] & 15;
    return String((mac.readUInt32BE(at) & 0x7fffffff) % 1e6).padStart(6, '0');
}

/** Answers the pages of a sign-in until it is over. */
async function signIn(browser, who, structure, start = '/') {
    let gone = await browser.go('GET', start);
    for (let i = 0; i < 12 && !gone; i++) {
        if (browser.has('autocomplete="current-password"'))
            gone = await browser.submit({ username: who.username, password: who.password });
        else if (browser.has('autocomplete="one-time-code"'))
            gone = await browser.submit({ otp: await totp(who.totp_secret) });
        else if (browser.has('value="accept"')) gone = await browser.submit({ decision: 'accept' });
        else if (browser.has('name="structure"') && browser.has('class="choice"'))
            gone = await browser.submit({ structure });
        else break;
    }
    return browser;
}

const asked = (more = {}) => ({ client_id: 'dui', structure: PLACE, instance: 'r-42', label: LABEL, ...more });
const link = (more) => `/break-glass?${encode(asked(more))}`;

/** One statement on the service's database, as if time had passed. */
const sql = (text) => execFileSync('python3', ['-c',
    'import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],timeout=20)\nprint(*c.execute(sys.argv[2]).fetchall())\nc.commit()',
    database, text]).toString();

function mails() {
    let names = [];
    try { names = readdirSync(demo.mail).filter((name) => name.endsWith('.eml')); } catch { /* none yet */ }
    return names.map((name) => {
        const [head, body] = readFileSync(join(demo.mail, name), 'utf8').split('\r\n\r\n');
        return { head, body: decode(body), to: /^To: <(.*)>/m.exec(head)[1] };
    });
}

async function mailTo(address, count) {
    for (let i = 0; i < 100; i++) {
        const found = mails().filter((m) => m.to === address && m.body.includes('Nolwenn Kerbrat'));
        if (found.length >= count) return found;
        await delay(100);
    }
    assert.fail(`no mail for ${address}`);
}

const nurseAtWork = new Browser();
let first; // the emergency that most tests are about

before(async () => {
    await signIn(nurseAtWork, nurse, 'MASF-MAS.MAISON-1');
    assert.ok(nurseAtWork.has('/sign-out'));
});

const openings = () => Number(sql('SELECT count(*) FROM emergency').match(/\d+/)[0]);

test('a stranger is asked to sign in, and comes back to the question', async () => {
    const browser = new Browser();
    await signIn(browser, doctor, 'EHRE-EAM', link({ structure: 'EHRE-EAM.PAVILLON-A' }));
    assert.equal(browser.answer.status, 200, browser.answer.text);
    assert.ok(browser.has('name="reason"'));
    assert.ok(browser.has(LABEL));
});

test('links that are not right open nothing', async () => {
    const before = openings();
    for (const more of [{ client_id: '' }, { client_id: 'nobody' }, { structure: '' }, { structure: 'NOWHERE' },
        { structure: "MASF-MAS' OR 1=1" }, { resource: 'DUI.NOTHING' }, { resource: 'RH.PLANNING' }, { label: 'x'.repeat(300) },
        { label: 'a\r\nBcc: x@example.org' }, { instance: 'y'.repeat(300) }, { instance: 'r\n42' }]) {
        await nurseAtWork.open('GET', link(more));
        assert.equal(nurseAtWork.answer.status, 400, JSON.stringify(more));
        assert.ok(!nurseAtWork.has('name="reason"'), JSON.stringify(more));
    }
    assert.equal(openings(), before);
});

test('without the right, elsewhere, and for oneself: refused', async () => {
    const browser = await signIn(new Browser(), admin, 'MASF-MAS');
    await browser.open('GET', link());
    assert.equal(browser.answer.status, 403);
    await nurseAtWork.open('GET', link({ structure: 'SOUB-FH' }));
    assert.equal(nurseAtWork.answer.status, 403, 'her right reaches her OG');
    for (const more of [{ owner: nurse.username }, { owner: nurse.sub }, { owner: nurse.username.toUpperCase() }, { instance: nurse.sub }]) {
        await nurseAtWork.open('GET', link(more));
        assert.equal(nurseAtWork.answer.status, 403, JSON.stringify(more));
    }
});

test('what the catalogue excludes is not opened', async () => {
    await nurseAtWork.open('GET', link({ resource: 'DUI.PROJET' }));
    assert.equal(nurseAtWork.answer.status, 403);
    await nurseAtWork.open('GET', link({ resource: 'DUI.BRIS_GLACE' }));
    assert.equal(nurseAtWork.answer.status, 403);
});

test('the page says what, for how long and who is told; a poor reason or no token opens nothing', async () => {
    const before = openings();
    await nurseAtWork.open('GET', link());
    assert.equal(nurseAtWork.answer.status, 200);
    for (const text of ['4\u00a0heures', 'Délégué à la protection des données', LABEL])
        assert.ok(nurseAtWork.has(text), text);
    assert.match(nurseAtWork.answer.headers['content-security-policy'], /form-action [^;]*localhost/);
    const { fields } = nurseAtWork.form();
    for (const reason of ['', ' ', 'chute', '          ', '\u00a0'.repeat(12), '\u200b'.repeat(12), 'é'.repeat(9), '\u0007'.repeat(12)]) {
        await nurseAtWork.open('POST', '/break-glass', { ...fields, reason });
        assert.equal(nurseAtWork.answer.status, 400, JSON.stringify(reason));
    }
    await nurseAtWork.open('POST', '/break-glass', { ...fields, reason: 'a'.repeat(5000) });
    assert.equal(nurseAtWork.answer.status, 400);
    for (const csrf of ['', 'x', fields.csrf.slice(1) + 'A']) {
        await nurseAtWork.open('POST', '/break-glass', { ...fields, csrf, reason: REASON });
        assert.equal(nurseAtWork.answer.status, 200, 'the form again');
    }
    const stranger = await send('POST', '/break-glass', {
        headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: encode({ ...fields, reason: REASON }) });
    assert.equal(stranger.status, 303, 'to the sign-in');
    assert.equal(openings(), before);
});

test('opening: back to the registered address, one record, one mail each, and nothing of the resident in it', async () => {
    await nurseAtWork.open('GET', link());
    const { fields } = nurseAtWork.form();
    const target = await nurseAtWork.go('POST', '/break-glass', { ...fields, reason: REASON });
    assert.equal(target.origin + target.pathname, `${demo.apps.dui}urgence`);
    assert.equal(target.searchParams.get('instance'), 'r-42');
    first = target.searchParams.get('emergency');
    assert.match(first, /^[0-9a-f-]{36}$/);
    for (const address of ['dpo@demonstration.example', 'director@demonstration.example']) {
        const [mail] = await mailTo(address, 1);
        assert.match(mail.head, /^Message-ID: <[0-9a-f-]{36}@demonstration\.example>$/m);
        assert.match(mail.body, /Nolwenn Kerbrat/);
        assert.ok(mail.body.includes(`${demo.issuer}/break-glass/review`));
        for (const secret of [REASON, 'Malaise', 'Odette', 'Braud', 'r-42'])
            assert.ok(!mail.body.includes(secret) && !mail.head.includes(secret), secret);
    }
});

test('twice is once: the same access, no other mail', async () => {
    const before = openings();
    const { fields } = (await nurseAtWork.open('GET', link()), nurseAtWork.form());
    const answers = await Promise.all([1, 2, 3].map(() =>
        send('POST', '/break-glass', { headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: nurseAtWork.cookieHeader() },
            body: encode({ ...fields, reason: REASON }) })));
    for (const answer of answers)
        assert.equal(new URL(answer.headers.location).searchParams.get('emergency'), first);
    assert.equal(openings(), before);
});

/** Entitlements of the nurse's token at this moment. */
async function entitlements() {
    const proof = pkce();
    const target = await nurseAtWork.go('GET', authorization(essai, proof, { prompt: 'none' }).url);
    const answer = await exchange(essai, target.searchParams.get('code'), proof.verifier);
    return (await verified(answer.json().access_token)).claims.entitlements;
}

test('a token made now says ask for what is open, and no longer a second after the end', async () => {
    const ask = (list) => list.filter((line) => line.endsWith(';?')).map((line) => line.split(':')[0]);
    assert.ok(ask(await entitlements()).includes('DUI.IDENTITE'));
    assert.ok(!ask(await entitlements()).includes('DUI.PROJET'));
    const ends = sql(`SELECT ends FROM emergency WHERE id = '${first}'`).match(/\d+/)[0];
    const now = Math.floor(Date.now() / 1000); // it may have been opened within this second
    sql(`UPDATE emergency SET ends = MAX(opened + 1, ${now}) WHERE id = '${first}'`);
    await delay(2500);
    assert.deepEqual(ask(await entitlements()), []);
    sql(`UPDATE emergency SET ends = ${ends} WHERE id = '${first}'`);
    await delay(1500);
});

test('three a day', async () => {
    for (const instance of ['r-43', 'r-44']) {
        await nurseAtWork.open('GET', link({ instance }));
        assert.ok(await nurseAtWork.submit({ reason: REASON }), instance);
    }
    const before = openings();
    await nurseAtWork.open('GET', link({ instance: 'r-45' }));
    assert.equal(await nurseAtWork.submit({ reason: REASON }), null);
    assert.equal(nurseAtWork.answer.status, 429);
    assert.ok(nurseAtWork.has(REASON), 'what was typed is not lost');
    assert.equal(openings(), before);
});

test('a second factor older than a quarter of an hour is asked again', async () => {
    const session = new Browser();
    session.jar = new Map(nurseAtWork.jar);
    const old = Math.floor(Date.now() / 1000) - 16 * 60;
    const kept = sql(`SELECT second_factor FROM session WHERE person = '${nurse.sub}' ORDER BY created DESC LIMIT 1`).match(/\d+/)[0];
    sql(`UPDATE session SET second_factor = ${old} WHERE person = '${nurse.sub}'`);
    await session.go('GET', link({ instance: 'r-46' }));
    assert.ok(session.has('autocomplete="current-password"'));
    sql(`UPDATE session SET second_factor = ${kept} WHERE person = '${nurse.sub}'`);
});

test('one closes one’s own, and no other', async () => {
    await nurseAtWork.open('GET', '/break-glass/mine');
    assert.equal((nurseAtWork.answer.text.match(/name="id"/g) ?? []).length, 3);
    const { fields } = nurseAtWork.form();
    await nurseAtWork.go('POST', '/break-glass/close', { ...fields, csrf: 'x' });
    assert.equal((nurseAtWork.answer.text.match(/name="id"/g) ?? []).length, 3);
    const other = await signIn(new Browser(), director, 'MASF-MAS');
    await other.open('GET', '/break-glass/mine');
    assert.ok(!other.has('name="id"'));
    const csrf = /name="csrf" value="([^"]*)"/.exec((await other.open('GET', '/')).text)[1];
    await other.open('POST', '/break-glass/close', { csrf, id: first });
    const second = sql("SELECT id FROM emergency WHERE instance = 'r-43'").match(/[0-9a-f-]{36}/)[0];
    await nurseAtWork.go('POST', '/break-glass/close', { ...fields, id: second });
    assert.equal((nurseAtWork.answer.text.match(/name="id"/g) ?? []).length, 2);
    assert.ok(nurseAtWork.has(first), 'the director closed nothing');

    await other.open('GET', '/break-glass/review');
    assert.ok(!other.has('name="verdict"'), 'who is told does not review by that alone');
    await other.open('POST', '/break-glass/review', { csrf, id: first, verdict: 'justified', comment: '' });
    assert.equal(other.answer.status, 400);
});

test('never one’s own review', async () => {
    const csrf = /name="csrf" value="([^"]*)"/.exec((await nurseAtWork.open('GET', '/')).text)[1];
    await nurseAtWork.open('POST', '/break-glass/review', { csrf, id: first, verdict: 'justified', comment: '' });
    assert.equal(nurseAtWork.answer.status, 400);
    assert.match(sql(`SELECT reviewed FROM emergency WHERE id = '${first}'`), /\(0,\)/);
});

test('the data protection officer reads the reason and gives a verdict, once', async () => {
    const browser = await signIn(new Browser(), dpo, 'MASF-MAS', '/break-glass/review');
    assert.ok(browser.has('Nolwenn Kerbrat') && browser.has(REASON) && browser.has(LABEL));
    const csrf = /name="csrf" value="([^"]*)"/.exec(browser.answer.text)[1];
    const verdict = (more) => browser.go('POST', '/break-glass/review', { csrf, id: first, comment: '', ...more });
    await verdict({ verdict: 'unjustified' });
    assert.equal(browser.answer.status, 400, 'why not?');
    for (const more of [{ verdict: 'maybe' }, { verdict: '' }, { verdict: 'justified', csrf: 'x' }, { verdict: 'justified', id: 'x' },
        { verdict: 'justified', id: dpo.sub }, { verdict: 'justified', comment: 'x'.repeat(5000) }]) {
        await verdict(more);
        assert.match(sql(`SELECT reviewed FROM emergency WHERE id = '${first}'`), /\(0,\)/, JSON.stringify(more));
    }
    await verdict({ verdict: 'justified', comment: 'appel du SAMU à 14 h' });
    assert.equal(browser.answer.status, 200);
    assert.ok(!browser.has(first));
    await verdict({ verdict: 'unjustified', comment: 'autre avis' });
    assert.equal(browser.answer.status, 400, 'reviewed already');
    assert.match(sql(`SELECT verdict, reviewer FROM emergency WHERE id = '${first}'`), new RegExp(`justified.*${dpo.sub}`));
});

test('each of it is in the journal, without the reason', async () => {
    const list = await ctl(['journal', 'show', '--json', '--limit', '500']);
    for (const event of ['emergency_opened', 'emergency_refused', 'emergency_closed', 'emergency_reviewed'])
        assert.ok(list.includes(event), event);
    assert.ok(!list.includes(REASON) && !list.includes('SAMU') && !list.includes('Odette'));
});
