"""The engine against the reference, and tokens against the engine, on random worlds.

    compare.py DRIVER [--questions N] [--seed S]

Every answer must be equal in everything: effect, reason, missing conditions, obligations, advice, what
it rests on, trace, conflicts. A decision from a token must be the same one, or "ask" where asking is
right, until the instant after which the token is not to be used.
"""
import argparse
import collections
import sys

import reference
import wire
import worlds

PER_WORLD = 40
BATCH = 100  # worlds for one run of the driver


def ask_is_right(world, person, token, q):
    """Where a token may say that only the server knows."""
    place = q["structure"]
    if place is None or person["emergencies"]:
        return True
    covered = world.reach("etab", token["structure"])
    if place not in world.structures or not world.at_or_below(place, covered) or \
            not world.is_open(place, token["now"]):
        return True
    return any(g["resource"] == q["resource"] and q["action"] in g["actions"] and
               {"trace", "pas_soi_meme"} & set(g["conditions"]) for g in world.grants)


def token_fault(world, person, token, q, local, want):
    """What is wrong with the answer from a token, or None."""
    if local["effect"] == "ask":
        return None if ask_is_right(world, person, token, q) else "asks for nothing"
    if want["trace"] and want["reason"] in ("ok", "condition", "step_up") and \
            q["structure"] is not None:
        return "answers what the server must journal"
    if local["effect"] == "permit":
        same = want["effect"] == "permit" and local["obligations"] == want["obligations"]
        return None if same else "permits otherwise"
    if local["effect"] == "step_up":
        same = want["reason"] == "step_up" and local["advice"] == want["advice"]
        return None if same else "steps up otherwise"
    if local["effect"] != "deny" or want["effect"] != "deny":
        return "denies a right"
    if "condition" in (local["reason"], want["reason"]):
        return None if (local["reason"], local["missing"]) == (want["reason"], want["missing"]) \
            else "misses other conditions"
    return None if local["reason"] in ("no_grant", "elsewhere") and want["reason"] != "step_up" \
        else "denies for another reason"


def world_case(rnd):
    world = worlds.world_of(rnd)
    person = worlds.person_of(rnd, world)
    known = None if rnd.random() < 0.02 else person
    questions = [worlds.question_of(rnd, world, person) for _ in range(PER_WORLD)]
    return world, known, questions


def token_case(rnd, world, person, q):
    held = [a["structure"] for a in person["assignments"] if a["structure"] in world.structures]
    return {"structure": rnd.choice([*world.structures, *held, *held]),
            "application": rnd.choice(["DUI", "DUI", "RH"]), "acr": q["acr"], "psc": q["psc"],
            "now": q["now"]}


def compare_engine(driver, cases, tally):
    lines = []
    for world, person, questions in cases:
        lines += wire.world_lines(world) + wire.person_lines(person)
        lines += [wire.question_line(q) for q in questions]
    answers = iter(wire.run(driver, lines))
    for world, person, questions in cases:
        for q in questions:
            got, want = wire.decision(next(answers)), reference.decide(world, person, q)
            tally[want["reason"]] += 1
            if got != want:
                report(world, person, q, got, want)


def compare_tokens(driver, cases, rnd, tally):
    """Two runs: the tokens, to learn until when they hold; then questions inside that time."""
    asked = []
    for world, person, questions in cases:
        for q in questions[:PER_WORLD // 4] if person and person["active"] else []:
            token = token_case(rnd, world, person, q)
            asked.append((world, person, q, token))
    lines = []
    for world, person, _, token in asked:
        lines += wire.world_lines(world) + wire.person_lines(person) + [wire.token_line(token)]
    made = wire.run(driver, lines)
    lines, told = [], []
    for (world, person, q, token), (_, _, until, *_) in zip(asked, made):
        end = token["now"] + 400 * worlds.DAY if until == "*" else int(until)
        lines += wire.world_lines(world) + wire.person_lines(person) + [wire.token_line(token)]
        for now in {token["now"], end - 1, rnd.randint(token["now"], end - 1)}:
            inside = [c for c in world.structures
                      if world.at_or_below(c, world.reach("etab", token["structure"]))]
            later = {**q, "now": now, "structure": rnd.choice([q["structure"], *inside])}
            if rnd.random() < 0.9:
                mine = [r for r, x in world.resources.items()
                        if x["application"] == token["application"]]
                later["resource"] = rnd.choice(mine)
            elif later["resource"].split(".")[0] != token["application"]:
                continue  # of another application: not for this token to say
            lines.append(wire.question_line(later, "local"))
            told.append((world, person, token, later))
    answers = [a for a in wire.run(driver, lines) if a[0] != "token"]
    for (world, person, token, q), fields in zip(told, answers, strict=True):
        local, want = wire.local_answer(fields), reference.decide(world, person, q)
        tally["token " + local["effect"]] += 1
        fault = token_fault(world, person, token, q, local, want)
        if fault:
            print(f"token: {fault}\n{token}", file=sys.stderr)
            report(world, person, q, local, want)


def report(world, person, q, got, want):
    print("".join(wire.world_lines(world) + wire.person_lines(person)) + wire.question_line(q),
          file=sys.stderr)
    print(f"got  {got}\nwant {want}", file=sys.stderr)
    sys.exit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("driver")
    parser.add_argument("--questions", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=20260101)
    options = parser.parse_args()
    rnd, tally, done = worlds.seeded(options.seed), collections.Counter(), 0
    while done < options.questions:
        count = min(BATCH, -(-(options.questions - done) // PER_WORLD))
        cases = [world_case(rnd) for _ in range(count)]
        compare_engine(options.driver, cases, tally)
        compare_tokens(options.driver, cases, rnd, tally)
        done += count * PER_WORLD
    print(f"{done} questions alike:", ", ".join(f"{k} {n}" for k, n in sorted(tally.items())))
    missing = [s for s in [*reference.STAGES, "unknown", "suspended", "no_grant"] if not tally[s]]
    if missing:
        sys.exit(f"never seen: {missing}: the worlds do not exercise the model")


if __name__ == "__main__":
    main()
