/* mbsim - a Modbus TCP field whose every reading tells which sample it was.
 *
 *   mbsim PORT UNITS LOGFILE [--floats] [--mute UNIT]...
 *
 * Serves unit ids 1..UNITS on 127.0.0.1:PORT, 1000 holding registers each, to
 * any number of clients. A muted unit accepts requests and never answers.
 *
 * Every register answers with a scrambled 10 ms clock:
 *     tick  = (CLOCK_REALTIME ms / 10) mod 65536        (wraps after 655 s)
 *     value = perm(tick ^ salt(unit, address))
 * perm is a bijection on 16 bits, so whoever receives (unit, address, value)
 * recovers the instant the register was sampled (Tests/Acceptance/field.py).
 * All registers of one response carry the same tick, and the values do not
 * compress. With --floats each pair of registers from an even address on is a
 * float32, high word first: an eighth of the first register's value.
 *
 * LOGFILE receives one 24-byte little-endian record a request of function 03:
 *     u64 realtime_ns, u16 unit, u16 address, u16 count, u16 tick,
 *     u16 function, u16 connection, u32 flags (1 = not answered)
 */
#include <errno.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REGISTERS 1000
#define MAX_CLIENTS 256
#define MAX_UNITS 247 /* the highest unit id of the Modbus specification */
#define NOT_ANSWERED 1u

struct record {
    uint64_t realtime_ns;
    uint16_t unit, address, count, tick, function, connection;
    uint32_t flags;
};

static volatile sig_atomic_t stop;
static void on_stop(int signal) { (void)signal; stop = 1; }

static bool muted[MAX_UNITS + 1];
static bool floats;
static int units;

static uint16_t perm(uint32_t x) {
    x = x * 0x9E37 & 0xFFFF; x ^= x >> 7;
    x = x * 0x6A4D & 0xFFFF; x ^= x >> 9;
    x = x * 0xB529 & 0xFFFF;
    return (uint16_t)x;
}

static uint16_t salt(unsigned unit, unsigned address) {
    return (uint16_t)(unit * 2477u + address * 40503u);
}

/* What a register holds at a tick. */
static uint16_t content(unsigned unit, unsigned address, uint16_t tick) {
    if (!floats) return perm(tick ^ salt(unit, address));
    float value = perm(tick ^ salt(unit, address & ~1u)) / 8.0f;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)(address & 1 ? bits : bits >> 16);
}

/* Answers one request; the log keeps what was asked and when. */
static void answer(modbus_t *context, modbus_mapping_t *map, FILE *log, uint8_t *query, int length,
                   int connection) {
    unsigned unit = query[6], function = query[7];
    unsigned address = query[8] << 8 | query[9], count = query[10] << 8 | query[11];
    if (unit < 1 || (int)unit > units) {
        modbus_reply_exception(context, query, MODBUS_EXCEPTION_GATEWAY_TARGET);
        return;
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ns = now.tv_sec * 1000000000ull + now.tv_nsec;
    uint16_t tick = (uint16_t)(ns / 10000000u);
    if (function == MODBUS_FC_READ_HOLDING_REGISTERS && count <= MODBUS_MAX_READ_REGISTERS
        && address + count <= REGISTERS) {
        for (unsigned a = address; a < address + count; a++)
            map->tab_registers[a] = content(unit, a, tick);
        struct record record = { ns, unit, address, count, tick, function, connection,
                                 muted[unit] ? NOT_ANSWERED : 0 };
        fwrite(&record, sizeof record, 1, log);
    }
    if (!muted[unit]) modbus_reply(context, query, length, map);
}

static int serve(modbus_t *context, modbus_mapping_t *map, FILE *log, int listener) {
    struct pollfd slots[MAX_CLIENTS + 1] = { { .fd = listener, .events = POLLIN } };
    int used = 1;
    while (!stop) {
        if (poll(slots, used, -1) < 0) {
            if (errno == EINTR) continue;
            perror("mbsim: poll");
            return 1;
        }
        if (slots[0].revents & POLLIN && used <= MAX_CLIENTS) {
            int socket = listener, client = modbus_tcp_accept(context, &socket);
            if (client >= 0) slots[used++] = (struct pollfd){ .fd = client, .events = POLLIN };
        }
        for (int i = 1; i < used; i++) {
            if (!slots[i].revents) continue;
            uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
            modbus_set_socket(context, slots[i].fd);
            int length = modbus_receive(context, query);
            if (length < 0) {
                close(slots[i].fd);
                slots[i--] = slots[--used];
            } else if (length >= 12) {
                answer(context, map, log, query, length, slots[i].fd);
            }
        }
    }
    return 0;
}

static int usage(void) {
    fprintf(stderr, "usage: mbsim PORT UNITS LOGFILE [--floats] [--mute UNIT]...\n");
    return 2;
}

int main(int argc, char **argv) {
    if (argc < 4) return usage();
    units = atoi(argv[2]);
    if (units < 1 || units > MAX_UNITS) return usage();
    for (int i = 4; i < argc; i++) {
        int unit = i + 1 < argc ? atoi(argv[i + 1]) : 0;
        if (strcmp(argv[i], "--floats") == 0) {
            floats = true;
        } else if (strcmp(argv[i], "--mute") == 0 && unit >= 1 && unit <= units) {
            muted[unit] = true;
            i++;
        } else {
            return usage();
        }
    }
    FILE *log = fopen(argv[3], "wb");
    modbus_t *context = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
    modbus_mapping_t *map = modbus_mapping_new(0, 0, REGISTERS, 0);
    int listener = context ? modbus_tcp_listen(context, 64) : -1;
    if (!log || !map || listener < 0) {
        perror("mbsim");
        return 1;
    }
    setvbuf(log, NULL, _IOFBF, 1 << 20);
    struct sigaction action = { .sa_handler = on_stop };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);

    int failed = serve(context, map, log, listener);
    failed |= fclose(log) != 0;
    modbus_mapping_free(map);
    modbus_free(context);
    return failed;
}
