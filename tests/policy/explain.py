"""Every step that an explanation proposes works, on random worlds: it is applied, and the reference decides.

    explain.py DRIVER [--questions N] [--seed S]

And the other way round: where none is proposed of a sort, brute force finds none either.
"""
import argparse
import collections
import copy
import itertools
import sys
from datetime import datetime, timedelta, timezone

import reference
import wire
import worlds

PER_WORLD = 20
FIELDS = 8
MEETABLE = ["2f", "psc", "motif", "urgence", "presence_physique", "supervise"]
LOGIN = {"2f", "psc"}
KINDS = ["login", "state", "place", "own", "other", "wait", "renew", "assign", "emergency",
         "reactivate", "nothing"]
MOST_PROFILES = 5
SOMEBODY = "somebody-else"


def read(fields):
    reason, more, pairs, *rest = fields
    steps = []
    for i in range(0, len(rest), FIELDS):
        kind, needs, structure, profile, assignment, lot, start, end = rest[i:i + FIELDS]
        steps.append({"kind": kind, "needs": wire.names(needs), "structure": structure,
                      "profile": profile, "assignment": int(assignment), "lot": lot,
                      "from": None if start == "*" else int(start),
                      "until": None if end == "*" else int(end)})
    return {"reason": reason, "more": int(more), "pairs": int(pairs), "steps": steps}


# ---- a step, applied ----

def bring(q, needs):
    q = dict(q)
    level = reference.ACR.get(q["acr"], 0)
    if "psc" in needs:
        q["psc"], level = True, max(level, 1)
    if "2f" in needs:
        level = max(level, 2)
    if level:
        q["acr"] = f"eidas{level}"
    if "motif" in needs:
        q["motif"] = "chute dans la chambre"
    for need, member in (("urgence", "urgence"), ("presence_physique", "presence"),
                         ("supervise", "supervise")):
        q[member] = q[member] or need in needs
    return q


def give(person, profile, structure, start, end):
    person = copy.deepcopy(person)
    person["assignments"].append({"id": "+", "profile": profile, "structure": structure,
                                  "start": start, "end": end})
    return person


def compatible(world, person, profile, start, end):
    return not any((a["profile"], profile) in world.incompatible or
                   (profile, a["profile"]) in world.incompatible
                   for a in person["assignments"]
                   if (end is None or a["start"] < end) and (a["end"] is None or start < a["end"]))


def apply(world, person, q, step):
    """The person and the question once the step is taken; or what is wrong with it."""
    q, kind = bring(q, step["needs"]), step["kind"]
    if kind == "place":
        q["structure"] = step["structure"]
    if kind in ("own", "other"):
        q.update(owner=person["id"] if kind == "own" else SOMEBODY, owner_known=True)
    if kind == "wait":
        if step["from"] <= q["now"]:
            sys.exit("waiting for the past")
        q["now"] = step["from"]
    if kind in ("renew", "assign"):
        if not compatible(world, person, step["profile"], step["from"], step["until"]):
            sys.exit("an incompatible pair is proposed")
        if kind == "renew":
            old = person["assignments"][step["assignment"]]
            if (old["profile"], old["structure"]) != (step["profile"], step["structure"]) or \
                    old["end"] is None or old["end"] > q["now"]:
                sys.exit("renews what is not over")
        person = give(person, step["profile"], step["structure"], step["from"], step["until"])
    if kind == "emergency":
        opening = [{**q, "resource": r, "action": "declencher"} for r, x in world.resources.items()
                   if x["application"] == world.resources[q["resource"]]["application"]
                   and "declencher" in x["actions"]]
        if not any(reference.decide(world, person, o)["effect"] == "permit" for o in opening):
            sys.exit("an emergency that she may not open")
        person = copy.deepcopy(person)
        person["emergencies"].append({"id": "+", "lot": step["lot"], "resource": q["resource"],
                                      "structure": step["structure"], "instance": q["resource_id"],
                                      "start": step["from"], "end": step["until"]})
    if kind == "reactivate":
        person = {**person, "active": True}
    return person, q


def permits(world, person, q):
    return reference.decide(world, person, q)["effect"] == "permit"


# ---- brute force: what else would do? ----

def least(world, person, q, words):
    """The fewest words to bring along for a permit, or None."""
    for n in range(len(words) + 1):
        if any(permits(world, person, bring(q, some)) for some in itertools.combinations(words, n)):
            return n
    return None


def midnight(now, days):
    day = datetime.fromtimestamp(now, timezone.utc).astimezone(reference.PARIS).date()
    at = datetime.combine(day + timedelta(days), datetime.min.time(), reference.PARIS)
    return int(at.timestamp())


def profiles_that_do(world, person, q):
    """Those that may be given where it is asked for and would do, from today on."""
    out, start = set(), midnight(q["now"], 0)
    for profile in world.profiles:
        for end in (None, midnight(q["now"], 30)):
            if compatible(world, person, profile, start, end) and \
                    permits(world, give(person, profile, q["structure"], start, end),
                            bring(q, MEETABLE)):
                out.add(profile)
    return out


def later(world, person, q):
    """An hour of the next two years at which things, as they stand, would do; or None."""
    at = [x for a in person["assignments"] + person["emergencies"] for x in (a["start"], a["end"])]
    at += [x for c in world.closures for x in (c["opens"], c["closes"])]
    at += [x for s in world.structures.values() for x in (s["opens"], s["closes"])]
    at = [x for x in at if x is not None and abs(x) < 10**15] + [q["now"]]
    at += [x + h * worlds.HOUR for x in at for h in range(0, 25)]
    for now in sorted({x for x in at if x > q["now"]}):
        if permits(world, person, {**bring(q, MEETABLE), "now": now}):
            return now
    return None


def fault(world, person, q, told):
    want = reference.decide(world, person, q)
    steps = told["steps"]
    kinds = {s["kind"] for s in steps}
    if told["reason"] != want["reason"]:
        return "another reason"
    if (want["effect"] == "permit") != (not steps):
        return "steps for a permit, or none for a refusal"
    if want["effect"] == "permit":
        return None
    if "nothing" in kinds and len(steps) > 1:
        return "nothing, and yet something"
    for step in steps:
        if step["kind"] != "nothing" and not permits(world, *apply(world, person, q, step)):
            return f"does not help: {step}"
    if want["reason"] == "unknown":
        return None if kinds == {"nothing"} else "tells of what is unknown"
    if want["reason"] == "suspended":
        would = permits(world, {**person, "active": True}, bring(q, MEETABLE))
        return None if would == (kinds == {"reactivate"}) else "suspended"
    return missed(world, person, q, told, kinds)


def missed(world, person, q, told, kinds):
    """What brute force finds and the explanation does not."""
    at_hand = {s["kind"]: s for s in told["steps"] if s["kind"] in ("login", "state")}
    login = least(world, person, q, sorted(LOGIN))
    if (login is None) != ("login" not in at_hand) or \
            ("login" in at_hand and len(at_hand["login"]["needs"]) != login):
        return f"login: brute force says {login}"
    anything = least(world, person, q, MEETABLE)
    if (anything is None) == bool(at_hand) or \
            (at_hand and min(len(s["needs"]) for s in at_hand.values()) != anything):
        return f"at hand: brute force says {anything}"
    if at_hand:
        return None if kinds == set(at_hand) else "not alone"
    if q["structure"] is not None:
        do = profiles_that_do(world, person, q)
        given = {s["profile"] for s in told["steps"]
                 if s["kind"] in ("assign", "renew") and s["structure"] == q["structure"]}
        if given - do or (do - given and told["more"] < len(do - given)):
            return f"assignments: brute force says {do}, told {given}"
    wait = later(world, person, q)
    waits = [s["from"] for s in told["steps"] if s["kind"] == "wait"]
    if (wait is None) != (not waits) or (waits and waits[0] > wait):
        return f"wait: brute force says {wait}, told {waits}"
    return None


# ---- worlds ----

def enrich(rnd, world):
    """More of what explanations are about: things to bring along, closures that end, emergencies."""
    for profile in world.profiles:
        if rnd.random() < 0.6:
            world.grants.append({"holder": profile, "resource": "DUI.GLACE",
                                 "actions": ["declencher"], "scope": rnd.choice(["etab", "og"]),
                                 "conditions": rnd.choice([[], ["2f", "motif"], ["2f"]])})
        for scope in rnd.sample(["unite", "etab", "og", "groupement"], rnd.randint(0, 3)):
            conditions = rnd.sample([*MEETABLE, "pas_soi_meme"], rnd.randint(1, 3))
            resource = rnd.choice(["DUI.A", "RH.C"])
            if not any(g["holder"] == profile and g["resource"] == resource and
                       g["scope"].rstrip("s") == scope for g in world.grants):
                world.grants.append({"holder": profile, "resource": resource, "scope": scope,
                                     "actions": ["lire", "creer"], "conditions": conditions})
    if rnd.random() < 0.3:
        world.closures.append({"code": "FIN", "structure": rnd.choice(list(world.structures)),
                               "excepted": [], "rights": "*:lire", "opens": -10**15,
                               "closes": rnd.choice(worlds.INSTANTS)})


def world_case(rnd):
    world = worlds.world_of(rnd)
    world.resources["DUI.GLACE"] = {"application": "DUI", "actions": ["declencher", "controler"],
                                    "no_emergency": ["*"]}
    enrich(rnd, world)
    person = worlds.person_of(rnd, world)
    known = None if rnd.random() < 0.02 else person
    return world, known, [worlds.question_of(rnd, world, person) for _ in range(PER_WORLD)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("driver")
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20260302)
    options = parser.parse_args()
    rnd, tally = worlds.seeded(options.seed), collections.Counter()
    cases = [world_case(rnd) for _ in range(-(-options.questions // PER_WORLD))]
    lines = []
    for world, person, questions in cases:
        lines += wire.world_lines(world) + wire.person_lines(person)
        lines += [wire.question_line(q, "explain") for q in questions]
    answers = iter(wire.run(options.driver, lines))
    for world, person, questions in cases:
        for q in questions:
            told = read(next(answers))
            wrong = fault(world, person, q, told)
            tally.update(s["kind"] for s in told["steps"])
            if wrong:
                print("".join(wire.world_lines(world) + wire.person_lines(person)) +
                      wire.question_line(q, "explain"), file=sys.stderr)
                sys.exit(f"{wrong}\n{reference.decide(world, person, q)}\n{told}")
    print(f"{len(cases) * PER_WORLD} explanations hold:",
          ", ".join(f"{k} {tally[k]}" for k in KINDS))
    rare = [k for k in KINDS if not tally[k]]
    if rare:
        sys.exit(f"never seen: {rare}: the worlds do not exercise explanations")


if __name__ == "__main__":
    main()
