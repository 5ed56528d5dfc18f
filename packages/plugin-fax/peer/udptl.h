/* UDPTL (T.38 section 9) with redundancy, written apart from the TypeScript one. */
#ifndef UDPTL_H
#define UDPTL_H
#include <stdint.h>

#define UDPTL_COPIES 3
#define UDPTL_MAX_IFP 1024

typedef struct {
    uint8_t recent[UDPTL_COPIES][UDPTL_MAX_IFP];
    int lengths[UDPTL_COPIES];
    int count;
    uint16_t next_out;
    uint16_t expected;
} udptl_t;

typedef void (*udptl_ifp_handler)(void *user, const uint8_t *ifp, int length, uint16_t sequence);

/* Writes a datagram; returns its length. */
int udptl_build(udptl_t *s, const uint8_t *ifp, int length, uint8_t *out);
/* Hands over what is new in a datagram, copies of missed packets first. */
void udptl_receive(udptl_t *s, const uint8_t *datagram, int length, udptl_ifp_handler handler, void *user);
#endif
