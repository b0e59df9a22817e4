/* out.h - text that grows, and the only way this program writes HTML: values are always escaped.
 *
 *   HTML(o, "<a href=\"/residents/%\">%</a>", id, name);
 *
 * Each % of the markup, which is a literal, takes the next value, escaped for element content and for
 * quoted attributes alike. Too few or too many values, or no memory, make the text fail; the failure
 * sticks, and the page is not sent.
 */
#ifndef DUI_OUT_H
#define DUI_OUT_H

#include <stdbool.h>
#include <stddef.h>

struct out {
    char *ptr; /* ends in NUL once something was written */
    size_t len, cap;
    bool failed;
};

void out_free(struct out *o); /* wipes: pages carry health data */
void out_raw(struct out *o, const char *markup);
void out_url(struct out *o, const char *text);  /* percent-encoded, for a part of a URL */
void out_text(struct out *o, const char *text); /* escaped; NULL is empty */
void out_fill(struct out *o, const char *markup, const char *const *values, size_t count);

#define HTML(o, markup, ...)                                          \
    out_fill((o), "" markup "", (const char *const[]){ __VA_ARGS__ }, \
             sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

#endif
