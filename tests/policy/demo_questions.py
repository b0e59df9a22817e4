"""Random questions about the demonstration's own people and data, with the reference's answers.

    demo_questions.py DEMO.JSON COUNT [SEED]

One JSON object a line: {"request": an AuthZEN evaluation, "want": what must be answered}. Read by
tests/protocol/authzen.test.mjs, which asks the running service.
"""
import csv
import datetime
import json
import pathlib
import re
import sys
import unicodedata
from datetime import timezone

import reference
import worlds

FAR = 10**15
DAY = 86400


def rows(folder, name):
    with open(folder / name, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def midnight(text, days=0):
    """00:00 in Paris of that day, DAYS later."""
    day = datetime.date.fromisoformat(text) + datetime.timedelta(days=days)
    return int(datetime.datetime.combine(day, datetime.time(), reference.PARIS).timestamp())


def service_code(establishment, label):
    """docs/access-model.md section 1."""
    label = label.replace("œ", "OE").replace("Œ", "OE")
    plain = "".join(c for c in unicodedata.normalize("NFKD", label) if not unicodedata.combining(c))
    return establishment + "." + re.sub(r"[^A-Z0-9]+", "-", plain.upper()).strip("-")


def load(folder):
    world = reference.World()

    def node(code, parent, kind, opens=-FAR, closes=FAR):
        world.structures.setdefault(code, {"parent": parent, "kind": kind, "opens": opens,
                                           "closes": closes})
    for e in rows(folder, "etablissements.csv"):
        group = e["groupe_code"]
        node(group, "", "direction_commune" if group == "DC44" else "groupement")
        node(e["og_code"], group, "og")
        entered, left = e.get("date_entree_groupe"), e.get("date_sortie_groupe")
        node(e["code"], e["og_code"], "etablissement", midnight(entered) if entered else -FAR,
             midnight(left, 1) if left else FAR)
    for s in rows(folder, "personnel_utf8.csv"):
        if s["service"]:
            node(service_code(s["etablissement"], s["service"]), s["etablissement"], "service")
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


def people_of(demo):
    for p in demo["people"]:
        held = [{"id": f"{n}", "profile": a["profile"], "structure": a["structure"],
                 "start": midnight(a["start"]), "end": midnight(a["end"], 1) if a["end"] else None}
                for n, a in enumerate(p["assignments"])]
        yield {"id": p["sub"], "login": p["username"], "active": True, "emergencies": [],
               "assignments": held}


def question(rnd, world, people, who):
    held = rnd.choice(who["assignments"])
    grants = [g for g in world.grants if g["holder"] == held["profile"]]
    grant = rnd.choice(grants if rnd.random() < 0.9 else world.grants)
    edge = rnd.choice([held["start"], held["end"] or held["start"] + 400 * DAY])
    owner = rnd.choice([None, None, who["id"], who["login"], rnd.choice(people)["id"], "personne"])
    return {"resource": grant["resource"], "action": rnd.choice(grant["actions"]),
            "structure": rnd.choice([held["structure"], held["structure"], None, "INCONNUE",
                                     rnd.choice(list(world.structures))]),
            "owner": owner, "owner_known": owner not in (None, "personne"),
            "resource_id": "d-1", "motif": rnd.choice(["", " ", "chute dans la chambre"]),
            "urgence": rnd.random() < 0.5, "presence": rnd.random() < 0.5,
            "supervise": rnd.random() < 0.5,
            "acr": rnd.choice(["", "eidas1", "eidas2", "eidas2", "eidas3", "bidon"]),
            "psc": rnd.random() < 0.5,
            "now": rnd.choice([edge - 1, edge, edge + 1, edge + rnd.randrange(30 * DAY)])}


def request(q, who, rnd):
    properties = {k: q[k] for k in ("structure", "owner") if q[k] is not None}
    context = {"acr": q["acr"], "amr": ["pwd", "psc"] if q["psc"] else ["pwd"], "motif": q["motif"],
               "urgence": q["urgence"], "presence_physique": q["presence"],
               "supervise": q["supervise"],
               "at": datetime.datetime.fromtimestamp(q["now"], timezone.utc).isoformat()}
    return {"subject": {"type": "person", "id": rnd.choice([who["id"], who["login"]])},
            "action": {"name": q["action"]},
            "resource": {"type": q["resource"], "id": q["resource_id"], "properties": properties},
            "context": context}


def main():
    demo = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    world, people = load(pathlib.Path(demo["data"])), list(people_of(demo))
    rnd = worlds.seeded(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    for _ in range(int(sys.argv[2])):
        who = rnd.choice(people)
        q = question(rnd, world, people, who)
        want = reference.decide(world, who, q)
        print(json.dumps({"request": request(q, who, rnd), "want": {
            "decision": want["effect"] == "permit", "reason": want["reason"],
            "missing": want["missing"], "obligations": want["obligations"],
            "advice": want["advice"], "conflicts": want["conflicts"]}}))


if __name__ == "__main__":
    main()
