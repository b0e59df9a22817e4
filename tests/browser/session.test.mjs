// What people do with tabs, the Back button and shared workstations.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { demo, field, fillPassword, goThrough, launch, openDui, person, profile,
    shot } from './lib.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function inProfile(work, options) {
    const context = await profile(browser, options);
    try { await work(await context.newPage(), context); } finally { await context.close(); }
}

const inDui = (page) => page.url().startsWith(demo.apps.dui);

test('two tabs: the second one goes on with the session of the first', () =>
    inProfile(async (first, context) => {
        const second = await context.newPage();
        await first.goto(demo.apps.dui);
        await second.goto(demo.apps.dui);
        await goThrough(first, person('intern'));
        assert.ok(inDui(first), first.url());
        await second.reload();
        await goThrough(second, person('intern'));
        assert.ok(inDui(second), second.url());
    }));

test('two tabs: the page left open in the other one still lets its person in', () =>
    inProfile(async (first, context) => {
        const second = await context.newPage();
        await first.goto(demo.apps.dui);
        await second.goto(demo.apps.dui);
        await goThrough(first, person('intern'));
        await fillPassword(second, person('intern'));
        await goThrough(second, person('intern'));
        assert.ok(inDui(second) || /connect|recommenc/i.test(await second.textContent('main')),
            await second.textContent('body'));
        assert.ok(!/erreur interne|500/i.test(await second.textContent('body')));
    }));

test('the Back button after signing in shows no error, and no way in for someone else', () =>
    inProfile(async (page) => {
        await openDui(page, person('intern'));
        await page.goBack();
        const text = await page.textContent('body');
        assert.ok(!/erreur interne/i.test(text), text);
        await page.goto(demo.apps.dui);
        await goThrough(page, person('intern'));
        assert.ok(inDui(page), page.url());
    }));

test('a form whose sign-in is unknown: a page says it has expired and leads back', () =>
    inProfile(async (page, context) => {
        await page.goto(demo.apps.dui);
        await context.clearCookies();
        await fillPassword(page, person('intern'));
        assert.match(await page.textContent('main'), /expiré|recommenc|cookies/i);
        await shot(page, 'page-expiree');
    }));

test('two people after one another in one browser: nothing of the first is left', () =>
    inProfile(async (page) => {
        await openDui(page, person('intern'));
        assert.match(await page.textContent('body'), /Lambert/);
        await page.goto(demo.issuer + '/');
        await page.locator('form[action="/sign-out"] button').first().click();
        const confirm = page.locator('button[value="sign_out"]');
        if (await confirm.count()) await confirm.click();
        await page.goto(demo.issuer + '/');
        assert.equal(await field(page, 'username').inputValue(), '');
        await goThrough(page, person('doctor'));
        const text = await page.textContent('body');
        assert.match(text, /Prigent/);
        assert.ok(!/Lambert/.test(text), text);
    }));

test('my applications: the resident record is one click away, without a password', () =>
    inProfile(async (page) => {
        await page.goto(demo.issuer + '/');
        await goThrough(page, person('intern'));
        await shot(page, 'mes-applications');
        await page.locator('ul.tiles a').first().click();
        await goThrough(page, person('intern'));
        assert.ok(inDui(page), page.url());
    }));
