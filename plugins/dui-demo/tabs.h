/* tabs.h - the parts of a record, the right each one needs, and why it is refused, in French. */
#ifndef DUI_TABS_H
#define DUI_TABS_H

#include "out.h"
#include "residents.h"

#include <habilis/habilis.h>

struct tab {
    const char *slug; /* in the address */
    const char *resource;
    const char *title;
};
extern const struct tab tabs[];
extern const size_t tab_count;

const struct tab *tab_find(const char *slug); /* NULL: none */

/* What became of asking for one tab of one resident. */
enum verdict {
    REFUSED = 0, /* final, for this person here */
    ALLOWED,
    STRONGER,     /* after a stronger login */
    ELSEWHERE,    /* she works somewhere else now */
    NOT_FOLLOWED, /* allowed for those she follows, and she does not follow this one */
    RENEW         /* the token has ended */
};

struct ruling {
    enum verdict verdict;
    bool followed;     /* allowed because she follows the resident */
    const char *tutor; /* allowed under this tutor's responsibility; "" when none is asked for */
    bool countersign;  /* what is written waits for the tutor's signature */
    bool emergency;    /* the server allowed it while an emergency access is open here */
    struct habilis_answer answer;
};

/* Who asks, and the file that knows who follows and tutors whom. */
struct asker {
    const struct habilis_session *who;
    const struct residents *file;
    struct emergency_view *emergency; /* NULL: no emergency access is known of here */
};

/* An emergency access for the resident being shown: what the server answered about each tab, each asked
 * once a page. */
enum { TABS_MAX = 16 };
struct emergency_view {
    struct habilis *server;
    int64_t until;
    bool asked[TABS_MAX];
    enum habilis_status status[TABS_MAX];
    struct habilis_answer answer[TABS_MAX];
};
struct ruling tab_ruling(const struct asker *a, const struct tab *tab, const char *action,
                         const json_t *resident);

/* Reading a tab, and writing in it where the demonstration can (transmissions). */
struct access {
    struct ruling read, write;
    bool open;   /* one of them is allowed */
    bool hidden; /* no right of either kind anywhere: not even shown as a closed tab */
};
struct access tab_access(const struct asker *a, const struct tab *tab, const json_t *resident);
bool tab_is_written(const struct tab *tab);

/* May she open an emergency access for the resident? The server decides again when she asks for one. */
bool tab_emergency_is_offered(const struct asker *a, struct habilis *server,
                              const json_t *resident);

/* One sentence for the person. WHERE: label of the resident's structure. */
void tab_explain(struct out *o, const struct habilis_session *who, const struct tab *tab,
                 const struct ruling *r, const char *where);

#endif
