#include "I2C.h"

#include <errno.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <string.h>
#include <sys/ioctl.h>

_Static_assert(clinux_i2c_rdwr == I2C_FUNC_I2C, "linux/i2c.h");
_Static_assert(clinux_smbus_pec == I2C_FUNC_SMBUS_PEC, "linux/i2c.h");
_Static_assert(clinux_smbus_quick == I2C_FUNC_SMBUS_QUICK, "linux/i2c.h");
_Static_assert(clinux_smbus_size_quick == I2C_SMBUS_QUICK, "linux/i2c.h");
_Static_assert(clinux_smbus_read_byte == I2C_FUNC_SMBUS_READ_BYTE, "linux/i2c.h");
_Static_assert(clinux_smbus_write_byte == I2C_FUNC_SMBUS_WRITE_BYTE, "linux/i2c.h");
_Static_assert(clinux_smbus_read_byte_data == I2C_FUNC_SMBUS_READ_BYTE_DATA, "linux/i2c.h");
_Static_assert(clinux_smbus_write_byte_data == I2C_FUNC_SMBUS_WRITE_BYTE_DATA, "linux/i2c.h");
_Static_assert(clinux_smbus_read_word_data == I2C_FUNC_SMBUS_READ_WORD_DATA, "linux/i2c.h");
_Static_assert(clinux_smbus_write_word_data == I2C_FUNC_SMBUS_WRITE_WORD_DATA, "linux/i2c.h");
_Static_assert(clinux_smbus_read_i2c_block == I2C_FUNC_SMBUS_READ_I2C_BLOCK, "linux/i2c.h");
_Static_assert(clinux_smbus_write_i2c_block == I2C_FUNC_SMBUS_WRITE_I2C_BLOCK, "linux/i2c.h");
_Static_assert(clinux_smbus_size_byte == I2C_SMBUS_BYTE, "linux/i2c.h");
_Static_assert(clinux_smbus_size_byte_data == I2C_SMBUS_BYTE_DATA, "linux/i2c.h");
_Static_assert(clinux_smbus_size_word_data == I2C_SMBUS_WORD_DATA, "linux/i2c.h");
_Static_assert(clinux_smbus_size_i2c_block == I2C_SMBUS_I2C_BLOCK_DATA, "linux/i2c.h");

int64_t clinux_i2c_functions(int bus) {
    unsigned long functions = 0;
    return ioctl(bus, I2C_FUNCS, &functions) < 0 ? -errno : (int64_t)functions;
}

int clinux_i2c_set_timeout(int bus, unsigned milliseconds, unsigned retries) {
    if (ioctl(bus, I2C_TIMEOUT, (unsigned long)((milliseconds + 9) / 10)) < 0) return -errno;
    return ioctl(bus, I2C_RETRIES, (unsigned long)retries) < 0 ? -errno : 0;
}

int clinux_i2c_claim(int bus, uint8_t address) {
    return ioctl(bus, I2C_SLAVE, (unsigned long)address) < 0 ? -errno : 0;
}

int clinux_i2c_transfer(
    int bus, uint8_t address, const uint8_t *written, uint16_t written_count, uint8_t *read,
    uint16_t read_count) {
    struct i2c_msg messages[2];
    unsigned count = 0;
    if (written_count > 0) {
        messages[count++] = (struct i2c_msg){
            .addr = address, .len = written_count, .buf = (uint8_t *)written};
    }
    if (read_count > 0) {
        messages[count++] =
            (struct i2c_msg){.addr = address, .flags = I2C_M_RD, .len = read_count, .buf = read};
    }
    struct i2c_rdwr_ioctl_data data = {.msgs = messages, .nmsgs = count};
    return ioctl(bus, I2C_RDWR, &data) < 0 ? -errno : 0;
}

int clinux_i2c_smbus(
    int bus, int is_read, int with_pec, uint8_t command, int size, uint8_t *block, uint8_t count) {
    if (count > I2C_SMBUS_BLOCK_MAX) return -EINVAL;
    union i2c_smbus_data data = {0};
    if (size == I2C_SMBUS_I2C_BLOCK_DATA) {
        data.block[0] = count;
        if (!is_read) memcpy(data.block + 1, block, count);
    } else if (!is_read && size == I2C_SMBUS_WORD_DATA) {
        data.word = (uint16_t)(block[0] | block[1] << 8);
    } else if (!is_read && size == I2C_SMBUS_BYTE_DATA) {
        data.byte = block[0];
    }
    if (ioctl(bus, I2C_PEC, (unsigned long)(with_pec != 0)) < 0) return -errno;
    struct i2c_smbus_ioctl_data request = {
        .read_write = is_read ? I2C_SMBUS_READ : I2C_SMBUS_WRITE, .command = command,
        .size = (unsigned)size, .data = &data};
    if (ioctl(bus, I2C_SMBUS, &request) < 0) return -errno;
    if (!is_read) return 0;
    switch (size) {
    case I2C_SMBUS_I2C_BLOCK_DATA:
        if (data.block[0] > count) return -EPROTO;
        memcpy(block, data.block + 1, data.block[0]);
        return data.block[0];
    case I2C_SMBUS_WORD_DATA:
        block[0] = (uint8_t)data.word;
        block[1] = (uint8_t)(data.word >> 8);
        return 2;
    default: block[0] = data.byte; return 1;
    }
}
