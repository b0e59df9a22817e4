// The authorization endpoint: where an error may go, and that no downgrade is possible
// (RFC 6749 section 4.1.2.1, RFC 9700 section 4).
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Browser, authorization, client, encode, issuer, pkce, send } from './agent.mjs';

const essai = client('essai');

// CVE-2024-25715 class: {client ok, bad, absent} x {redirect exact, other, absent, twice} x {each error}
const clients = { ok: essai.client_id, bad: 'nobody', absent: undefined };
const redirects = { exact: essai.redirect_uris[0], other: 'https://evil.example/',
    suffix: `${essai.redirect_uris[0]}/../evil`, query: `${essai.redirect_uris[0]}?x=1`,
    upper: essai.redirect_uris[0].toUpperCase(), absent: undefined };
const faults = {
    'response_type absent': [{ response_type: undefined }, 'invalid_request'],
    'response_type token': [{ response_type: 'token' }, 'unsupported_response_type'],
    'response_type id_token': [{ response_type: 'code id_token' }, 'unsupported_response_type'],
    'response_mode fragment': [{ response_mode: 'fragment' }, 'invalid_request'],
    'scope empty': [{ scope: '' }, 'invalid_scope'],
    'scope without openid': [{ scope: 'profile' }, 'invalid_scope'],
    'no challenge': [{ code_challenge: undefined }, 'invalid_request'],
    'plain challenge': [{ code_challenge_method: 'plain' }, 'invalid_request'],
    'no method': [{ code_challenge_method: undefined }, 'invalid_request'],
    'short challenge': [{ code_challenge: 'abc' }, 'invalid_request'],
    'request object': [{ request: 'x.y.z' }, 'request_not_supported'],
    'request_uri': [{ request_uri: 'https://evil.example/' }, 'request_uri_not_supported'],
    'prompt none with login': [{ prompt: 'none login' }, 'invalid_request'],
    'prompt unknown': [{ prompt: 'maybe' }, 'invalid_request'],
    'max_age not a number': [{ max_age: '1x' }, 'invalid_request'],
    'max_age negative': [{ max_age: '-1' }, 'invalid_request'],
    'level out of reach': [{ acr_values: 'eidas3' }, 'unmet_authentication_requirements'],
    'nobody signed in': [{ prompt: 'none' }, 'login_required'],
};

for (const [fault, [change, error]] of Object.entries(faults)) {
    test(`errors go to the registered address or to nobody: ${fault}`, async () => {
        for (const [c, client_id] of Object.entries(clients)) {
            for (const [r, redirect_uri] of Object.entries(redirects)) {
                const { url, fields } = authorization(essai, pkce(), { ...change, client_id, redirect_uri });
                const answer = await send('GET', url);
                if (c === 'ok' && r === 'exact') {
                    assert.equal(answer.status, 303, `${c} ${r}`);
                    const to = new URL(answer.headers.location);
                    assert.equal(to.origin + to.pathname, essai.redirect_uris[0]);
                    assert.equal(to.searchParams.get('error'), error);
                    assert.equal(to.searchParams.get('state'), fields.state);
                    assert.equal(to.searchParams.get('iss'), issuer);
                    assert.equal(to.searchParams.has('code'), false);
                } else {
                    assert.equal(answer.status, 400, `${c} ${r}`);
                    assert.equal(answer.headers.location, undefined, `${c} ${r}`);
                }
            }
        }
    });
}

test('a parameter sent twice is refused before anything is believed (RFC 6749 section 3.1)', async () => {
    const { url } = authorization(essai, pkce());
    for (const twice of ['redirect_uri=https%3A%2F%2Fevil.example%2F', 'client_id=dui', 'state=2']) {
        const answer = await send('GET', `${url}&${twice}`);
        assert.equal(answer.status, 400);
        assert.equal(answer.headers.location, undefined);
    }
});

test('the redirect after a form carries no credential elsewhere: 303, never 307', async () => {
    const browser = new Browser();
    await browser.go('GET', authorization(essai, pkce()).url);
    const { action, fields } = browser.form();
    const answer = await browser.open('POST', action, { ...fields, username: 'x', password: 'y' });
    assert.notEqual(answer.status, 307);
    assert.notEqual(answer.status, 302);
});

test('no CORS on the authorization endpoint, no framing, no script', async () => {
    const answer = await send('GET', authorization(essai, pkce()).url,
        { headers: { origin: 'https://evil.example' } });
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
    const page = await send('GET', '/');
    for (const a of [answer, page]) {
        assert.match(a.headers['content-security-policy'], /default-src 'none'/);
        assert.match(a.headers['content-security-policy'], /frame-ancestors 'none'/);
        assert.equal(a.headers['x-content-type-options'], 'nosniff');
        assert.equal(a.headers['referrer-policy'], 'no-referrer');
        assert.equal(a.headers['cache-control'], 'no-store');
    }
});

test('POST works as GET does (OpenID Connect Core 1.0 section 3.1.2.1)', async () => {
    const { fields } = authorization(essai, pkce(), { prompt: 'none' });
    const answer = await send('POST', '/authorize', {
        headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: encode(fields) });
    assert.equal(answer.status, 303);
    assert.equal(new URL(answer.headers.location).searchParams.get('error'), 'login_required');
});

test('discovery says what is done, and nothing else', async () => {
    const answer = await send('GET', '/.well-known/openid-configuration');
    const metadata = answer.json();
    assert.equal(metadata.issuer, issuer);
    assert.deepEqual(metadata.response_types_supported, ['code']);
    assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
    assert.deepEqual(metadata.grant_types_supported, ['authorization_code', 'client_credentials']);
    for (const name of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri',
        'end_session_endpoint']) {
        assert.ok(metadata[name].startsWith(`${issuer}/`), name);
        const reached = await send('GET', metadata[name]);
        assert.notEqual(reached.status, 404, name);
    }
});
