/* The kernel's hardware watchdog (Documentation/watchdog/watchdog-api.rst). Functions answer -errno
 * where they fail. */
#ifndef CLINUX_WATCHDOG_H
#define CLINUX_WATCHDOG_H

/* Copies the driver's name of a watchdog (WDIOC_GETSUPPORT), with its end. `identity` has 33 bytes. */
int clinux_watchdog_identity(int descriptor, char *identity);

/* Sets the timeout in seconds (WDIOC_SETTIMEOUT). Answers the one that the driver has made of it. */
int clinux_watchdog_set_timeout(int descriptor, int seconds);

/* The timeout in seconds (WDIOC_GETTIMEOUT). */
int clinux_watchdog_timeout(int descriptor);

/* Stops it (WDIOC_SETOPTIONS with WDIOS_DISABLECARD). -EBUSY: the kernel does not let it be stopped. */
int clinux_watchdog_disable(int descriptor);

#endif
