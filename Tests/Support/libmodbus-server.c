/* The field of the conformance suite, served by libmodbus in C: without an argument by Modbus TCP,
 * then it prints the port it listens on; by RTU with the path of a serial port and a unit id for each
 * device, then it prints that it serves.
 *
 * Units 1 and 2 have 2,000 entries in each table: registers show their address, every third bit is
 * on. Units 21 to 31 refuse every request with exception unit - 20. Other units do not answer.
 * One client at a time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <modbus.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SIZE = 2000, UNITS = 2, REFUSING = 20, LAST_CODE = 11 };

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

/* Answers one request; -1 if the client is gone. */
static int serve(modbus_t *context) {
    uint8_t request[MODBUS_MAX_ADU_LENGTH];
    int length = modbus_receive(context, request);
    if (length <= 0) return length;
    int unit = request[modbus_get_header_length(context) - 1];
    if (unit >= 1 && unit <= UNITS) return modbus_reply(context, request, length, units[unit]);
    if (unit > REFUSING && unit <= REFUSING + LAST_CODE)
        return modbus_reply_exception(context, request, unit - REFUSING);
    return 0;
}

/* One device on a serial line, on a port of its own: libmodbus passes over other units' requests. */
static void *serve_unit(void *argument) {
    modbus_t *context = argument;
    while (serve(context) >= 0 || errno == EMBBADCRC);
    return NULL;
}

/* Serves a unit on each port; `ports` is PATH UNIT PATH UNIT... */
static int serve_serial(char **ports) {
    pthread_t thread;
    if (fill() < 0) return 1;
    for (; ports[0] && ports[1]; ports += 2) {
        modbus_t *context = modbus_new_rtu(ports[0], 115200, 'N', 8, 1);
        if (!context || modbus_set_slave(context, atoi(ports[1])) < 0) return 1;
        if (modbus_connect(context) < 0) return 1;
        if (pthread_create(&thread, NULL, serve_unit, context) != 0) return 1;
    }
    printf("serving\n");
    fflush(stdout);
    return pthread_join(thread, NULL);
}

int main(int count, char **arguments) {
    if (count > 1) return serve_serial(arguments + 1);
    modbus_t *context = modbus_new_tcp("127.0.0.1", 0);
    int listener = modbus_tcp_listen(context, 8);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (fill() < 0 || listener < 0) return 1;
    if (getsockname(listener, (struct sockaddr *)&address, &size) < 0) return 1;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    while (1) {
        if (modbus_tcp_accept(context, &listener) < 0) continue;
        while (serve(context) >= 0);
        modbus_close(context);
    }
}
