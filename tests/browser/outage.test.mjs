// The directory stops while people work: nobody gets in, a page says so, and all is well again.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { demo, fillPassword, goThrough, launch, openDui, person, profile, restartServices,
    shot } from './lib.mjs';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await restartServices(); await browser.close(); });

const pids = () => JSON.parse(readFileSync(process.env.HABILIS_DEMO, 'utf8')).pids;

async function refusedWhileAway(stop, resume) {
    const context = await profile(browser);
    const page = await context.newPage();
    await page.goto(demo.apps.dui);
    await stop();
    try {
        const answer = page.waitForResponse((r) => r.request().method() === 'POST');
        await fillPassword(page, person('intern'));
        assert.equal((await answer).status(), 503);
        assert.match(await page.textContent('main'), /annuaire|indisponible|ne répond/i);
        await shot(page, 'annuaire-indisponible');
    } finally {
        await resume();
    }
    for (let i = 0; i < 30; i++) { // the probe looks once a second
        await page.goto(demo.apps.dui);
        await goThrough(page, person('intern')).catch(() => []);
        if (page.url().startsWith(demo.apps.dui)) break;
        await sleep(500);
    }
    assert.ok(page.url().startsWith(demo.apps.dui), page.url());
    await context.close();
}

test('slapd frozen: 503 in time, in French, and recovery', () => {
    const { slapd } = pids();
    return refusedWhileAway(() => process.kill(slapd, 'SIGSTOP'),
        () => process.kill(slapd, 'SIGCONT'));
});

test('slapd stopped: 503 at once, and recovery when it is started again', () => {
    const { slapd } = pids();
    return refusedWhileAway(() => process.kill(slapd, 'SIGTERM'), restartServices);
});

test('kill -9 of habilisd: whoever was signed in still is', async () => {
    const context = await profile(browser);
    const page = await context.newPage();
    await openDui(page, person('intern'));
    process.kill(pids().habilisd, 'SIGKILL');
    await restartServices();
    await page.goto(demo.issuer + '/');
    assert.match(await page.textContent('body'), /Lambert/);
    await context.close();
});
