#include "Watchdog.h"

#include <errno.h>
#include <linux/watchdog.h>
#include <string.h>
#include <sys/ioctl.h>

int clinux_watchdog_identity(int descriptor, char *identity) {
    struct watchdog_info info = {.options = 0};
    if (ioctl(descriptor, WDIOC_GETSUPPORT, &info) != 0) return -errno;
    memcpy(identity, info.identity, sizeof info.identity);
    identity[sizeof info.identity] = 0;
    return 0;
}

int clinux_watchdog_set_timeout(int descriptor, int seconds) {
    return ioctl(descriptor, WDIOC_SETTIMEOUT, &seconds) == 0 ? seconds : -errno;
}

int clinux_watchdog_timeout(int descriptor) {
    int seconds = 0;
    return ioctl(descriptor, WDIOC_GETTIMEOUT, &seconds) == 0 ? seconds : -errno;
}

int clinux_watchdog_disable(int descriptor) {
    int options = WDIOS_DISABLECARD;
    return ioctl(descriptor, WDIOC_SETOPTIONS, &options) == 0 ? 0 : -errno;
}
