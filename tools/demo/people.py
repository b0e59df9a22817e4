"""The staff of the demonstration: generated rows, and a few people made to be tried.

people.csv names those people; its dates are days counted from today (-1 is yesterday), so that a
mission that "ended yesterday" always has. A person there may have several rows.
"""
import base64
import csv
import datetime
import json
import re
import secrets
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

HERE = Path(__file__).resolve().parent
CATALOGUE = HERE.parents[1] / "policies/catalogue/data"
REFERENCE = ("etablissements.csv", "profils.csv", "ressources.csv", "matrice.csv",
             "incompatibilites.csv", "contrats.csv")
STAFF = "personnel_utf8.csv"
WORDS = ("Tilleul Marais Verger Falaise Bruyere Colline Ruisseau Clairiere Hirondelle Mesange "
         "Alouette Chataigne Noisette Lavande Romarin Fougere Coquelicot Bleuet Sentier Moulin "
         "Passerelle Lanterne Horloge Fontaine Grenier Cerisier Olivier Amandier Sureau Genet "
         "Roseau Galet").split()


def load_people():
    """{key: person} of people.csv, in its order; person["rows"] are the assignments."""
    people = {}
    with open(HERE / "people.csv", encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            person = people.setdefault(row["key"], {"why": row["why"], "rows": []})
            person["rows"].append(row)
            person["enrolled"] = row["totp"] == "yes"
    return people


def day(offset, today):
    return (today + datetime.timedelta(days=int(offset))).isoformat() if offset else ""


def mail_of(key):
    return f"{key}@demonstration.example"


def matricule_of(key, number):
    return f"DEMO-{key.upper()[:8]}-{number + 1}"


def staff_rows(people, establishments, today):
    for key, person in people.items():
        for number, row in enumerate(person["rows"]):
            place = establishments[row["etablissement"]]
            yield {"matricule": matricule_of(key, number), "civilite": row["civilite"],
                   "nom": row["nom"], "prenom": row["prenom"], "email": mail_of(key),
                   "rpps": row["rpps"], "og": place["og_code"], "finess_et": place["finess_et"],
                   "etablissement": row["etablissement"], "service": row["service"],
                   "profil": row["profil"], "type_contrat": row["type_contrat"],
                   "date_entree": day(row["entree"], today),
                   "date_sortie": day(row["sortie"], today), "quotite": "100"}


def write_data(folder, count, today):
    """Fills FOLDER with what `habilisctl load` reads."""
    folder.mkdir(parents=True)
    subprocess.run([sys.executable, CATALOGUE / "generate_people.py", "--people", str(count),
                    "--today", today.isoformat(), "--out", folder / "generated"],
                   check=True, stdout=subprocess.DEVNULL)
    for name in REFERENCE:
        shutil.copyfile(CATALOGUE / name, folder / name)
    shutil.copyfile(folder / "generated" / STAFF, folder / STAFF)
    shutil.rmtree(folder / "generated")
    with open(CATALOGUE / "etablissements.csv", encoding="utf-8", newline="") as f:
        establishments = {row["code"]: row for row in csv.DictReader(f)}
    rows = list(staff_rows(load_people(), establishments, today))
    with open(folder / STAFF, "a", encoding="utf-8", newline="") as f:
        csv.DictWriter(f, rows[0].keys(), lineterminator="\n").writerows(rows)


def assignments_of(person, data):
    """The person's rows as they were loaded, in the form of the descriptor."""
    with open(data / STAFF, encoding="utf-8", newline="") as f:
        mine = [row for row in csv.DictReader(f) if row["email"] == mail_of(person)]
    return [{"profile": row["profil"], "structure": structure_code(row),
             "start": row["date_entree"], "end": row["date_sortie"] or None} for row in mine]


def structure_code(row):
    """docs/access-model.md section 1: a service's code comes from its label."""
    if not row["service"]:
        return row["etablissement"]
    text = row["service"].replace("œ", "oe").replace("Œ", "OE")
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return row["etablissement"] + "." + re.sub(r"[^A-Z0-9]+", "-", text.upper()).strip("-")


def new_password():
    return "-".join(secrets.choice(WORDS) for _ in range(3)) + f"-{secrets.randbelow(9000) + 1000}"


def new_totp_secret():
    return base64.b32encode(secrets.token_bytes(20)).decode()


def secrets_of(path, keys, client_ids):
    """The demonstration's secrets, made once and kept in PATH (mode 0600)."""
    kept = json.loads(path.read_text()) if path.exists() else {"people": {}, "clients": {}}
    for key in keys:
        kept["people"].setdefault(key, {"password": new_password(),
                                        "totp_secret": new_totp_secret()})
    for name in client_ids:
        kept["clients"].setdefault(name, secrets.token_urlsafe(32))
    path.touch(mode=0o600)
    path.write_text(json.dumps(kept, indent=1))
    return kept
