package main

// #include "thread.h"
import "C"

import (
	"errors"
	"io/fs"
	"strings"
	"unsafe"

	"marque/device"
	"marque/device/wire"
)

// errUsage says that a function was called as no program should call it.
var errUsage = errors.New("wrong call")

// codes are what errors are known by in C, the first match first. A sentinel
// that package device gets needs a line here and a number in marque.h: TestCodes compares the three.
var codes = []struct {
	code C.int32_t
	err  error
}{
	{C.MARQUE_USAGE, errUsage},
	{C.MARQUE_HANDLE, errHandle},
	{C.MARQUE_NOT_INSTALLED, device.ErrNotInstalled},
	{C.MARQUE_INSTALLED, device.ErrInstalled},
	{C.MARQUE_IN_USE, device.ErrInUse},
	{C.MARQUE_LOCKED, device.ErrLocked},
	{C.MARQUE_CORRUPT, device.ErrCorrupt},
	{C.MARQUE_CLOSED, device.ErrClosed},
	{C.MARQUE_OPTIONS, device.ErrOptions},
	{C.MARQUE_MEDIUM, device.ErrMedium},
	{C.MARQUE_COUNTER, device.ErrCounter},
	{C.MARQUE_SEALED, device.ErrSealed},
	{C.MARQUE_TAMPERED, device.ErrTampered}, // before ErrNotForMe: Open cannot tell them apart and returns both
	{C.MARQUE_MALFORMED, device.ErrMalformed},
	{C.MARQUE_UNKNOWN_REALM, device.ErrUnknownRealm},
	{C.MARQUE_NOT_FOR_ME, device.ErrNotForMe},
	{C.MARQUE_OWN_IDENTITY, device.ErrOwnIdentity},
	{C.MARQUE_TOO_LONG, device.ErrTooLong},
	{C.MARQUE_WRONG_PIN, device.ErrWrongPin},
	{C.MARQUE_OTHER_DEVICE, device.ErrOtherDevice},
	{C.MARQUE_OLD_PACKAGE, device.ErrOldPackage},
	{C.MARQUE_BAD_PACKAGE, device.ErrBadPackage},
	{C.MARQUE_NOT_NEXT, device.ErrNotNext},
	{C.MARQUE_NO_NEXT, device.ErrNoNext},
	{C.MARQUE_ROTATED, device.ErrRotated},
	{C.MARQUE_ROTATE_FIRST, device.ErrRotateFirst},
	{C.MARQUE_EPOCH, device.ErrEpoch},
	{C.MARQUE_STALE_TIME, device.ErrStaleTime},
	{C.MARQUE_REPLAY, device.ErrReplay},
	{C.MARQUE_BUSY, device.ErrBusy},
	{C.MARQUE_UNKNOWN_SENDER, device.ErrUnknownSender},
	{C.MARQUE_TWO_KEYS, device.ErrTwoKeys},
	{C.MARQUE_WARM_UNKNOWN, device.ErrWarmUnknown},
	{C.MARQUE_REVOKED, device.ErrRevoked},
	{C.MARQUE_NO_LIST, device.ErrNoList},
	{C.MARQUE_LIST_EXPIRED, device.ErrListExpired},
	{C.MARQUE_OLD_LIST, device.ErrOldList},
	{C.MARQUE_LIST_GAP, device.ErrListGap},
	{C.MARQUE_SET_BACK, device.ErrSetBack},
	{C.MARQUE_FORKED, device.ErrForked},
	{C.MARQUE_NO_ANSWER, device.ErrNoAnswer},
	{C.MARQUE_REGION_MISSING, device.ErrRegionMissing},
	{C.MARQUE_OTHER_REGION, device.ErrOtherRegion},
	{C.MARQUE_UNANSWERED, device.ErrUnanswered},
	{C.MARQUE_OVERLAP, device.ErrOverlap},
	{C.MARQUE_OLD_TRUST, device.ErrOldTrust},
	{C.MARQUE_TRUST_EXPIRED, device.ErrTrustExpired},
	{C.MARQUE_EARLY, device.ErrEarly},
	{C.MARQUE_HYBRID, device.ErrHybrid},
	{C.MARQUE_HANDSHAKE, device.ErrHandshake},
	{C.MARQUE_CROWDED, device.ErrCrowded},
	{C.MARQUE_TRUNCATED, device.ErrTruncated},
	{C.MARQUE_SESSION_ENDED, device.ErrSessionEnded},
	{C.MARQUE_BAD_ADDRESS, wire.ErrAddress},
	{C.MARQUE_EXISTS, fs.ErrExist},
	{C.MARQUE_NOT_FOUND, fs.ErrNotExist},
}

// done records the outcome of a call for its thread and returns its code. Callbacks from C stay on their thread until they return.
func done(err error) C.int32_t {
	last := C.marque_thread_last()
	last.code = C.MARQUE_OK
	last.text[0] = 0
	if err == nil {
		return C.MARQUE_OK
	}
	last.code = code(err)
	writeText(last.text[:], err.Error())
	return last.code
}

// code returns the number of an error, MARQUE_OK for nil.
func code(err error) C.int32_t {
	if err == nil {
		return C.MARQUE_OK
	}
	for _, c := range codes {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return C.MARQUE_FAILED
}

// writeText writes a text with its zero octet, cut to what fits, in whole letters.
func writeText(to []C.char, text string) {
	if len(text) >= len(to) {
		text = strings.ToValidUTF8(text[:len(to)-1], "")
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&to[0])), len(to)), text+"\x00")
}

//export marque_last_code
func marque_last_code() C.int32_t { return C.marque_thread_last().code }

//export marque_last_text
func marque_last_text() *C.marque_text { return &C.marque_thread_last().text[0] }
