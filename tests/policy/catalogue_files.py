"""The shipped rules by other eyes: a YAML reader and a JSON Schema validator that are not ours.

Every file is valid against its part of schema.json; what the schema must refuse is refused; and the rules
say exactly what the matrix of the reference data says, which the demonstration still loads.

    catalogue_files.py FOLDER
"""
import copy
import csv
import json
import pathlib
import sys

import jsonschema
import yaml

PARTS = {"lots.yaml": "lots_file", "constraints.yaml": "constraints_file",
         "emergencies.yaml": "emergencies_file"}


def part_of(name):
    return {"applications": "application_file", "profiles": "profiles_file"}.get(
        name.split("/")[0]) or PARTS[name]


def validator(schema, part):
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": schema["$defs"]})


def read(folder):
    paths = [*folder.glob("*.yaml"), *folder.glob("*/*.yaml")]
    return {str(p.relative_to(folder)): yaml.safe_load(p.read_text(encoding="utf-8"))
            for p in sorted(paths)}


def rows(folder, name):
    with open(folder / "data" / name, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def grants(profile):
    for row in profile.get("droits", []):
        (resource, right), = row.items()
        yield (resource, frozenset(right["actions"]), right["portee"],
               frozenset(right.get("conditions", [])), right.get("note", ""))


def cells(text, separator):
    return frozenset(c for c in text.split(separator) if c)


def check_profiles(files, folder):
    have = {code: (family["famille"], p) for name, family in files.items()
            if name.startswith("profiles/") for code, p in family["profils"].items()}
    want = {p["code"]: p for p in rows(folder, "profils.csv")}
    assert have.keys() == want.keys()
    matrix = {code: set() for code in want}
    for g in rows(folder, "matrice.csv"):
        matrix[g["profil"]].add((g["ressource"], cells(g["actions"], "|"), g["portee"],
                                 cells(g["conditions"], ","), g["note"]))
    for code, (family, p) in have.items():
        w = want[code]
        assert (family, p["libelle"], p["rpps"], p["auth_min"], p.get("description", "")) == (
            w["famille"], w["libelle"], w["rpps"], w["auth_min"], w["description"]), code
        assert p.get("duree_max_jours", 0) == int(w["duree_max_jours"]), code
        assert set(p.get("types_etablissement", [])) == cells(w["types_etablissement"], "|"), code
        assert set(grants(p)) == matrix[code], code
        assert len(p.get("droits", [])) == len(matrix[code]), code
    return sum(map(len, matrix.values()))


def check_resources(files, folder):
    have = {(a["application"], code): r for name, a in files.items()
            if name.startswith("applications/") for code, r in a["ressources"].items()}
    want = {(r["application"], r["code"]): r for r in rows(folder, "ressources.csv")}
    assert have.keys() == want.keys()
    for key, r in have.items():
        assert (r["libelle"], set(r["actions"]), r["sensibilite"]) == (
            want[key]["libelle"], cells(want[key]["actions"], "|"), want[key]["sensibilite"]), key


def check_constraints(files, folder):
    have = {(frozenset(i["profils"]), i["motif"])
            for i in files["constraints.yaml"]["incompatibilites"]}
    want = {(frozenset((i["profil_a"], i["profil_b"])), i["motif"])
            for i in rows(folder, "incompatibilites.csv")}
    assert have == want


def deviations():
    """(part, what is wrong, document): the first one of a part is right."""
    profile = {"famille": "soins", "profils": {"IDE": {
        "libelle": "I", "rpps": "non", "auth_min": "2F",
        "droits": [{"A.A": {"actions": ["lire"], "portee": "etab", "conditions": ["2f"]}}]}}}
    yield "profiles_file", None, profile

    def changed(what, change):
        document = copy.deepcopy(profile)
        change(document["profils"]["IDE"])
        return "profiles_file", what, document

    def right(p):
        return p["droits"][0]["A.A"]

    yield changed("a scope of no list", lambda p: right(p).update(portee="etap"))
    yield changed("no action", lambda p: right(p).update(actions=[]))
    yield changed("an action twice", lambda p: right(p).update(actions=["lire", "lire"]))
    yield changed("every action", lambda p: right(p).update(actions=["*"]))
    yield changed("a key too many", lambda p: right(p).update(profil="IDE"))
    yield changed("two resources in a row", lambda p: p["droits"][0].update(B={}))
    yield changed("a key missing", lambda p: p.pop("rpps"))
    yield changed("a number as text", lambda p: p.update(duree_max_jours="5"))
    yield changed("two lines", lambda p: p.update(libelle="a\nb"))
    yield changed("a code in small letters", lambda p: p.update(lots=["l"]))
    urgent = {"urgences": {"DUI": {
        "libelle": "a", "lot": "L", "ouvre_avec": "R:a", "revu_avec": "R:b", "duree_heures": 4,
        "motif": "obligatoire", "previent": ["DPO"], "revue_jours": 7}}}
    yield "emergencies_file", None, urgent
    for what, key, value in [("a week", "duree_heures", 168), ("no reason", "motif", "facultatif"),
                             ("nobody told", "previent", []), ("no right", "ouvre_avec", "R")]:
        document = copy.deepcopy(urgent)
        document["urgences"]["DUI"][key] = value
        yield "emergencies_file", what, document
    yield "lots_file", "nothing at all", {}
    yield "constraints_file", "three of a pair", {
        "incompatibilites": [{"profils": ["A", "B", "C"], "motif": "m"}]}


def main():
    folder = pathlib.Path(sys.argv[1])
    schema = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    files = read(folder)
    whole = jsonschema.Draft202012Validator(schema)
    for name, document in files.items():
        validator(schema, part_of(name)).validate(document)
        whole.validate(document)
    refused = 0
    for part, what, document in deviations():
        valid = validator(schema, part).is_valid(document)
        assert valid == (what is None), f"{part}: {what}"
        refused += not valid
    check_resources(files, folder)
    check_constraints(files, folder)
    count = check_profiles(files, folder)
    print(f"{len(files)} files valid, {refused} deviations refused; {count} rights as in the matrix")


main()
