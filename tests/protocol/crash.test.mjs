// kill -9 of habilisd in the middle of sign-ins: what was acknowledged is there after the restart, and the
// journal still verifies.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Browser, authorization, client, ctl, exchange, issuer, killProvider, person, pkce, restart, send,
    signIn } from './agent.mjs';

const essai = client('essai');
const intern = person('intern');

async function oneSignIn(acknowledged) {
    const browser = new Browser();
    const proof = pkce();
    const got = await signIn(browser, intern, authorization(essai, proof));
    acknowledged.push({ browser, code: got.code, verifier: proof.verifier });
}

test('sessions and codes that were answered survive kill -9, spent codes stay spent', async () => {
    const acknowledged = [];
    const spent = [];
    let running = true;
    const workers = Array.from({ length: 6 }, async () => {
        while (running) {
            try {
                await oneSignIn(acknowledged);
                const last = acknowledged[acknowledged.length - 1];
                if (acknowledged.length % 3 === 0 && (await exchange(essai, last.code, last.verifier)).status === 200) {
                    acknowledged.pop();
                    spent.push(last);
                }
            } catch { return; } // the provider is gone
        }
    });
    while (acknowledged.length < 20) await new Promise((resolve) => setTimeout(resolve, 20));
    await killProvider();
    running = false;
    await Promise.all(workers);
    await restart();

    for (let i = 0; i < 50; i++) {
        try { if ((await send('GET', '/healthz')).status === 200) break; } catch { /* not yet */ }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    for (const { browser } of acknowledged.slice(0, 20)) {
        await browser.go('GET', '/');
        assert.equal(browser.url.href, `${issuer}/`);
        assert.ok(!browser.has('current-password'), 'still signed in');
    }
    for (const { code, verifier } of spent)
        assert.equal((await exchange(essai, code, verifier)).json().error, 'invalid_grant');
    const fresh = acknowledged[acknowledged.length - 1];
    assert.equal((await exchange(essai, fresh.code, fresh.verifier)).status, 200, 'an answered code serves');
    assert.match(await ctl(['journal', 'verify']), /intègre/);
});
