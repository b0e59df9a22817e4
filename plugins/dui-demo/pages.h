/* pages.h - what the person sees: whole HTML documents, in French. */
#ifndef DUI_PAGES_H
#define DUI_PAGES_H

#include "app.h"
#include "tabs.h"

/* WHO NULL: nobody is signed in. */
void page_begin(struct out *o, const struct visitor *who, const char *title);
void page_end(struct out *o);

void page_residents(struct out *o, const struct app *app, const struct visitor *who);

struct record {
    const struct app *app;
    const struct visitor *who;
    const json_t *resident;
    const struct tab *tab;
    struct access access;             /* to that tab */
    struct emergency_view *emergency; /* NULL: none that we know of */
    const char *draft;                /* text to begin a transmission with */
    bool done;                        /* the transmission is with the team */
    const char *problem;              /* with the form; NULL: none */
};
void page_record(struct out *o, const struct record *r);

/* A message with a title; LINK NULL: none. */
struct message {
    const char *title, *text, *link, *label;
};
void page_message(struct out *o, const struct visitor *who, const struct message *m);

#endif
