// load.mjs - the world that bench_engine wrote (JSON lines), and how a peer is asked and timed.
//
// In the peers' favour: closures are laid out on each structure beforehand, and what a grant reaches from
// an assignment (unite, etab, og) is worked out once, here, with plain loops that share nothing with the
// engine.
import { readFileSync } from 'node:fs';

export function load(file) {
    const world = { parent: new Map(), kind: new Map(), rights: new Map(), grants: [], nevers: [], closures: [],
        people: new Map(), questions: [], figures: [] };
    for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
        const [sort, x] = Object.entries(JSON.parse(line))[0];
        if (sort === 'structure') {
            world.parent.set(x.code, x.parent);
            world.kind.set(x.code, x.kind);
        } else if (sort === 'resource') {
            world.rights.set(x.code, x.actions.split('|'));
        } else if (sort === 'person') {
            world.people.set(x.id, x.assignments);
        } else {
            world[`${sort}s`].push(x);
        }
    }
    return world;
}

/** CODE and all above it. */
export function chain(world, code) {
    const list = [];
    for (let at = code; at !== ''; at = world.parent.get(at)) list.push(at);
    return list;
}

/** The structure at whose foot a grant of SCOPE ends, from an assignment at CODE. */
export function reach(world, scope, code) {
    const kind = { file: 'etablissement', etab: 'etablissement', etabs: 'etablissement', og: 'og' }[scope];
    return chain(world, code).find((at) => world.kind.get(at) === kind) ?? code;
}

export const right = (resource, action) => `${resource}:${action}`;

/** What each structure closes: code -> set of rights, closures from above included. */
export function closedRights(world) {
    const own = new Map();
    for (const { structure, rights } of world.closures) {
        const set = own.get(structure) ?? new Set();
        own.set(structure, set);
        const [resource, action] = rights.split(':');
        for (const [code, actions] of world.rights)
            for (const a of actions)
                if ((resource === '*' || resource === code) && (action === '*' || action === a)) set.add(right(code, a));
    }
    return new Map([...world.parent.keys()].map((code) =>
        [code, new Set(chain(world, code).flatMap((at) => [...own.get(at) ?? []]))]));
}

/** PROFILE's rights in lists of those that reach as far and need the same login: name -> {scope, level, rights}. */
export function rightLists(world) {
    const lists = new Map();
    const add = (profile, name, scope, level, resource, actions) => {
        const key = `${profile}/${name}`;
        const list = lists.get(key) ?? { profile, key, scope, level, never: name === 'jamais', rights: [] };
        lists.set(key, list);
        for (const a of actions.split('|')) list.rights.push(right(resource, a));
    };
    for (const g of world.grants) {
        const scope = ['file', 'etab', 'etabs'].includes(g.scope) ? 'etab' : g.scope;
        const level = g.conditions === '2f' ? 2 : 0;
        add(g.profile, `${scope}${level}`, scope, level, g.resource, g.actions);
    }
    for (const n of world.nevers) add(n.profile, 'jamais', 'etab', 0, n.resource, n.actions);
    return [...lists.values()];
}

/** What a person holds: one row an assignment and list of rights. */
export function holdings(world, lists, assignments) {
    return assignments.flatMap((a) => lists.filter((list) => list.profile === a.profile).map((list) =>
        ({ list, start: a.start, end: a.end, from: reach(world, list.scope, a.structure) })));
}

/** Asks every question; prints CPU time of the median of three rounds. A wrong answer ends the run. */
export function run(name, world, ask) {
    const figures = [];
    for (let round = 0; round < 4; round++) { // the first one warms up
        const before = process.cpuUsage();
        const answers = world.questions.map(ask);
        const { user, system } = process.cpuUsage(before);
        figures.push((user + system) / world.questions.length);
        const wrong = answers.findIndex((permit, i) => permit !== world.questions[i].permit);
        if (wrong >= 0) throw new Error(`${name} differs on ${JSON.stringify(world.questions[wrong])}`);
    }
    const us = figures.slice(1).sort((a, b) => a - b)[1];
    const ratio = us * 1000 / world.figures[0].ns;
    console.log(`${name}: ${us.toFixed(1)} us a decision, ${ratio.toFixed(0)} times the engine's; ` +
        `${world.questions.length} answers, all the same`);
}
