#include "CPostgres.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

static struct cpostgres functions;
static const struct cpostgres *loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    const struct { const char *name; void **place; } wanted[] = {
        {"PQconnectdbParams", (void **)&functions.connect},
        {"PQstatus", (void **)&functions.status},
        {"PQfinish", (void **)&functions.finish},
        {"PQerrorMessage", (void **)&functions.error_message},
        {"PQprepare", (void **)&functions.prepare},
        {"PQexecPrepared", (void **)&functions.execute},
        {"PQexec", (void **)&functions.query},
        {"PQresultStatus", (void **)&functions.result_status},
        {"PQresultErrorField", (void **)&functions.error_field},
        {"PQclear", (void **)&functions.clear},
        {"PQntuples", (void **)&functions.rows},
        {"PQnfields", (void **)&functions.columns},
        {"PQgetisnull", (void **)&functions.is_null},
        {"PQgetvalue", (void **)&functions.value},
        {"PQgetlength", (void **)&functions.length},
        {"PQcmdTuples", (void **)&functions.affected},
        {"PQsetNoticeReceiver", (void **)&functions.silence},
    };
    for (size_t index = 0; index < sizeof wanted / sizeof *wanted; index++) {
        *wanted[index].place = dlsym(library, wanted[index].name);
        if (!*wanted[index].place) return;
    }
    loaded = &functions;
}

const struct cpostgres *cpostgres_load(void) {
    pthread_once(&once, load);
    return loaded;
}
