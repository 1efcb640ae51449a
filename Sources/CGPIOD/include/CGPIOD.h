/* GPIO lines through libgpiod, version 1.6 or 2: one interface for both. Functions answer -errno
 * where they fail. Levels are logical: 1 is active. */
#ifndef CGPIOD_H
#define CGPIOD_H

#include <stdint.h>

/* The generation of the library: 1 or 2. Only the second has the kernel debounce lines and number
 * their edges. */
int cgpiod_generation(void);

/* A chip, open. */
typedef struct cgpiod_chip cgpiod_chip;

typedef struct {
    char name[32];
    char label[32];
    uint32_t line_count;
} cgpiod_chip_info;

typedef struct {
    char name[32];     /* empty if the board gives none */
    char consumer[32]; /* who has it; empty if nobody does or says so */
    int is_used;
    int is_output;
    int is_active_low;
} cgpiod_line_info;

int cgpiod_open(const char *path, cgpiod_chip **chip);
void cgpiod_close(cgpiod_chip *chip);
int cgpiod_info(cgpiod_chip *chip, cgpiod_chip_info *info);
int cgpiod_inspect(cgpiod_chip *chip, uint32_t offset, cgpiod_line_info *info);

enum { cgpiod_bias_as_is, cgpiod_bias_none, cgpiod_bias_pull_up, cgpiod_bias_pull_down };
enum { cgpiod_drive_push_pull, cgpiod_drive_open_drain, cgpiod_drive_open_source };
enum { cgpiod_edges_none, cgpiod_edges_rising, cgpiod_edges_both };

/* How a line is to be used. */
typedef struct {
    int is_output;
    int initial; /* of an output: 0, 1, or -1 to leave it as it is */
    int drive;   /* of an output */
    int edges;   /* of an input */
    int bias;
    int is_active_low;
    uint32_t debounce_microseconds; /* of an input; without effect in generation 1 */
} cgpiod_settings;

/* A line that is claimed. */
typedef struct cgpiod_line cgpiod_line;

int cgpiod_claim(
    cgpiod_chip *chip, uint32_t offset, const cgpiod_settings *settings, const char *consumer,
    cgpiod_line **line);
void cgpiod_release(cgpiod_line *line);

/* Readable when there are edges; -1 for a line without edges. Not to be closed. */
int cgpiod_descriptor(cgpiod_line *line);
int cgpiod_get(cgpiod_line *line);
int cgpiod_set(cgpiod_line *line, int is_active);

typedef struct {
    int64_t nanoseconds; /* CLOCK_MONOTONIC */
    uint32_t sequence;   /* of this line, from 1; 0 in generation 1 */
    int is_active;
} cgpiod_edge;

/* How many edges the kernel keeps for a line. */
enum { cgpiod_queue_1 = 16, cgpiod_queue_2 = 512 };

/* Takes edges that have come, without waiting. Answers how many; with generation 1 at most 16. */
int cgpiod_read(cgpiod_line *line, cgpiod_edge *edges, unsigned capacity);

#endif
