#include "CChecksum.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7) /* asm/hwcap.h */
#endif
#endif

enum { SLICES = 8 };

static uint32_t tables[SLICES][256];

static uint64_t load(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

uint32_t cchecksum_crc32c_by_table(const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    uint32_t crc = ~0u;
    for (; count >= SLICES; next += SLICES, count -= SLICES) {
        uint64_t word = load(next) ^ crc;
        crc = 0;
        for (int slice = 0; slice < SLICES; slice++)
            crc ^= tables[SLICES - 1 - slice][word >> 8 * slice & 0xFF];
    }
    for (; count > 0; next++, count--) crc = crc >> 8 ^ tables[0][(crc ^ *next) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t by_instruction(const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    uint64_t crc = ~0u;
    for (; count >= 8; next += 8, count -= 8) crc = _mm_crc32_u64(crc, load(next));
    for (; count > 0; next++, count--) crc = _mm_crc32_u8((uint32_t)crc, *next);
    return ~(uint32_t)crc;
}

static int has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }

#elif defined(__aarch64__)

__attribute__((target("crc"))) static uint32_t by_instruction(const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    uint32_t crc = ~0u;
    for (; count >= 8; next += 8, count -= 8) crc = __crc32cd(crc, load(next));
    for (; count > 0; next++, count--) crc = __crc32cb(crc, *next);
    return ~crc;
}

static int has_instruction(void) { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }

#else

static uint32_t by_instruction(const void *bytes, size_t count) {
    return cchecksum_crc32c_by_table(bytes, count);
}

static int has_instruction(void) { return 0; }

#endif

static uint32_t (*checksum)(const void *, size_t) = cchecksum_crc32c_by_table;

/* Before main, and so before any thread. */
__attribute__((constructor)) static void prepare(void) {
    for (unsigned byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
        tables[0][byte] = crc;
    }
    for (int slice = 1; slice < SLICES; slice++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint32_t before = tables[slice - 1][byte];
            tables[slice][byte] = before >> 8 ^ tables[0][before & 0xFF];
        }
    if (has_instruction()) checksum = by_instruction;
}

uint32_t cchecksum_crc32c(const void *bytes, size_t count) { return checksum(bytes, count); }
