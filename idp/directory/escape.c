#include "directory/directory.h"

#include "base/buf.h"

static const char hex_digits[] = "0123456789abcdef";

static bool is_plain(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static void add_escaped(struct buf *out, unsigned char c)
{
    buf_add_char(out, '\\');
    buf_add_char(out, hex_digits[c >> 4]);
    buf_add_char(out, hex_digits[c & 15]);
}

/* Both grammars allow any octet as a backslash and two hex digits: one rule, nothing to forget. */
void ldap_filter_value(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (is_plain(c))
            buf_add_char(out, (char)c);
        else
            add_escaped(out, c);
    }
}

/* '-' '.' '_' stay legible: they are special nowhere in a DN. */
void ldap_dn_value(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (is_plain(c) || c == '-' || c == '.' || c == '_')
            buf_add_char(out, (char)c);
        else
            add_escaped(out, c);
    }
}
