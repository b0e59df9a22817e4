// The sign-in as a state machine: no step is skipped, repeated, stolen or fixed by what a browser sends.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Browser, authorization, client, exchange, person, pkce, signIn, verified } from './agent.mjs';

const essai = client('essai');
const intern = person('intern');
const nurse = person('nurse'); // needs a second factor
const STEPS = ['/login', '/login/identity', '/login/otp', '/login/enrol', '/login/charter', '/login/structure'];
const SESSION = '__Host-habilis-session';

const begin = async (browser = new Browser()) => {
    await browser.go('GET', authorization(essai, pkce()).url);
    return browser;
};

test('every step out of order, empty, or twice leads back to the step that is due', async () => {
    const browser = await begin();
    const { fields } = browser.form();
    const flow = `flow=${fields.flow}`;
    for (const step of [...STEPS, '/login/done']) {
        const shown = await browser.open('GET', `${step}?${flow}`);
        assert.ok(step === '/login' ? shown.status === 200 : shown.headers.location.startsWith('/login?'), step);
    }
    const junk = [{}, { otp: '000000' }, { decision: 'accept' }, { structure: 'MASF-MAS' }, { choice: 'continue' }];
    for (const step of STEPS) {
        for (const more of junk) {
            const target = await browser.go('POST', step, { ...fields, ...more });
            assert.equal(target, null, `${step} ${JSON.stringify(more)}`);
            assert.ok(browser.has('current-password'), `${step} ${JSON.stringify(more)}`);
            assert.equal(browser.jar.has(SESSION), false);
        }
    }
});

test('after the password, no step gets past the second factor', async () => {
    const browser = await begin();
    await browser.submit({ username: nurse.username, password: nurse.password });
    assert.ok(browser.has('one-time-code'), 'the code is asked');
    const { fields } = browser.form();
    for (const step of STEPS) {
        const target = await browser.go('POST', step, { ...fields, decision: 'accept', structure: 'MASF-MAS.MAISON-1', choice: 'continue' });
        assert.equal(target, null, step);
        assert.ok(browser.has('one-time-code'), step);
    }
    await browser.open('GET', `/login/done?flow=${fields.flow}`);
    assert.match(browser.answer.headers.location, /^\/login\/otp/);
    for (const otp of ['', '12345', '1234567', 'abcdef', '000000 or 1=1'])
        assert.equal(await browser.go('POST', '/login/otp', { ...fields, otp }), null);
    assert.equal(browser.jar.has(SESSION), false);
});

test('a flow belongs to its browser: its form is nothing elsewhere (login CSRF, fixation)', async () => {
    const owner = await begin();
    const { action, fields } = owner.form();
    const other = await begin();
    await other.open('POST', action, { ...fields, username: intern.username, password: intern.password });
    assert.equal(other.jar.has(SESSION), false);
    assert.ok(!other.answer.headers.location?.includes('code='));
    const bare = new Browser();
    await bare.open('POST', action, { ...fields, username: intern.username, password: intern.password });
    assert.equal(bare.jar.has(SESSION), false);
});

test('a wrong csrf value goes nowhere', async () => {
    const browser = await begin();
    const { action, fields } = browser.form();
    for (const csrf of ['', 'x', fields.csrf.slice(0, -1), `${fields.csrf}x`]) {
        await browser.open('POST', action, { ...fields, csrf, username: intern.username, password: intern.password });
        assert.equal(browser.jar.has(SESSION), false);
    }
});

test('unknown, wrong, empty, odd: one and the same page, status and text', async () => {
    const tries = [['nobody.here', 'x'], [intern.username, 'wrong'], [intern.username, ''], ['', ''],
        ['*', '*'], ['admin)(uid=*', 'x'], [`${intern.username}\u0000`, intern.password], ['a'.repeat(200), 'x'],
        ['ü', 'x'], [`${intern.username},ou=people`, intern.password]];
    const pages = new Set();
    for (const [username, password] of tries) {
        const browser = await begin();
        await browser.submit({ username, password });
        if (browser.answer.status === 400) continue; // a NUL never reaches us
        assert.equal(browser.answer.status, 200, username);
        assert.equal(browser.jar.has(SESSION), false);
        pages.add(/role="alert"[^>]*>([\s\S]*?)<\//.exec(browser.answer.text)[1].trim());
    }
    assert.equal(pages.size, 1, [...pages].join('\n'));
});

test('a session id that was there before does not survive the sign-in (fixation)', async () => {
    const attacker = new Browser();
    await signIn(attacker, intern, authorization(essai, pkce()));
    const planted = attacker.jar.get(SESSION);
    const victim = new Browser();
    victim.jar.set(SESSION, planted);
    await victim.go('GET', authorization(essai, pkce(), { prompt: 'login' }).url);
    await victim.submit({ username: intern.username, password: intern.password });
    assert.notEqual(victim.jar.get(SESSION), planted);
    await attacker.go('GET', '/');
    assert.ok(attacker.has('current-password'), 'the planted id opens nothing any more');
});

test('forged cookies open nothing', async () => {
    const browser = new Browser();
    await signIn(browser, intern, authorization(essai, pkce()));
    const good = browser.jar.get(SESSION);
    const flip = (at) => good.slice(0, at) + (good[at] === 'A' ? 'B' : 'A') + good.slice(at + 1);
    for (const bad of ['', 'x', good.slice(1), good.slice(0, -1), `${good}A`, flip(2), flip(20), flip(55)]) {
        const thief = new Browser();
        thief.jar.set(SESSION, bad);
        await thief.go('GET', '/');
        assert.ok(thief.has('current-password'), bad);
    }
});

test('two clicks on the same button end well, whichever answer the browser keeps', async () => {
    for (let i = 0; i < 5; i++) {
        const browser = await begin();
        const { action, fields } = browser.form();
        const click = { ...fields, username: intern.username, password: intern.password };
        const [first, second] = await Promise.all([
            browser.open('POST', action, click), browser.open('POST', action, click)]);
        for (const answer of [first, second]) {
            assert.equal(answer.status, 303);
            assert.match(answer.headers.location, /^\/login\//);
        }
        const target = await browser.go('GET', second.headers.location);
        assert.ok(target?.searchParams.get('code'), 'a code at the end');
    }
});

test('two tabs: each comes back to its own request', async () => {
    const browser = new Browser();
    const one = authorization(essai, pkce());
    const two = authorization(essai, pkce());
    await browser.go('GET', one.url);
    const first = browser.form();
    await browser.go('GET', two.url);
    const second = browser.form();
    const enter = { username: intern.username, password: intern.password };
    const b = await browser.go('POST', second.action, { ...second.fields, ...enter });
    assert.equal(b.searchParams.get('state'), two.fields.state);
    const a = await browser.go('POST', first.action, { ...first.fields, ...enter });
    assert.equal(a.searchParams.get('state'), one.fields.state);
});

test('the back button after signing in: the old form is over, and says so without harm', async () => {
    const browser = await begin();
    const { action, fields } = browser.form();
    await browser.submit({ username: intern.username, password: intern.password });
    await browser.go('POST', action, { ...fields, username: intern.username, password: intern.password });
    assert.equal(browser.url.pathname, '/');
    assert.equal(browser.answer.status, 200);
});

test('signing out in one tab takes the proof away from a step-up in another', async () => {
    const browser = new Browser();
    await signIn(browser, intern, authorization(essai, pkce()));
    await browser.go('GET', authorization(essai, pkce(), { acr_values: 'eidas2' }).url);
    assert.ok(browser.has('one-time-code'), 'only the second factor is missing');
    const { action, fields } = browser.form();
    await browser.go('GET', '/');
    const csrf = /name="csrf" value="([^"]*)"/.exec(browser.answer.text)[1];
    await browser.go('POST', '/sign-out', { csrf });
    assert.equal(browser.jar.has(SESSION), false);
    await browser.go('POST', action, { ...fields, otp: '123456' });
    assert.ok(browser.has('current-password'), 'from the beginning');
});

test('max_age and prompt=login ask again; without them the session answers', async () => {
    const browser = new Browser();
    await signIn(browser, intern, authorization(essai, pkce()));
    const silent = await browser.go('GET', authorization(essai, pkce(), { prompt: 'none' }).url);
    assert.ok(silent.searchParams.get('code'));
    await new Promise((resolve) => setTimeout(resolve, 2100));
    for (const more of [{ prompt: 'login' }, { max_age: '1' }, { max_age: '0' }]) {
        assert.equal(await browser.go('GET', authorization(essai, pkce(), more).url), null);
        assert.ok(browser.has('current-password'), JSON.stringify(more));
    }
    const asked = authorization(essai, pkce(), { prompt: 'none', max_age: '1' });
    const refused = await browser.go('GET', asked.url);
    assert.equal(refused.searchParams.get('error'), 'login_required');
});

test('another person in the same browser gets a session of her own, and the first one\'s is over', async () => {
    const browser = new Browser();
    const proof = pkce();
    await signIn(browser, intern, authorization(essai, pkce()));
    const first = browser.jar.get(SESSION);
    const request = authorization(essai, proof, { prompt: 'login' });
    await browser.go('GET', request.url);
    const other = person('educator');
    await browser.submit({ username: other.username, password: other.password });
    assert.ok(browser.has('one-time-code') || browser.has('otpauth'), 'her own second factor');
    const old = new Browser();
    old.jar.set(SESSION, first);
    await old.go('GET', '/');
    assert.ok(!old.has('current-password'), 'nothing is lost before she has proved who she is');
});

test('subjects never change hands: people in parallel, each token is for who asked', async () => {
    const rounds = Number(process.env.HABILIS_ISOLATION_ROUNDS ?? 10);
    const people = [intern, ...demoPeopleWithoutFactor()];
    await Promise.all(people.concat(people, people, people).map(async (who) => {
        const browser = new Browser();
        for (let i = 0; i < rounds; i++) {
            const proof = pkce();
            const got = await signIn(browser, who, authorization(essai, proof));
            const { claims } = await verified((await exchange(essai, got.code, proof.verifier)).json().access_token);
            assert.equal(claims.sub, who.sub);
        }
    }));
});

function demoPeopleWithoutFactor() {
    return ['clerk', 'driver'].map((key) => { try { return person(key); } catch { return null; } }).filter(Boolean);
}
