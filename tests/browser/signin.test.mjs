// The sign-in as each of the people made for it lives it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { demo, field, fillPassword, goThrough, heading, launch, nextCode, openDui, person, profile,
    shot } from './lib.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// whoever signed in before, in another file, has accepted it already
const withoutCharter = (seen) => seen.filter((page) => page !== 'charter');

async function inProfile(work, options) {
    const context = await profile(browser, options);
    try { await work(await context.newPage(), context); } finally { await context.close(); }
}

test('a nurse of two establishments: password, code, charter, place, resident record', () =>
    inProfile(async (page) => {
        const nurse = person('nurse');
        const seen = await openDui(page, nurse, 'MAS Le Fraîche Pasquier');
        assert.deepEqual(withoutCharter(seen), ['login', 'otp', 'structure']);
        assert.ok(page.url().startsWith(demo.apps.dui), page.url());
        assert.match(await page.textContent('body'), /Kerbrat/);
        assert.match(await page.textContent('body'), /MAS Le Fraîche Pasquier/);
    }));

test('the place is asked at every sign-in of whoever has several', () =>
    inProfile(async (page) => {
        const seen = await openDui(page, person('nurse'), 'Ehretia');
        assert.deepEqual(withoutCharter(seen), ['login', 'otp', 'structure']);
        assert.match(await page.textContent('body'), /Ehretia/);
    }));

test('the charter is asked once per version; an administrator sees no resident', () =>
    inProfile(async (page, context) => {
        await page.goto(demo.issuer + '/');
        assert.deepEqual(await goThrough(page, person('admin')), ['login', 'otp', 'charter']);
        await context.clearCookies();
        await page.goto(demo.issuer + '/');
        assert.deepEqual(await goThrough(page, person('admin')), ['login', 'otp']);
        await page.goto(demo.apps.dui);
        assert.equal(await page.locator('a.person').count(), 0);
    }));

test('an educator enrols a second factor at the first sign-in, by typing the key', () =>
    inProfile(async (page) => {
        const educator = person('educator');
        assert.equal(educator.totp_secret, null);
        const seen = await openDui(page, educator);
        assert.deepEqual(withoutCharter(seen), ['login', 'enrol']);
        assert.ok(page.url().startsWith(demo.apps.dui), page.url());
        await page.context().clearCookies();
        assert.deepEqual(await openDui(page, educator), ['login', 'otp']);
    }));

test('an agency nurse whose mission ended yesterday is refused, and told why', () =>
    inProfile(async (page) => {
        const seen = await openDui(page, person('agency'));
        assert.ok(!page.url().startsWith(demo.apps.dui), page.url());
        const text = await page.textContent('main');
        assert.match(text, /mission/i);
        assert.match(text, /terminée/i, `${seen}: ${text}`);
        // the next person at this workstation goes on to where this one was going
        await page.getByRole('link', { name: 'Utiliser un autre compte' }).click();
        await goThrough(page, person('intern'));
        assert.ok(page.url().startsWith(demo.apps.dui), page.url());
    }));

test('a trainee whose profile asks no second factor signs in with the password alone', () =>
    inProfile(async (page) => {
        assert.deepEqual(withoutCharter(await openDui(page, person('intern'))), ['login']);
    }));

test('a wrong password and an unknown name get one and the same answer', () =>
    inProfile(async (page) => {
        const answers = [];
        for (const username of [person('doctor').username, 'personne.inconnue']) {
            await page.goto(demo.apps.dui);
            await fillPassword(page, { username, password: 'Mauvais-mot-de-passe-1' });
            assert.equal(await field(page, 'username').inputValue(), username);
            answers.push(await page.locator('[role=alert]').innerText());
        }
        assert.match(answers[0], /identifiant ou.* mot de passe/i);
        assert.equal(answers[0], answers[1]);
    }));

test('a wrong code is refused, a code serves once', () =>
    inProfile(async (page, context) => {
        const doctor = person('doctor');
        await page.goto(demo.apps.dui);
        await fillPassword(page, doctor);
        await field(page, 'one-time-code').fill('000000');
        await page.locator('main form button').first().click();
        assert.match(await page.locator('[role=alert]').innerText(), /code/i);
        const code = await nextCode(doctor.totp_secret);
        await field(page, 'one-time-code').fill(code);
        await page.locator('main form button').first().click();
        await goThrough(page, doctor);
        assert.ok(page.url().startsWith(demo.apps.dui), page.url());
        await context.clearCookies();
        await page.goto(demo.apps.dui);
        await fillPassword(page, doctor);
        await field(page, 'one-time-code').fill(code);
        await page.locator('main form button').first().click();
        assert.match(await page.locator('[role=alert]').innerText(), /déjà/i);
    }));

test('everything works with JavaScript off', () =>
    inProfile(async (page) => {
        await openDui(page, person('intern'));
        assert.ok(page.url().startsWith(demo.apps.dui), page.url());
    }, { javaScriptEnabled: false }));

test('everything works with the keyboard alone', () =>
    inProfile(async (page) => {
        const intern = person('intern');
        await page.goto(demo.apps.dui);
        await page.waitForFunction(() => document.activeElement?.name === 'username');
        await page.keyboard.type(intern.username);
        await page.keyboard.press('Tab');
        await page.keyboard.type(intern.password);
        await page.keyboard.press('Enter');
        await page.waitForURL((url) => url.href.startsWith(demo.apps.dui));
    }));

test('English by the switch, and it stays; French by default', () =>
    inProfile(async (page) => {
        await page.goto(demo.apps.dui);
        assert.equal(await page.getAttribute('html', 'lang'), 'fr');
        await shot(page, 'connexion-fr');
        await page.locator('form.lang button').click();
        assert.equal(await page.getAttribute('html', 'lang'), 'en');
        await shot(page, 'sign-in-en');
        await page.goto(demo.apps.dui);
        assert.equal(await page.getAttribute('html', 'lang'), 'en');
        assert.match(await heading(page), /sign in/i);
    }));

test('English for a browser that asks for it', () =>
    inProfile(async (page) => {
        await page.goto(demo.apps.dui);
        assert.equal(await page.getAttribute('html', 'lang'), 'en');
    }, { locale: 'en-GB' }));
