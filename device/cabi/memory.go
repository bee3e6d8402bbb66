package main

// #include <stdlib.h>
// #include "thread.h"
import "C"

import (
	"bytes"
	"fmt"
	"time"
	"unsafe"

	"marque/app/words"
	"marque/device/wire"
)

// Bounds of what is read from C: octets of the longest input of any function and of the longest text, a path, and parts of a list.
const (
	maxInput = wire.MaxBundle
	maxText  = 4096
	maxViews = 65_536
	maxBatch = 4096
)

// octets copies what C points to, so that nothing changes while it is checked.
func octets(p *C.marque_in, size C.size_t) ([]byte, error) {
	switch {
	case size == 0:
		return nil, nil
	case p == nil:
		return nil, fmt.Errorf("%w: a NULL pointer to %d octets", errUsage, uint64(size))
	case size > maxInput:
		return nil, fmt.Errorf("%w: %d octets are more than any input has", errUsage, uint64(size))
	}
	return bytes.Clone(unsafe.Slice((*byte)(p), int(size))), nil
}

// views copies an array of octets, at most maxInput in all.
func views(p *C.marque_views, count C.size_t) (all [][]byte, err error) {
	switch {
	case count == 0:
		return nil, nil
	case p == nil || count > maxViews:
		return nil, fmt.Errorf("%w: a NULL pointer, or %d parts, which are more than any list has", errUsage, uint64(count))
	}
	left := C.size_t(maxInput)
	for _, v := range unsafe.Slice(p, int(count)) {
		if v.size > left {
			return nil, fmt.Errorf("%w: the parts together are more than any list has", errUsage)
		}
		left -= v.size
		b, err := octets(v.data, v.size)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

// text copies a text up to its zero octet, looking at no octet behind it.
func text(p *C.marque_text) (string, error) {
	if p == nil {
		return "", fmt.Errorf("%w: a NULL pointer to a text", errUsage)
	}
	for n := range maxText {
		if *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) == 0 {
			return string(unsafe.Slice((*byte)(unsafe.Pointer(p)), n)), nil
		}
	}
	return "", fmt.Errorf("%w: a text without an end in %d octets", errUsage, maxText)
}

// texts copies an array of texts, one more than most at most.
func texts(p *C.marque_texts, count C.size_t, most int) (all []string, err error) {
	if count == 0 {
		return nil, nil
	}
	if p == nil || count > C.size_t(most) {
		return nil, fmt.Errorf("%w: a NULL pointer, or %d texts, of which there may be %d", errUsage, uint64(count), most)
	}
	for _, t := range unsafe.Slice(p, int(count)) {
		s, err := text(t)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// give copies octets to memory of C, which marque_free gives back.
func give(to *C.marque_bytes, b []byte) {
	if len(b) > 0 {
		to.data, to.size = (*C.uint8_t)(C.CBytes(b)), C.size_t(len(b))
	}
}

// empty clears what a function is to fill in, or reports that there is nothing to fill in.
func empty[T any](to *T) error {
	if to == nil {
		return fmt.Errorf("%w: a NULL pointer to what is to be filled in", errUsage)
	}
	*to = *new(T)
	return nil
}

// writeHash writes a hash.
func writeHash(to []C.uint8_t, hash [32]byte) {
	for i, b := range hash {
		to[i] = C.uint8_t(b)
	}
}

// millis gives a time to C.
func millis(t time.Time) C.int64_t { return C.int64_t(t.UnixMilli()) }

//export marque_free
func marque_free(b *C.marque_bytes) {
	if b == nil || b.data == nil {
		return
	}
	clear(unsafe.Slice(b.data, int(b.size)))
	C.free(unsafe.Pointer(b.data))
	*b = C.marque_bytes{}
}

//export marque_words
func marque_words(hash *C.marque_in, to *C.char) C.int32_t {
	b, err := octets(hash, C.MARQUE_HASH_SIZE)
	if err == nil && to == nil {
		err = fmt.Errorf("%w: a NULL pointer to what is to be filled in", errUsage)
	}
	if err == nil {
		writeText(unsafe.Slice(to, C.MARQUE_WORDS_SIZE), words.Text(b))
	}
	return done(err)
}
