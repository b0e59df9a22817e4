"""`./dev demo`: a complete private instance on loopback, an ordinary foreground program.

Everything lies under one folder (build/demo): data, directory, state, keys, logs, secrets and
demo.json, which tells outside tools what there is. A second start goes on with the same data.
"""
import argparse
import datetime
import shutil
import signal
import sys
import time
from pathlib import Path

from . import instance
from .services import Failed, Services

ROOT = Path(__file__).resolve().parents[2]


def options():
    parser = argparse.ArgumentParser(prog="./dev demo", allow_abbrev=False)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--reset", action="store_true", help="wipe the data and start afresh")
    what.add_argument("--stop", action="store_true", help="stop what --detach left running")
    parser.add_argument("--detach", action="store_true", help="leave it running and return")
    parser.add_argument("--port", type=int, help="of the identity provider (8443, or the next free)")
    parser.add_argument("--app-port", type=int, help="of the demonstration DUI (9443, likewise)")
    parser.add_argument("--dir", type=Path, default=ROOT / "build/demo", help="where all of it lies")
    parser.add_argument("--preset", default="release", help="which build to run")
    parser.add_argument("--people", type=int, default=800, help="generated staff")
    return parser.parse_args()


def check_folder(folder):
    """slapd's configuration holds the path as it is."""
    if not all(c.isascii() and (c.isalnum() or c in "/._+-") for c in str(folder)):
        raise Failed(f"{folder}: the directory server wants a path without spaces or accents; "
                     "give one with --dir")


def watch(services):
    """Until Ctrl-C, or until the identity provider ends by itself."""
    told = set()
    while True:
        time.sleep(0.5)
        for name in services.ended():
            if name not in told:
                told.add(name)
                print(f"{name} has ended; the end of its log:\n{services.tail(name)}")
        if "habilisd" in told:
            return 1


def run(args):
    folder = args.dir.resolve()
    check_folder(folder)
    services = Services(folder)
    if args.stop or args.reset:
        services.stop_all()
    if args.stop:
        return 0
    if args.reset and folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not args.detach and set(services.running()) >= instance.SERVICES:
        raise Failed(f"already running in {folder}; ./dev demo --stop stops it, "
                     "--dir OTHER starts a second one")
    demo = instance.Instance(folder, ROOT / "build" / args.preset, args, datetime.date.today())
    detached = False
    try:
        demo.up(services)
        detached = args.detach  # from here on a closed standard output takes nothing down
        demo.tell(args.detach)
        return 0 if detached else watch(services)
    except KeyboardInterrupt:
        print("\nStopping.")
        return 0
    finally:
        if not detached:
            services.stop_all()


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, interrupted)
    try:
        return run(options())
    except Failed as why:
        print(f"demo: {why}", file=sys.stderr)
        return 1


sys.exit(main())
