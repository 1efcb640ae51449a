/* The field of the conformance suite, served by libmodbus in C: without an argument by Modbus TCP,
 * then it prints the port it listens on; with the path of a serial port by RTU, then it prints that.
 *
 * Units 1 and 2 have 2,000 entries in each table: registers show their address, every third bit is
 * on. Units 21 to 31 refuse every request with exception unit - 20. Other units do not answer.
 * One client at a time.
 */
#include <arpa/inet.h>
#include <modbus.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
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

/* Passes bytes on between the port and libmodbus, for ever. */
static void *pass(void *ends) {
    struct pollfd waits[2] = {{.fd = ((int *)ends)[0], .events = POLLIN},
                              {.fd = ((int *)ends)[1], .events = POLLIN}};
    uint8_t bytes[512];
    while (poll(waits, 2, -1) > 0) {
        for (int from = 0; from < 2; from++) {
            if (!waits[from].revents) continue;
            ssize_t count = read(waits[from].fd, bytes, sizeof bytes);
            if (count <= 0 || write(waits[1 - from].fd, bytes, count) != count) exit(0);
        }
    }
    return NULL;
}

/* Serves all units on one port. libmodbus takes itself for one device among others, and after a
 * request to another waits for the other's answer; so it is told each time which unit it is. */
static int serve_serial(const char *path) {
    static int ends[3];
    pthread_t thread;
    uint8_t unit;
    modbus_t *context = modbus_new_rtu(path, 115200, 'N', 8, 1);
    if (fill() < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends + 1) < 0) return 1;
    if (!context || modbus_set_slave(context, 1) < 0 || modbus_connect(context) < 0) return 1;
    ends[0] = modbus_get_socket(context);
    modbus_set_socket(context, ends[2]);
    if (pthread_create(&thread, NULL, pass, ends) != 0) return 1;
    printf("%s\n", path);
    fflush(stdout);
    while (recv(ends[2], &unit, 1, MSG_PEEK) == 1) {
        modbus_set_slave(context, unit);
        serve(context);
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count > 1) return serve_serial(arguments[1]);
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
