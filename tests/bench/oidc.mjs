// oidc.mjs - CPU of habilisd per operation, beside the floors of the same run (docs/performance.md).
//
// The driver is slow on purpose (one process, checked answers): what counts is the server's own user and
// system time from /proc, so a busy machine changes little. Floors: an empty request over the same
// connections, and one ES256 signature as `openssl speed` makes it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { Browser, FORM, authorization, client, demo, encode, exchange, person, pkce, send, signIn }
    from '../protocol/agent.mjs';

const TICKS = Number(execFileSync('getconf', ['CLK_TCK']));
const pid = demo.pids.habilisd;
const bench = client('bench');
const basic = { authorization: `Basic ${Buffer.from(`${bench.client_id}:${bench.client_secret}`).toString('base64')}` };

/** User and system time of the server so far, in microseconds. */
function cpu() {
    const words = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ');
    return (Number(words[11]) + Number(words[12])) * 1e6 / TICKS;
}

/** Microseconds of server CPU for each of COUNT operations, WIDTH at a time; the median of ROUNDS. */
async function measure(count, width, operation, rounds = 3) {
    const figures = [];
    await Promise.all(Array.from({ length: width }, (_, i) => operation(i)));
    for (let round = 0; round < rounds; round++) {
        const before = cpu();
        let left = count;
        await Promise.all(Array.from({ length: width }, async (_, i) => {
            while (left-- > 0) await operation(i);
        }));
        figures.push((cpu() - before) / count);
    }
    return figures.sort((a, b) => a - b)[rounds >> 1];
}

function signature() {
    const out = execFileSync('openssl', ['speed', '-seconds', '1', '-mr', 'ecdsap256'],
        { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
    return Number(/^\+F4:\d+:256:([\d.e-]+):/m.exec(out)[1]) > 1
        ? 1e6 / Number(/^\+F4:\d+:256:([\d.e-]+):/m.exec(out)[1])
        : Number(/^\+F4:\d+:256:([\d.e-]+):/m.exec(out)[1]) * 1e6;
}

function row(name, micros, floor, bound) {
    const ratio = floor ? `${(micros / floor).toFixed(2)} x floor` : '';
    const said = bound ? `at most ${bound}` : '';
    console.log(`${name.padEnd(44)}${micros.toFixed(1).padStart(9)} us   ${ratio.padEnd(16)}${said}`);
}

const sign = signature();
const empty = await measure(6000, 8, async () => {
    assert.equal((await send('GET', '/healthz')).status, 200);
});
row('one ES256 signature (openssl speed)', sign);
row('empty request (GET /healthz)', empty);

const token = await measure(4000, 8, async () => {
    const answer = await send('POST', '/token', { headers: { ...FORM, ...basic },
        body: encode({ grant_type: 'client_credentials' }) });
    assert.equal(answer.status, 200);
});
row('access token, client credentials', token, sign + empty, '1.5 x');

const who = person('intern');
const browsers = await Promise.all(Array.from({ length: 8 }, async () => {
    const browser = new Browser();
    await signIn(browser, who, authorization(bench, pkce()));
    return browser;
}));
const flow = await measure(800, 8, async (i) => {
    const proof = pkce();
    const target = await browsers[i].go('GET', authorization(bench, proof).url);
    const answer = await exchange(bench, target.searchParams.get('code'), proof.verifier);
    assert.equal(answer.status, 200);
});
row('code flow with a session (authorize + token)', flow, 2 * (sign + empty), '3 x');

const login = await measure(100, 4, async () => {
    await signIn(new Browser(), who, authorization(bench, pkce()));
});
row('password sign-in, all of habilisd\'s part', login, 0, '2000 us');

const pss = /Pss:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1];
console.log(`memory of habilisd (PSS)${(pss / 1024).toFixed(1).padStart(29)} MiB`);
process.exit(0);
