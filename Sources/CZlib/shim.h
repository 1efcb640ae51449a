#include <zlib.h>

/// deflateInit2() is a macro, which Swift does not see. `windowBits`: 8 to 15 for the zlib format
/// (RFC 1950), 16 more for gzip (RFC 1952). Returns Z_OK or an error of zlib.
static inline int armadio_deflate_init(z_stream *stream, int level, int windowBits) {
    return deflateInit2(stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY);
}
