#include "CSQLite.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

static struct csqlite functions;
static const struct csqlite *loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    void *library = dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    const struct { const char *name; void **place; } wanted[] = {
        {"sqlite3_open_v2", (void **)&functions.open},
        {"sqlite3_close_v2", (void **)&functions.close},
        {"sqlite3_errmsg", (void **)&functions.message},
        {"sqlite3_busy_timeout", (void **)&functions.busy_timeout},
        {"sqlite3_sleep", (void **)&functions.sleep},
        {"sqlite3_prepare_v3", (void **)&functions.prepare},
        {"sqlite3_step", (void **)&functions.step},
        {"sqlite3_reset", (void **)&functions.reset},
        {"sqlite3_finalize", (void **)&functions.finalize},
        {"sqlite3_bind_null", (void **)&functions.bind_null},
        {"sqlite3_bind_int64", (void **)&functions.bind_int64},
        {"sqlite3_bind_double", (void **)&functions.bind_double},
        {"sqlite3_bind_text", (void **)&functions.bind_text},
        {"sqlite3_bind_blob", (void **)&functions.bind_blob},
        {"sqlite3_column_count", (void **)&functions.column_count},
        {"sqlite3_column_bytes", (void **)&functions.column_bytes},
        {"sqlite3_column_text", (void **)&functions.column_text},
        {"sqlite3_changes", (void **)&functions.changes},
    };
    for (size_t index = 0; index < sizeof wanted / sizeof *wanted; index++) {
        *wanted[index].place = dlsym(library, wanted[index].name);
        if (!*wanted[index].place) return;
    }
    loaded = &functions;
}

const struct csqlite *csqlite_load(void) {
    pthread_once(&once, load);
    return loaded;
}

#define TRANSIENT ((void (*)(void *))-1)

int csqlite_bind_text(const struct csqlite *api, csqlite_statement *statement, int index,
                      const char *text, int bytes) {
    return api->bind_text(statement, index, text, bytes, TRANSIENT);
}

int csqlite_bind_blob(const struct csqlite *api, csqlite_statement *statement, int index,
                      const void *blob, int bytes) {
    return api->bind_blob(statement, index, blob, bytes, TRANSIENT);
}
