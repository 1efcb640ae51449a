/* A program that is started with nothing of its parent's but three pipes, and within limits. */
#ifndef CLINUX_PROGRAM_H
#define CLINUX_PROGRAM_H

#include <stdint.h>

/* What is started, and what the kernel holds it to. */
struct clinux_program {
    const char *const *arguments;   /* the program's path first, ended by NULL */
    const char *const *environment; /* all of it, as NAME=VALUE, ended by NULL */
    uint64_t memory;                /* bytes of address space (RLIMIT_AS) */
    uint64_t file_size;             /* bytes of a file that it writes (RLIMIT_FSIZE) */
    uint64_t open_files;            /* descriptors at a time (RLIMIT_NOFILE) */
    int niceness;                   /* added to its niceness */
};

/* A program that runs. All descriptors are closed on exec and do not block. */
struct clinux_child {
    int pid;
    int handle; /* becomes readable when it has ended (pidfd_open(2)) */
    int input;  /* to write to its standard input */
    int output; /* to read its standard output */
    int errors; /* to read its standard error */
};

/* Starts a program: a session and process group of its own, every signal as usual, working directory
 * /, no core file, no other descriptor, no new privileges by set-user-ID (PR_SET_NO_NEW_PRIVS). It is
 * killed when the calling thread ends (PR_SET_PDEATHSIG), whatever ends it. */
int clinux_start_program(const struct clinux_program *program, struct clinux_child *child);

#endif
