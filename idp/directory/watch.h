/* watch.h - the end of a watch, for directory.c. */
#ifndef DIRECTORY_WATCH_H
#define DIRECTORY_WATCH_H

struct directory;

void dir_watch_end(struct directory *d); /* joins its thread; nothing when there is no watch */

#endif
