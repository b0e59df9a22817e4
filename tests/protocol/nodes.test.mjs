// Two nodes of one service: the demonstration is one; the other has a slapd of its own that follows the
// demonstration's (slapd-init --join), a state database and keys of its own. What is taken away at the
// first server is refused at the second node within a second; without its server it gives no token.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS = 30000;
const BOUND_MS = 5000; // of what takes a fifth of a second on a machine that is not busy

const root = process.env.HABILIS_ROOT;
const first = dirname(process.env.HABILIS_DEMO);
const folder = mkdtempSync(join(tmpdir(), 'habilis-node.'));
const demo = JSON.parse(readFileSync(process.env.HABILIS_DEMO, 'utf8'));
const ldapi = `ldapi://${encodeURIComponent(join(folder, 'ldap/ldapi'))}`;
const running = [];
let agent;

function start(program, args) {
    const child = spawn(program, args, { stdio: 'ignore' });
    running.push(child);
    return child;
}

function stop(child) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    return child.exitCode === null && child.kill('SIGTERM') ? ended : null;
}

async function until(what, ready) {
    const limit = Date.now() + READY_MS;
    while (!(await ready())) {
        assert.ok(Date.now() < limit, `${what}: not within ${READY_MS} ms`);
        await sleep(20);
    }
}

const freePort = () => new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => resolve(port));
    });
});

/** An LDAP tool at URI as habilisd; its output. */
function ldap(tool, uri, args, input) {
    return execFileSync(tool, ['-x', '-H', uri, '-D', demo.ldap.bind_dn,
        '-y', join(folder, 'secrets/habilisd.password'), ...args],
    { input: input ?? '', encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

const search = (uri, base, filter) =>
    ldap('ldapsearch', uri, ['-LLL', '-o', 'ldif-wrap=no', '-b', base, filter]);

function has(uri, base, filter) {
    try {
        return search(uri, base, filter).includes('dn:');
    } catch {
        return false; // not there yet
    }
}

function startDirectory() {
    return start('/usr/sbin/slapd', ['-d', '0', '-F', join(folder, 'ldap/config'), '-h', `${ldapi}/????x-mod=0700`]);
}

/** The demonstration's configuration, with what a second node has of its own. */
function configure(issuer, port) {
    const own = { issuer, 'listen.port': port, 'ldap.uris': ldapi, 'keys.dir': join(folder, 'keys'),
        'state.database': join(folder, 'state.db'),
        'ldap.password_file': join(folder, 'secrets/habilisd.password') };
    const lines = readFileSync(join(first, 'habilisd.conf'), 'utf8').split('\n').map((line) => {
        const key = line.split(' ', 1)[0];
        return key in own ? `${key} = ${own[key]}` : line;
    });
    mkdirSync(join(folder, 'keys'), { mode: 0o700 });
    writeFileSync(join(folder, 'habilisd.conf'), lines.join('\n'));
    writeFileSync(join(folder, 'demo.json'), JSON.stringify({ ...demo, issuer }));
    cpSync(join(first, 'secrets.json'), join(folder, 'secrets.json'));
}

let directory;
before(async () => {
    cpSync(join(first, 'slapd-secrets'), join(folder, 'secrets'), { recursive: true });
    execFileSync('sh', [join(root, 'idp/directory/provision/slapd-init'), '--dir', join(folder, 'ldap'),
        '--base', demo.ldap.base_dn, '--secrets', join(folder, 'secrets'), '--maxsize', '1073741824',
        '--server-id', '2', '--peer', demo.ldap.uri, '--join']);
    directory = startDirectory();
    const count = (uri) => search(uri, demo.ldap.base_dn, '(objectClass=*)').split('\ndn:').length;
    const all = count(demo.ldap.uri);
    await until('the copy', () => has(ldapi, demo.ldap.base_dn, '(objectClass=organization)') && count(ldapi) === all);

    const port = await freePort();
    const issuer = `https://localhost:${port}`;
    configure(issuer, port);
    start(join(root, 'build', process.env.HABILIS_PRESET ?? 'release', 'idp/habilisd'),
        ['-c', join(folder, 'habilisd.conf')]);
    process.env.HABILIS_DEMO = join(folder, 'demo.json');
    agent = await import('./agent.mjs'); // a browser that knows the second node
    await until('the second node', async () => {
        try {
            return (await agent.send('GET', '/.well-known/openid-configuration')).status === 200;
        } catch {
            return false;
        }
    });
});

after(async () => {
    for (const child of running.reverse()) await stop(child);
    rmSync(folder, { recursive: true, force: true });
});

/** A token at the second node for a browser that is signed in there: the status, 0 without a code. */
async function token(browser, essai) {
    const proof = agent.pkce();
    const target = await browser.go('GET', agent.authorization(essai, proof, { prompt: 'none' }).url);
    const code = target?.searchParams.get('code');
    return code ? (await agent.exchange(essai, code, proof.verifier)).status : 0;
}

test('an assignment that ends at one server is refused at the node of the other', async (t) => {
    const essai = agent.client('essai');
    const intern = agent.person('intern');
    const browser = new agent.Browser();
    assert.ok((await agent.signIn(browser, intern, agent.authorization(essai, agent.pkce()))).code);
    assert.equal(await token(browser, essai), 200);

    const base = `habilisId=${intern.sub},ou=people,${demo.ldap.base_dn}`;
    const entries = search(demo.ldap.uri, base, '(objectClass=habilisAssignment)');
    const names = [...entries.matchAll(/^dn: (.*)$/gm)].map((match) => match[1]);
    assert.ok(names.length > 0);
    try {
        ldap('ldapdelete', demo.ldap.uri, names);
        const started = performance.now();
        while ((await token(browser, essai)) === 200)
            assert.ok(performance.now() - started < BOUND_MS, `a token after ${BOUND_MS} ms`);
        t.diagnostic(`refused ${Math.round(performance.now() - started)} ms after the change`);
    } finally {
        ldap('ldapadd', demo.ldap.uri, [], entries);
    }
    await until('the assignment is back', async () => (await token(browser, essai)) === 200);
});

test('without its directory a node gives no token, and gives them again afterwards', async () => {
    const essai = agent.client('essai');
    const browser = new agent.Browser();
    const proof = agent.pkce();
    const { code } = await agent.signIn(browser, agent.person('intern'), agent.authorization(essai, proof));
    await stop(directory);
    const answer = await agent.exchange(essai, code, proof.verifier);
    assert.equal(answer.status, 503);
    assert.ok(answer.headers['retry-after']);
    directory = startDirectory();
    await until('the node knows its directory again', async () => (await token(browser, essai)) === 200);
});
