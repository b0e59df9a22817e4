// lib.mjs - what every journey needs: the demonstration's descriptor, a browser, codes, pages.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { chromium } from 'playwright-core';

export const demo = JSON.parse(readFileSync(process.env.HABILIS_DEMO, 'utf8'));
export const root = process.env.HABILIS_ROOT;
export const shots = join(root, 'build/screenshots');
const folder = dirname(process.env.HABILIS_DEMO);
const secrets = JSON.parse(readFileSync(join(folder, 'secrets.json'), 'utf8')); // key -> password
// shared by the test files: secret -> last step used; login -> secret enrolled by a test
const codes = join(folder, 'codes.json');
const kept = () => { try { return JSON.parse(readFileSync(codes, 'utf8')); } catch { return {}; } };
const keep = (more) => writeFileSync(codes, JSON.stringify({ ...kept(), ...more }));

/** The person of the demonstration made for KEY (nurse, educator, agency…). */
export function person(key) {
    const found = demo.people.find((p) => p.password === secrets.people[key].password);
    assert.ok(found, `no ${key} in demo.json`);
    return { ...found, totp_secret: found.totp_secret ?? kept()[found.username] ?? null };
}

const BROWSER_FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launch() {
    return chromium.launch({
        executablePath: process.env.HABILIS_BROWSER ?? '/usr/bin/chromium', args: BROWSER_FLAGS });
}

/** A fresh profile: no cookie, French, a workstation's screen. */
export async function profile(browser, options = {}) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'fr-FR',
        viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(10_000);
    return context;
}

function base32(text) {
    let bits = '';
    for (const c of text.replace(/[\s=]/g, '').toUpperCase())
        bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
    return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** RFC 6238, SHA-1, 6 digits. */
export function codeOfStep(secret, step) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const mac = createHmac('sha1', base32(secret)).update(counter).digest();
    const at = mac[19] & 15;
    return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** A code that was not used yet: each step counts once, and one neighbour step is tolerated. */
export async function nextCode(secret) {
    const now = () => Math.floor(Date.now() / 30_000);
    const step = Math.max((kept()[secret] ?? 0) + 1, now());
    while (step > now() + 1) await sleep(250);
    keep({ [secret]: step });
    return codeOfStep(secret, step);
}

export const field = (page, token) => page.locator(`input[autocomplete="${token}"]`);
export const heading = (page) => page.locator('h1').first().textContent();

export async function fillPassword(page, who, password = who.password) {
    await field(page, 'username').fill(who.username);
    await field(page, 'current-password').fill(password);
    await page.locator('main form button').first().click();
}

export async function fillCode(page, who) {
    await field(page, 'one-time-code').fill(await nextCode(who.totp_secret));
    await page.locator('main form button').first().click();
}

const has = async (page, selector) => (await page.locator(selector).count()) > 0;

/** Goes on from whatever the sign-in shows next, until it is over. PLACE: text of the structure to
 *  choose. Returns the pages seen, by name. */
export async function goThrough(page, who, place) {
    const seen = [];
    const issuer = new URL(demo.issuer).origin;
    for (let i = 0; i < 8 && page.url().startsWith(`${issuer}/`); i++) {
        if (await has(page, 'input[autocomplete="current-password"]')) {
            seen.push('login');
            await fillPassword(page, who);
        } else if (await has(page, '.qrbox')) {
            seen.push('enrol');
            who.totp_secret = (await page.locator('code.key').textContent()).replace(/\s/g, '');
            await fillCode(page, who);
            keep({ [who.username]: who.totp_secret });
        } else if (await has(page, 'input[autocomplete="one-time-code"]')) {
            seen.push('otp');
            await fillCode(page, who);
        } else if (await has(page, 'button[name="decision"][value="accept"]')) {
            seen.push('charter');
            await page.locator('button[value="accept"]').click();
        } else if (await has(page, 'button[name="structure"]')) {
            seen.push('structure');
            const choice = page.locator('button[name="structure"]');
            await (place ? choice.filter({ hasText: place }) : choice).first().click();
        } else {
            break;
        }
        await page.waitForLoadState();
    }
    return seen;
}

/** Opens the demonstration DUI and signs in. */
export async function openDui(page, who, place) {
    await page.goto(demo.apps.dui);
    return goThrough(page, who, place);
}

export async function shot(page, name) {
    mkdirSync(shots, { recursive: true });
    await page.mouse.move(0, 0); // nothing hovered
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

/** Starts again whatever service of the demonstration is not running. */
export async function restartServices() {
    await promisify(execFile)('python3', ['-m', 'tools.demo', '--dir', folder, '--detach',
        '--preset', process.env.HABILIS_PRESET ?? 'release'], { cwd: root });
}
