// casbin.mjs FILE - node-casbin on the same world. Each question is asked over the rules of the asking
// person alone: its documentation advises subsets when there are many (policy subset loading), and this is
// the smallest. Choosing it costs one assignment here.
import { newEnforcer, newModelFromString } from 'casbin';

import { closedRights, holdings, load, right, rightLists, run } from './load.mjs';

const MODEL = `
[request_definition]
r = who, where, right, now, level
[policy_definition]
p = who, where, list, start, end, level, eft
[role_definition]
g = _, _
g2 = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.who == p.who && p.start <= r.now && r.now < p.end && p.level <= r.level && g2(r.right, p.list) && g(r.where, p.where) && (p.eft == "deny" || !closed(r.where, r.right))
`;

const world = load(process.argv[2]);
const closed = closedRights(world);
const lists = rightLists(world);
const enforcer = await newEnforcer(newModelFromString(MODEL));
enforcer.addFunction('closed', (where, what) => closed.get(where).has(what));
await enforcer.addGroupingPolicies([...world.parent].filter(([, parent]) => parent !== ''));
await enforcer.addNamedGroupingPolicies('g2', lists.flatMap((list) => list.rights.map((r) => [r, list.key])));

const rules = new Map();
for (const [id, assignments] of world.people)
    rules.set(id, holdings(world, lists, assignments).map(({ list, start, end, from }) =>
        [id, from, list.key, start, end, list.level, list.never ? 'deny' : 'allow']));

const policy = enforcer.getModel().model.get('p').get('p');
run('casbin', world, (q) => {
    policy.policy = rules.get(q.person);
    return enforcer.enforceSync(q.person, q.structure, right(q.resource, q.action), q.now, q.acr);
});
