/* The field of the conformance suite, served by libmodbus in C. Prints the port it listens on.
 *
 * Units 1 and 2 have 2,000 entries in each table: registers show their address, every third bit is
 * on. Units 21 to 31 refuse every request with exception unit - 20. Other units do not answer.
 * One client at a time.
 */
#include <arpa/inet.h>
#include <modbus.h>
#include <stdio.h>
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

int main(void) {
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
