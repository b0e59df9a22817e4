"""Worlds, persons and questions as lines for tests/policy/driver.c, and its answers read back."""
import subprocess
import tempfile


def text(value):
    if value is None:
        return "%-"
    if all(c.isalnum() or c in ".,:|*-_" for c in value) and value.isascii():
        return value
    return "".join(f"%{b:02X}" for b in value.encode())


def instant(value):
    return "*" if value is None or abs(value) >= 10**15 else str(value)


def line(*fields):
    return "\t".join(fields) + "\n"


def flag(value):
    return "1" if value else "0"


def world_lines(w):
    out = [line("world")]
    out += [line("structure", text(c), text(s["parent"]), s["kind"], instant(s["opens"]),
                 instant(s["closes"])) for c, s in w.structures.items()]
    out += [line("resource", text(c), text(r["application"]), text("|".join(r["actions"])),
                 text("|".join(r["no_emergency"]))) for c, r in w.resources.items()]
    out += [line("profile", text(c), p["auth_min"]) for c, p in w.profiles.items()]
    out += [line("lot", text(c)) for c in sorted(w.lots)]
    out += [line("use", text(p), text(lot)) for p, lot in w.uses]
    out += [line("grant", text(g["holder"]), text(g["resource"]), text("|".join(g["actions"])),
                 g["scope"], text(",".join(g["conditions"]))) for g in w.grants]
    out += [line("never", text(p), text(r), text("|".join(a))) for p, r, a in w.nevers]
    out += [line("closure", c["code"], text(c["structure"]), text("|".join(c["excepted"])),
                 text(c["rights"]), instant(c["opens"]), instant(c["closes"])) for c in w.closures]
    out += [line("incompatible", text(a), text(b)) for a, b in w.incompatible]
    return out + [line("compile")]


def person_lines(p):
    if p is None:
        return [line("nobody")]
    out = [line("person", text(p["id"]), text(p["login"]), flag(p["active"]))]
    out += [line("assignment", text(a["id"]), text(a["profile"]), text(a["structure"]),
                 instant(a["start"]), instant(a["end"])) for a in p["assignments"]]
    out += [line("emergency", text(e["id"]), text(e["lot"]), text(e["structure"]),
                 text(e["resource"]), text(e["instance"]), instant(e["start"]), instant(e["end"]))
            for e in p["emergencies"]]
    return out + [line("resolve")]


def question_line(q, kind="ask"):
    return line(kind, text(q["resource"]), text(q["action"]), text(q["structure"]),
                text(q["owner"]), flag(q["owner_known"]), text(q["resource_id"]), text(q["motif"]),
                flag(q["urgence"]), flag(q["presence"]), flag(q["supervise"]), text(q["acr"]),
                flag(q["psc"]), str(q["now"]))


def token_line(t):
    return line("token", text(t["structure"]), text(t["application"]), text(t["acr"]),
                flag(t["psc"]), str(t["now"]))


def run(driver, lines):
    """The answers of the driver, one list of fields a line."""
    with tempfile.TemporaryFile("w+") as given:
        given.writelines(lines)
        given.seek(0)
        done = subprocess.run([driver], stdin=given, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"driver failed ({done.returncode}): {done.stderr.strip()}")
    return [answer.split("\t") for answer in done.stdout.splitlines()]


def names(field):
    return field.split(",") if field else []


def decision(fields):
    effect, reason, missing, obligations, advice, basis, grant, trace, conflicts = fields
    kind, _, index = basis.partition(" ")
    return {"effect": effect, "reason": reason, "missing": names(missing),
            "obligations": names(obligations), "advice": names(advice),
            "rests_on": (kind, int(index)) if basis else None,
            "grant": tuple(x.encode() for x in grant.split(";")) if grant else None,
            "trace": trace == "1", "conflicts": names(conflicts)}


def local_answer(fields):
    effect, reason, missing, obligations, advice = fields
    return {"effect": effect, "reason": reason, "missing": names(missing),
            "obligations": names(obligations), "advice": names(advice)}
