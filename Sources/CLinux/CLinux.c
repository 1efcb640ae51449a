#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int clinux_poll(struct pollfd *descriptors, unsigned count, int64_t timeout_nanoseconds) {
    struct timespec timeout = {
        .tv_sec = timeout_nanoseconds / 1000000000,
        .tv_nsec = timeout_nanoseconds % 1000000000,
    };
    int ready = ppoll(descriptors, count, timeout_nanoseconds < 0 ? NULL : &timeout, NULL);
    return ready < 0 ? -errno : ready;
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

static int release_code(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size, (void)context;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X) || segment->p_flags & PF_W) continue;
        uintptr_t begin = (object->dlpi_addr + segment->p_vaddr + page - 1) & ~(page - 1);
        uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(page - 1);
        if (begin < end) madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    return 1; /* the first object is the program itself */
}

void clinux_release_code(void) { dl_iterate_phdr(release_code, NULL); }
