/* json_memory.h - page data and request bodies hold secrets: what jansson frees is wiped first. */
#ifndef WEB_JSON_MEMORY_H
#define WEB_JSON_MEMORY_H

/* For the whole process; once, in main, before anything uses jansson. */
void json_memory_wipe(void);

#endif
