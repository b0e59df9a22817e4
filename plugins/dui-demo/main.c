/* main.c - dui-demo: a resident's record to try habilis with. Wiring only. */
#include "app.h"
#include "web.h"

#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024, URL_MAX = 512 };

static const char usage[] =
    "usage: dui-demo --issuer URL --client-id ID --client-secret-file FILE --base-url URL\n"
    "                --tls-cert FILE --tls-key FILE --data FILE [--ca-file FILE]\n"
    "                [--audience CODE] [--listen [ADDRESS:]PORT]\n"
    "\n"
    "A resident's record with invented residents: an OpenID Connect client of habilis that shows\n"
    "what each right opens.\n"
    "\n"
    "  --issuer URL               the sign-in server\n"
    "  --ca-file FILE             PEM of who vouches for it (default: what the system trusts)\n"
    "  --client-id ID             as registered there, with BASE/callback and BASE/\n"
    "  --client-secret-file FILE  its secret, one line\n"
    "  --audience CODE            the application whose rights the tokens carry (default: DUI)\n"
    "  --base-url URL             how browsers reach this program: https://localhost:9443\n"
    "  --listen [ADDRESS:]PORT    default 127.0.0.1:9443; port 0: a free one\n"
    "  --tls-cert, --tls-key      PEM files of this program\n"
    "  --data FILE                the residents (residents.json)\n";

struct options {
    const char *issuer, *ca_file, *client_id, *secret_file, *base_url, *audience, *listen;
    const char *tls_cert, *tls_key, *data;
};

static bool parse_options(int argc, char **argv, struct options *o)
{
    static const struct option names[] = {
        { "issuer", required_argument, NULL, 'i' },
        { "ca-file", required_argument, NULL, 'a' },
        { "client-id", required_argument, NULL, 'c' },
        { "client-secret-file", required_argument, NULL, 's' },
        { "base-url", required_argument, NULL, 'b' },
        { "audience", required_argument, NULL, 'u' },
        { "listen", required_argument, NULL, 'l' },
        { "tls-cert", required_argument, NULL, 't' },
        { "tls-key", required_argument, NULL, 'k' },
        { "data", required_argument, NULL, 'd' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct {
        int letter;
        const char **value;
    } const rows[] = { { 'i', &o->issuer },      { 'a', &o->ca_file },  { 'c', &o->client_id },
                       { 's', &o->secret_file }, { 'b', &o->base_url }, { 'u', &o->audience },
                       { 'l', &o->listen },      { 't', &o->tls_cert }, { 'k', &o->tls_key },
                       { 'd', &o->data } };
    int letter;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet */
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (letter == 'h') {
            (void)fputs(usage, stdout);
            exit(0); /* NOLINT(concurrency-mt-unsafe): as above */
        }
        bool known = false;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            if (rows[i].letter != letter)
                continue;
            *rows[i].value = optarg;
            known = true;
        }
        if (!known)
            return false;
    }
    return optind == argc && o->issuer != NULL && o->client_id != NULL && o->secret_file != NULL &&
           o->base_url != NULL && o->tls_cert != NULL && o->tls_key != NULL && o->data != NULL;
}

/* The whole file as text; the caller frees it. NULL with a message on standard error. */
static char *read_file(const char *path)
{
    FILE *f = fopen(path, "re");
    char *text = calloc(1, FILE_MAX + 1);
    size_t n = f != NULL && text != NULL ? fread(text, 1, FILE_MAX, f) : 0;
    if (f != NULL)
        (void)fclose(f);
    if (n > 0 && n < FILE_MAX && strlen(text) == n)
        return text;
    (void)fprintf(stderr, "dui-demo: %s: cannot be read as text\n", path);
    free(text);
    return NULL;
}

static char *read_line(const char *path)
{
    char *text = read_file(path);
    if (text != NULL)
        text[strcspn(text, "\r\n")] = '\0';
    return text;
}

static void forget(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

static struct habilis *open_habilis(const struct options *o, const char *secret)
{
    char callback[URL_MAX], home[URL_MAX];
    struct habilis *h = NULL;
    (void)snprintf(callback, sizeof callback, "%s/callback", o->base_url);
    (void)snprintf(home, sizeof home, "%s/", o->base_url);
    const struct habilis_config config = { .size = sizeof config,
                                           .issuer = o->issuer,
                                           .client_id = o->client_id,
                                           .client_secret = secret,
                                           .redirect_uri = callback,
                                           .post_logout_uri = home,
                                           .audience = o->audience,
                                           .ca_file = o->ca_file,
                                           .timeout_ms = 5000 };
    enum habilis_status st = habilis_open(&config, &h);
    if (st != HABILIS_OK)
        (void)fprintf(stderr, "dui-demo: %s\n", habilis_status_name(st));
    return h;
}

/* "[ADDRESS:]PORT"; without an address, loopback. */
static bool split_listen(const char *text, char address[INET_ADDRSTRLEN], unsigned short *port)
{
    const char *colon = strrchr(text, ':');
    const char *digits = colon != NULL ? colon + 1 : text;
    size_t len = colon != NULL ? (size_t)(colon - text) : 0;
    char *end = NULL;
    long n = strtol(digits, &end, 10);
    if (end == digits || *end != '\0' || n < 0 || n > 65535 || len >= INET_ADDRSTRLEN)
        return false;
    memcpy(address, colon != NULL ? text : "127.0.0.1", colon != NULL ? len : 9);
    address[colon != NULL ? len : 9] = '\0';
    *port = (unsigned short)n;
    return true;
}

/* Until someone wants it to end. */
static void wait_for_end(const sigset_t *set)
{
    int sig = 0;
    while (sigwait(set, &sig) != 0)
        ;
}

static int serve(const struct options *o, const struct app *app, const sigset_t *end)
{
    char address[INET_ADDRSTRLEN];
    struct web_options web = { .address = address };
    char *certificate = read_file(o->tls_cert), *key = read_file(o->tls_key);
    struct web *w = NULL;
    web.certificate = certificate;
    web.key = key;
    if (!split_listen(o->listen, address, &web.port))
        (void)fprintf(stderr, "dui-demo: --listen wants [ADDRESS:]PORT\n");
    else if (certificate != NULL && key != NULL && (w = web_start(&web, app)) == NULL)
        (void)fprintf(stderr, "dui-demo: cannot serve on %s\n", o->listen);
    if (w != NULL) {
        (void)printf("dui-demo: %s/ (port %u)\n", o->base_url, web_port(w));
        (void)fflush(stdout);
        wait_for_end(end);
    }
    web_stop(w);
    forget(certificate);
    forget(key);
    return w != NULL ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options o = { .audience = "DUI", .listen = "127.0.0.1:9443" };
    struct app app = { 0 };
    char why[200] = "";
    sigset_t end;
    if (!parse_options(argc, argv, &o)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    sigemptyset(&end);
    sigaddset(&end, SIGINT);
    sigaddset(&end, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &end, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet */
    (void)setenv("TZ", "Europe/Paris", 1);
    tzset();
    char *secret = read_line(o.secret_file);
    app.issuer = o.issuer;
    app.client_id = o.client_id;
    app.habilis = secret != NULL ? open_habilis(&o, secret) : NULL;
    app.visits = visits_new();
    forget(secret);
    if (!residents_load(o.data, &app.residents, why))
        (void)fprintf(stderr, "dui-demo: %s\n", why);
    int status = 1;
    if (app.habilis != NULL && app.residents != NULL && app.visits != NULL)
        status = serve(&o, &app, &end);
    visits_free(app.visits);
    residents_free(app.residents);
    habilis_close(app.habilis);
    return status;
}
