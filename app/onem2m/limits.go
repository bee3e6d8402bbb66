package onem2m

import "time"

// Bounds of everything that is sent or accepted.
const (
	// MaxMessage is the longest message in octets: the longest payload of 65,536, and more than any header, sender and signature take.
	MaxMessage = 66_560
	// MaxList is how many messages of a container are looked at.
	MaxList = 1024

	maxAnswer      = 1 << 20 // octets of an answer with its headers: MaxList names, or one message in Base64 in JSON
	maxID          = 1024    // octets of a resource identifier
	maxOriginator  = 256
	maxRelease     = 8
	maxLogin       = 1024
	requestTimeout = 10 * time.Second // for one request and its answer
)
