"""The demonstration's catalogue through the engine: it compiles, agrees with the reference, and its
tokens are small.

    catalogue.py DRIVER FOLDER [--questions N]
"""
import argparse
import collections
import csv
import pathlib
import sys

import reference
import wire
import worlds

NOW = 1773140400           # 2026-03-10 12:00 in Paris
TOKEN_MAX = 2048           # bytes of a nurse's whole token, signature included
OTHER_CLAIMS = 420         # bytes of JSON: iss, sub, aud, client_id, iat, exp, jti, acr, amr, structure…
HEADER_AND_SIGNATURE = 196
SERVICES = ["UNITE-1", "UNITE-2", "UNITE-3", "JOUR", "NUIT", "HEBERGEMENT"]


def rows(folder, name):
    with open(folder / name, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def node(world, code, parent, kind):
    world.structures.setdefault(code, {"parent": parent, "kind": kind, "opens": -10**15,
                                       "closes": 10**15})


def load(folder):
    world = reference.World()
    for e in rows(folder, "etablissements.csv"):
        group = e["groupe_code"]
        node(world, group, "", "direction_commune" if group == "DC44" else "groupement")
        node(world, e["og_code"], group, "og")
        node(world, e["code"], e["og_code"], "etablissement")
        for s in SERVICES:
            node(world, f"{e['code']}.{s}", e["code"], "service")
    for r in rows(folder, "ressources.csv"):
        world.resources[r["code"]] = {"application": r["application"],
                                      "actions": r["actions"].split("|"), "no_emergency": []}
    for p in rows(folder, "profils.csv"):
        world.profiles[p["code"]] = {"auth_min": p["auth_min"], "max_days": 0}
    for g in rows(folder, "matrice.csv"):
        world.grants.append({"holder": g["profil"], "resource": g["ressource"],
                             "actions": g["actions"].split("|"), "scope": g["portee"],
                             "conditions": [c for c in g["conditions"].split(",") if c]})
    for i in rows(folder, "incompatibilites.csv"):
        world.incompatible.append((i["profil_a"], i["profil_b"]))
    return world


def person(number, assignments):
    return {"id": f"p{number}", "login": f"l{number}", "active": True, "emergencies": [],
            "assignments": assignments}


def assignment(number, profile, structure, end=None):
    return {"id": f"a{number}", "profile": profile, "structure": structure, "start": 0, "end": end}


def compare(driver, world, questions):
    """Random persons and questions; returns how often each reason was seen."""
    rnd, lines, asked = worlds.seeded(1), wire.world_lines(world), []
    places, profiles = list(world.structures), list(world.profiles)
    for n in range(questions // 10):
        held = [assignment(i, rnd.choice(profiles), rnd.choice(places),
                           rnd.choice([None, NOW - 5, NOW + 5])) for i in range(rnd.randint(1, 3))]
        who = person(n, held)
        lines += wire.person_lines(who)
        granted = [g for a in held for g in world.grants if g["holder"] == a["profile"]]
        for _ in range(10):
            grant = rnd.choice(granted)
            q = {**worlds.question_of(rnd, world, who), "resource": grant["resource"],
                 "action": rnd.choice(grant["actions"]), "now": NOW,
                 "structure": rnd.choice([held[0]["structure"], rnd.choice(places), None])}
            asked.append((who, q))
            lines.append(wire.question_line(q))
    tally = collections.Counter()
    for (who, q), fields in zip(asked, wire.run(driver, lines), strict=True):
        got, want = wire.decision(fields), reference.decide(world, who, q)
        tally[want["reason"]] += 1
        if got != want:
            sys.exit(f"{who}\n{q}\ngot  {got}\nwant {want}")
    return tally


def token_sizes(driver, world):
    """Bytes of the whole token for each (profile, application), held in a service."""
    lines, of = wire.world_lines(world), []
    for profile in world.profiles:
        lines += wire.person_lines(person(0, [assignment(0, profile, "SOUB-ESAT.UNITE-1", NOW + 60)]))
        for app in sorted({r["application"] for r in world.resources.values()}):
            of.append((profile, app))
            lines.append(wire.token_line({"structure": "SOUB-ESAT.UNITE-1", "application": app,
                                          "acr": "eidas1", "psc": False, "now": NOW}))
    sizes = {}
    for key, (_, result, until, *strings) in zip(of, wire.run(driver, lines), strict=True):
        if result != "ok" or until != str(NOW + 60):
            sys.exit(f"{key}: {result}, until {until}")
        json = sum(len(s) + 3 for s in strings) + OTHER_CLAIMS
        sizes[key] = json * 4 // 3 + HEADER_AND_SIGNATURE
    return sizes


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("driver")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--questions", type=int, default=5000)
    options = parser.parse_args()
    world = load(options.folder)
    tally = compare(options.driver, world, options.questions)
    sizes = token_sizes(options.driver, world)
    largest = max(sizes, key=sizes.get)
    print(f"{len(world.grants)} lines; {sum(tally.values())} questions alike:",
          ", ".join(f"{k} {n}" for k, n in sorted(tally.items())))
    print(f"tokens: a nurse's for the record {sizes['IDE', 'DUI']} bytes, the largest "
          f"{sizes[largest]} ({'/'.join(largest)})")
    if sizes["IDE", "DUI"] >= TOKEN_MAX:
        sys.exit("a nurse's token is too large")
    if tally["ok"] < options.questions // 20:
        sys.exit("too few permits to mean anything")


if __name__ == "__main__":
    main()
