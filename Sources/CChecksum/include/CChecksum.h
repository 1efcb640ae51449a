/* CRC32C, the Castagnoli CRC (RFC 3720 appendix B.4), reflected, as iSCSI, ext4 and Btrfs use it. */
#ifndef CCHECKSUM_H
#define CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of bytes, by the processor's own instruction where it has one. */
uint32_t cchecksum_crc32c(const void *bytes, size_t count);

/* The same by tables, eight bytes at a time: what other processors use. */
uint32_t cchecksum_crc32c_by_table(const void *bytes, size_t count);

#endif
