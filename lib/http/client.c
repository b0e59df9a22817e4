#include "http/client.h"

#include <ctype.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    IDLE_MAX = 8, /* handles kept, each with its connections */
    CONNECT_MS = 3000,
    TOTAL_MS = 10000,
    BODY_MAX = 256 * 1024,
    AGE_MAX = 86400, /* seconds */
};

struct http_client {
    pthread_mutex_t lock;
    CURL *idle[IDLE_MAX]; /* under the lock */
    size_t idle_count;    /* under the lock */
    char *ca_file;
    long connect_ms, total_ms;
    bool plain_http;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_ready = CURLE_FAILED_INIT;
static void start_curl(void) { curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT); }

err_t http_client_new(const struct http_client_options *options, struct http_client **out)
{
    if (pthread_once(&curl_once, start_curl) != 0 || curl_ready != CURLE_OK)
        return ERR(LIBRARY);
    if (options->ca_file != NULL && access(options->ca_file, R_OK) != 0)
        return ERR(CONFIG);
    struct http_client *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ERR(NO_MEMORY);
    c->ca_file = options->ca_file != NULL ? strdup(options->ca_file) : NULL;
    if ((options->ca_file != NULL && c->ca_file == NULL) ||
        pthread_mutex_init(&c->lock, NULL) != 0) {
        free(c->ca_file);
        free(c);
        return ERR(NO_MEMORY);
    }
    c->connect_ms = options->connect_ms > 0 ? options->connect_ms : CONNECT_MS;
    c->total_ms = options->total_ms > 0 ? options->total_ms : TOTAL_MS;
    c->plain_http = options->plain_http;
    *out = c;
    return ERR(OK);
}

void http_client_free(struct http_client *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->idle_count; i++)
        curl_easy_cleanup(c->idle[i]);
    pthread_mutex_destroy(&c->lock);
    free(c->ca_file);
    free(c);
}

static CURL *take_handle(struct http_client *c)
{
    CURL *h = NULL;
    pthread_mutex_lock(&c->lock);
    if (c->idle_count > 0)
        h = c->idle[--c->idle_count];
    pthread_mutex_unlock(&c->lock);
    return h != NULL ? h : curl_easy_init();
}

/* Reset first: no password or token of this call stays in the handle. */
static void give_back(struct http_client *c, CURL *h)
{
    curl_easy_reset(h);
    pthread_mutex_lock(&c->lock);
    bool kept = c->idle_count < IDLE_MAX;
    if (kept)
        c->idle[c->idle_count++] = h;
    pthread_mutex_unlock(&c->lock);
    if (!kept)
        curl_easy_cleanup(h);
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct buf *b = arg;
    buf_add(b, str_from(data, size * count));
    return err_ok(buf_err(b)) ? size * count : 0; /* 0 stops the transfer */
}

/* "no-store, max-age=60": no-store wins, wherever it stands. */
static int64_t max_age_of(struct str value)
{
    int64_t age = -1, n = 0;
    struct str item, name;
    while (str_next(&value, ',', &item)) {
        item = str_trim(item);
        if (str_eq_ignore_case(item, STR("no-store")) || str_eq_ignore_case(item, STR("no-cache")))
            return -1;
        if (str_cut(&item, '=', &name) && str_eq_ignore_case(name, STR("max-age")) &&
            str_to_i64(item, &n) && n >= 0)
            age = n < AGE_MAX ? n : AGE_MAX;
    }
    return age;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
    struct http_result *r = arg;
    struct str name, value = str_from(data, size * count);
    if (str_starts(value, STR("HTTP/"))) { /* a new head: after 100 Continue */
        r->max_age = -1;
        return size * count;
    }
    if (!str_cut(&value, ':', &name))
        return size * count;
    if (str_eq_ignore_case(name, STR("cache-control")))
        r->max_age = max_age_of(value);
    return size * count;
}

static void set_content_type(const char *text, struct http_result *r)
{
    struct str rest = str_of(text), type;
    if (!str_cut(&rest, ';', &type))
        type = rest;
    type = str_trim(type);
    r->content_type[0] = '\0';
    if (type.len >= sizeof r->content_type)
        return;
    for (size_t i = 0; i < type.len; i++)
        r->content_type[i] = (char)tolower((unsigned char)type.ptr[i]);
    r->content_type[type.len] = '\0';
}

static err_t err_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return ERR(OK);
    case CURLE_OUT_OF_MEMORY:
        return ERR(NO_MEMORY);
    case CURLE_URL_MALFORMAT:
        return ERR(MALFORMED);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
        return ERR(PEER_UNTRUSTED);
    case CURLE_WRITE_ERROR: /* over the maximum */
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 */
    case CURLE_RECV_ERROR:
        return ERR(PEER_BAD_ANSWER);
    case CURLE_UNKNOWN_OPTION:
    case CURLE_NOT_BUILT_IN:
        return ERR(LIBRARY);
    default:
        return ERR(PEER_DOWN);
    }
}

/* Sets one option after another until one fails: libcurl's answers are asked once. */
#define SET(h, code, option, value)                            \
    do {                                                       \
        if ((code) == CURLE_OK)                                \
            (code) = curl_easy_setopt((h), (option), (value)); \
    } while (0)

static CURLcode set_rules(const struct http_client *c, CURL *h)
{
    CURLcode code = CURLE_OK;
    SET(h, code, CURLOPT_PROTOCOLS_STR, c->plain_http ? "https,http" : "https");
    SET(h, code, CURLOPT_FOLLOWLOCATION, 0L);
    SET(h, code, CURLOPT_NOSIGNAL, 1L); /* we have threads */
    SET(h, code, CURLOPT_PROXY, "");
    SET(h, code, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(h, code, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(h, code, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(h, code, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(h, code, CURLOPT_CONNECTTIMEOUT_MS, c->connect_ms);
    SET(h, code, CURLOPT_TIMEOUT_MS, c->total_ms);
    if (c->ca_file != NULL) {
        SET(h, code, CURLOPT_CAINFO, c->ca_file);
        SET(h, code, CURLOPT_CAPATH, NULL); /* that file and nothing else */
    }
    return code;
}

static CURLcode set_credentials(const struct http_call *call, CURL *h)
{
    CURLcode code = CURLE_OK;
    if (call->user != NULL && call->password != NULL) {
        SET(h, code, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(h, code, CURLOPT_USERNAME, call->user);
        SET(h, code, CURLOPT_PASSWORD, call->password);
    } else if (call->bearer != NULL) {
        SET(h, code, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        SET(h, code, CURLOPT_XOAUTH2_BEARER, call->bearer);
    }
    return code;
}

static CURLcode set_call(const struct http_call *call, CURL *h, struct http_result *r,
                         struct curl_slist *headers)
{
    CURLcode code = CURLE_OK;
    SET(h, code, CURLOPT_URL, call->url);
    SET(h, code, CURLOPT_HTTPHEADER, headers);
    SET(h, code, CURLOPT_WRITEFUNCTION, on_body);
    SET(h, code, CURLOPT_WRITEDATA, &r->body);
    SET(h, code, CURLOPT_HEADERFUNCTION, on_header);
    SET(h, code, CURLOPT_HEADERDATA, r);
    const char *body = call->form != NULL ? call->form : call->json;
    if (body != NULL) {
        SET(h, code, CURLOPT_POSTFIELDS, body); /* borrowed until the call ends */
        SET(h, code, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
    }
    return code;
}

static err_t make_headers(const struct http_call *call, struct curl_slist **out)
{
    char accept[200] = "Accept: application/json";
    if (call->accept != NULL) {
        if (strlen(call->accept) > sizeof accept - sizeof "Accept: ")
            return ERR(MALFORMED);
        memcpy(accept + strlen("Accept: "), call->accept, strlen(call->accept) + 1);
    }
    struct curl_slist *headers = curl_slist_append(NULL, accept), *more = headers;
    if (headers != NULL && call->form == NULL && call->json != NULL)
        more = curl_slist_append(headers, "Content-Type: application/json");
    if (more == NULL) {
        curl_slist_free_all(headers);
        return ERR(NO_MEMORY);
    }
    *out = headers;
    return ERR(OK);
}

static err_t perform(struct http_client *c, const struct http_call *call, CURL *h,
                     struct http_result *r)
{
    struct curl_slist *headers = NULL;
    long status = 0;
    char *type = NULL;
    TRY(make_headers(call, &headers));
    CURLcode code = set_rules(c, h);
    if (code == CURLE_OK)
        code = set_credentials(call, h);
    if (code == CURLE_OK)
        code = set_call(call, h, r, headers);
    if (code == CURLE_OK)
        code = curl_easy_perform(h);
    if (code == CURLE_OK)
        code = curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK)
        code = curl_easy_getinfo(h, CURLINFO_CONTENT_TYPE, &type);
    set_content_type(type, r); /* TYPE belongs to the handle */
    r->status = (int)status;
    curl_slist_free_all(headers);
    return err_of(code);
}

static bool url_is_sound(const struct http_client *c, const char *url)
{
    struct str s = str_of(url);
    return str_is_printable(s) && !str_has_char(s, ' ') && !str_has_char(s, '#') &&
           (str_starts(s, STR("https://")) || (c->plain_http && str_starts(s, STR("http://"))));
}

err_t http_client_call(struct http_client *c, const struct http_call *call, struct http_result *out)
{
    if (!url_is_sound(c, call->url))
        return ERR(MALFORMED);
    CURL *h = take_handle(c);
    if (h == NULL)
        return ERR(NO_MEMORY);
    struct http_result r = { .max_age = -1 };
    buf_init(&r.body, call->body_max > 0 ? call->body_max : BODY_MAX);
    err_t e = perform(c, call, h, &r);
    give_back(c, h);
    if (!err_ok(e)) {
        bool no_memory = buf_err(&r.body).code == ERR_NO_MEMORY;
        buf_done(&r.body);
        return no_memory ? ERR(NO_MEMORY) : e;
    }
    *out = r;
    return ERR(OK);
}
