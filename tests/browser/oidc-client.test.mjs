// Somebody else's OpenID Connect client, unmodified, against ours: discovery, code flow with PKCE,
// ID token, userinfo. What it checks by itself (iss, nonce, at_hash, signature, RFC 9207) is the test.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Issuer, generators } from 'openid-client';

import { demo, goThrough, launch, person, profile } from './lib.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const registered = demo.clients.find((c) => c.redirect_uris.some((u) => u.includes('essai')));

/** Follows the authorization request in a browser and returns the parameters of the answer. */
async function authorize(url, who, client) {
    const context = await profile(browser);
    const page = await context.newPage();
    const redirect = registered.redirect_uris[0];
    // nothing listens at the client's address: what counts is that the browser is sent there
    let answer;
    page.on('request', (r) => { if (r.url().startsWith(redirect)) answer = r.url(); });
    await page.goto(url).catch(() => assert.ok(answer, 'the authorization endpoint is away'));
    if (answer === undefined) await goThrough(page, who).catch((e) => { if (!answer) throw e; });
    await context.close();
    assert.ok(answer, 'the browser never came back to the client');
    return client.callbackParams(answer);
}

async function newClient() {
    const issuer = await Issuer.discover(demo.issuer);
    return new issuer.Client({
        client_id: registered.client_id, client_secret: registered.client_secret,
        redirect_uris: [registered.redirect_uris[0]], response_types: ['code'],
        token_endpoint_auth_method: registered.token_endpoint_auth_method,
        id_token_signed_response_alg: 'ES256' });
}

test('openid-client completes the code flow', async () => {
    const client = await newClient();
    const verifier = generators.codeVerifier();
    const state = generators.state();
    const nonce = generators.nonce();
    const intern = person('intern');
    const params = await authorize(client.authorizationUrl({
        scope: 'openid profile', state, nonce, code_challenge_method: 'S256',
        code_challenge: generators.codeChallenge(verifier) }), intern, client);
    const tokens = await client.callback(registered.redirect_uris[0], params,
        { state, nonce, code_verifier: verifier });
    assert.equal(tokens.claims().sub, intern.sub);
    assert.ok(tokens.expires_in <= 300, `access token lives ${tokens.expires_in} s`);
    const info = await client.userinfo(tokens);
    assert.equal(info.sub, intern.sub);
    assert.match(info.name ?? info.family_name, /Lambert/);

    await assert.rejects(client.callback(registered.redirect_uris[0], params,
        { state, nonce, code_verifier: verifier }), /invalid_grant/, 'a code serves once');
});

test('a request without PKCE comes back as an error the client understands', async () => {
    const client = await newClient();
    const state = generators.state();
    const params = await authorize(client.authorizationUrl({ scope: 'openid', state }),
        person('intern'), client);
    await assert.rejects(client.callback(registered.redirect_uris[0], params, { state }),
        /invalid_request/);
});

test('prompt=none without a session is login_required, not a page', async () => {
    const client = await newClient();
    const state = generators.state();
    const params = await authorize(client.authorizationUrl({ scope: 'openid', state,
        prompt: 'none', code_challenge_method: 'S256',
        code_challenge: generators.codeChallenge(generators.codeVerifier()) }),
        person('intern'), client);
    await assert.rejects(client.callback(registered.redirect_uris[0], params, { state }),
        /login_required/);
});
