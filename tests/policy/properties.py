"""What must hold whatever the model says, tried on random worlds (docs/access-model.md section 4).

    properties.py DRIVER [--questions N] [--seed S]

Each property changes a world, a person or a question in one way, asks the engine before and after, and
compares. The reference is not consulted: a mistake that both share would show here.
"""
import argparse
import collections
import copy
import sys

import reference
import wire
import worlds

PER_WORLD = 20


def add_assignment(rnd, world, person, q):
    """Adding an assignment whose profile has no jamais never turns a permit into a deny."""
    free = [p for p in world.profiles if p not in {n[0] for n in world.nevers}]
    if not free:
        return None
    start, end = worlds.window(rnd, 0.4)
    person["assignments"].append({"id": rnd.choice(["0", "z"]), "profile": rnd.choice(free),
                                  "structure": rnd.choice(list(world.structures)),
                                  "start": -10**15 if start is None else start, "end": end})
    return world, person, q


def add_prohibition(rnd, world, person, q):
    """Adding a fermeture or a jamais never turns a deny into a permit."""
    if rnd.random() < 0.5:
        worlds.add_closure(rnd, world, 99)
    else:
        world.nevers.append((rnd.choice(list(world.profiles)), q["resource"], ["*"]))
        if q["resource"] not in world.resources:
            return None
    return world, person, q


def stronger_login(rnd, world, person, q):
    """A stronger login never turns a permit into a deny."""
    level = max(reference.ACR.get(q["acr"], 0), rnd.randint(1, 3))
    return world, person, {**q, "acr": f"eidas{level}", "psc": q["psc"] or rnd.random() < 0.5}


def forget_what_is_not_live(_rnd, world, person, q):
    """Nothing outside [start, end[ of an assignment depends on it."""
    person["assignments"] = [a for a in person["assignments"]
                             if reference.live(a["start"], a["end"], q["now"])]
    person["emergencies"] = [e for e in person["emergencies"]
                             if reference.live(e["start"], e["end"], q["now"])]
    return world, person, q


def shuffle(rnd, world, person, q):
    """The order of files, lines and assignments is irrelevant."""
    for table in ("structures", "resources", "profiles"):
        items = list(getattr(world, table).items())
        rnd.shuffle(items)
        setattr(world, table, dict(items))
    for rows in (world.uses, world.grants, world.nevers, world.closures, world.incompatible,
                 person["assignments"], person["emergencies"]):
        rnd.shuffle(rows)
    return world, person, q


def keeps_permit(before, after, _persons):
    return before["effect"] != "permit" or after["effect"] == "permit"


def keeps_deny(before, after, _persons):
    return before["effect"] != "deny" or after["effect"] == "deny"


def answers_alike(before, after, _persons):
    """The reason may be another one: what is over or to come is said, not granted."""
    return before["effect"] == after["effect"] and \
        (before["effect"] == "deny" or before["obligations"] == after["obligations"])


def is_the_same(before, after, persons):
    def named(decision, person):
        rests_on = decision["rests_on"]
        held = person[rests_on[0] + "s"][rests_on[1]] if rests_on else None
        return {**decision, "rests_on": held}
    return named(before, persons[0]) == named(after, persons[1])


PROPERTIES = [(add_assignment, keeps_permit), (add_prohibition, keeps_deny),
              (stronger_login, keeps_permit), (forget_what_is_not_live, answers_alike),
              (shuffle, is_the_same)]


def lines_of(case):
    world, person, q = case
    return wire.world_lines(world) + wire.person_lines(person) + [wire.question_line(q)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("driver")
    parser.add_argument("--questions", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=20260201)
    options = parser.parse_args()
    rnd, tried = worlds.seeded(options.seed), collections.Counter()
    cases = []
    while len(cases) < options.questions:
        world = worlds.world_of(rnd)
        person = worlds.person_of(rnd, world)
        for _ in range(PER_WORLD):
            q = worlds.question_of(rnd, world, person)
            change, check = rnd.choice(PROPERTIES)
            changed = change(rnd, copy.deepcopy(world), copy.deepcopy(person), dict(q))
            if changed:
                cases.append(((world, person, q), changed, change, check))
    lines = [text for case in cases for side in case[:2] for text in lines_of(side)]
    answers = [wire.decision(a) for a in wire.run(options.driver, lines)]
    for (one, two, change, check), before, after in zip(cases, answers[::2], answers[1::2]):
        tried[f"{change.__name__} of a {before['effect']}"] += 1
        if not check(before, after, (one[1], two[1])):
            print("".join(lines_of(one) + ["--- and then\n"] + lines_of(two)), file=sys.stderr)
            sys.exit(f"{change.__doc__}\nbefore {before}\nafter  {after}")
    print(f"{len(cases)} changes:", ", ".join(f"{k} {n}" for k, n in sorted(tried.items())))
    for change, _ in PROPERTIES:
        for effect in ("permit", "deny"):
            if tried[f"{change.__name__} of a {effect}"] < 20:
                sys.exit(f"{change.__name__}: too few tries of a {effect} to mean anything")


if __name__ == "__main__":
    main()
