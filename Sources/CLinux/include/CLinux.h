/* What Glibc's own Swift module leaves out. Functions answer -errno where they fail. */
#ifndef CLINUX_H
#define CLINUX_H

#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timex.h>

/* ppoll(2) with the time-out in nanoseconds; negative waits for ever. */
int clinux_poll(struct pollfd *descriptors, unsigned count, int64_t timeout_nanoseconds);

/* Names the calling thread as `ps -L` shows it; the kernel keeps 15 bytes. */
void clinux_name_thread(const char *name);

#endif
