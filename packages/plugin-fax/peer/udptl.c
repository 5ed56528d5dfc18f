#include "udptl.h"
#include <string.h>

static int put_open(uint8_t *out, const uint8_t *data, int length)
{
    int at = 0;
    if (length < 0x80) out[at++] = (uint8_t) length;
    else {
        out[at++] = 0x80 | (length >> 8);
        out[at++] = length & 0xff;
    }
    memcpy(out + at, data, length);
    return at + length;
}

static int get_length(const uint8_t *data, int end, int *at)
{
    if (*at >= end) return -1;
    int first = data[(*at)++];
    if (first < 0x80) return first;
    if (*at >= end || (first & 0x40)) return -1;
    return ((first & 0x3f) << 8) | data[(*at)++];
}

int udptl_build(udptl_t *s, const uint8_t *ifp, int length, uint8_t *out)
{
    int at = 0;
    out[at++] = s->next_out >> 8;
    out[at++] = s->next_out & 0xff;
    at += put_open(out + at, ifp, length);
    out[at++] = 0;
    out[at++] = (uint8_t) s->count;
    for (int i = 0; i < s->count; i++) at += put_open(out + at, s->recent[i], s->lengths[i]);
    for (int i = UDPTL_COPIES - 1; i > 0; i--) {
        memcpy(s->recent[i], s->recent[i - 1], s->lengths[i - 1]);
        s->lengths[i] = s->lengths[i - 1];
    }
    memcpy(s->recent[0], ifp, length);
    s->lengths[0] = length;
    if (s->count < UDPTL_COPIES) s->count++;
    s->next_out++;
    return at;
}

void udptl_receive(udptl_t *s, const uint8_t *datagram, int length, udptl_ifp_handler handler, void *user)
{
    if (length < 5) return;
    uint16_t sequence = (uint16_t) (datagram[0] << 8 | datagram[1]);
    int at = 2;
    int primary_length = get_length(datagram, length, &at);
    if (primary_length < 0 || at + primary_length > length) return;
    const uint8_t *primary = datagram + at;
    at += primary_length;
    const uint8_t *copies[64];
    int lengths[64];
    int count = 0;
    if (at < length && (datagram[at++] & 0x80) == 0) {
        int announced = get_length(datagram, length, &at);
        for (; count < announced && count < 64; count++) {
            lengths[count] = get_length(datagram, length, &at);
            if (lengths[count] < 0 || at + lengths[count] > length) break;
            copies[count] = datagram + at;
            at += lengths[count];
        }
    }
    for (int i = count - 1; i >= 0; i--) {
        uint16_t number = (uint16_t) (sequence - 1 - i);
        if ((int16_t) (number - s->expected) < 0) continue;
        handler(user, copies[i], lengths[i], number);
        s->expected = (uint16_t) (number + 1);
    }
    if ((int16_t) (sequence - s->expected) < 0) return;
    handler(user, primary, primary_length, sequence);
    s->expected = (uint16_t) (sequence + 1);
}
