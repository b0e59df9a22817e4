// cedar.mjs FILE - Cedar (WebAssembly) on the same world. Each question is asked over the policies of the
// asking person, parsed beforehand, and the entities that it touches: the structure and those above it,
// the right with the lists that it is in for her. Its documentation calls that slicing.
import { createRequire } from 'node:module';

import { chain, closedRights, holdings, load, right, rightLists, run } from './load.mjs';

const cedar = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs');
const entity = (type, id) => ({ type, id });

const world = load(process.argv[2]);
const closed = closedRights(world);
const lists = rightLists(world);

function structure(code, attrs) {
    const parent = world.parent.get(code);
    return { uid: entity('Structure', code), attrs, parents: parent === '' ? [] : [entity('Structure', parent)] };
}
const closedAt = (code) => [...closed.get(code)].map((r) => ({ __entity: entity('Action', r) }));
const chains = new Map([...world.parent.keys()].map((code) =>
    [code, chain(world, code).map((at, i) => structure(at, i === 0 ? { closed: closedAt(at) } : {}))]));

const CLOSED = 'forbid(principal, action, resource) when { resource.closed.contains(action) };\n';

function policyOf(id, { list, start, end, from }) {
    const login = list.level > 0 ? ` && context.level >= ${list.level}` : '';
    return `${list.never ? 'forbid' : 'permit'}(principal == Person::"${id}", ` +
        `action in Action::"${list.key}", resource in Structure::"${from}") ` +
        `when { ${start} <= context.now && context.now < ${end}${login} };\n`;
}

const slices = new Map(); // person -> right -> its entity, with the lists that she holds
for (const id of new Set(world.questions.map((q) => q.person))) {
    const held = holdings(world, lists, world.people.get(id));
    const parsed = cedar.preparsePolicySet(id,
        { staticPolicies: CLOSED + held.map((h) => policyOf(id, h)).join('') });
    if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed));
    const mine = [...new Set(held.map((h) => h.list))];
    slices.set(id, new Map([...world.rights].flatMap(([resource, actions]) => actions.map((a) => {
        const r = right(resource, a);
        const parents = mine.filter((list) => list.rights.includes(r)).map((list) => entity('Action', list.key));
        return [r, { uid: entity('Action', r), attrs: {}, parents }];
    }))));
}

run('cedar', world, (q) => {
    const what = slices.get(q.person).get(right(q.resource, q.action));
    const answer = cedar.statefulIsAuthorized({
        principal: entity('Person', q.person),
        action: what.uid,
        resource: entity('Structure', q.structure),
        context: { now: q.now, level: q.acr },
        preparsedPolicySetId: q.person,
        entities: [what, ...chains.get(q.structure)],
    });
    if (answer.type !== 'success' || answer.response.diagnostics.errors.length > 0)
        throw new Error(JSON.stringify(answer));
    return answer.response.decision === 'allow';
});
