#include "base/log.h"
#include "http/internal.h"

#include <gnutls/gnutls.h>
#include <string.h>

/* TLS 1.2 and 1.3 with forward secrecy and AEAD ciphers only (ANSSI's guide to TLS, 1.2). */
const char tls_priorities[] = "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AES-256-GCM:+AES-128-GCM:"
                              "+CHACHA20-POLY1305:+AEAD:+ECDHE-ECDSA:+ECDHE-RSA:+GROUP-X25519:"
                              "+GROUP-SECP256R1:+GROUP-SECP384R1:+SIGN-ECDSA-SECP256R1-SHA256:"
                              "+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SHA384:"
                              "+SIGN-EDDSA-ED25519:+SIGN-RSA-PSS-RSAE-SHA256:"
                              "+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-SHA256:+SIGN-RSA-SHA384:"
                              "+CTYPE-X509:+COMP-NULL:%SERVER_PRECEDENCE";

static gnutls_datum_t datum(const char *pem)
{
    gnutls_datum_t d = { NULL, (unsigned)strlen(pem) };
    memcpy(&d.data, &pem, sizeof d.data); /* GnuTLS takes a pointer it does not write through */
    return d;
}

static err_t refuse(int code)
{
    log_event(LOG_ERROR, "http.certificate", LOG_TEXT("reason", gnutls_strerror(code)));
    return ERR(CONFIG);
}

err_t tls_check(const char *certificate_pem, const char *key_pem)
{
    gnutls_certificate_credentials_t credentials;
    gnutls_datum_t certificate = datum(certificate_pem), key = datum(key_pem);
    if (gnutls_certificate_allocate_credentials(&credentials) != GNUTLS_E_SUCCESS)
        return ERR(NO_MEMORY);
    /* Also says so when the key belongs to another certificate. */
    int code =
        gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(credentials);
    return code == GNUTLS_E_SUCCESS ? ERR(OK) : refuse(code);
}
