#pragma once
// The functions of SQLite 3 (sqlite.org/c3ref) that are used, found in libsqlite3.so.0 when they
// are first asked for: linked, the library would cost a gateway that has no use for it 0.6 MB.
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct sqlite3 csqlite_database;
typedef struct sqlite3_stmt csqlite_statement;

struct csqlite {
    int (*_Nonnull open)(const char *path, csqlite_database *_Nullable *_Nonnull database, int flags,
                const char *_Nullable vfs);
    int (*_Nonnull close)(csqlite_database *_Nullable database);
    const char *_Nonnull (*_Nonnull message)(csqlite_database *_Nullable database);
    int (*_Nonnull busy_timeout)(csqlite_database *database, int milliseconds);
    int (*_Nonnull sleep)(int milliseconds);
    int (*_Nonnull prepare)(csqlite_database *database, const char *sql, int bytes, unsigned int flags,
                   csqlite_statement *_Nullable *_Nonnull statement,
                   const char *_Nullable *_Nullable tail);
    int (*_Nonnull step)(csqlite_statement *statement);
    int (*_Nonnull reset)(csqlite_statement *statement);
    int (*_Nonnull finalize)(csqlite_statement *_Nullable statement);
    int (*_Nonnull bind_null)(csqlite_statement *statement, int index);
    int (*_Nonnull bind_int64)(csqlite_statement *statement, int index, int64_t value);
    int (*_Nonnull bind_double)(csqlite_statement *statement, int index, double value);
    int (*_Nonnull bind_text)(csqlite_statement *statement, int index, const char *text, int bytes,
                     void (*_Nullable destroy)(void *_Nullable));
    int (*_Nonnull bind_blob)(csqlite_statement *statement, int index, const void *blob, int bytes,
                     void (*_Nullable destroy)(void *_Nullable));
    int (*_Nonnull column_count)(csqlite_statement *statement);
    int (*_Nonnull column_bytes)(csqlite_statement *statement, int column);
    const unsigned char *_Nullable (*_Nonnull column_text)(csqlite_statement *statement, int column);
    int (*_Nonnull changes)(csqlite_database *database);
};

/// The functions; NULL if the library or one of them is not there.
const struct csqlite *_Nullable csqlite_load(void);

/// Binds a text or a blob that SQLite copies (SQLITE_TRANSIENT, a pointer that Swift cannot write).
int csqlite_bind_text(const struct csqlite *api, csqlite_statement *statement, int index,
                      const char *text, int bytes);
int csqlite_bind_blob(const struct csqlite *api, csqlite_statement *statement, int index,
                      const void *blob, int bytes);

// sqlite3.h: result codes and flags of open and prepare; part of the file format and the ABI.
enum {
    CSQLITE_OK = 0, CSQLITE_BUSY = 5, CSQLITE_LOCKED = 6, CSQLITE_TOOBIG = 18,
    CSQLITE_CONSTRAINT = 19, CSQLITE_MISMATCH = 20, CSQLITE_ROW = 100, CSQLITE_DONE = 101,
    CSQLITE_OPEN_READWRITE = 0x2, CSQLITE_OPEN_CREATE = 0x4, CSQLITE_OPEN_NOMUTEX = 0x8000,
    CSQLITE_PREPARE_PERSISTENT = 0x1,
};

#pragma clang assume_nonnull end
