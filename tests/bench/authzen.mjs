// authzen.mjs - CPU of habilisd per decision over HTTP, beside an empty request of the same run. As in
// oidc.mjs only the server's own user and system time counts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { FORM, demo, encode, person, send } from '../protocol/agent.mjs';

const TICKS = Number(execFileSync('getconf', ['CLK_TCK']));
const pid = demo.pids.habilisd;

function cpu() {
    const words = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ');
    return (Number(words[11]) + Number(words[12])) * 1e6 / TICKS;
}

/** Microseconds of server CPU for each of COUNT operations, 8 at a time; the median of three rounds. */
async function measure(count, operation) {
    const figures = [];
    await operation();
    for (let round = 0; round < 3; round++) {
        const before = cpu();
        let left = count;
        await Promise.all(Array.from({ length: 8 }, async () => {
            while (left-- > 0) await operation();
        }));
        figures.push((cpu() - before) / count);
    }
    return figures.sort((a, b) => a - b)[1];
}

const { client_id: id, client_secret: secret } = demo.authzen;
const token = (await send('POST', '/token', { headers: { ...FORM,
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
body: encode({ grant_type: 'client_credentials', scope: 'authzen' }) })).json().access_token;
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };

function asking(path, question, check) {
    const body = JSON.stringify(question);
    return async () => {
        const answer = await send('POST', `/access/v1/${path}`, { headers, body });
        assert.ok(answer.status === 200 && check(answer.json()), answer.text);
    };
}

function row(name, micros, floor, bound) {
    const ratio = floor ? `${(micros / floor).toFixed(2)} x floor` : '';
    console.log(`${name.padEnd(44)}${micros.toFixed(1).padStart(9)} us   ${ratio.padEnd(16)}${bound ? `at most ${bound}` : ''}`);
}

const nurse = { type: 'person', id: person('nurse').sub };
const read = (structure) => ({ subject: nurse, action: { name: 'lire' },
    resource: { type: 'DUI.TRANSMISSIONS', id: 'd-1', properties: { structure } }, context: { acr: 'eidas2' } });

const empty = await measure(6000, async () => {
    assert.equal((await send('GET', '/.well-known/authzen-configuration')).status, 200);
});
row('floor: a small GET', empty);
row('decision, a permit', await measure(6000, asking('evaluation', read('MASF-MAS'), (a) => a.decision)), empty, '2 x');
row('decision, a refusal in the journal', await measure(2000, asking('evaluation', read('SOUB-ESAT'), (a) => !a.decision)), empty);
const hundred = { ...read('MASF-MAS'), evaluations: Array.from({ length: 100 }, (_, i) => (
    { resource: { type: 'DUI.TRANSMISSIONS', id: `d-${i}`, properties: { structure: 'MASF-MAS' } } })) };
row('batch of 100 permits', await measure(1000, asking('evaluations', hundred, (a) => a.evaluations.every((e) => e.decision))), empty, '200 us');
row('who can, everybody of the demonstration', await measure(1000, asking('search/subject',
    { ...read('MASF-MAS'), subject: { type: 'person' } }, (a) => a.results.length > 0)), empty);
row('what can she on a resource', await measure(4000, asking('search/action', { subject: nurse,
    resource: read('MASF-MAS').resource, context: { acr: 'eidas2' } }, (a) => a.results.length > 0)), empty);
process.exit(0);
