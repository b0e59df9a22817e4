// The token endpoint and what its tokens say (RFC 6749 sections 4.1.3 and 5.2, RFC 7636 section 4.6,
// RFC 9068, OpenID Connect Core 1.0 section 3.1.3).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { Browser, FORM, authorization, client, demo, encode, exchange, issuer, person, pkce, send, signIn,
    verified } from './agent.mjs';

const essai = client('essai');
const bench = client('bench');
const intern = person('intern'); // a profile without second factor: a code costs one request

async function freshCode(browser, more = {}) {
    const proof = pkce();
    const request = authorization(essai, proof, more);
    const answer = await signIn(browser, intern, request);
    assert.ok(answer.code, JSON.stringify(answer));
    return { ...answer, ...proof, request: request.fields };
}

test('a code gives an ID token and an access token that say the truth', async () => {
    const before = Math.floor(Date.now() / 1000);
    const got = await freshCode(new Browser());
    assert.equal(got.iss, issuer);
    assert.equal(got.state, got.request.state);
    const answer = await exchange(essai, got.code, got.verifier);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['cache-control'], 'no-store');
    const body = answer.json();
    assert.equal(body.token_type, 'Bearer');
    assert.ok(body.expires_in > 0 && body.expires_in <= 300);

    const id = await verified(body.id_token);
    assert.equal(id.claims.iss, issuer);
    assert.equal(id.claims.aud, essai.client_id);
    assert.equal(id.claims.sub, intern.sub);
    assert.equal(id.claims.nonce, got.request.nonce);
    assert.equal(id.claims.acr, 'eidas1');
    assert.deepEqual(id.claims.amr, ['pwd']);
    assert.ok(id.claims.auth_time >= before - 1);
    const half = createHash('sha256').update(body.access_token).digest().subarray(0, 16);
    assert.equal(id.claims.at_hash, half.toString('base64url'));

    const access = await verified(body.access_token);
    assert.equal(access.header.typ, 'at+jwt');
    assert.equal(access.claims.aud, 'DUI');
    assert.equal(access.claims.client_id, essai.client_id);
    assert.equal(access.claims.structure.code, 'SOUB-FH');
    assert.equal(access.claims.sid, id.claims.sid);
    assert.ok(access.claims.entitlements.length > 1);
    assert.ok(body.access_token.length < 4096);
});

test('a scope that is not registered is left out, and the answer says so', async () => {
    const got = await freshCode(new Browser(), { scope: 'openid admin profile offline_access openid' });
    const body = (await exchange(essai, got.code, got.verifier)).json();
    assert.equal(body.scope, 'openid profile');
    assert.equal((await verified(body.access_token)).claims.scope, 'openid profile');
});

test('a trainee\'s rights fit in 2 kB', async () => {
    const got = await freshCode(new Browser());
    const body = (await exchange(essai, got.code, got.verifier)).json();
    const { claims } = await verified(body.access_token);
    assert.ok(JSON.stringify(claims.entitlements).length <= 2048);
});

const wrong = {
    'another verifier': { code_verifier: pkce().verifier },
    'no verifier': { code_verifier: undefined },
    'the challenge as verifier': null, // filled below
    'another redirect_uri': { redirect_uri: essai.redirect_uris[1] },
    'no redirect_uri': { redirect_uri: undefined },
};
for (const [name, change] of Object.entries(wrong)) {
    test(`a code is worth nothing with ${name}, and is spent`, async () => {
        const got = await freshCode(new Browser());
        const answer = await exchange(essai, got.code, got.verifier, change ?? { code_verifier: got.challenge });
        assert.equal(answer.status, 400);
        assert.equal(answer.json().error, 'invalid_grant');
        const again = await exchange(essai, got.code, got.verifier);
        assert.equal(again.json().error, 'invalid_grant', 'spent by the first try');
    });
}

test('a code is worth nothing to another client', async () => {
    const got = await freshCode(new Browser());
    const answer = await exchange({ ...bench, redirect_uris: essai.redirect_uris }, got.code, got.verifier);
    assert.equal(answer.json().error, 'invalid_grant');
});

test('a code used twice ends what the first use gave (RFC 6749 section 4.1.2)', async () => {
    const got = await freshCode(new Browser());
    const first = (await exchange(essai, got.code, got.verifier)).json();
    const bearer = { headers: { authorization: `Bearer ${first.access_token}` } };
    assert.equal((await send('GET', '/userinfo', bearer)).status, 200);
    assert.equal((await exchange(essai, got.code, got.verifier)).json().error, 'invalid_grant');
    assert.equal((await send('GET', '/userinfo', bearer)).status, 401);
});

test('of 20 parallel uses of a code one wins', async () => {
    const got = await freshCode(new Browser());
    const answers = await Promise.all(Array.from({ length: 20 },
        () => exchange(essai, got.code, got.verifier)));
    assert.equal(answers.filter((a) => a.status === 200).length, 1);
    assert.ok(answers.every((a) => a.status === 200 || a.json().error === 'invalid_grant'));
});

const handles = { 'session cookie': '__Host-habilis-session', 'browser cookie': '__Host-habilis-browser' };
for (const [name, cookie] of Object.entries(handles)) {
    test(`a ${name} is not a code (no handle serves as another)`, async () => {
        const browser = new Browser();
        await freshCode(browser);
        const answer = await exchange(essai, browser.jar.get(cookie), pkce().verifier);
        assert.equal(answer.json().error, 'invalid_grant');
    });
}

test('a code is not a session', async () => {
    const got = await freshCode(new Browser());
    const thief = new Browser();
    thief.jar.set('__Host-habilis-session', got.code);
    await thief.go('GET', '/');
    assert.ok(thief.has('current-password'), 'asked to sign in');
});

const basicOf = (text) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
const refusals = {
    'no authentication': {},
    'wrong secret': basicOf(`${essai.client_id}:wrong`),
    'empty secret': basicOf(`${essai.client_id}:`),
    'secret of another client': basicOf(`${essai.client_id}:${bench.client_secret}`),
    'unknown client': basicOf(`nobody:${essai.client_secret}`),
    'no colon': basicOf(essai.client_id),
    'NUL in the secret': basicOf(`${essai.client_id}:${essai.client_secret}%00`),
    'not base64': { authorization: 'Basic ???' },
    'not Basic': { authorization: `Bearer ${essai.client_secret}` },
};
for (const [name, headers] of Object.entries(refusals)) {
    test(`client authentication: ${name} is 401 invalid_client`, async () => {
        const answer = await send('POST', '/token', { headers: { ...FORM, ...headers },
            body: encode({ grant_type: 'client_credentials' }) });
        assert.equal(answer.status, 401);
        assert.equal(answer.json().error, 'invalid_client');
        assert.match(answer.headers['www-authenticate'], /^Basic /);
    });
}

test('a secret in the body is not offered, and two methods at once are refused', async () => {
    const body = { grant_type: 'client_credentials', client_id: essai.client_id,
        client_secret: essai.client_secret };
    for (const headers of [FORM, { ...FORM, ...basicOf(`${essai.client_id}:${essai.client_secret}`) }]) {
        const answer = await send('POST', '/token', { headers, body: encode(body) });
        assert.equal(answer.json().error, 'invalid_client');
    }
});

test('client credentials: a token of the client itself, without a person\'s rights', async () => {
    const headers = { ...FORM, ...basicOf(`${bench.client_id}:${bench.client_secret}`) };
    const answer = await send('POST', '/token', { headers, body: encode({ grant_type: 'client_credentials' }) });
    assert.equal(answer.status, 200);
    const { claims } = await verified(answer.json().access_token);
    assert.equal(claims.sub, bench.client_id);
    assert.equal(claims.entitlements, undefined);
    assert.equal(answer.json().id_token, undefined);
    const refused = await send('POST', '/token', { headers, body: encode({ grant_type: 'client_credentials', scope: 'openid' }) });
    assert.equal(refused.json().error, 'invalid_scope');
    const userinfo = await send('GET', '/userinfo',
        { headers: { authorization: `Bearer ${answer.json().access_token}` } });
    assert.equal(userinfo.status, 403);
});

test('client credentials without scope: all that is registered (RFC 6749 section 3.3)', async () => {
    const { client_id, client_secret } = demo.authzen;
    const answer = await send('POST', '/token', { headers: { ...FORM, ...basicOf(`${client_id}:${client_secret}`) },
        body: encode({ grant_type: 'client_credentials' }) });
    assert.equal(answer.status, 200);
    assert.match(answer.json().scope, /\bauthzen\b/);
    assert.doesNotMatch(answer.json().scope, /openid/);
});

test('grants that are not offered, or not to this client', async () => {
    const cases = [['password', 'unsupported_grant_type'], ['refresh_token', 'unsupported_grant_type'],
        ['client_credentials', 'unauthorized_client'], [undefined, 'invalid_request']];
    for (const [grant_type, error] of cases) {
        const answer = await exchange(essai, 'x', pkce().verifier, { grant_type });
        assert.equal(answer.status, 400);
        assert.equal(answer.json().error, error, grant_type);
    }
});

test('methods and media types', async () => {
    const get = await send('GET', '/token');
    assert.equal(get.status, 405);
    assert.match(get.headers.allow, /POST/);
    const json = await send('POST', '/token', { headers: { 'content-type': 'application/json' }, body: '{}' });
    assert.equal(json.status, 415);
});

test('userinfo: only with a living token of ours (RFC 6750 section 3)', async () => {
    const got = await freshCode(new Browser());
    const body = (await exchange(essai, got.code, got.verifier)).json();
    const ask = (authorization) => send('GET', '/userinfo', authorization ? { headers: { authorization } } : {});
    const good = await ask(`bearer ${body.access_token}`);
    assert.equal(good.status, 200);
    assert.equal(good.json().sub, intern.sub);
    assert.equal(good.json().preferred_username, intern.username);
    const [h, p, s] = body.access_token.split('.');
    const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${p}.`;
    for (const bad of [undefined, 'Bearer', 'Bearer x', `Bearer ${body.id_token}`, `Bearer ${none}`,
        `Bearer ${h}.${p}.${s.slice(0, -2)}AA`, `Bearer ${got.code}`]) {
        const answer = await ask(bad);
        assert.equal(answer.status, 401, String(bad));
        assert.match(answer.headers['www-authenticate'], /^Bearer /);
    }
});
