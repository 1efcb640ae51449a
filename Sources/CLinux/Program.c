#define _GNU_SOURCE
#include "Program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IN, OUT, ERRORS, REPORT, PIPES };

struct pipes {
    int ends[PIPES][2]; /* the end to read from, the end to write to */
};

static void close_all(struct pipes *pipes) {
    for (int index = 0; index < PIPES; index++) {
        for (int end = 0; end < 2; end++) {
            if (pipes->ends[index][end] >= 0) close(pipes->ends[index][end]);
            pipes->ends[index][end] = -1;
        }
    }
}

static int open_all(struct pipes *pipes) {
    for (int index = 0; index < PIPES; index++) pipes->ends[index][0] = pipes->ends[index][1] = -1;
    for (int index = 0; index < PIPES; index++) {
        if (pipe2(pipes->ends[index], O_CLOEXEC) != 0) {
            int failure = errno;
            close_all(pipes);
            return -failure;
        }
    }
    return 0;
}

/* From here to `become` all is done between fork and exec: only what signal-safety(7) allows. */

static int limit(int resource, rlim_t value) {
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    return setrlimit(resource, &limit);
}

/* A handler of the parent must not run here: it would write to the parent's pipes. */
static void reset_signals(void) {
    struct sigaction usual = {.sa_handler = SIG_DFL};
    for (int number = 1; number <= SIGRTMAX; number++) sigaction(number, &usual, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Puts the pipes where a program expects them. Copies first: an end may lie on one of the places. */
static int place_streams(struct pipes *pipes) {
    int ends[] = {pipes->ends[IN][0], pipes->ends[OUT][1], pipes->ends[ERRORS][1]};
    for (int index = 0; index < 3; index++) {
        ends[index] = fcntl(ends[index], F_DUPFD_CLOEXEC, 3);
        if (ends[index] < 0) return -1;
    }
    for (int index = 0; index < 3; index++) {
        if (dup2(ends[index], index) < 0) return -1;
    }
    return 0;
}

/* Every other descriptor is closed by exec. Those of the language and of libraries have the mark
 * already; this is for one that has not. */
static void mark_descriptors(void) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) == 0) return;
#endif
    struct rlimit open_files;
    if (getrlimit(RLIMIT_NOFILE, &open_files) != 0) open_files.rlim_cur = 1024;
    int end = open_files.rlim_cur < 65536 ? (int)open_files.rlim_cur : 65536;
    for (int descriptor = 3; descriptor < end; descriptor++) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

static void become(const struct clinux_program *program, struct pipes *pipes, pid_t parent) {
    int report = fcntl(pipes->ends[REPORT][1], F_DUPFD_CLOEXEC, 3);
    reset_signals();
    /* The parent may have ended before it was asked for the signal. */
    int sound = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent
        && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && setsid() >= 0 && chdir("/") == 0
        && place_streams(pipes) == 0 && limit(RLIMIT_CORE, 0) == 0
        && limit(RLIMIT_FSIZE, program->file_size) == 0;
    if (sound) {
        mark_descriptors();
        errno = 0;
        /* -1 may be the niceness itself. */
        sound = (nice(program->niceness) != -1 || errno == 0)
            && limit(RLIMIT_NOFILE, program->open_files) == 0
            && limit(RLIMIT_AS, program->memory) == 0;
    }
    if (sound) {
        execve(program->arguments[0], (char *const *)program->arguments,
               (char *const *)program->environment);
    }
    int failure = errno;
    ssize_t written = write(report, &failure, sizeof failure);
    (void)written;
    _exit(127);
}

/* Why the child did not become the program; 0 when it has, which closes the pipe. */
static int await_report(int report) {
    int failure = 0;
    ssize_t count;
    do {
        count = read(report, &failure, sizeof failure);
    } while (count < 0 && errno == EINTR);
    return count == (ssize_t)sizeof failure ? failure : 0;
}

static void bury(pid_t pid) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
}

static int keep(int *descriptor) {
    int kept = *descriptor;
    *descriptor = -1;
    fcntl(kept, F_SETFL, fcntl(kept, F_GETFL) | O_NONBLOCK);
    return kept;
}

int clinux_start_program(const struct clinux_program *program, struct clinux_child *child) {
    struct pipes pipes;
    pid_t parent = getpid();
    int failure = open_all(&pipes);
    if (failure != 0) return failure;
    pid_t pid = fork();
    if (pid == 0) become(program, &pipes, parent);
    failure = pid < 0 ? errno : 0;
    if (pid > 0) {
        close(pipes.ends[REPORT][1]);
        pipes.ends[REPORT][1] = -1;
        failure = await_report(pipes.ends[REPORT][0]);
        child->handle = failure == 0 ? (int)syscall(SYS_pidfd_open, pid, 0U) : -1;
        if (failure == 0 && child->handle < 0) {
            failure = errno;
            kill(-pid, SIGKILL);
        }
        if (failure != 0) bury(pid);
    }
    if (failure == 0) {
        child->pid = pid;
        child->input = keep(&pipes.ends[IN][1]);
        child->output = keep(&pipes.ends[OUT][0]);
        child->errors = keep(&pipes.ends[ERRORS][0]);
    }
    close_all(&pipes);
    return failure == 0 ? 0 : -failure;
}
