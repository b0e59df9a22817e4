/* home.h - the pages of a person who is signed in: her applications, her place of work, signing out. */
#ifndef HOME_HOME_H
#define HOME_HOME_H

#include "http/http.h"

extern const struct http_route home_routes[];
extern const size_t home_route_count;

#endif
