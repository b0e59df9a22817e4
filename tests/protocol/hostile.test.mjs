// What somebody tries who wants in, wants another's session, or wants the service down.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

import { Browser, authorization, client, ctl, demo, person, pkce, send, signIn } from './agent.mjs';

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
