#include "CGPIOD.h"

#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

static int failure(void) { return errno > 0 ? -errno : -EIO; }

static void copy(char *to, const char *from) {
    memset(to, 0, 32);
    if (from) strncpy(to, from, 31);
}

#ifdef GPIOD_LINE_BULK_MAX_LINES /* version 1 */

struct cgpiod_line {
    struct gpiod_chip *chip;
    struct gpiod_line *line;
    int descriptor;
};

int cgpiod_generation(void) { return 1; }

int cgpiod_open(const char *path, cgpiod_chip **chip) {
    *chip = (cgpiod_chip *)gpiod_chip_open(path);
    return *chip ? 0 : failure();
}

void cgpiod_close(cgpiod_chip *chip) { gpiod_chip_close((struct gpiod_chip *)chip); }

int cgpiod_info(cgpiod_chip *chip, cgpiod_chip_info *info) {
    struct gpiod_chip *own = (struct gpiod_chip *)chip;
    copy(info->name, gpiod_chip_name(own));
    copy(info->label, gpiod_chip_label(own));
    info->line_count = gpiod_chip_num_lines(own);
    return 0;
}

int cgpiod_inspect(cgpiod_chip *chip, uint32_t offset, cgpiod_line_info *info) {
    struct gpiod_line *line = gpiod_chip_get_line((struct gpiod_chip *)chip, offset);
    if (!line) return failure();
    copy(info->name, gpiod_line_name(line));
    copy(info->consumer, gpiod_line_consumer(line));
    info->is_used = gpiod_line_is_used(line);
    info->is_output = gpiod_line_direction(line) == GPIOD_LINE_DIRECTION_OUTPUT;
    info->is_active_low = gpiod_line_active_state(line) == GPIOD_LINE_ACTIVE_STATE_LOW;
    return 0;
}

static int flags_of(const cgpiod_settings *settings) {
    static const int biases[] = {
        0, GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE, GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP,
        GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN};
    static const int drives[] = {
        0, GPIOD_LINE_REQUEST_FLAG_OPEN_DRAIN, GPIOD_LINE_REQUEST_FLAG_OPEN_SOURCE};
    int flags = biases[settings->bias & 3];
    if (settings->is_active_low) flags |= GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW;
    if (settings->is_output && settings->drive < 3) flags |= drives[settings->drive];
    return flags;
}

static int type_of(const cgpiod_settings *settings) {
    if (settings->is_output)
        return settings->initial < 0 ? GPIOD_LINE_REQUEST_DIRECTION_AS_IS
                                     : GPIOD_LINE_REQUEST_DIRECTION_OUTPUT;
    if (settings->edges == cgpiod_edges_both) return GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES;
    if (settings->edges == cgpiod_edges_rising) return GPIOD_LINE_REQUEST_EVENT_RISING_EDGE;
    return GPIOD_LINE_REQUEST_DIRECTION_INPUT;
}

/* "As it is" for an output: what is driven now, or inactive if it was an input. */
static int present_level(struct gpiod_line *line, struct gpiod_line_request_config *config) {
    int level = 0;
    if (gpiod_line_direction(line) != GPIOD_LINE_DIRECTION_OUTPUT) return 0;
    if (gpiod_line_request(line, config, 0) != 0) return failure();
    level = gpiod_line_get_value(line);
    if (level < 0) level = failure();
    gpiod_line_release(line);
    return level;
}

static int request(struct cgpiod_line *line, const cgpiod_settings *settings, const char *consumer) {
    struct gpiod_line_request_config config = {
        .consumer = consumer, .request_type = type_of(settings), .flags = flags_of(settings)};
    int level = settings->initial > 0;
    if (settings->is_output && settings->initial < 0) {
        level = present_level(line->line, &config);
        if (level < 0) return level;
        config.request_type = GPIOD_LINE_REQUEST_DIRECTION_OUTPUT;
    }
    if (gpiod_line_request(line->line, &config, level) != 0) return failure();
    line->descriptor = -1;
    if (settings->is_output || settings->edges == cgpiod_edges_none) return 0;
    line->descriptor = gpiod_line_event_get_fd(line->line);
    return line->descriptor < 0 ? failure() : 0;
}

/* The chip of a line is its own: a line's life does not depend on who asked for it. */
int cgpiod_claim(
    cgpiod_chip *chip, uint32_t offset, const cgpiod_settings *settings, const char *consumer,
    cgpiod_line **out) {
    struct cgpiod_line *line = calloc(1, sizeof *line);
    if (!line) return -ENOMEM;
    line->chip = gpiod_chip_open_by_name(gpiod_chip_name((struct gpiod_chip *)chip));
    line->line = line->chip ? gpiod_chip_get_line(line->chip, offset) : NULL;
    int result = line->line ? request(line, settings, consumer) : failure();
    if (result == 0) {
        *out = line;
        return 0;
    }
    if (line->chip) gpiod_chip_close(line->chip);
    free(line);
    return result;
}

void cgpiod_release(cgpiod_line *line) {
    gpiod_line_release(line->line);
    gpiod_chip_close(line->chip);
    free(line);
}

int cgpiod_descriptor(cgpiod_line *line) { return line->descriptor; }

int cgpiod_get(cgpiod_line *line) {
    int level = gpiod_line_get_value(line->line);
    return level < 0 ? failure() : level;
}

int cgpiod_set(cgpiod_line *line, int is_active) {
    return gpiod_line_set_value(line->line, is_active) == 0 ? 0 : failure();
}

int cgpiod_read(cgpiod_line *line, cgpiod_edge *edges, unsigned capacity) {
    struct gpiod_line_event events[cgpiod_queue_1];
    struct pollfd ready = {.fd = line->descriptor, .events = POLLIN};
    if (poll(&ready, 1, 0) <= 0) return 0;
    if (capacity > cgpiod_queue_1) capacity = cgpiod_queue_1;
    int count = gpiod_line_event_read_multiple(line->line, events, capacity);
    if (count < 0) return failure();
    for (int index = 0; index < count; index++) {
        edges[index] = (cgpiod_edge){
            .nanoseconds = (int64_t)events[index].ts.tv_sec * 1000000000 + events[index].ts.tv_nsec,
            .is_active = events[index].event_type == GPIOD_LINE_EVENT_RISING_EDGE};
    }
    return count;
}

#else /* version 2 */

struct cgpiod_line {
    struct gpiod_line_request *request;
    struct gpiod_edge_event_buffer *events;
    unsigned offset;
    int has_edges;
};

int cgpiod_generation(void) { return 2; }

int cgpiod_open(const char *path, cgpiod_chip **chip) {
    *chip = (cgpiod_chip *)gpiod_chip_open(path);
    return *chip ? 0 : failure();
}

void cgpiod_close(cgpiod_chip *chip) { gpiod_chip_close((struct gpiod_chip *)chip); }

int cgpiod_info(cgpiod_chip *chip, cgpiod_chip_info *info) {
    struct gpiod_chip_info *own = gpiod_chip_get_info((struct gpiod_chip *)chip);
    if (!own) return failure();
    copy(info->name, gpiod_chip_info_get_name(own));
    copy(info->label, gpiod_chip_info_get_label(own));
    info->line_count = (uint32_t)gpiod_chip_info_get_num_lines(own);
    gpiod_chip_info_free(own);
    return 0;
}

int cgpiod_inspect(cgpiod_chip *chip, uint32_t offset, cgpiod_line_info *info) {
    struct gpiod_line_info *line = gpiod_chip_get_line_info((struct gpiod_chip *)chip, offset);
    if (!line) return failure();
    copy(info->name, gpiod_line_info_get_name(line));
    copy(info->consumer, gpiod_line_info_get_consumer(line));
    info->is_used = gpiod_line_info_is_used(line);
    info->is_output = gpiod_line_info_get_direction(line) == GPIOD_LINE_DIRECTION_OUTPUT;
    info->is_active_low = gpiod_line_info_is_active_low(line);
    gpiod_line_info_free(line);
    return 0;
}

static void set_output(struct gpiod_line_settings *own, const cgpiod_settings *settings) {
    static const enum gpiod_line_drive drives[] = {
        GPIOD_LINE_DRIVE_PUSH_PULL, GPIOD_LINE_DRIVE_OPEN_DRAIN, GPIOD_LINE_DRIVE_OPEN_SOURCE};
    gpiod_line_settings_set_direction(own, GPIOD_LINE_DIRECTION_OUTPUT);
    gpiod_line_settings_set_drive(own, drives[settings->drive % 3]);
    gpiod_line_settings_set_output_value(
        own, settings->initial > 0 ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
}

static void set_input(struct gpiod_line_settings *own, const cgpiod_settings *settings) {
    static const enum gpiod_line_edge edges[] = {
        GPIOD_LINE_EDGE_NONE, GPIOD_LINE_EDGE_RISING, GPIOD_LINE_EDGE_BOTH};
    gpiod_line_settings_set_direction(own, GPIOD_LINE_DIRECTION_INPUT);
    gpiod_line_settings_set_edge_detection(own, edges[settings->edges % 3]);
    gpiod_line_settings_set_event_clock(own, GPIOD_LINE_CLOCK_MONOTONIC);
    gpiod_line_settings_set_debounce_period_us(own, settings->debounce_microseconds);
}

static struct gpiod_line_settings *make_settings(const cgpiod_settings *settings) {
    static const enum gpiod_line_bias biases[] = {
        GPIOD_LINE_BIAS_AS_IS, GPIOD_LINE_BIAS_DISABLED, GPIOD_LINE_BIAS_PULL_UP,
        GPIOD_LINE_BIAS_PULL_DOWN};
    struct gpiod_line_settings *own = gpiod_line_settings_new();
    if (!own) return NULL;
    gpiod_line_settings_set_bias(own, biases[settings->bias & 3]);
    gpiod_line_settings_set_active_low(own, settings->is_active_low != 0);
    if (settings->is_output) set_output(own, settings);
    else set_input(own, settings);
    return own;
}

static int request(
    struct gpiod_chip *chip, struct cgpiod_line *line, struct gpiod_line_settings *settings,
    const char *consumer) {
    struct gpiod_line_config *config = gpiod_line_config_new();
    struct gpiod_request_config *how = gpiod_request_config_new();
    if (config && how && settings &&
        gpiod_line_config_add_line_settings(config, &line->offset, 1, settings) == 0) {
        gpiod_request_config_set_consumer(how, consumer);
        gpiod_request_config_set_event_buffer_size(how, cgpiod_queue_2);
        line->request = gpiod_chip_request_lines(chip, how, config);
    }
    int result = line->request ? 0 : failure();
    if (config) gpiod_line_config_free(config);
    if (how) gpiod_request_config_free(how);
    return result;
}

/* "As it is" for an output: what is driven now, or inactive if it was an input. */
static int present_level(
    struct gpiod_chip *chip, struct cgpiod_line *line, const cgpiod_settings *settings) {
    cgpiod_line_info info;
    int level = cgpiod_inspect((cgpiod_chip *)chip, line->offset, &info);
    if (level < 0 || !info.is_output) return level;
    struct gpiod_line_settings *own = gpiod_line_settings_new();
    if (own) gpiod_line_settings_set_active_low(own, settings->is_active_low != 0);
    level = request(chip, line, own, "armadio");
    if (own) gpiod_line_settings_free(own);
    if (level < 0) return level;
    level = cgpiod_get(line);
    gpiod_line_request_release(line->request);
    line->request = NULL;
    return level;
}

static int claim(
    struct gpiod_chip *chip, struct cgpiod_line *line, cgpiod_settings settings,
    const char *consumer) {
    if (settings.is_output && settings.initial < 0) {
        settings.initial = present_level(chip, line, &settings);
        if (settings.initial < 0) return settings.initial;
    }
    struct gpiod_line_settings *own = make_settings(&settings);
    int result = request(chip, line, own, consumer);
    if (own) gpiod_line_settings_free(own);
    return result;
}

int cgpiod_claim(
    cgpiod_chip *chip, uint32_t offset, const cgpiod_settings *settings, const char *consumer,
    cgpiod_line **out) {
    struct cgpiod_line *line = calloc(1, sizeof *line);
    if (!line) return -ENOMEM;
    line->offset = offset;
    line->has_edges = !settings->is_output && settings->edges != cgpiod_edges_none;
    line->events = gpiod_edge_event_buffer_new(64);
    int result =
        line->events ? claim((struct gpiod_chip *)chip, line, *settings, consumer) : -ENOMEM;
    if (result == 0) {
        *out = line;
        return 0;
    }
    if (line->events) gpiod_edge_event_buffer_free(line->events);
    free(line);
    return result;
}

void cgpiod_release(cgpiod_line *line) {
    gpiod_line_request_release(line->request);
    gpiod_edge_event_buffer_free(line->events);
    free(line);
}

int cgpiod_descriptor(cgpiod_line *line) {
    return line->has_edges ? gpiod_line_request_get_fd(line->request) : -1;
}

int cgpiod_get(cgpiod_line *line) {
    enum gpiod_line_value level = gpiod_line_request_get_value(line->request, line->offset);
    return level == GPIOD_LINE_VALUE_ERROR ? failure() : level == GPIOD_LINE_VALUE_ACTIVE;
}

int cgpiod_set(cgpiod_line *line, int is_active) {
    enum gpiod_line_value level = is_active ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
    return gpiod_line_request_set_value(line->request, line->offset, level) == 0 ? 0 : failure();
}

int cgpiod_read(cgpiod_line *line, cgpiod_edge *edges, unsigned capacity) {
    int ready = gpiod_line_request_wait_edge_events(line->request, 0);
    if (ready <= 0) return ready < 0 ? failure() : 0;
    if (capacity > 64) capacity = 64;
    int count = gpiod_line_request_read_edge_events(line->request, line->events, capacity);
    if (count < 0) return failure();
    for (int index = 0; index < count; index++) {
        struct gpiod_edge_event *event = gpiod_edge_event_buffer_get_event(line->events, index);
        edges[index] = (cgpiod_edge){
            .nanoseconds = (int64_t)gpiod_edge_event_get_timestamp_ns(event),
            .sequence = (uint32_t)gpiod_edge_event_get_line_seqno(event),
            .is_active = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE};
    }
    return count;
}

#endif
