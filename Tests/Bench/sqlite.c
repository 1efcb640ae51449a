/* What the same outage costs with SQLite: `sqlite DIRECTORY NORMAL|FULL COMMITS READINGS` stores
 * COMMITS transactions of READINGS readings, each what 10 s of polling bring, in WAL mode with that
 * `synchronous`, is killed, and opens the database again. Prints one line of JSON.
 *
 * Point and instant are integers, names stand once in a table of their own, the identity is the
 * primary key: what a careful gateway would do. Registers are scrambled 16-bit values, as in W1.
 */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POINTS = 1000, SECOND = 1000000000 };

struct result {
    uint64_t bytes, syncs, cpu_ns;
};

static struct result *shared;
static sqlite3_vfs vfs, *real_vfs;

/* The database and its log have each their own methods. */
enum { KINDS = 4 };
static struct {
    sqlite3_io_methods counting;
    const sqlite3_io_methods *real;
} kinds[KINDS];

static const sqlite3_io_methods *real_methods(sqlite3_file *file) {
    for (int kind = 0; kind < KINDS; kind++)
        if (file->pMethods == &kinds[kind].counting) return kinds[kind].real;
    abort();
}

static int count_sync(sqlite3_file *file, int flags) {
    shared->syncs++;
    return real_methods(file)->xSync(file, flags);
}

static int count_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    shared->bytes += (uint64_t)count;
    return real_methods(file)->xWrite(file, bytes, count, offset);
}

static const sqlite3_io_methods *counted(const sqlite3_io_methods *real) {
    for (int kind = 0; kind < KINDS; kind++) {
        if (kinds[kind].real && kinds[kind].real != real) continue;
        kinds[kind].real = real;
        kinds[kind].counting = *real;
        kinds[kind].counting.xSync = count_sync;
        kinds[kind].counting.xWrite = count_write;
        return &kinds[kind].counting;
    }
    abort();
}

/* The system's own files, with their writes and syncs counted. */
static int open_counted(sqlite3_vfs *self, const char *name, sqlite3_file *file, int in, int *out) {
    int code = real_vfs->xOpen(real_vfs, name, file, in, out);
    (void)self;
    if (code == SQLITE_OK && file->pMethods) file->pMethods = counted(file->pMethods);
    return code;
}

static void fail(const char *what, sqlite3 *db) {
    fprintf(stderr, "%s: %s\n", what, db ? sqlite3_errmsg(db) : "");
    exit(2);
}

static void execute(sqlite3 *db, const char *statement) {
    if (sqlite3_exec(db, statement, NULL, NULL, NULL) != SQLITE_OK) fail(statement, db);
}

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static sqlite3 *open_database(const char *path, const char *synchronous) {
    sqlite3 *db = NULL;
    char pragma[64];
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "counted")) fail(path, db);
    execute(db, "PRAGMA journal_mode = WAL");
    snprintf(pragma, sizeof pragma, "PRAGMA synchronous = %s", synchronous);
    execute(db, pragma);
    execute(db, "CREATE TABLE IF NOT EXISTS point (id INTEGER PRIMARY KEY, device TEXT, name TEXT, unit TEXT)");
    execute(db,
            "CREATE TABLE IF NOT EXISTS reading (sequence INTEGER PRIMARY KEY, point INTEGER NOT NULL, "
            "instant INTEGER NOT NULL, value, quality INTEGER NOT NULL)");
    return db;
}

/* The register's scrambled 10 ms clock: 16 bits that do not compress. */
static int scrambled(uint64_t sequence, int point) {
    uint64_t mixed = (sequence / POINTS * 100 + (uint64_t)point * 7919) * 0x9E3779B97F4A7C15u;
    return (int)(mixed >> 48);
}

static void store(sqlite3 *db, int commits, int readings) {
    sqlite3_stmt *insert;
    uint64_t sequence = 0;
    if (sqlite3_prepare_v2(db, "INSERT INTO reading VALUES (?, ?, ?, ?, 0)", -1, &insert, NULL)) fail("prepare", db);
    for (int commit = 0; commit < commits; commit++) {
        execute(db, "BEGIN");
        for (int index = 0; index < readings; index++, sequence++) {
            int point = (int)(sequence % POINTS);
            sqlite3_bind_int64(insert, 1, (sqlite3_int64)sequence);
            sqlite3_bind_int(insert, 2, point);
            sqlite3_bind_int64(insert, 3, (sqlite3_int64)(sequence / POINTS * SECOND + (uint64_t)point / 100 * 1000000));
            sqlite3_bind_int(insert, 4, scrambled(sequence, point));
            if (sqlite3_step(insert) != SQLITE_DONE) fail("insert", db);
            sqlite3_reset(insert);
        }
        execute(db, "COMMIT");
    }
}

/* Runs in a process of its own, so that it can be killed with its write-ahead log as it is. */
static void child(const char *path, const char *synchronous, int commits, int readings) {
    sqlite3 *db = open_database(path, synchronous);
    *shared = (struct result){0};
    uint64_t before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    store(db, commits, readings);
    shared->cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before;
    raise(SIGKILL);
}

static uint64_t size_of(const char *path, const char *suffix) {
    char name[4096];
    struct stat status;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &status) == 0 ? (uint64_t)status.st_size : 0;
}

int main(int count, char **words) {
    if (count != 5) {
        fprintf(stderr, "usage: sqlite DIRECTORY NORMAL|FULL COMMITS READINGS\n");
        return 64;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/readings.db", words[1]);
    int commits = atoi(words[3]), readings = atoi(words[4]);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) fail("mmap", NULL);
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "counted";
    vfs.xOpen = open_counted;
    sqlite3_vfs_register(&vfs, 0);
    pid_t pid = fork();
    if (pid == 0) child(path, words[2], commits, readings);
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFSIGNALED(status)) fail("the writer", NULL);
    struct result written = *shared;
    uint64_t on_disk = size_of(path, "") + size_of(path, "-wal");
    uint64_t began = clock_ns(CLOCK_MONOTONIC);
    sqlite3 *db = open_database(path, words[2]);
    sqlite3_stmt *last;
    if (sqlite3_prepare_v2(db, "SELECT max(sequence) FROM reading", -1, &last, NULL) || sqlite3_step(last) != SQLITE_ROW)
        fail("recovery", db);
    uint64_t recovery = clock_ns(CLOCK_MONOTONIC) - began;
    double total = (double)commits * readings;
    if (sqlite3_column_int64(last, 0) + 1 != (sqlite3_int64)total) fail("readings are missing", NULL);
    printf("{\"store\": \"SQLite %s\", \"readings\": %.0f, \"bytes_on_disk\": %llu, \"bytes_written\": %llu, "
           "\"syncs\": %llu, \"cpu_ns\": %llu, \"recovery_ns\": %llu}\n",
           words[2], total, (unsigned long long)on_disk, (unsigned long long)written.bytes,
           (unsigned long long)written.syncs, (unsigned long long)written.cpu_ns, (unsigned long long)recovery);
    return 0;
}
