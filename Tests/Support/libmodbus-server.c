/* The field of the conformance suite, served by libmodbus in C.
 *
 *   libmodbus-server tcp              prints the port it listens on
 *   libmodbus-server rtu DEVICE BAUD  prints "ready"
 *
 * Units 1 and 2 with 1,000 entries in each table: registers show their address, every third bit is
 * on. Other units do not answer. One client at a time. Ends when standard input does.
 */
#include <arpa/inet.h>
#include <modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 1000, UNITS = 2 };

static modbus_mapping_t *units[UNITS + 1];

static int fill(void) {
    for (int unit = 1; unit <= UNITS; unit++) {
        modbus_mapping_t *map = units[unit] = modbus_mapping_new(SIZE, SIZE, SIZE, SIZE);
        if (!map) return -1;
        for (int address = 0; address < SIZE; address++) {
            map->tab_bits[address] = map->tab_input_bits[address] = address % 3 == 0;
            map->tab_registers[address] = map->tab_input_registers[address] = address;
        }
    }
    return 0;
}

/* Waits for a request; ends the program with its standard input. */
static void await_bytes(int descriptor) {
    struct pollfd waits[] = {{.fd = 0, .events = POLLIN}, {.fd = descriptor, .events = POLLIN}};
    do {
        poll(waits, 2, -1);
        if (waits[0].revents) exit(0);
    } while (!waits[1].revents);
}

/* Answers one request; -1 if the client is gone. */
static int serve(modbus_t *context) {
    uint8_t request[MODBUS_MAX_ADU_LENGTH];
    int length = modbus_receive(context, request);
    if (length <= 0) return length;
    int unit = request[modbus_get_header_length(context) - 1];
    if (unit >= 1 && unit <= UNITS) return modbus_reply(context, request, length, units[unit]);
    return 0;
}

static int serve_tcp(void) {
    modbus_t *context = modbus_new_tcp("127.0.0.1", 0);
    int listener = modbus_tcp_listen(context, 8);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (listener < 0 || getsockname(listener, (struct sockaddr *)&address, &size) < 0) return 1;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    while (1) {
        await_bytes(listener);
        int client = modbus_tcp_accept(context, &listener);
        if (client < 0) continue;
        do await_bytes(client);
        while (serve(context) >= 0);
        modbus_close(context);
    }
}

/* libmodbus leaves requests for other units aside: it is told each time which unit it is. */
static int serve_rtu(const char *device, int baud) {
    modbus_t *context = modbus_new_rtu(device, baud, 'N', 8, 1);
    if (!context || modbus_set_slave(context, 1) < 0 || modbus_connect(context) < 0) return 1;
    puts("ready");
    fflush(stdout);
    while (1) {
        await_bytes(modbus_get_socket(context));
        serve(context);
    }
}

int main(int count, char **arguments) {
    if (fill() < 0) return 1;
    if (count == 2 && !strcmp(arguments[1], "tcp")) return serve_tcp();
    if (count == 4 && !strcmp(arguments[1], "rtu")) return serve_rtu(arguments[2], atoi(arguments[3]));
    fprintf(stderr, "usage: libmodbus-server tcp | rtu DEVICE BAUD\n");
    return 2;
}
