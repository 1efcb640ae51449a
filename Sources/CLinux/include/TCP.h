/* What the kernel knows of a TCP connection. Functions answer -errno where they fail. */
#ifndef CLINUX_TCP_H
#define CLINUX_TCP_H

#include <stdint.h>

/* Bytes of payload that went out, those sent again with them, and that came in (tcp(7), TCP_INFO;
 * Linux 4.19). Both stay as they are where the kernel does not count them. */
int clinux_tcp_bytes(int socket, uint64_t *sent, uint64_t *received);

#endif
