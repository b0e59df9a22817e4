/* start.h - building the service bottom-up, and taking it down in reverse order. */
#ifndef START_H
#define START_H

#include "journal/journal.h"
#include "service.h"

/* Opens everything that CONFIG names. What is wrong is logged with its reason. On failure all that
 * was opened is closed again. Errors: those of the parts. */
NODISCARD err_t service_open(const struct config *config, struct service *out);
void service_close(struct service *svc);

/* A journal record of the service itself. */
NODISCARD err_t service_tell(struct service *svc, enum journal_event event,
                             const struct journal_datum *data);

/* Housekeeping on a thread of its own: purge of expired rows, news of the directory to the journal. */
struct keeper;
NODISCARD err_t keeper_start(struct service *svc, struct keeper **out);
void keeper_stop(struct keeper *k); /* NULL is fine */

#endif
