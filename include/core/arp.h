/* ARP frames (RFC 826) that are made here. */
#ifndef CORE_ARP_H
#define CORE_ARP_H

#include "core/layers.h"

enum { ARP_FRAME_LEN = 42 };
/* A gratuitous reply as n2n sends it (castnet(7), vector null-08): broadcast, operation 2. */
void arp_gratuitous(uint8_t out[static ARP_FRAME_LEN], const uint8_t mac[static MAC_LEN], const uint8_t ip[static 4]);
/* "Who has target?", sent to one MAC, from an address probe (sender protocol address 0, RFC 5227). */
void arp_probe(uint8_t out[static ARP_FRAME_LEN], const uint8_t dst[static MAC_LEN],
               const uint8_t src[static MAC_LEN], const uint8_t target[static 4]);

#endif
