/* Property: a value put into a DN or a filter comes out of libldap's own parsers as the same bytes,
 * alone in its place: it can end nothing and begin nothing. */
#include "directory/directory.h"

#include "base/buf.h"

#include <ldap.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 1024 };

/* What ldap_search_ext(3) sends a filter with; exported by libldap without a declaration. */
int ldap_pvt_put_filter(BerElement *ber, const char *text);

static void check_dn(struct str value)
{
    struct buf b;
    LDAPDN dn = NULL;
    buf_init(&b, 8 * VALUE_MAX);
    buf_add(&b, STR("uid="));
    ldap_dn_value(&b, value);
    buf_add(&b, STR(",ou=people"));
    buf_add_char(&b, '\0');
    if (!err_ok(buf_err(&b)) || ldap_str2dn(b.ptr, &dn, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS)
        abort();
    const struct berval *got = &dn[0][0]->la_value;
    if (dn[1] == NULL || dn[2] != NULL || dn[0][1] != NULL || got->bv_len != value.len ||
        memcmp(got->bv_val, value.ptr, value.len) != 0)
        abort();
    ldap_dnfree(dn);
    buf_done(&b);
}

/* The octets of the assertion value as they would go to the server: { type, value } in BER. */
static void check_filter(struct str value)
{
    struct buf b;
    struct berval type = { 0 }, got = { 0 };
    BerElement *ber = ber_alloc_t(LBER_USE_DER);
    buf_init(&b, 8 * VALUE_MAX);
    buf_add(&b, STR("(uid="));
    ldap_filter_value(&b, value);
    buf_add(&b, STR(")"));
    buf_add_char(&b, '\0');
    if (ber == NULL || !err_ok(buf_err(&b)) || ldap_pvt_put_filter(ber, b.ptr) < 0)
        abort();
    struct berval wire = { 0 };
    if (ber_flatten2(ber, &wire, 0) != 0)
        abort();
    BerElement *in = ber_init(&wire);
    if (in == NULL || ber_scanf(in, "{mm}", &type, &got) == LBER_ERROR)
        abort();
    if ((unsigned char)wire.bv_val[0] != LDAP_FILTER_EQUALITY || type.bv_len != 3 ||
        got.bv_len != value.len || memcmp(got.bv_val, value.ptr, value.len) != 0)
        abort();
    ber_free(in, 1);
    ber_free(ber, 1);
    buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* libldap reads "(uid=)" as no value and "uid=" likewise: our callers refuse the empty login */
    if (size == 0 || size > VALUE_MAX)
        return 0;
    check_dn(str_from((const char *)data, size));
    check_filter(str_from((const char *)data, size));
    return 0;
}
