"""Small random worlds in which much happens: few names, few instants, all the words of the model."""
import random

from reference import World

HOUR, DAY = 3600, 86400
BASE = 1774739000          # in the night of 29 March 2026, when clocks go forward in Paris
# 2026-03-29 01:00Z and 2026-10-25 01:00Z are the changes; nights begin at 21:00 and end at 07:00
INSTANTS = [1774728000, 1774746000, 1774749600, 1774760400, 1774810800, 1792879200, 1792890000,
            1792908000, 1792911600, BASE + 30 * DAY, BASE + 31 * DAY, BASE + 200 * DAY]
CONDITIONS = ["2f", "2f", "2f", "psc", "creneau_nuit", "creneau_astreinte", "fenetre_intervention",
              "fenetre_visite", "duree_contrat", "duree_stage", "motif", "motif", "urgence",
              "presence_physique", "supervise", "trace", "pas_soi_meme", "tuteur", "contreseing",
              "pseudonymise", "allergies_antecedents", "volet_scolarite", "animations_seulement",
              "boite_direction", "dossiers_designes", "demande_acces_personne", "demande_motivee",
              "matrice_nationale", "poste_animation", "urgence_ou_carence", "violation_donnees",
              "tournee_du_jour", "inconnue", "file"]
SCOPES = ["soi", "file", "unite", "etab", "etabs", "og", "groupement"]
MOTIFS = ["", "", " \t ", "\u00a0\u2003\n", "\x1c", "chute dans la chambre", " .", "\u200b"]
ACRS = ["", "eidas1", "eidas2", "eidas2", "eidas3", "EIDAS2", "loa3"]


def window(rnd, likely):
    if rnd.random() < likely:
        return None, None
    a, b = sorted(rnd.sample(INSTANTS, 2))
    return (a if rnd.random() < 0.7 else None), (b if rnd.random() < 0.7 else None)


def add_structure(rnd, world, code, parent, kind):
    opens, closes = window(rnd, 0.8)
    world.structures[code] = {
        "parent": parent, "kind": kind, "opens": -10**15 if opens is None else opens,
        "closes": 10**15 if closes is None else closes}


def add_services(rnd, world, parent):
    for name in rnd.sample(["NUIT", "JOUR", "A-1"], rnd.randint(0, 2)):
        code = f"{parent}.{name}" if rnd.random() < 0.8 else f"{name}-{len(world.structures)}"
        add_structure(rnd, world, code, parent, "service")
        if rnd.random() < 0.2:
            add_structure(rnd, world, code + ".X", code, "service")


def add_tree(rnd, world):
    n = 0
    for g in range(rnd.randint(0, 2)):
        group = f"G{g}"
        add_structure(rnd, world, group, "", rnd.choice(["groupement", "direction_commune"]))
        for _ in range(rnd.randint(1, 2)):
            n += 1
            add_structure(rnd, world, f"OG-{n}", group, "og")
            if rnd.random() < 0.2:
                add_services(rnd, world, f"OG-{n}")
            for k in range(rnd.randint(0, 2)):
                code = f"E{n}{k}"
                add_structure(rnd, world, code, f"OG-{n}", "etablissement")
                add_services(rnd, world, code)
        if rnd.random() < 0.2:
            add_structure(rnd, world, f"{group}-E", group, "etablissement")
            add_services(rnd, world, f"{group}-E")
    if rnd.random() < 0.3 or not world.structures:
        add_structure(rnd, world, "SEUL", "", "etablissement")
        add_services(rnd, world, "SEUL")


def some(rnd, things, most):
    return rnd.sample(things, rnd.randint(1, min(most, len(things))))


def add_grants(rnd, world):
    seen = set()
    for holder in [*world.profiles, *world.lots]:
        for _ in range(rnd.randint(2, 12)):
            resource = rnd.choice(list(world.resources))
            conditions = rnd.sample(CONDITIONS, rnd.choice([0, 0, 0, 1, 1, 2, 3]))
            conditions = list(dict.fromkeys(conditions))
            scope = rnd.choice(SCOPES)
            actions = some(rnd, world.resources[resource]["actions"], 3)
            alike = "etab" if scope == "etabs" else scope
            keys = {(holder, resource, alike, frozenset(conditions), a) for a in actions}
            if keys & seen:
                continue
            seen |= keys
            world.grants.append({"holder": holder, "resource": resource, "actions": actions,
                                 "scope": scope, "conditions": conditions})


def add_closure(rnd, world, i):
    places = list(world.structures)
    opens, closes = window(rnd, 0.4)
    resource = rnd.choice(list(world.resources))
    world.closures.append({
        "code": f"F{i}", "structure": rnd.choice(places),
        "excepted": rnd.sample(places, rnd.choice([0, 0, 1, min(2, len(places))])),
        "rights": rnd.choice(["*:*", "*:lire", f"{resource}:*", f"{resource}:lire",
                              f"{resource}:lire|creer,*:creer"]),
        "opens": -10**15 if opens is None else opens, "closes": 10**15 if closes is None else closes})


def world_of(rnd):
    world = World()
    add_tree(rnd, world)
    for r in ["DUI.A", "DUI.B", "RH.C"]:
        actions = ["lire", "creer"] + rnd.sample(["valider", "exporter"], rnd.randint(0, 2))
        rnd.shuffle(actions)
        world.resources[r] = {"application": r.split(".", maxsplit=1)[0], "actions": actions,
                              "no_emergency": rnd.choice([[], [], ["creer"], ["*"]])}
    for p in ["IDE", "AS", "DIR", "ADMIN"][:rnd.randint(2, 4)]:
        world.profiles[p] = {"auth_min": rnd.choice(["1F", "2F"]), "max_days": 0}
    world.lots = {"SOCLE", "URGENCE"}
    world.uses = [(p, "SOCLE") for p in world.profiles if rnd.random() < 0.3]
    add_grants(rnd, world)
    for p in world.profiles:
        if rnd.random() < 0.25:
            r = rnd.choice(list(world.resources))
            world.nevers.append((p, r, rnd.choice([["*"], ["lire"], ["creer", "lire"]])))
    for i in range(rnd.choice([0, 0, 0, 1, 2])):
        add_closure(rnd, world, i)
    if rnd.random() < 0.5:
        world.incompatible = [tuple(rnd.sample(list(world.profiles), 2))]
    return world


def person_of(rnd, world):
    person = {"id": "00000000-0000-4000-8000-000000000001", "login": "marie.martin",
              "active": rnd.random() < 0.95, "assignments": [], "emergencies": []}
    for i in range(rnd.choice([0, 1, 2, 2, 3, 4, 5, 6])):
        start, end = window(rnd, 0.3)
        person["assignments"].append({
            "id": f"a{rnd.randint(0, 99)}-{i}",
            "profile": rnd.choice([*world.profiles] * 5 + ["PERDU"]),
            "structure": rnd.choice([*world.structures] * 3 + ["PERDUE"]),
            "start": -10**15 if start is None else start, "end": end})
    for i in range(rnd.choice([0, 0, 0, 1])):
        start = rnd.choice(INSTANTS)
        person["emergencies"].append({
            "id": f"u{i}", "lot": rnd.choice(["URGENCE", "SOCLE", "PERDU"]),
            "structure": rnd.choice(list(world.structures)),
            "resource": rnd.choice(["", *world.resources]), "instance": rnd.choice(["", "7"]),
            "start": start, "end": start + rnd.choice([HOUR, 200 * DAY])})
    return person


def question_of(rnd, world, person):
    resource = rnd.choice(list(world.resources))
    actions = world.resources[resource]["actions"]
    held = [a["structure"] for a in person["assignments"]] or [None]
    owner = rnd.choice(["", person["id"], person["id"], person["login"], "jean.petit", "marie"])
    return {
        "resource": resource if rnd.random() < 0.97 else rnd.choice(["DUI.Z", "dui.a", "DUI.A "]),
        "action": rnd.choice(actions) if rnd.random() < 0.97 else "LIRE",
        "structure": rnd.choice([*world.structures, *held, *held, *held, None, None])
        if rnd.random() < 0.97 else rnd.choice(["", "NULLE-PART"]),
        "owner": owner, "owner_known": rnd.random() < 0.6, "resource_id": rnd.choice(["", "7", "8"]),
        "motif": rnd.choice(MOTIFS), "urgence": rnd.random() < 0.5, "presence": rnd.random() < 0.5,
        "supervise": rnd.random() < 0.5, "acr": rnd.choice(ACRS), "psc": rnd.random() < 0.5,
        "now": rnd.choice(INSTANTS) + rnd.choice([-1, 0, 0, 1, 1800])}


def seeded(seed):
    return random.Random(seed)
