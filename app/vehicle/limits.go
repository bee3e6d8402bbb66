package main

import "marque/device/wire"

// maxMessage is the longest message in octets: the longest payload, and more than any header, sender and signature take.
const maxMessage = wire.MaxPayload + 1024
