/* What the shim promises, of whichever libgpiod it was compiled with: gpiod_check GENERATION.
 * Runs in the lab on its lines `door` (0, an input) and `relay` (1). */
#include "CGPIOD.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(is_kept) check(is_kept, #is_kept, __LINE__)

static int generation;

static void check(int is_kept, const char *promise, int line) {
    if (is_kept) return;
    fprintf(stderr, "libgpiod %d, line %d: not so: %s\n", generation, line, promise);
    exit(1);
}

static void put(const char *path, const char *text) {
    int file = open(path, O_WRONLY);
    CHECK(file >= 0 && write(file, text, strlen(text)) > 0);
    close(file);
}

static void pull(int is_up) { put("/run/lab/door/pull", is_up ? "pull-up" : "pull-down"); }

static int relay_level(void) {
    char level = 0;
    int file = open("/run/lab/relay/value", O_RDONLY);
    CHECK(file >= 0 && read(file, &level, 1) == 1);
    close(file);
    return level == '1';
}

static cgpiod_line *claim(cgpiod_chip *chip, unsigned offset, cgpiod_settings settings) {
    cgpiod_line *line = NULL;
    CHECK(cgpiod_claim(chip, offset, &settings, "checker", &line) == 0);
    return line;
}

static void check_names(cgpiod_chip *chip) {
    cgpiod_chip_info info;
    cgpiod_line_info line;
    CHECK(cgpiod_info(chip, &info) == 0);
    CHECK(strcmp(info.name, "gpiochip0") == 0 && info.line_count == 2);
    CHECK(cgpiod_inspect(chip, 0, &line) == 0);
    CHECK(strcmp(line.name, "door") == 0 && !line.is_used && !line.is_output);
    CHECK(cgpiod_inspect(chip, 9, &line) < 0);
}

static void check_input(cgpiod_chip *chip) {
    cgpiod_edge edges[64];
    pull(0);
    cgpiod_line *door = claim(chip, 0, (cgpiod_settings){.edges = cgpiod_edges_both});
    cgpiod_line_info info;
    CHECK(cgpiod_inspect(chip, 0, &info) == 0 && info.is_used);
    CHECK(strcmp(info.consumer, "checker") == 0);
    cgpiod_line *second = NULL;
    CHECK(cgpiod_claim(chip, 0, &(cgpiod_settings){0}, "other", &second) == -EBUSY);
    CHECK(cgpiod_read(door, edges, 64) == 0);
    for (int index = 0; index < 10; index++) pull(index % 2 == 0);
    struct pollfd ready = {.fd = cgpiod_descriptor(door), .events = POLLIN};
    CHECK(poll(&ready, 1, 5000) == 1);
    int count = 0;
    while (count < 10 && poll(&ready, 1, 5000) == 1) {
        int read = cgpiod_read(door, edges + count, 64 - count);
        CHECK(read > 0);
        count += read;
    }
    CHECK(count == 10);
    for (int index = 0; index < 10; index++) {
        CHECK(edges[index].is_active == (index % 2 == 0));
        CHECK(index == 0 || edges[index].nanoseconds > edges[index - 1].nanoseconds);
        CHECK(edges[index].sequence == (generation == 1 ? 0 : (unsigned)index + 1));
    }
    CHECK(cgpiod_get(door) == 0);
    cgpiod_release(door);
}

static void check_overflow(cgpiod_chip *chip) {
    cgpiod_edge edges[64];
    unsigned count = 0, last = 0;
    cgpiod_line *door = claim(chip, 0, (cgpiod_settings){.edges = cgpiod_edges_both});
    for (int index = 0; index < 2000; index++) pull(index % 2 == 0);
    for (int read; (read = cgpiod_read(door, edges, 64)) > 0; count += read)
        last = edges[read - 1].sequence;
    CHECK(count == (generation == 1 ? cgpiod_queue_1 : cgpiod_queue_2));
    CHECK(last == (generation == 1 ? 0 : 2000));
    cgpiod_release(door);
}

/* The kernel debounces where the interface has it: 30 changes within its time are one. */
static void check_debounce(cgpiod_chip *chip) {
    cgpiod_edge edges[64];
    pull(0);
    cgpiod_line *door = claim(
        chip, 0, (cgpiod_settings){.edges = cgpiod_edges_both, .debounce_microseconds = 200000});
    for (int index = 0; index < 31; index++) pull(index % 2 == 0);
    struct pollfd ready = {.fd = cgpiod_descriptor(door), .events = POLLIN};
    CHECK(poll(&ready, 1, 5000) == 1);
    int count = cgpiod_read(door, edges, 64);
    CHECK(generation == 1 ? count > 1 : count == 1 && edges[0].is_active);
    cgpiod_release(door);
}

static void check_output(cgpiod_chip *chip) {
    cgpiod_line *relay = claim(chip, 1, (cgpiod_settings){.is_output = 1, .initial = 1});
    CHECK(relay_level() == 1 && cgpiod_get(relay) == 1);
    CHECK(cgpiod_set(relay, 0) == 0 && relay_level() == 0 && cgpiod_get(relay) == 0);
    cgpiod_release(relay);
    relay = claim(
        chip, 1, (cgpiod_settings){.is_output = 1, .initial = 1, .is_active_low = 1});
    CHECK(relay_level() == 0 && cgpiod_get(relay) == 1);
    cgpiod_release(relay);
    relay = claim(chip, 1, (cgpiod_settings){.is_output = 1, .initial = -1});
    CHECK(cgpiod_get(relay) == 0 && cgpiod_descriptor(relay) < 0);
    cgpiod_release(relay);
}

int main(int argc, char **argv) {
    cgpiod_chip *chip = NULL;
    CHECK(argc == 2);
    generation = atoi(argv[1]);
    CHECK(cgpiod_generation() == generation);
    CHECK(cgpiod_open("/dev/no-such-chip", &chip) == -ENOENT);
    CHECK(cgpiod_open("/dev/gpiochip0", &chip) == 0);
    check_names(chip);
    check_input(chip);
    check_overflow(chip);
    check_debounce(chip);
    check_output(chip);
    cgpiod_close(chip);
    printf("libgpiod %d: all promises kept\n", generation);
    return 0;
}
