// Every page of a sign-in: axe finds nothing, nothing scrolls sideways at 320 px, in both languages
// and both colour schemes. Screenshots go to build/screenshots, for eyes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { demo, field, fillCode, fillPassword, goThrough, launch, person, profile,
    shot } from './lib.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function examine(page, name) {
    await shot(page, name);
    await page.evaluate(axe);
    const { violations } = await page.evaluate((tags) => window.axe.run(document,
        { runOnly: { type: 'tag', values: tags } }), TAGS);
    assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`), [],
        `axe on ${name}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth >
        document.documentElement.clientWidth);
    assert.ok(!wide, `${name} scrolls sideways`);
}

const FORMS = [
    { name: 'wide', options: {} },
    { name: 'narrow', options: { viewport: { width: 320, height: 640 } } },
    { name: 'dark', options: { colorScheme: 'dark' } },
    { name: 'english', options: { locale: 'en-GB' } },
    // 200 % zoom of a 1280 px screen is a 640 px one with twice the pixels
    { name: 'zoom', options: { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 } },
];

for (const { name, options } of FORMS) {
    test(`pages of a sign-in, ${name}`, async () => {
        const context = await profile(browser, options);
        const page = await context.newPage();
        const nurse = person('nurse');
        await page.goto(demo.apps.dui);
        await examine(page, `${name}-1-login`);
        await fillPassword(page, { ...nurse, password: 'x'.repeat(12) });
        await examine(page, `${name}-2-wrong`);
        await field(page, 'username').fill(nurse.username);
        await fillPassword(page, nurse);
        await examine(page, `${name}-3-otp`);
        await fillCode(page, nurse);
        if (await page.locator('button[value="accept"]').count()) {
            await examine(page, `${name}-4-charter`);
            await page.locator('button[value="accept"]').click();
        }
        await examine(page, `${name}-5-structure`);
        await goThrough(page, nurse, 'MAS Le Fraîche Pasquier');
        await examine(page, `${name}-6-dui`);
        await page.goto(demo.issuer + '/');
        await examine(page, `${name}-7-apps`);
        await page.goto(demo.issuer + '/nulle-part');
        await examine(page, `${name}-8-not-found`);
        await context.close();
    });
}
