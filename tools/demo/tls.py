"""A private certificate authority and a server certificate for localhost, made with openssl.

Only the demonstration uses them; people who try it tell their browser once to go on, or import
ca.pem. Keys are mode 0600 and never leave the folder.
"""
import subprocess

RENEW_BEFORE = 2 * 86400  # seconds
CA_DAYS, SERVER_DAYS = "1800", "397"


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def still_valid(certificate):
    done = subprocess.run(["openssl", "x509", "-checkend", str(RENEW_BEFORE), "-noout", "-in",
                           certificate], capture_output=True, check=False)
    return done.returncode == 0


def new_key(path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)


def make_authority(folder):
    new_key(folder / "ca.key")
    openssl("req", "-x509", "-new", "-key", folder / "ca.key", "-sha256", "-days", CA_DAYS,
            "-subj", "/O=habilis/CN=habilis demonstration CA",
            "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", folder / "ca.pem")
    (folder / "ca.pem").chmod(0o644)  # what browsers and clients are given


def make_server(folder):
    new_key(folder / "server.key")
    extensions = folder / "server.ext"
    extensions.write_text("basicConstraints=critical,CA:FALSE\n"
                          "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
                          "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n")
    openssl("req", "-new", "-key", folder / "server.key", "-subj", "/CN=localhost",
            "-out", folder / "server.csr")
    openssl("x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.pem",
            "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", SERVER_DAYS, "-sha256",
            "-extfile", extensions, "-out", folder / "server.pem")


def ensure(folder):
    """Makes what is missing or about to expire in FOLDER: ca.pem, server.pem, server.key."""
    folder.mkdir(parents=True, exist_ok=True)
    if not still_valid(folder / "ca.pem"):
        make_authority(folder)
        (folder / "server.pem").unlink(missing_ok=True)
    if not still_valid(folder / "server.pem"):
        make_server(folder)
