#pragma once
// The functions of libpq (PostgreSQL's documentation, chapter "libpq - C Library") that are used,
// found in libpq.so.5 when they are first asked for: it brings Kerberos and LDAP with it, which a
// gateway has no use for.

#pragma clang assume_nonnull begin

typedef struct pg_conn cpostgres_connection;
typedef struct pg_result cpostgres_result;

struct cpostgres {
    cpostgres_connection *_Nullable (*_Nonnull connect)(const char *_Nullable const *_Nonnull keywords,
                                               const char *_Nullable const *_Nonnull values,
                                               int expand_dbname);
    int (*_Nonnull status)(const cpostgres_connection *connection);
    void (*_Nonnull finish)(cpostgres_connection *_Nullable connection);
    char *_Nonnull (*_Nonnull error_message)(const cpostgres_connection *connection);
    cpostgres_result *_Nullable (*_Nonnull prepare)(cpostgres_connection *connection, const char *name,
                                           const char *sql, int parameters,
                                           const unsigned int *_Nullable types);
    cpostgres_result *_Nullable (*_Nonnull execute)(cpostgres_connection *connection, const char *name,
                                           int parameters,
                                           const char *_Nullable const *_Nullable values,
                                           const int *_Nullable lengths,
                                           const int *_Nullable formats, int result_format);
    cpostgres_result *_Nullable (*_Nonnull query)(cpostgres_connection *connection, const char *sql);
    int (*_Nonnull result_status)(const cpostgres_result *_Nullable result);
    char *_Nullable (*_Nonnull error_field)(const cpostgres_result *_Nullable result, int field);
    void (*_Nonnull clear)(cpostgres_result *_Nullable result);
    int (*_Nonnull rows)(const cpostgres_result *result);
    int (*_Nonnull columns)(const cpostgres_result *result);
    int (*_Nonnull is_null)(const cpostgres_result *result, int row, int column);
    char *_Nullable (*_Nonnull value)(const cpostgres_result *result, int row, int column);
    int (*_Nonnull length)(const cpostgres_result *result, int row, int column);
    char *_Nonnull (*_Nonnull affected)(cpostgres_result *result);
    void (*_Nonnull silence)(cpostgres_connection *connection,
                    void (*_Nonnull receiver)(void *_Nullable, const cpostgres_result *),
                    void *_Nullable context);
};

/// The functions; NULL if the library or one of them is not there.
const struct cpostgres *_Nullable cpostgres_load(void);

// libpq-fe.h and postgres_ext.h.
enum {
    CPOSTGRES_CONNECTION_OK = 0, CPOSTGRES_COMMAND_OK = 1, CPOSTGRES_TUPLES_OK = 2,
    CPOSTGRES_FIELD_SQLSTATE = 'C', CPOSTGRES_FIELD_MESSAGE = 'M',
};

#pragma clang assume_nonnull end
