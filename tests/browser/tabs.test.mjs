// The resident record shows what the profile held at this place allows, and says why not otherwise.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { demo, goThrough, launch, openDui, person, profile, shot } from './lib.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function inProfile(work, options) {
    const context = await profile(browser, options);
    try { await work(await context.newPage(), context); } finally { await context.close(); }
}

const names = (page) => page.locator('a.person strong').allInnerTexts();
const shut = (page) => page.locator('.shutbox').count();

/** Opens the first resident's record and returns its address. */
async function openRecord(page) {
    await page.locator('a.person').first().click();
    await page.waitForLoadState();
    return page.url();
}

test('a nurse reads medication where she works, and other residents after a change of place', () =>
    inProfile(async (page) => {
        const nurse = person('nurse');
        await openDui(page, nurse, 'MAS Le Fraîche Pasquier');
        const atMas = await names(page);
        const record = await openRecord(page);
        await page.goto(`${record}/medicaments`);
        assert.equal(await shut(page), 0);
        await shot(page, 'dui-nurse');
        await page.goto(demo.apps.dui);
        await page.locator('a[href="/lieu"]').click();
        await goThrough(page, nurse, 'Ehretia');
        const atEam = await names(page);
        assert.ok(atMas.length > 0 && atEam.length > 0);
        assert.deepEqual(atMas.filter((name) => atEam.includes(name)), []);
        const there = await page.goto(`${record}/medicaments`);
        assert.equal(there.status(), 403);
        assert.equal(await shut(page), 1);
        await shot(page, 'dui-elsewhere');
    }));

test('an educator reads the personalised project, not the medication; the page says why', () =>
    inProfile(async (page) => {
        await openDui(page, person('educator'));
        const record = await openRecord(page);
        await page.goto(`${record}/projet`);
        assert.equal(await shut(page), 0);
        const refused = await page.goto(`${record}/medicaments`);
        assert.equal(refused.status(), 403);
        assert.ok((await page.locator('.shutbox').innerText()).length > 20);
        await shot(page, 'dui-educator-refused');
    }));

test('without a session an address of the record leads to the sign-in page and back', () =>
    inProfile(async (page) => {
        await page.goto(`${demo.apps.dui}residents/inconnu/identite`);
        await goThrough(page, person('intern'));
        assert.ok(page.url().startsWith(demo.apps.dui), page.url());
    }));
