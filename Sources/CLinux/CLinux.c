#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

int clinux_poll(struct pollfd *descriptors, unsigned count, int64_t timeout_nanoseconds) {
    struct timespec timeout = {
        .tv_sec = timeout_nanoseconds / 1000000000,
        .tv_nsec = timeout_nanoseconds % 1000000000,
    };
    int ready = ppoll(descriptors, count, timeout_nanoseconds < 0 ? NULL : &timeout, NULL);
    return ready < 0 ? -errno : ready;
}

int clinux_accept(int listener) {
    int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return client < 0 ? -errno : client;
}

void clinux_name_thread(const char *name) {
    char kept[16];
    snprintf(kept, sizeof kept, "%s", name);
    pthread_setname_np(pthread_self(), kept);
}

static int signal_pipe[2] = {-1, -1};

static void write_signal(int number) {
    int kept = errno;
    unsigned char byte = (unsigned char)number;
    /* A full pipe holds thousands of signals that are still to be read: one more says nothing. */
    ssize_t written = write(signal_pipe[1], &byte, 1);
    (void)written;
    errno = kept;
}

int clinux_catch_signals(const int *signals, unsigned count) {
    if (signal_pipe[0] >= 0) return -EBUSY;
    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return -errno;
    struct sigaction action = {.sa_handler = write_signal, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    for (unsigned index = 0; index < count; index++) {
        if (sigaction(signals[index], &action, NULL) != 0) return -errno;
    }
    return signal_pipe[0];
}

void clinux_share_heap(void) { mallopt(M_ARENA_MAX, 1); }

/* Segments that nobody writes to: the program's and its libraries' code and constants. What the
 * loader has relocated is in others. */
static int release_code(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size, (void)context;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t begin = (object->dlpi_addr + segment->p_vaddr + page - 1) & ~(page - 1);
        uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(page - 1);
        if (begin < end) madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    return 0;
}

void clinux_release_idle(void) {
    malloc_trim(0);
    dl_iterate_phdr(release_code, NULL);
}

static speed_t rate_constant(int baud) {
    static const struct { int baud; speed_t constant; } rates[] = {
        {1200, B1200}, {2400, B2400}, {4800, B4800}, {9600, B9600}, {19200, B19200},
        {38400, B38400}, {57600, B57600}, {115200, B115200}, {230400, B230400},
        {460800, B460800}, {921600, B921600},
    };
    for (unsigned index = 0; index < sizeof rates / sizeof rates[0]; index++) {
        if (rates[index].baud == baud) return rates[index].constant;
    }
    return B0;
}

int clinux_set_up_serial(int descriptor, int baud, char parity, int stop_bits) {
    struct termios settings;
    speed_t rate = rate_constant(baud);
    if (rate == B0) return -EINVAL;
    if (tcgetattr(descriptor, &settings) != 0) return -errno;
    /* TIOCEXCL does not keep root out, the lock does, if the other program takes it too. */
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK ? -EBUSY : -errno;
    if (ioctl(descriptor, TIOCEXCL) != 0) return -errno;
    cfmakeraw(&settings);
    settings.c_cflag &= ~(tcflag_t)(CSTOPB | PARENB | PARODD | CRTSCTS);
    settings.c_cflag |= CLOCAL | CREAD;
    if (stop_bits == 2) settings.c_cflag |= CSTOPB;
    if (parity != 'N') settings.c_cflag |= PARENB;
    if (parity == 'O') settings.c_cflag |= PARODD;
    /* A byte of wrong parity comes as zero: the checksum of its frame is wrong then. */
    settings.c_iflag = parity == 'N' ? IGNBRK : IGNBRK | INPCK;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    cfsetispeed(&settings, rate);
    cfsetospeed(&settings, rate);
    if (tcsetattr(descriptor, TCSANOW, &settings) != 0) return -errno;
    return tcflush(descriptor, TCIOFLUSH) == 0 ? 0 : -errno;
}

void clinux_let_go_serial(int descriptor) {
    tcflush(descriptor, TCOFLUSH);
    ioctl(descriptor, TIOCNXCL);
    /* A program that is being started may hold the descriptor for a moment longer. */
    flock(descriptor, LOCK_UN);
}

int clinux_enable_rs485(int descriptor) {
    struct serial_rs485 settings = {.flags = 0};
    /* What the board's description says of levels and delays is to stay. */
    if (ioctl(descriptor, TIOCGRS485, &settings) != 0) return -errno;
    if (settings.flags & SER_RS485_ENABLED) return 0;
    settings.flags |= SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND;
    settings.flags &= ~(uint32_t)SER_RS485_RTS_AFTER_SEND;
    return ioctl(descriptor, TIOCSRS485, &settings) == 0 ? 0 : -errno;
}

int clinux_set_rts(int descriptor, int is_high) {
    int line = TIOCM_RTS;
    return ioctl(descriptor, is_high ? TIOCMBIS : TIOCMBIC, &line) == 0 ? 0 : -errno;
}

int clinux_is_sent(int descriptor) {
    int status = 0;
    if (ioctl(descriptor, TIOCSERGETLSR, &status) != 0) return -errno;
    return (status & TIOCSER_TEMT) != 0;
}

static int open_slave(int master, char *path, unsigned path_size) {
    struct termios settings;
    if (grantpt(master) != 0 || unlockpt(master) != 0) return -errno;
    if (ptsname_r(master, path, path_size) != 0) return -errno;
    int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) return -errno;
    if (tcgetattr(slave, &settings) == 0) {
        cfmakeraw(&settings);
        if (tcsetattr(slave, TCSANOW, &settings) == 0) return slave;
    }
    int failure = errno;
    close(slave);
    return -failure;
}

int clinux_open_terminal(int *master, int *slave, char *path, unsigned path_size) {
    *master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (*master < 0) return -errno;
    *slave = open_slave(*master, path, path_size);
    if (*slave >= 0) return 0;
    close(*master);
    return *slave;
}
