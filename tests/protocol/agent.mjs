// agent.mjs - a browser without a screen: cookies, forms, redirects one by one; and the client side of
// OpenID Connect, done by hand so that every byte can be wrong on purpose.
import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes, createPublicKey, verify } from 'node:crypto';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export const demo = JSON.parse(readFileSync(process.env.HABILIS_DEMO, 'utf8'));
export const issuer = demo.issuer;
const ca = readFileSync(demo.ca_file);
const secrets = JSON.parse(readFileSync(join(dirname(process.env.HABILIS_DEMO), 'secrets.json')));
const connections = new Agent({ ca, keepAlive: true, maxSockets: 64 });

export function person(key) {
    const found = demo.people.find((p) => p.password === secrets.people[key].password);
    assert.ok(found, `no ${key} in demo.json`);
    return found;
}
export const client = (name) => demo.clients.find((c) => c.client_id === name || c.name === name);

/** One request, no cookie, no redirect followed: {status, headers, text, json()}. */
export function send(method, path, { headers = {}, body } = {}) {
    return new Promise((resolve, reject) => {
        const url = new URL(path, issuer);
        const req = request(url, { method, headers, agent: connections }, (res) => {
            const parts = [];
            res.on('data', (part) => parts.push(part));
            res.on('error', reject);
            res.on('end', () => {
                const text = Buffer.concat(parts).toString();
                resolve({ status: res.statusCode, headers: res.headers, text, json: () => JSON.parse(text) });
            });
        });
        req.on('error', reject);
        req.end(body);
    });
}

export const encode = (fields) => new URLSearchParams(fields).toString();
export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const unescape = (s) => s.replace(/&quot;/g, '"').replace(/&#39;|&apos;/g, "'").replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>').replace(/&amp;/g, '&');

/** A browser profile: a cookie jar, and the page it is on. */
export class Browser {
    constructor(headers = {}) {
        this.jar = new Map();
        this.headers = headers;
    }

    cookieHeader() {
        return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    }

    keep(setCookie = []) {
        for (const line of setCookie) {
            const [pair, ...attributes] = line.split(/; */);
            const name = pair.slice(0, pair.indexOf('='));
            const gone = attributes.some((a) => /^max-age=0$/i.test(a));
            if (gone) this.jar.delete(name);
            else this.jar.set(name, pair.slice(pair.indexOf('=') + 1));
        }
    }

    async open(method, url, fields) {
        const headers = { ...this.headers, ...(fields ? FORM : {}) };
        if (this.jar.size) headers.cookie = this.cookieHeader();
        const answer = await send(method, url, { headers, body: fields && encode(fields) });
        this.keep(answer.headers['set-cookie']);
        this.url = new URL(url, issuer);
        this.answer = answer;
        return answer;
    }

    /** Follows redirects as long as they stay at the provider; the last one's target is returned. */
    async go(method, url, fields) {
        let answer = await this.open(method, url, fields);
        for (let i = 0; i < 10 && answer.status === 303; i++) {
            const next = new URL(answer.headers.location, this.url);
            if (next.origin !== new URL(issuer).origin) return next;
            answer = await this.open('GET', next);
        }
        return null;
    }

    /** The hidden fields and the action of the page's main form. */
    form() {
        const main = this.answer.text.slice(this.answer.text.indexOf('<main'));
        const form = /<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/.exec(main);
        assert.ok(form, `no form on ${this.url}: ${this.answer.status}`);
        const fields = {};
        for (const [input] of form[2].matchAll(/<input[^>]*type="hidden"[^>]*>/g))
            fields[/name="([^"]*)"/.exec(input)[1]] = unescape(/value="([^"]*)"/.exec(input)?.[1] ?? '');
        return { action: unescape(form[1]), fields };
    }

    submit(more) {
        const { action, fields } = this.form();
        return this.go('POST', action, { ...fields, ...more });
    }

    has(text) {
        return this.answer.text.includes(text);
    }
}

export function pkce() {
    const verifier = randomBytes(32).toString('base64url');
    return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** A good authorization request of CLIENT; MORE overrides (undefined removes). */
export function authorization(to, proof, more = {}) {
    const fields = {
        client_id: to.client_id, redirect_uri: to.redirect_uris[0], response_type: 'code',
        scope: 'openid profile', state: randomBytes(8).toString('hex'),
        nonce: randomBytes(8).toString('hex'), code_challenge: proof.challenge,
        code_challenge_method: 'S256', ...more };
    for (const key of Object.keys(fields)) if (fields[key] === undefined) delete fields[key];
    return { url: `/authorize?${encode(fields)}`, fields };
}

const basic = (id, secret) =>
    ({ authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}` });

export function exchange(to, code, verifier, more = {}, headers = {}) {
    const fields = { grant_type: 'authorization_code', code, redirect_uri: to.redirect_uris[0],
        code_verifier: verifier, ...more };
    for (const key of Object.keys(fields)) if (fields[key] === undefined) delete fields[key];
    return send('POST', '/token', { headers: { ...basic(to.client_id, to.client_secret), ...FORM, ...headers },
        body: encode(fields) });
}

/** The code of the moment (RFC 6238) of a base32 secret. */
export function totp(secret) {
    const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
    const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
    const mac = createHmac('sha1', key).update(counter).digest();
    return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}
const nextCode = () => new Promise((done) => { setTimeout(done, 30500 - (Date.now() % 30000)); });

/** Signs WHO in for a request, with her second factor when asked; returns the code's parameters. */
export async function signIn(browser, who, request, choose) {
    let target = await browser.go('GET', request.url);
    for (let i = 0; i < 6 && !target; i++) {
        if (browser.has('autocomplete="current-password"'))
            target = await browser.submit({ username: who.username, password: who.password });
        else if (browser.has('autocomplete="one-time-code"')) {
            target = await browser.submit({ otp: totp(who.totp_secret) });
            if (!target && browser.has('role="alert"')) await nextCode(); // spent by somebody before us
        } else if (browser.has('value="accept"'))
            target = await browser.submit({ decision: 'accept' });
        else if (browser.has('name="structure"'))
            target = await browser.submit({ structure: choose });
        else break;
    }
    assert.ok(target, `${who.username} was not sent back: ${browser.url} ${browser.answer.status}`);
    return Object.fromEntries(target.searchParams);
}

let keys;
/** Header and claims of a token that our own key signed. */
export async function verified(token) {
    keys ??= (await send('GET', '/jwks')).json().keys;
    const [head, payload, signature] = token.split('.');
    const header = JSON.parse(Buffer.from(head, 'base64url'));
    const key = createPublicKey({ key: keys.find((k) => k.kid === header.kid), format: 'jwk' });
    assert.ok(verify('sha256', Buffer.from(`${head}.${payload}`),
        { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')), 'signature');
    return { header, claims: JSON.parse(Buffer.from(payload, 'base64url')) };
}

const folder = dirname(process.env.HABILIS_DEMO);
const root = process.env.HABILIS_ROOT;
const run = promisify(execFile);

/** habilisctl of the running demonstration; METADATA becomes a file named last. Its output. */
export async function ctl(words, metadata) {
    const more = [];
    if (metadata) {
        more.push(join(folder, 'metadata.json'));
        writeFileSync(more[0], JSON.stringify(metadata));
    }
    const program = process.env.HABILIS_CTL ?? join(root, 'build/release/idp/ctl/habilisctl');
    return (await run(program, ['-c', join(folder, 'habilisd.conf'), ...words, ...more])).stdout;
}

/** SIGKILL, and until it is gone. */
export async function killProvider() {
    const { pid } = JSON.parse(readFileSync(join(folder, 'pids.json'), 'utf8')).habilisd;
    process.kill(pid, 'SIGKILL');
    for (let i = 0; i < 100; i++) {
        try { process.kill(pid, 0); } catch { return; }
        if (/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

/** Starts again whatever of the demonstration does not run. */
export const restart = () => run('python3', ['-m', 'tools.demo', '--dir', folder, '--detach'], { cwd: root });
