"""The access model, a second time: plain loops over plain lists, written from docs/access-model.md.

It shares no code and no data structure with policies/engine, and is as slow as it is obvious. What it
says is what the engine must say (tests/policy/compare.py).
"""
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")

LOGIN = {"2f", "psc"}
DATED = {"creneau_astreinte", "fenetre_intervention", "fenetre_visite", "duree_contrat", "duree_stage"}
OBLIGATIONS = {
    "tuteur", "contreseing", "pseudonymise", "allergies_antecedents", "volet_scolarite",
    "animations_seulement", "boite_direction", "dossiers_designes", "demande_acces_personne",
    "demande_motivee", "matrice_nationale", "poste_animation", "urgence_ou_carence",
    "violation_donnees", "tournee_du_jour"}
ACR = {"eidas1": 1, "eidas2": 2, "eidas3": 3}
STAGES = ["elsewhere", "expired", "not_yet", "closed", "never", "closure", "condition", "step_up", "ok"]


class World:
    def __init__(self):
        self.structures = {}     # code -> dict(parent, kind, opens, closes)
        self.resources = {}      # code -> dict(application, actions, no_emergency)
        self.profiles = {}       # code -> dict(auth_min, max_days)
        self.lots = set()
        self.uses = []           # (profile, lot)
        self.grants = []         # dict(holder, resource, actions, scope, conditions)
        self.nevers = []         # (profile, resource, [actions])
        self.closures = []       # dict(code, structure, excepted, rights, opens, closes)
        self.incompatible = []   # (a, b)

    # ---- the tree ----

    def chain(self, code):
        """The structure and all above it, from below."""
        while code:
            yield code
            code = self.structures[code]["parent"]

    def at_or_below(self, code, top):
        return top in self.chain(code)

    def is_open(self, code, now):
        return all(self.structures[c]["opens"] <= now < self.structures[c]["closes"]
                   for c in self.chain(code))

    def first_above(self, code, kind):
        for c in self.chain(code):
            if self.structures[c]["kind"] == kind:
                return c
        return code  # none: S or below

    def reach(self, scope, code):
        if scope in ("file", "etab", "etabs"):
            return self.first_above(code, "etablissement")
        if scope == "og":
            return self.first_above(code, "og")
        if scope == "groupement":
            return list(self.chain(code))[-1]
        return code

    # ---- rights ----

    def grants_of_profile(self, profile):
        lots = [lot for p, lot in self.uses if p == profile]
        return [g for g in self.grants if g["holder"] == profile or g["holder"] in lots]

    def grants_of_lot(self, lot):
        return [g for g in self.grants if g["holder"] == lot]

    def closure_lists(self, closure, resource, action):
        for item in closure["rights"].split(","):
            r, actions = item.split(":")
            if r in ("*", resource) and (actions == "*" or action in actions.split("|")):
                return True
        return False


def is_night(now):
    hour = datetime.fromtimestamp(now, timezone.utc).astimezone(PARIS).hour
    return hour >= 21 or hour < 7


def login_of(question):
    """(level, amr): whatever acr is not one of the three is no login at all."""
    level = ACR.get(question["acr"], 0)
    return level, (question["psc"] if level else False)


def holds(condition, question, person, end):
    level, psc = login_of(question)
    owner = question["owner"]
    simple = {
        "2f": level >= 2,
        "psc": psc,
        "creneau_nuit": is_night(question["now"]),
        "motif": question["motif"].strip() != "",
        "urgence": question["urgence"],
        "presence_physique": question["presence"],
        "supervise": question["supervise"],
        "trace": True,
        "pas_soi_meme": bool(owner) and question["owner_known"] and not is_self(owner, person),
    }
    if condition in simple:
        return simple[condition]
    if condition in DATED:
        return end is not None
    return condition in OBLIGATIONS


def is_self(owner, person):
    return bool(owner) and owner in (person["id"], person["login"])


def live(start, end, now):
    return start <= now and (end is None or now < end)


def pairs(world, person, q):
    """(place in the person's list, sort key, start, end, structure, grant) for resource and action."""
    for i, a in enumerate(person["assignments"]):
        if a["profile"] not in world.profiles or a["structure"] not in world.structures:
            continue
        for g in world.grants_of_profile(a["profile"]):
            if g["resource"] == q["resource"] and q["action"] in g["actions"]:
                yield ("assignment", i), (0, a["id"].encode()), a["start"], a["end"], a["structure"], g
    for i, e in enumerate(person["emergencies"]):
        if e["lot"] not in world.lots or e["structure"] not in world.structures:
            continue
        if e["resource"] and e["resource"] != q["resource"]:
            continue
        if e["instance"] and e["instance"] != q["resource_id"]:
            continue
        if not live(e["start"], e["end"], q["now"]):
            continue
        excluded = world.resources[q["resource"]]["no_emergency"]
        if excluded == ["*"] or q["action"] in excluded:
            continue
        for g in world.grants_of_lot(e["lot"]):
            if g["resource"] == q["resource"] and q["action"] in g["actions"]:
                yield ("emergency", i), (1, e["id"].encode()), e["start"], e["end"], e["structure"], g


def is_never(world, person, q):
    place = q["structure"]
    for a in person["assignments"]:
        if a["structure"] not in world.structures or not live(a["start"], a["end"], q["now"]):
            continue
        for profile, resource, actions in world.nevers:
            if profile == a["profile"] and resource == q["resource"] and \
                    (actions == ["*"] or q["action"] in actions):
                if place is not None and world.at_or_below(place, world.reach("etab", a["structure"])):
                    return True
    return False


def is_closed(world, q):
    place = q["structure"]
    for c in world.closures:
        if place is None or not c["opens"] <= q["now"] < c["closes"]:
            continue
        if not world.closure_lists(c, q["resource"], q["action"]):
            continue
        if world.at_or_below(place, c["structure"]) and \
                not any(world.at_or_below(place, x) for x in c["excepted"]):
            return True
    return False


def judge(world, person, q, start, end, structure, grant):
    """(reason, set of names) of one pair: where it stops first."""
    now, place, scope = q["now"], q["structure"], grant["scope"]
    if scope == "soi":
        reached = is_self(q["owner"], person)
    elif place is None:
        reached = scope == "groupement"
    else:
        reached = world.at_or_below(place, world.reach(scope, structure))
    if not reached:
        return "elsewhere", set()
    if now < start:
        return "not_yet", set()
    if end is not None and now >= end:
        return "expired", set()
    if not world.is_open(structure, now) or (place is not None and not world.is_open(place, now)):
        return "closed", set()
    if is_never(world, person, q):
        return "never", set()
    if is_closed(world, q):
        return "closure", set()
    missing = {c for c in grant["conditions"] if not holds(c, q, person, end)}
    if missing - LOGIN:
        return "condition", missing - LOGIN
    if missing:
        return "step_up", missing
    duties = {c for c in grant["conditions"] if c in OBLIGATIONS}
    if scope == "file":
        duties.add("file")
    return "ok", duties


def conflicts(world, person, now):
    held = {a["profile"] for a in person["assignments"]
            if a["structure"] in world.structures and live(a["start"], a["end"], now)}
    return sorted("+".join(sorted(pair)) for pair in world.incompatible if held >= set(pair))


def answer(effect, reason, **more):
    out = {"effect": effect, "reason": reason, "missing": [], "obligations": [], "advice": [],
           "rests_on": None, "grant": None, "trace": False, "conflicts": []}
    out.update(more)
    return out


def grant_key(g):
    return tuple(x.encode() for x in (g["holder"], g["resource"], g["scope"],
                                      ",".join(g["conditions"]), "|".join(g["actions"])))


def decide(world, person, q):
    resource = world.resources.get(q["resource"])
    if person is None or resource is None or q["action"] not in resource["actions"]:
        return answer("deny", "unknown")
    if q["structure"] is not None and q["structure"] not in world.structures:
        return answer("deny", "unknown")
    if not person["active"]:
        return answer("deny", "suspended")

    judged = []
    for rests_on, key, start, end, structure, grant in pairs(world, person, q):
        reason, names = judge(world, person, q, start, end, structure, grant)
        trace = "trace" in grant["conditions"]
        order = (-STAGES.index(reason), len(names), sorted(names), not trace, key, grant_key(grant))
        judged.append((order, reason, names, trace, rests_on, grant))
    told = conflicts(world, person, q["now"])
    if not judged:
        return answer("deny", "no_grant", conflicts=told)

    _, reason, names, trace, rests_on, grant = min(judged, key=lambda j: j[0])
    out = answer("permit" if reason == "ok" else "deny", reason, rests_on=rests_on,
                 grant=grant_key(grant), trace=trace, conflicts=told)
    if reason == "ok":
        out["obligations"] = sorted(names)
    if reason == "condition":
        out["missing"] = sorted(names)
    if reason == "step_up":
        out["advice"] = sorted(names)
    return out
