// Every page of tests/pages/samples.json in both languages, as files: no demonstration is needed.
// axe finds nothing; nothing scrolls sideways at 320 px or at 200 % zoom; targets are 44 px; all
// can be reached by keyboard; the Content-Security-Policy of the daemon is never hit.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const build = process.env.HABILIS_BUILD ?? join(root, 'build/dev');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const CSP = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    + "base-uri 'none'; frame-ancestors 'none'";
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8',
    '.svg': 'image/svg+xml' };
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const TARGET = 44; // CSS pixels, WCAG 2.2 success criterion 2.5.5

const folder = mkdtempSync(join(tmpdir(), 'habilis-pages-'));
execFileSync(join(build, 'tests/pages/render_all'),
    [join(build, 'locale'), join(root, 'tests/pages/samples.json'), folder]);
const pages = readdirSync(folder).filter((name) => name.endsWith('.html')).sort();
let server, browser, origin;

before(async () => {
    server = createServer((request, response) => {
        try {
            const path = new URL(request.url, 'http://localhost').pathname;
            const body = readFileSync(join(folder, path));
            response.writeHead(200, { 'Content-Type': TYPES[extname(path)],
                'Content-Security-Policy': CSP });
            response.end(body);
        } catch {
            response.writeHead(404).end();
        }
    }).listen(0, '127.0.0.1');
    await new Promise((ready) => server.once('listening', ready));
    origin = `http://127.0.0.1:${server.address().port}`;
    browser = await chromium.launch({
        executablePath: process.env.HABILIS_BROWSER ?? '/usr/bin/chromium', args: FLAGS });
});

after(async () => {
    await browser?.close();
    server?.close();
    rmSync(folder, { recursive: true });
});

/** Runs CHECK on each page in a profile with OPTIONS; complaints of the console and requests to
 *  elsewhere are failures too. */
async function onEach(options, check) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    let complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('requestfailed', (request) => {
        // the icon is given up when the next page is opened before it came
        if (request.failure().errorText !== 'net::ERR_ABORTED')
            complaints.push(`failed: ${request.url()}`);
    });
    page.on('request', (request) => {
        if (!request.url().startsWith(origin)) complaints.push(`elsewhere: ${request.url()}`);
    });
    for (const name of pages) {
        complaints = [];
        await page.goto(`${origin}/${name}`);
        await check(page, name);
        assert.deepEqual(complaints, [], name);
    }
    await context.close();
}

async function accessible(page, name) {
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => globalThis.axe.run({
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`);
    assert.deepEqual(found, [], name);
    assert.ok(passes.some((rule) => rule.id === 'color-contrast'), `${name}: axe did not look`);
}

async function fits(page, name) {
    const [wide, width] = await page.evaluate(() =>
        [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(wide <= width, `${name}: ${wide} px in a window of ${width}`);
}

test('every page is there', () => assert.ok(pages.length >= 60, `${pages.length} pages`));

test('axe finds nothing, light', () => onEach({ colorScheme: 'light' }, accessible));
test('axe finds nothing, dark', () => onEach({ colorScheme: 'dark' }, accessible));
test('axe finds nothing, 320 px', () =>
    onEach({ viewport: { width: 320, height: 640 } }, accessible));

test('nothing scrolls sideways at 320 px', () =>
    onEach({ viewport: { width: 320, height: 640 } }, fits));
test('nothing scrolls sideways at 200 % of 1280 px', () =>
    onEach({ viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }, fits));
test('nothing scrolls sideways with text of twice the size', () =>
    onEach({ viewport: { width: 640, height: 800 } }, async (page, name) => {
        await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
        await fits(page, name);
    }));

test('targets are 44 px each way', () =>
    onEach({ viewport: { width: 320, height: 640 } }, async (page, name) => {
        const small = await page.evaluate((least) =>
            [...document.querySelectorAll('button, input:not([type=hidden]), summary, main a')]
                .map((element) => ({ box: element.getBoundingClientRect(), element }))
                .filter(({ box }) => box.width < least || box.height < least)
                .map(({ box, element }) => `${element.outerHTML} ${box.width}x${box.height}`),
        TARGET);
        assert.deepEqual(small, [], name);
    }));

test('the keyboard reaches all that can be used, and shows where it is', () =>
    onEach({}, async (page, name) => {
        const reachable = 'a[href], button, input:not([type=hidden]), summary, [tabindex="0"]';
        const count = await page.locator(reachable).evaluateAll(
            (all) => all.filter((element) => element.checkVisibility()).length);
        const seen = new Set();
        await page.locator('body').evaluate(() => document.activeElement?.blur());
        for (let i = 0; i < count + 2; i++) {
            await page.keyboard.press('Tab');
            const at = await page.evaluate(() => {
                const element = document.activeElement;
                if (element === document.body) return null;
                const style = getComputedStyle(element);
                return { html: element.outerHTML, outline: style.outlineStyle };
            });
            if (at === null) continue;
            assert.equal(at.outline, 'solid', `${name}: no outline on ${at.html}`);
            seen.add(at.html);
        }
        assert.ok(seen.size >= count, `${name}: ${seen.size} of ${count} reached`);
    }));

test('the first field of a sign-in page has the focus', async () => {
    const first = { 'fr-login.html': 'username', 'fr-login-wrong.html': 'current-password',
        'fr-otp.html': 'one-time-code', 'fr-enrol_totp-wrong.html': 'one-time-code' };
    const page = await browser.newPage();
    for (const [name, token] of Object.entries(first)) {
        await page.goto(`${origin}/${name}`);
        assert.equal(await page.evaluate(() => document.activeElement.autocomplete), token, name);
    }
    await page.close();
});
