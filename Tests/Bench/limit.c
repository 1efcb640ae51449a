/* limit - the floor: the least a gateway can cost.
 *
 *   limit MODBUS_PORT MQTT_PORT PERIOD_MS [DEVICES [REGISTERS [PUBLISH_MS]]]
 *
 * One block read a device and period, one binary QoS 1 publish a second. No
 * configuration, no journal: what libmosquitto has queued in memory survives a
 * lost broker, not a lost process.
 *
 * Payload, little endian, repeated:
 *     u64 realtime_ms, u8 unit, u8 count, u16 first, u16 value[count]
 */
#include <errno.h>
#include <modbus/modbus.h>
#include <mosquitto.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEAD 12

static volatile sig_atomic_t stop;
static void on_stop(int signal) { (void)signal; stop = 1; }

static modbus_t *open_unit(int port, int unit) {
    modbus_t *device = modbus_new_tcp("127.0.0.1", port);
    if (!device) return NULL;
    modbus_set_slave(device, unit);
    modbus_set_error_recovery(device, MODBUS_ERROR_RECOVERY_LINK);
    return modbus_connect(device) ? NULL : device;
}

/* Appends one block to the payload; a failed read appends nothing. */
static size_t read_block(modbus_t *device, int unit, int registers, uint8_t *to) {
    uint16_t values[MODBUS_MAX_READ_REGISTERS];
    if (modbus_read_registers(device, 0, registers, values) != registers) return 0;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ms = now.tv_sec * 1000ull + now.tv_nsec / 1000000;
    uint8_t head[4] = { (uint8_t)unit, (uint8_t)registers, 0, 0 };
    memcpy(to, &ms, 8);
    memcpy(to + 8, head, 4);
    memcpy(to + HEAD, values, 2 * registers);
    return HEAD + 2 * registers;
}

static void sleep_until_next(struct timespec *next, int period_ms) {
    next->tv_nsec += period_ms % 1000 * 1000000l;
    next->tv_sec += period_ms / 1000 + next->tv_nsec / 1000000000;
    next->tv_nsec %= 1000000000;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL) == EINTR && !stop) {}
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: limit MODBUS_PORT MQTT_PORT PERIOD_MS [DEVICES [REGISTERS [PUBLISH_MS]]]\n");
        return 2;
    }
    int modbus_port = atoi(argv[1]), mqtt_port = atoi(argv[2]), period = atoi(argv[3]);
    int devices = argc > 4 ? atoi(argv[4]) : 10, registers = argc > 5 ? atoi(argv[5]) : 100;
    int publish = argc > 6 ? atoi(argv[6]) : 1000;
    if (period < 1 || devices < 1 || registers < 1 || registers > MODBUS_MAX_READ_REGISTERS) return 2;
    struct sigaction action = { .sa_handler = on_stop };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);

    size_t capacity = (size_t)devices * (HEAD + 2 * registers) * (publish / period + 2), length = 0;
    uint8_t *payload = malloc(capacity);
    modbus_t **device = calloc(devices, sizeof *device);
    if (!payload || !device) return 1;
    for (int d = 0; d < devices; d++)
        if (!(device[d] = open_unit(modbus_port, d + 1))) {
            perror("limit: modbus");
            return 1;
        }
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new("limit", true, NULL);
    if (!client || mosquitto_connect(client, "127.0.0.1", mqtt_port, 60)) {
        fprintf(stderr, "limit: no broker at port %d\n", mqtt_port);
        return 1;
    }
    mosquitto_loop_start(client);

    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (long long cycle = 1; !stop; cycle++) {
        for (int d = 0; d < devices; d++)
            length += read_block(device[d], d + 1, registers, payload + length);
        if (cycle * period % publish < period) {
            mosquitto_publish(client, NULL, "limit/telemetry", (int)length, payload, 1, false);
            length = 0;
        }
        sleep_until_next(&next, period);
    }
    mosquitto_disconnect(client);
    mosquitto_loop_stop(client, false);
    return 0;
}
