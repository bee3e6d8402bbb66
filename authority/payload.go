package authority

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

// payload is what would be done if officers agree. Each kind is an array in deterministic CBOR (RFC 8949, section 4.2.1) whose first
// element is the version, 1.
type payload interface {
	Marshal() ([]byte, error)
	// words says all of it, one line each. What is not in the words cannot be approved.
	words() []string
}

// parsePayload reads what is to be done. Errors: [ErrAction] for an action that is not proposed here, [ErrPayloadForm].
func parsePayload(action Action, b []byte) (payload, error) {
	switch action {
	case ActionRevoke, ActionBatch:
		p, err := ParseRevokePayload(b)
		if err == nil && (len(p.Addresses) == 1) != (action == ActionRevoke) {
			err = malformed("%s of %d identities", action, len(p.Addresses))
		}
		return known(p, err)
	case ActionUndo, ActionUndoMany:
		p, err := ParseUndoPayload(b)
		if err == nil {
			p.Together = action == ActionUndoMany
			err = p.check()
		}
		return known(p, err)
	case ActionPolicy:
		return known(ParsePolicyPayload(b))
	case ActionPadding:
		return known(ParsePaddingPayload(b))
	case ActionTrust:
		return known(ParseTrustPayload(b))
	case ActionClock:
		return known(ParseClockPayload(b))
	case ActionRestore:
		return known(ParseReopenPayload(b))
	case ActionOfficers:
		return known(ParseOfficersPayload(b))
	case ActionPlatform:
		return known(ParsePlatformPayload(b))
	case ActionRecovery, ActionRotation:
		p, err := ParseSeedPayload(b)
		return known(seedFor{p, action}, err)
	case ActionDepot:
		return known(ParseDepotPayload(b))
	case ActionDepotRevoke:
		return known(ParseDepotRevokePayload(b))
	case ActionRelease:
		return known(ParseReleasePayload(b))
	default:
		return nil, ErrAction
	}
}

// known keeps a typed nil out of the interface.
func known(p payload, err error) (payload, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Words says in plain English what an action would do with a payload, one line each and all of it: every address, reason, time, old and
// new value. The lines hold printable characters only. Errors: [ErrAction], [ErrPayloadForm].
func Words(action Action, payload []byte) ([]string, error) {
	p, err := parsePayload(action, payload)
	if err != nil {
		return nil, err
	}
	return p.words(), nil
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrPayloadForm, fmt.Sprintf(format, args...))
}

var payloadDec = payloadMode()

func payloadMode() cbor.DecMode {
	dec, err := cbor.DecOptions{
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		UTF8:             cbor.UTF8RejectInvalid,
		BignumTag:        cbor.BignumTagForbidden,
		MaxNestedLevels:  4,
		MaxArrayElements: MaxBatch,
		MaxMapPairs:      16,
	}.DecMode()
	if err != nil {
		panic("authority: CBOR options: " + err.Error())
	}
	return dec
}

// decodeStrict fills v, a pointer to a struct with toarray, from its one encoding and from no other. Error: kind.
func decodeStrict(b []byte, limit int, v any, kind error) error {
	if len(b) > limit {
		return fmt.Errorf("%w: longer than %d octets", kind, limit)
	}
	if err := payloadDec.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: not CBOR of the expected form", kind)
	}
	if !bytes.Equal(encodeApproval(v), b) {
		return fmt.Errorf("%w: another encoding of the same object", kind)
	}
	return nil
}

// openPayload fills v, whose first field is version.
func openPayload(b []byte, v any, version *uint8) error {
	if err := decodeStrict(b, maxPayload, v, ErrPayloadForm); err != nil {
		return err
	}
	if *version != payloadVersion {
		return malformed("version %d", *version)
	}
	return nil
}

// checkText takes 1 to limit octets that a person can read in one line: no control characters, and none that turn the direction of
// what stands beside them.
func checkText(s string, limit int) bool {
	if len(s) < 1 || len(s) > limit || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return s[0] != ' ' && s[len(s)-1] != ' '
}

// checkMoment takes whole seconds from 1970 to 9999.
func checkMoment(t time.Time) bool {
	return t.Unix() >= 0 && t.Unix() <= maxProposalTime && t.Nanosecond() == 0
}

func moment(seconds uint64) time.Time { return time.Unix(int64(min(seconds, 1<<62)), 0).UTC() }

func momentWords(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// spanWords writes a duration in the largest unit that it is a whole number of.
func spanWords(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d != 0 && d%unit.length == 0 {
			return count(int(d/unit.length), unit.name, unit.name+"s")
		}
	}
	return count(int(d/time.Second), "second", "seconds")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func u32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
