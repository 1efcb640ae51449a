/* i2c-dev (Linux kernel, Documentation/i2c/dev-interface.rst). Functions answer -errno where they
 * fail; they block for as long as clinux_i2c_set_timeout allows. */
#ifndef CLINUX_I2C_H
#define CLINUX_I2C_H

#include <stdint.h>

/* The adapter's abilities, I2C_FUNC_* of linux/i2c.h; at least 0. */
int64_t clinux_i2c_functions(int bus);

/* How long the adapter waits for a device that holds the clock, in steps of 10 ms, and how often it
 * tries again when it loses arbitration. */
int clinux_i2c_set_timeout(int bus, unsigned milliseconds, unsigned retries);

/* Whether the kernel leaves this address to programs: -EBUSY if a driver of its own has it. */
int clinux_i2c_claim(int bus, uint8_t address);

/* Writes, then reads with a repeated start in between (I2C_RDWR); either length may be 0, not both. */
int clinux_i2c_transfer(
    int bus, uint8_t address, const uint8_t *written, uint16_t written_count, uint8_t *read,
    uint16_t read_count);

/* One SMBus transaction with the claimed address (I2C_SMBUS). `size` is I2C_SMBUS_* of linux/i2c.h;
 * `block` holds what is written or read: a byte, a word lowest byte first, or up to 32 bytes.
 * Answers how many bytes were read, 0 for a write. */
int clinux_i2c_smbus(
    int bus, int is_read, int with_pec, uint8_t command, int size, uint8_t *block, uint8_t count);

enum {
    clinux_i2c_rdwr = 0x1,
    clinux_smbus_pec = 0x8,
    clinux_smbus_quick = 0x10000,
    clinux_smbus_read_byte = 0x20000,
    clinux_smbus_write_byte = 0x40000,
    clinux_smbus_read_byte_data = 0x80000,
    clinux_smbus_write_byte_data = 0x100000,
    clinux_smbus_read_word_data = 0x200000,
    clinux_smbus_write_word_data = 0x400000,
    clinux_smbus_read_i2c_block = 0x4000000,
    clinux_smbus_write_i2c_block = 0x8000000,
    clinux_smbus_size_quick = 0,
    clinux_smbus_size_byte = 1,
    clinux_smbus_size_byte_data = 2,
    clinux_smbus_size_word_data = 3,
    clinux_smbus_size_i2c_block = 8,
};

#endif
