/* G.722 by libspandsp, so that our codec is not judged by itself. Reads all of stdin, writes to stdout.
 *   g722-peer encode      16-bit samples of the machine's byte order at 16 kHz -> octets at 64 kbit/s
 *   g722-peer decode MODE octets (of mode 1, 2 or 3, in their places in 64 kbit/s) -> such samples */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <spandsp.h>

#define MOST (64 * 1024 * 1024)

int main(int argc, char **argv)
{
    uint8_t *in = malloc(MOST);
    uint8_t *out = malloc(MOST);
    size_t length = fread(in, 1, MOST / 4, stdin);
    if (in == NULL || out == NULL) return 1;
    if (argc == 2 && strcmp(argv[1], "encode") == 0) {
        g722_encode_state_t *state = g722_encode_init(NULL, 64000, 0);
        int octets = g722_encode(state, out, (const int16_t *) in, (int) (length / 2));
        fwrite(out, 1, (size_t) octets, stdout);
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "decode") == 0) {
        int mode = atoi(argv[2]);
        if (mode < 1 || mode > 3) return 2;
        /* It wants a code of 7 or 6 bits right-aligned. */
        for (size_t i = 0; i < length; i++) in[i] >>= mode - 1;
        g722_decode_state_t *state = g722_decode_init(NULL, 72000 - 8000 * mode, 0);
        int samples = g722_decode(state, (int16_t *) out, in, (int) length);
        fwrite(out, 2, (size_t) samples, stdout);
        return 0;
    }
    return 2;
}
