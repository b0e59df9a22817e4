// private_key_jwt (RFC 7523 section 3, OpenID Connect Core 1.0 section 9): the client is added while the
// provider runs, and known a moment later.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { FORM, ctl, encode, issuer, send, verified } from './agent.mjs';

const ID = 'essai-cle';
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function assertion({ header = {}, claims = {}, key = privateKey, tail } = {}) {
    const now = Math.floor(Date.now() / 1000);
    const text = `${part({ alg: 'ES256', ...header })}.${part({ iss: ID, sub: ID, aud: issuer,
        jti: randomUUID(), iat: now, exp: now + 60, ...claims })}`;
    return `${text}.${tail?.(text)
        ?? sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const ask = (client_assertion, more = {}, headers = {}) => send('POST', '/token', { headers: { ...FORM, ...headers },
    body: encode({ grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion, ...more }) });

before(async () => {
    const metadata = { client_name: 'Essai par clé', token_endpoint_auth_method: 'private_key_jwt',
        grant_types: ['client_credentials'], response_types: [], scope: '',
        jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] } };
    await ctl(['app', 'add', ID, 'DUI'], metadata);
    for (let i = 0; i < 50 && (await ask(assertion())).status !== 200; i++) await sleep(100);
});

test('a signed assertion is the client', async () => {
    const answer = await ask(assertion());
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await verified(answer.json().access_token)).claims.sub, ID);
    assert.equal((await ask(assertion({ claims: { aud: [issuer] } }))).status, 200);
    assert.equal((await ask(assertion(), { client_id: ID })).status, 200);
});

test('an assertion serves once', async () => {
    const once = assertion();
    assert.equal((await ask(once)).status, 200);
    assert.equal((await ask(once)).json().error, 'invalid_client');
    const raced = assertion();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(raced)));
    assert.equal(answers.filter((a) => a.status === 200).length, 1);
});

const now = () => Math.floor(Date.now() / 1000);
const publicPem = publicKey.export({ format: 'pem', type: 'spki' });
const bad = {
    'another key': () => assertion({ key: other.privateKey }),
    'alg none': () => assertion({ header: { alg: 'none' }, tail: () => '' }),
    'HS256 with the public key as secret': () => assertion({ header: { alg: 'HS256' },
        tail: (text) => createHmac('sha256', publicPem).update(text).digest('base64url') }),
    'for the token endpoint, not the issuer': () => assertion({ claims: { aud: `${issuer}/token` } }),
    'for us and somebody else': () => assertion({ claims: { aud: [issuer, 'https://evil.example'] } }),
    'for somebody else': () => assertion({ claims: { aud: 'https://evil.example' } }),
    'of another issuer': () => assertion({ claims: { iss: 'dui' } }),
    'for another subject': () => assertion({ claims: { sub: 'dui' } }),
    expired: () => assertion({ claims: { exp: now() - 60 } }),
    'valid for an hour': () => assertion({ claims: { exp: now() + 3600 } }),
    'from the future': () => assertion({ claims: { iat: now() + 600, nbf: now() + 600 } }),
    'without jti': () => assertion({ claims: { jti: undefined } }),
    'without exp': () => assertion({ claims: { exp: undefined } }),
    'not a token': () => 'x',
    empty: () => '',
};
for (const [name, make] of Object.entries(bad)) {
    test(`refused as client authentication: ${name}`, async () => {
        const answer = await ask(make());
        assert.equal(answer.status, 401);
        assert.equal(answer.json().error, 'invalid_client');
    });
}

test('one method a client: neither a secret for a key, nor both, nor another type', async () => {
    const basic = { authorization: `Basic ${Buffer.from(`${ID}:x`).toString('base64')}` };
    assert.equal((await send('POST', '/token', { headers: { ...FORM, ...basic },
        body: encode({ grant_type: 'client_credentials' }) })).status, 401);
    assert.equal((await ask(assertion(), {}, basic)).status, 401);
    assert.equal((await ask(assertion(), { client_assertion_type: 'x' })).status, 401);
    assert.equal((await ask(assertion(), { client_id: 'dui' })).status, 401);
});
