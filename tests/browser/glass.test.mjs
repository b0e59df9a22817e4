// Break-glass as people live it: from a closed record to the officer's review, in Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { demo, goThrough, launch, openDui, person, profile, shot } from './lib.mjs';

const RECORD = `${demo.apps.dui}residents/m04`;
const CLOSED = `${RECORD}/prescriptions`; // to a director, but for an emergency
const REASON = 'Chute au jardin, traitement inconnu';
const issuer = new URL(demo.issuer).origin;
let browser, context, page;

before(async () => {
    browser = await launch();
    context = await profile(browser);
    page = await context.newPage();
});
after(() => browser.close());

const banner = () => page.locator('.alert[role="status"]');

test('what is closed offers the emergency access', async () => {
    await openDui(page, person('director'), 'Fraîche Pasquier');
    await page.goto(CLOSED);
    assert.equal(await page.locator('.shutbox').count(), 1);
    assert.equal(await banner().count(), 0);
    await shot(page, 'glass-closed');
    const target = new URL(await page.locator('.shutbox a.button').getAttribute('href'));
    assert.equal(target.origin + target.pathname, `${issuer}/break-glass`);
    assert.equal(target.searchParams.get('instance'), 'm04');
});

test('an invented return opens nothing', async () => {
    await page.goto(`${demo.apps.dui}urgence?instance=m03&emergency=x&until=${Math.floor(Date.now() / 1000) + 3600}`);
    await page.goto(`${demo.apps.dui}residents/m03/prescriptions`);
    assert.equal(await page.locator('.shutbox').count(), 1);
    assert.equal(await banner().count(), 0);
});

test('opened with a reason, the record shows what an emergency opens, and says so', async () => {
    await page.goto(CLOSED);
    await page.locator('.shutbox a.button').click();
    await goThrough(page, person('director'), 'Fraîche Pasquier');
    await shot(page, 'glass-open');
    await page.locator('#reason').fill(REASON);
    await page.locator('main form button').first().click();
    await page.waitForURL(`${RECORD}*`);
    await page.goto(CLOSED);
    assert.match(await banner().textContent(), /ouvert jusqu'à \d\d h \d\d/);
    assert.equal(await page.locator('.shutbox').count(), 0);
    await shot(page, 'glass-opened');
    await page.goto(`${RECORD}/medical`);
    assert.equal(await page.locator('.shutbox').count(), 1, 'an obligation that is not honoured');
    await page.goto(`${demo.apps.dui}residents/m03/prescriptions`);
    assert.equal(await page.locator('.shutbox').count(), 1, 'another resident stays closed');
});

test('narrow screens, too', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(CLOSED);
    await shot(page, 'glass-opened-narrow');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360));
    await page.goto(`${demo.issuer}/break-glass/mine`);
    await shot(page, 'glass-mine-narrow');
    await page.setViewportSize({ width: 1280, height: 800 });
});

test('closed by hand, the record is closed at once', async () => {
    await page.goto(`${demo.issuer}/break-glass/mine`);
    await page.locator('main form button').first().click();
    await page.goto(CLOSED);
    assert.equal(await page.locator('.shutbox').count(), 1);
    assert.equal(await banner().count(), 0);
});

test('the officer sees who, why and that it was used, and gives a verdict', async () => {
    const other = await profile(browser);
    const officer = await other.newPage();
    await sleep(1500); // the first use is written within a second
    await officer.goto(`${demo.issuer}/break-glass/review`);
    await goThrough(officer, person('dpo'));
    const item = officer.locator('.list > li').filter({ hasText: REASON });
    assert.match(await item.textContent(), /Annaïg Hervé[\s\S]*Première consultation/);
    await shot(officer, 'glass-review');
    await item.locator('button[value="justified"]').click();
    await officer.waitForLoadState();
    assert.equal(await officer.locator('.list > li').filter({ hasText: REASON }).count(), 0);
    await other.close();
});
