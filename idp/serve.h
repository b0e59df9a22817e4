/* serve.h - listening, from the start to the signal that ends it. */
#ifndef SERVE_H
#define SERVE_H

#include "service.h"

#include <signal.h>

/* Serves until one of the signals of STOP comes (blocked in every thread), then drains. What is wrong
 * is logged. Errors: those of http_server_start(), CONFIG and IO (certificate, key), NO_MEMORY. */
NODISCARD err_t service_serve(struct service *svc, const sigset_t *stop);

#endif
