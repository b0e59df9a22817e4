// What somebody tries who wants in, wants another's session, or wants the service down.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { test } from 'node:test';

import { Browser, authorization, client, ctl, demo, issuer, person, pkce, signIn } from './agent.mjs';

const essai = client('essai');
const intern = person('intern');
const nurse = person('nurse');
const SESSION = '__Host-habilis-session';
const BROWSER = '__Host-habilis-browser';

const setStatus = (who, status) => execFileSync('ldapmodify',
    ['-x', '-H', demo.ldap.uri, '-D', demo.ldap.bind_dn, '-w', demo.ldap.password],
    { input: `dn: habilisId=${who.sub},ou=people,${demo.ldap.base_dn}\nchangetype: modify\n` +
        `replace: habilisStatus\nhabilisStatus: ${status}\n` });
const failures = async (limit) => (await ctl(['journal', 'show', '--json', '--event', 'sign_in_failed',
    '--limit', String(limit)])).trim().split('\n').map((line) => JSON.parse(line));

test('somebody suspended while signed in is told so, and the journal too', async () => {
    const browser = new Browser();
    await signIn(browser, intern, authorization(essai, pkce()));
    setStatus(intern, 'suspended');
    try {
        for (const path of ['/', authorization(essai, pkce()).url])
            assert.equal((await browser.open('GET', path)).status, 403, path);
        const told = await ctl(['journal', 'show', '--json', '--event', 'access_refused', '--limit', '2']);
        for (const line of told.trim().split('\n')) assert.equal(JSON.parse(line).actor, intern.sub);
    } finally {
        setStatus(intern, 'active');
    }
});

test('an empty password asks the directory nothing: how long that takes tells no name', async () => {
    const browser = new Browser();
    for (const username of [intern.username, 'nobody.here']) {
        await browser.go('GET', authorization(essai, pkce()).url);
        await browser.submit({ username, password: '' });
        assert.equal(browser.answer.status, 200);
    }
    for (const line of await failures(2)) {
        assert.equal(line.data.reason, 'no_password');
        assert.ok(!line.subject, JSON.stringify(line));
    }
});

const otp = (who) => execFileSync('oathtool', ['--totp', '-b', who.totp_secret]).toString().trim();

/** The cookie as somebody noted it at the shared post, and what that opens of the flow of FORM. */
const copyOf = (browser) => {
    const thief = new Browser();
    thief.jar.set(BROWSER, browser.jar.get(BROWSER));
    return thief;
};

test('a cookie copied before the password opens nothing after it (flow fixation)', async () => {
    const post = new Browser();
    await post.go('GET', authorization(essai, pkce()).url);
    const { action, fields } = post.form();
    const thief = copyOf(post);
    await post.open('POST', action, { ...fields, username: intern.username, password: intern.password });
    assert.equal(post.answer.status, 303);
    for (const step of ['done', 'charter', 'structure', 'otp', 'restart']) {
        await thief.go('GET', `/login/${step}?flow=${fields.flow}`);
        assert.ok(thief.has('current-password'), step);
        assert.equal(thief.jar.has(SESSION), false, step);
    }
    for (const step of ['/login/otp', '/login/charter', '/login/structure']) {
        await thief.go('POST', step, { ...fields, decision: 'accept', structure: 'SOUB-FH' });
        assert.ok(thief.has('current-password'), step);
    }
    const target = await post.go('GET', post.answer.headers.location);
    assert.ok(target?.searchParams.get('code'), 'she herself comes through');
});

test('nor does it with the own password of whoever copied it', async () => {
    for (const first of [true, false]) {
        const post = new Browser();
        await post.go('GET', authorization(essai, pkce()).url);
        const { action, fields } = post.form();
        const thief = copyOf(post);
        const click = () => post.open('POST', action, { ...fields, username: nurse.username, password: nurse.password });
        const own = () => thief.go('POST', action, { ...fields, username: intern.username, password: intern.password });
        await (first ? own() : click());
        await (first ? click() : own());
        for (const step of ['otp', 'done']) {
            await thief.go('GET', `/login/${step}?flow=${fields.flow}`);
            assert.equal(thief.has('one-time-code'), false, 'never where the nurse is');
        }
    }
});

test('an answer that was lost: the same password again goes on, another does not', async () => {
    const post = new Browser();
    await post.go('GET', authorization(essai, pkce()).url);
    const { action, fields } = post.form();
    const lost = copyOf(post);
    await post.open('POST', action, { ...fields, username: intern.username, password: intern.password });
    await lost.go('POST', action, { ...fields, username: intern.username, password: 'wrong' });
    assert.ok(lost.has('current-password'));
    const target = await lost.go('POST', action, { ...fields, username: intern.username, password: intern.password });
    assert.ok(target?.searchParams.get('code'));
});

test('what one person proved and left is gone when another signs in, or anybody signs out', async () => {
    for (const leave of ['another signs in', 'she signs out']) {
        const browser = new Browser();
        await browser.go('GET', authorization(essai, pkce()).url);
        await browser.submit({ username: nurse.username, password: nurse.password });
        const left = { ...browser.form().fields };
        assert.ok(browser.has('one-time-code'));
        if (leave === 'another signs in') {
            await signIn(browser, intern, authorization(essai, pkce()));
        } else {
            await signIn(browser, intern, authorization(essai, pkce()));
            await browser.go('GET', '/');
            await browser.go('GET', authorization(essai, pkce(), { prompt: 'login' }).url);
            await browser.submit({ username: nurse.username, password: nurse.password });
            left.flow = browser.form().fields.flow;
            left.csrf = browser.form().fields.csrf;
            const { csrf } = /name="csrf" value="(?<csrf>[^"]*)"/.exec((await browser.open('GET', '/')).text).groups;
            await browser.open('POST', '/sign-out', { csrf });
            assert.equal(browser.jar.has(SESSION), false);
        }
        await browser.go('POST', '/login/otp', { ...left, otp: otp(nurse) });
        assert.equal(browser.has('Nolwenn'), false, leave);
        assert.equal(browser.has('one-time-code'), false, leave);
    }
});

/** GET from another address of this machine: the answer's status and headers. */
const getFrom = (localAddress, agent, path) => new Promise((resolve, reject) => {
    request(new URL(path, issuer), { agent, localAddress }, (res) => {
        res.resume().on('end', () => resolve({ status: res.statusCode, headers: res.headers }));
    }).on('error', reject).end();
});

test('a network that begins sign-ins without end is told to wait; others are served', async () => {
    const agents = new Agent({ ca: readFileSync(demo.ca_file), keepAlive: true, maxSockets: 32 });
    const { url } = authorization(essai, pkce());
    let left = 2 * Number(process.env.HABILIS_DEMO_SIGN_INS) + 100; // the minute may turn meanwhile
    let refused;
    const worker = async () => {
        while (left-- > 0 && !refused) {
            const answer = await getFrom('127.0.0.77', agents, url);
            if (answer.status === 429) refused = answer;
            else assert.equal(answer.status, 303);
        }
    };
    await Promise.all(Array.from({ length: 32 }, worker));
    assert.ok(refused, 'refused at last');
    const wait = Number(refused.headers['retry-after']);
    assert.ok(wait >= 1 && wait <= 60, String(wait));
    assert.equal(refused.headers['set-cookie'], undefined);
    assert.equal((await getFrom('127.0.0.78', agents, url)).status, 303);
    agents.destroy();
});
