/* What Glibc's own Swift module leaves out. Functions answer -errno where they fail. */
#ifndef CLINUX_H
#define CLINUX_H

#include "I2C.h"
#include "Program.h"
#include "TCP.h"
#include "Watchdog.h"

#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <sys/timex.h>

/* ppoll(2) with the time-out in nanoseconds; negative waits for ever. */
int clinux_poll(struct pollfd *descriptors, unsigned count, int64_t timeout_nanoseconds);

/* The next client of a listening socket; its own socket does not block and is closed on exec
 * (accept4(2)). */
int clinux_accept(int listener);

/* From now on each of these signals writes its number, one byte, to the pipe whose reading end is
 * answered. A handler and not signalfd(2): that would need the signals blocked in every thread,
 * those of the language's runtime too. One pipe a process: a second call answers -EBUSY. */
int clinux_catch_signals(const int *signals, unsigned count);

/* Names the calling thread as `ps -L` shows it; the kernel keeps 15 bytes. */
void clinux_name_thread(const char *name);

/* Gives back what is free of the heap, and the resident pages of the program's and its libraries' code
 * and constants; what is still needed comes again from the page cache (madvise(2), MADV_DONTNEED).
 * Nobody writes to these, so nothing is lost. */
void clinux_release_idle(void);

/* One heap for all threads (mallopt(3), M_ARENA_MAX): else each keeps one of its own. To be called
 * before the second thread starts. */
void clinux_share_heap(void);

/* Makes a terminal a serial port: raw, 8 data bits, no flow control, nobody else may open it, input
 * of before thrown away. `baud` is a standard rate, `parity` is 'N', 'E' or 'O'. */
int clinux_set_up_serial(int descriptor, int baud, char parity, int stop_bits);

/* Lets others open it again, and gives up what was not sent: close(2) would wait for that. */
void clinux_let_go_serial(int descriptor);

/* The kernel's driver switches the direction of RS-485 by RTS (ioctl TIOCSRS485). */
int clinux_enable_rs485(int descriptor);

/* Sets the RTS line. */
int clinux_set_rts(int descriptor, int is_high);

/* 1 if the last bit has left the port, 0 if not (ioctl TIOCSERGETLSR; not all drivers have it). */
int clinux_is_sent(int descriptor);

/* Opens a pseudo-terminal that passes bytes through as they are; closed on exec, the master end does
 * not block. `path` becomes the name of the slave end. */
int clinux_open_terminal(int *master, int *slave, char *path, unsigned path_size);

#endif
