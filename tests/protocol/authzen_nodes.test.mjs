// Two nodes on one directory: what changes there is true at both within a second; while it is away the last
// state serves, then everything is refused, and its return is enough.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { FORM, demo, encode, send } from './agent.mjs';

const MAX_AGE_S = 4;
const home = dirname(process.env.HABILIS_DEMO);
const ca = readFileSync(demo.ca_file);
const ALICE = `habilisId=0a11ce00-0000-4000-8000-000000000001,ou=people,${demo.ldap.base_dn}`;
const good = { subject: { type: 'user', id: 'alice' }, action: { name: 'read' },
    resource: { type: 'record', id: 'record-1' } };

let token, folder, node, nodes;

const freePort = () => new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => resolve(port));
    });
});

/** {status, body} of one evaluation at the node on PORT; status 0: not listening. */
function evaluate(port) {
    return new Promise((resolve) => {
        const req = request({ host: 'localhost', port, path: '/access/v1/evaluation', method: 'POST', ca,
            headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } }, (res) => {
            let text = '';
            res.on('data', (part) => { text += part; });
            res.on('end', () => resolve({ status: res.statusCode, body: JSON.parse(text) }));
        });
        req.on('error', () => resolve({ status: 0 }));
        req.end(JSON.stringify(good));
    });
}

/** Milliseconds until WANTED holds at PORT. */
async function until(port, wanted, limit = 8000) {
    const start = Date.now();
    while (!wanted(await evaluate(port))) {
        assert.ok(Date.now() - start < limit, `port ${port}: ${JSON.stringify(await evaluate(port))}`);
        await delay(10);
    }
    return Date.now() - start;
}

const ldapmodify = (ldif) => execFileSync('ldapmodify', ['-x', '-H', demo.ldap.uri, '-D', demo.ldap.bind_dn,
    '-w', demo.ldap.password], { input: ldif });
const status = (value) => `dn: ${ALICE}\nchangetype: modify\nreplace: habilisStatus\nhabilisStatus: ${value}\n`;

/** The same service with a state of its own, less patient. */
async function startNode() {
    const port = await freePort();
    folder = mkdtempSync(join(tmpdir(), 'habilis-node-'));
    const config = readFileSync(join(home, 'habilisd.conf'), 'utf8').split('\n')
        .filter((l) => !/^(listen\.port|state\.database|metrics\.|rules\.)/.test(l))
        .concat(`listen.port = ${port}`, `state.database = ${join(folder, 'state.db')}`, `rules.max_age = ${MAX_AGE_S}s`, '');
    writeFileSync(join(folder, 'habilisd.conf'), config.join('\n'), { mode: 0o600 });
    node = spawn(`/proc/${demo.pids.habilisd}/exe`, ['-c', join(folder, 'habilisd.conf')], { stdio: 'ignore' });
    return port;
}

before(async () => {
    const { client_id: id, client_secret: secret } = demo.authzen;
    const answer = await send('POST', '/token', { headers: { ...FORM,
        authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: encode({ grant_type: 'client_credentials', scope: 'authzen' }) });
    token = answer.json().access_token;
    nodes = [Number(new URL(demo.issuer).port), await startNode()];
    await until(nodes[1], (a) => a.status === 200);
});

after(async () => {
    ldapmodify(status('active'));
    if (node) {
        const ended = new Promise((done) => { node.on('exit', done); });
        node.kill('SIGTERM');
        await ended;
        assert.equal(node.exitCode, 0, 'the second node stops cleanly');
    }
    if (folder) rmSync(folder, { recursive: true });
});

test('a right taken away is refused at both nodes within a second, and given back as fast', async () => {
    for (const port of nodes) assert.equal((await evaluate(port)).body.decision, true);
    for (const [value, decision] of [['suspended', false], ['active', true], ['suspended', false], ['active', true]]) {
        ldapmodify(status(value));
        const took = await Promise.all(nodes.map((port) => until(port, (a) => a.body?.decision === decision)));
        assert.ok(Math.max(...took) <= 1000, `${value}: ${took} ms`);
    }
});

test('without the directory: the last state, then nothing, then everything again', async () => {
    process.kill(demo.pids.slapd, 'SIGSTOP');
    try {
        await delay(1500);
        for (const port of nodes) assert.equal((await evaluate(port)).body.decision, true, 'the last state serves');
        await until(nodes[1], (a) => a.status === 503);
        const refused = await evaluate(nodes[1]);
        assert.equal(typeof refused.body, 'string');
        const patient = await evaluate(nodes[0]);
        assert.equal(patient.body.decision, true);
        assert.ok(patient.body.context.rules_age >= MAX_AGE_S - 1, `${patient.body.context.rules_age}`);
    } finally {
        process.kill(demo.pids.slapd, 'SIGCONT');
    }
    await until(nodes[1], (a) => a.status === 200 && a.body.decision === true);
    await until(nodes[0], (a) => a.body?.context?.rules_age < 2);
});
